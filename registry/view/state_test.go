package view_test

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/aeo-registry/aeo/registry/view"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// openLedger opens a fresh ledger in memory.
func openLedger(t *testing.T) *ledger.Ledger {
	t.Helper()
	disk, id := vfs.NewMem(), ledgertest.NewIdentity(t, 1)
	sealer, err := ledger.FileKeys(disk, "/keys", ledgertest.Plain{}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := ledger.Options{Dir: "/db", HeadDir: "/head", FS: disk, Signer: id.Signer, Keys: sealer, Project: view.Projector{},
		Now: func() time.Time { return time.Unix(ledgertest.Start, 0) }, Rand: rand.Reader}
	if err := ledger.Create(o, id.Genesis(), id.Roster(t)); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// forgetful is a projection that remembers nothing.
type forgetful struct{ ledger.Projection }

// TestStatesAreNeverStale: whatever happened, in batches of whatever size, the
// state a ledger remembers is the one in its rows, and the one of the events.
func TestStatesAreNeverStale(t *testing.T) {
	l, walks := openLedger(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		walks++
		states, now := map[string]authorisation.Authorisation{}, int64(1000)
		for range rapid.IntRange(1, 8).Draw(rt, "batches") {
			var entries []ledger.Entry
			for range rapid.IntRange(1, 5).Draw(rt, "events") {
				now += rapid.Int64Range(0, 50).Draw(rt, "pause")
				number := fmt.Sprintf("NZ-AUT-%06d", 2*walks+rapid.IntRange(0, 1).Draw(rt, "case"))
				for _, e := range happening(rt, states[number], number, now) {
					next, err := states[number].Apply(e)
					if err != nil {
						rt.Fatal(err)
					}
					raw, err := authorisation.MarshalEvent(e)
					if err != nil {
						rt.Fatal(err)
					}
					states[number], entries = next, append(entries, ledger.Entry{Subject: number, Payload: raw})
				}
			}
			if len(entries) == 0 {
				continue
			}
			if _, err := l.Append(t.Context(), entries...); err != nil {
				rt.Fatal(err)
			}
			for number, want := range states {
				same(rt, l, number, want)
			}
		}
	})
}

// same compares a state as it is remembered, as it is read and as it was folded.
func same(t *rapid.T, l *ledger.Ledger, number string, want authorisation.Authorisation) {
	err := l.View(func(tx ledger.Projection) error {
		for range 2 { // not remembered yet, perhaps, and then surely
			got, err := view.Authorisation(tx, number)
			if err != nil {
				return err
			}
			read, err := view.Authorisation(forgetful{tx}, number)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(read, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s (-row +remembered):\n%s", number, diff)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s (-folded +remembered):\n%s", number, diff)
			}
		}
		return nil
	})
	if err != nil && want.Case != "" {
		t.Error(err)
	}
}
