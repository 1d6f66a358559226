package ledger_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// An administration creates its log, logs an event about a trader and proves to
// anyone that it is there, without showing what it says.
func Example() {
	t := new(testing.T)
	disk := vfs.NewMem() // nil for the real one
	id := ledgertest.NewIdentity(t, 1)
	sealer, err := ledger.FileKeys(disk, "/traderkeys", ledgertest.Plain{}, rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	options := ledger.Options{
		Dir: "/log", FS: disk, Signer: id.Signer, Keys: sealer, Rand: rand.Reader,
		Now: func() time.Time { return time.Unix(ledgertest.Start, 0) },
	}
	if err := ledger.Create(options, id.Genesis(), id.Roster(t), id.OpenList(1)); err != nil {
		fmt.Println(err)
		return
	}
	l, err := ledger.Open(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()

	at, err := l.Append(context.Background(), ledger.Entry{Subject: "trader-7", Payload: []byte(`{"event":"granted"}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	record, err := l.Record(at.Leaves[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	proof, err := l.Prove(at.Leaves[0], at.Size)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("leaf %d of %d: %s of %s, proved by %d hashes\n", record.Leaf, at.Size, record.Payload, record.Subject, len(proof.Proof))
	// Output: leaf 4 of 6: {"event":"granted"} of trader-7, proved by 2 hashes
}
