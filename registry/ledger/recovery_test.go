package ledger_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
)

// TestRecoveryTime kills a process that appends to a long log and opens what it
// left. The start replays every leaf, so that its time grows with the log.
func TestRecoveryTime(t *testing.T) {
	leaves := 2_000
	if n, err := strconv.Atoi(os.Getenv("AEO_LEAVES")); err == nil {
		leaves = n
	}
	dir := createdOnDisk(t)
	appendMany(t, dir, leaves)
	cmd, said := run(t, childDir+"="+dir)
	awaitAcks(t, dir, cmd.Process.Pid, said)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatalf("it ended by itself: %s", said)
	}
	start := time.Now()
	l, err := ledger.Open(diskOptions(t, dir))
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	size := l.Head().Size
	closed(t, l)
	if size < int64(leaves) {
		t.Errorf("%d leaves of %d", size, leaves)
	}
	checkAcks(t, dir)
	name := "recovery"
	if leaves >= 1_000_000 {
		name = "recovery_million"
	}
	t.Logf("figure %s %.2f s to open %d leaves after a kill", name, took.Seconds(), size)
}

// appendMany makes a log of at least so many leaves.
func appendMany(t *testing.T, dir string, leaves int) {
	t.Helper()
	l, err := ledger.Open(diskOptions(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, l)
	for n := 0; n < leaves; {
		var entries []ledger.Entry
		for range min(1000, leaves-n) {
			entries = append(entries, ledgertest.Case(fmt.Sprint("trader-", n%1000), fmt.Sprint("before ", n)))
			n++
		}
		if _, err := l.Append(context.Background(), entries...); err != nil {
			t.Fatal(err)
		}
	}
}
