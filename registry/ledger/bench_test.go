package ledger_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
)

// BenchmarkAppend is what group commit gives on the real disk.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 64, 512} {
		b.Run(fmt.Sprint(callers, " callers"), func(b *testing.B) {
			dir := b.TempDir()
			id := ledgertest.NewIdentity(b, 1)
			if err := ledger.Create(diskOptions(b, dir), id.Genesis(), id.Roster(b), id.OpenList(1)); err != nil {
				b.Fatal(err)
			}
			l, err := ledger.Open(diskOptions(b, dir))
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			for i := range 100 { // whose keys are there then
				append1(b, l, ledgertest.Case(fmt.Sprint("trader-", i), "applied"))
			}
			b.ResetTimer()
			appendFrom(b, l, callers)
		})
	}
}

func appendFrom(b *testing.B, l *ledger.Ledger, callers int) {
	var group sync.WaitGroup
	next := make(chan int)
	start := time.Now()
	for range callers {
		group.Go(func() {
			for i := range next {
				if _, err := l.Append(context.Background(), ledgertest.Case(fmt.Sprint("trader-", i%100), "granted")); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range b.N {
		next <- i
	}
	close(next)
	group.Wait()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "appends/s")
}

// BenchmarkOpen replays a log of 100 000 leaves, or AEO_LEAVES.
func BenchmarkOpen(b *testing.B) {
	leaves, err := strconv.Atoi(os.Getenv("AEO_LEAVES"))
	if err != nil {
		leaves = 100_000
	}
	w, l := created(b)
	for n := 0; n < leaves; n += 1000 {
		var entries []ledger.Entry
		for i := range 500 {
			sum := sha256.Sum256(fmt.Append(nil, n+i))
			entries = append(entries, ledger.Entry{Leaf: transparency.Credential{SHA256: hex.EncodeToString(sum[:])}})
			entries = append(entries, w.id.Status(1, int64((n/2+i)%statuslist.MinSize), statuslist.Superseded))
		}
		if _, err := l.Append(context.Background(), entries...); err != nil {
			entries = entries[:0] // every index has changed: credentials alone
			for i := range 1000 {
				sum := sha256.Sum256(fmt.Append(nil, "again", n+i))
				entries = append(entries, ledger.Entry{Leaf: transparency.Credential{SHA256: hex.EncodeToString(sum[:])}})
			}
			append1(b, l, entries...)
		}
	}
	closed(b, l)
	b.ResetTimer()
	for range b.N {
		l, err := w.open()
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		closed(b, l)
		b.StartTimer()
	}
}
