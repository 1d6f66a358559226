package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/ledger"
	"golang.org/x/mod/sumdb/tlog"
)

// Conform runs the conformance suite. Open gives a fresh log of the identity
// with list 1 open, and closes it when the test ends.
func Conform(t *testing.T, id *Identity, open func(t *testing.T) Log) {
	for name, check := range map[string]func(*testing.T, *Identity, Log){
		"entries become one closed batch":                         conformBatch,
		"a submission is taken whole or not at all":               conformWhole,
		"status changes of one entry follow each other":           conformStatus,
		"many callers share batches and each gets its own leaves": conformGroup,
		"nothing is served beyond the tree":                       conformBounds,
		"tiles are served up to the published size":               conformTiles,
		"an erased subject leaves the tree whole":                 conformErase,
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			check(t, id, l)
			CheckLog(t, l)
		})
	}
}

func mustAppend(t *testing.T, l Log, entries ...ledger.Entry) ledger.Appended {
	t.Helper()
	a, err := l.Append(context.Background(), entries...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func conformBatch(t *testing.T, id *Identity, l Log) {
	before := l.Head().Size
	a := mustAppend(t, l, Case("trader-1", "applied"), Case("trader-2", "applied"), id.OpenList(2))
	if a.Size != before+4 || l.Head().Size != a.Size || a.At != Start {
		t.Errorf("appended %+v to a tree of %d, head %d", a, before, l.Head().Size)
	}
	if a.Leaves[2] != before {
		t.Errorf("the list is leaf %d, structural leaves come first: want %d", a.Leaves[2], before)
	}
	for i, leaf := range a.Leaves {
		r, err := l.Record(leaf)
		if err != nil {
			t.Fatal(err)
		}
		if r.N != int64(i) || r.Batch != a.Batch || r.At != a.At {
			t.Errorf("record %+v, want it to be %d of batch %d", r, i, a.Batch)
		}
	}
	if r, _ := l.Record(a.Leaves[1]); r.Subject != "trader-2" || string(r.Payload) != `{"event":"applied"}` {
		t.Errorf("second event came back as %q of %q", r.Payload, r.Subject)
	}
}

func conformWhole(t *testing.T, id *Identity, l Log) {
	before := l.Head()
	for name, entries := range map[string][]ledger.Entry{
		"no entry":                         {},
		"an unknown list":                  {Case("trader-1", "x"), id.Status(7, 1, statuslist.Ended)},
		"an index outside the list":        {id.Status(1, statuslist.MinSize, statuslist.Ended)},
		"a change to the same value":       {id.Status(1, 3, statuslist.Valid)},
		"two changes of one entry":         {id.Status(1, 3, statuslist.Suspended), id.Status(1, 3, statuslist.Ended)},
		"a list opened twice":              {id.OpenList(1)},
		"a foreign list":                   {{Leaf: transparency.List{URI: "https://other.example/status/1", Bits: 2, Size: statuslist.MinSize}}},
		"a second genesis":                 {{Leaf: id.Genesis()}},
		"a state leaf":                     {{Leaf: transparency.State{}}},
		"a change that is not due":         {{Leaf: transparency.Status{URI: id.List(1), Idx: 4, Value: statuslist.Ended, EffectiveAt: Start + 1}}},
		"a roster out of turn":             {{Leaf: transparency.Key{Roster: id.RosterAfter(t, id.Roster(t), 3)}}},
		"a payload that is not canonical":  {{Subject: "trader-1", Payload: []byte(`{ "event":1}`)}},
		"a payload without a subject":      {{Payload: []byte(`{}`)}},
		"a digest that is none":            {{Leaf: transparency.Credential{SHA256: "00"}}},
		"neither leaf nor payload":         {{}},
		"a subject without a payload":      {{Leaf: transparency.Credential{SHA256: fmt.Sprintf("%064d", 0)}, Subject: "trader-1"}},
		"more entries than one may submit": make([]ledger.Entry, ledger.MaxEntries+1),
	} {
		if _, err := l.Append(context.Background(), entries...); !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("%s: %v, want ErrConflict", name, err)
		}
	}
	if l.Head() != before {
		t.Error("a refused submission changed the head")
	}
}

func conformStatus(t *testing.T, id *Identity, l Log) {
	first := mustAppend(t, l, id.Status(1, 5, statuslist.Suspended)).Leaves[0]
	second := mustAppend(t, l, id.Status(1, 5, statuslist.Valid)).Leaves[0]
	raw, err := l.Leaf(second)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := transparency.ParseLeaf(raw)
	if s, ok := leaf.(transparency.Status); err != nil || !ok || s.Prev == nil || *s.Prev != first {
		t.Errorf("second change is %s (%v), want prev %d", raw, err, first)
	}
	var group sync.WaitGroup
	for _, v := range []statuslist.Value{statuslist.Suspended, statuslist.Superseded} {
		group.Go(func() { // both may be refused or taken, never both in one batch: CheckLog tells
			_, err := l.Append(context.Background(), id.Status(1, 5, v))
			if err != nil && !errors.Is(err, ledger.ErrConflict) {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func conformGroup(t *testing.T, id *Identity, l Log) {
	const callers = 64
	var group sync.WaitGroup
	var mu sync.Mutex
	batches := map[int64]bool{}
	for i := range callers {
		group.Go(func() {
			event := fmt.Sprintf("event %d", i)
			a, err := l.Append(context.Background(), Case("trader", event), id.Status(1, int64(100+i), statuslist.Ended))
			if err != nil {
				t.Error(err)
				return
			}
			r, err := l.Record(a.Leaves[0])
			if err != nil || !bytes.Contains(r.Payload, []byte(event)) || r.Batch != a.Batch {
				t.Errorf("caller %d got record %q of batch %d (%v)", i, r.Payload, r.Batch, err)
			}
			mu.Lock()
			defer mu.Unlock()
			batches[a.Batch] = true
		})
	}
	group.Wait()
	if len(batches) == callers {
		t.Error("no two callers shared a batch")
	}
}

func conformBounds(t *testing.T, _ *Identity, l Log) {
	size := l.Head().Size
	nothing := func(int64, []byte) error { return nil }
	for name, read := range map[string]func() error{
		"leaf":        func() error { _, err := l.Leaf(size); return err },
		"leaf -1":     func() error { _, err := l.Leaf(-1); return err },
		"record":      func() error { _, err := l.Record(size); return err },
		"entries":     func() error { return l.Entries(0, size+1, nothing) },
		"backwards":   func() error { return l.Entries(1, 0, nothing) },
		"records":     func() error { return l.Records(1, func(ledger.Record) error { return nil }) },
		"proof":       func() error { _, err := l.Prove(0, size+1); return err },
		"consistency": func() error { _, err := l.ProveConsistency(1, size+1); return err },
		"tile":        func() error { _, err := l.Tile(tlog.Tile{H: 8, W: 1}); return err },
	} {
		if err := read(); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
}

func conformTiles(t *testing.T, id *Identity, l Log) {
	tokens := func(p *ledger.Published) (map[string][]byte, error) {
		return map[string][]byte{id.List(1): fmt.Appendf(nil, "token of %d with %d bytes", p.Checkpoint.Size, len(p.Reduction.List(id.List(1)).Raw()))}, nil
	}
	if _, err := l.Publish(tokens); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		var entries []ledger.Entry
		for n := range 120 {
			entries = append(entries, Case("trader", fmt.Sprintf("event %d.%d", i, n)))
		}
		mustAppend(t, l, entries...)
	}
	before := l.Published()
	if _, err := l.Tile(tlog.Tile{H: 8, L: 0, N: 0, W: int(before.Checkpoint.Size) + 1}); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("unpublished tile: %v, want ErrNotFound", err)
	}
	p, err := l.Publish(tokens)
	if err != nil {
		t.Fatal(err)
	}
	if p.Checkpoint.Size != l.Head().Size || p.State.Applied != p.StateIndex || p.StateIndex != p.Checkpoint.Size-1 {
		t.Errorf("published %+v at head %d", p, l.Head().Size)
	}
	if again, err := l.Publish(nil); err != nil || again != p {
		t.Errorf("publishing the same head again made a new one (%v)", err)
	}
	CheckTiles(t, l)
	for _, tile := range []tlog.Tile{{H: 8, L: 0, N: -1, W: 1}, {H: 8, L: 63, N: 0, W: 1}, {H: 8, L: 1, N: 1 << 62, W: 256}, {H: 7, L: 0, N: 0, W: 1}, {H: 8, L: -2, N: 0, W: 1}, {H: 8, L: 1, N: 0, W: 2}} {
		if _, err := l.Tile(tile); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("tile %+v: %v, want ErrNotFound", tile, err)
		}
	}
}

func conformErase(t *testing.T, _ *Identity, l Log) {
	a := mustAppend(t, l, Case("gone", "secret"), Case("stays", "secret"))
	for range 2 { // it may be repeated
		if err := l.EraseSubject("gone"); err != nil {
			t.Fatal(err)
		}
	}
	gone, err := l.Record(a.Leaves[0])
	if err != nil || !gone.Erased || gone.Payload != nil || gone.Salt != nil || gone.Subject != "" {
		t.Errorf("erased record is %+v (%v)", gone, err)
	}
	if stays, err := l.Record(a.Leaves[1]); err != nil || stays.Erased || stays.Payload == nil {
		t.Errorf("another subject's record is %+v (%v)", stays, err)
	}
	if _, err := l.Append(context.Background(), Case("gone", "again")); !errors.Is(err, ledger.ErrErased) {
		t.Errorf("a new event of an erased subject: %v, want ErrErased", err)
	}
}
