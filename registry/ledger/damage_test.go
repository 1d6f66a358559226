package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"golang.org/x/mod/sumdb/tlog"
)

// One bit that turns between hashing and storing ended real logs: it must be
// found before the root is signed.
func TestReadBackFindsATurnedBit(t *testing.T) {
	_, l := created(t)
	a := append1(t, l, ledgertest.Case("trader", "x"))
	if root, err := ledger.ReadBack(l, a.Leaves[0], a.Size); err != nil || root != l.Head().Root {
		t.Fatalf("read back %v (%v), want %v", root, err, l.Head().Root)
	}
	raw, err := l.Leaf(a.Leaves[0])
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-4] ^= 1
	if err := ledger.RewriteLeaf(l, a.Leaves[0], raw); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.ReadBack(l, a.Leaves[0], a.Size); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("read back a turned bit: %v", err)
	}
}

// Who edits a leaf below the ledger finds the start refused.
func TestEditedLeafIsRefused(t *testing.T) {
	w, l := created(t)
	a := append1(t, l, ledgertest.Case("trader", "x"))
	if err := ledger.RewriteLeaf(l, a.Leaves[0], fmt.Appendf(nil, `{"sha256":"%064d","t":"case"}`, 7)); err != nil {
		t.Fatal(err)
	}
	closed(t, l)
	if _, err := w.open(); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("opened with an edited leaf: %v", err)
	}
}

func TestEditedRootIsRefused(t *testing.T) {
	w, l := created(t)
	if err := ledger.SpoilRoot(l); err != nil {
		t.Fatal(err)
	}
	closed(t, l)
	if _, err := w.open(); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("opened with an edited root: %v", err)
	}
}

// Damage met while the ledger runs ends signing, not serving.
func TestDamageMakesReadOnly(t *testing.T) {
	w, l := created(t)
	for i := range 40 {
		append1(t, l, ledgertest.Case("trader", fmt.Sprint(i)))
	}
	closed(t, l)
	l = w.mustOpen(t)
	if err := l.ReadOnly(); err != nil {
		t.Fatal(err)
	}
	spoilTables(t, w)
	if err := l.Records(0, func(ledger.Record) error { return nil }); err == nil {
		t.Fatal("read every record from spoiled tables")
	}
	if err := l.ReadOnly(); !errors.Is(err, ledger.ErrReadOnly) {
		t.Errorf("after damage ReadOnly is %v", err)
	}
	head := l.Head()
	if _, err := l.Append(context.Background(), ledgertest.Case("trader", "x")); !errors.Is(err, ledger.ErrReadOnly) {
		t.Errorf("append after damage: %v", err)
	}
	if _, err := l.Publish(nil); !errors.Is(err, ledger.ErrReadOnly) {
		t.Errorf("publish after damage: %v", err)
	}
	if l.Head() != head {
		t.Error("signed a head after damage")
	}
	select {
	case code := <-w.exit:
		t.Errorf("damage ended the process with %d", code)
	default:
	}
}

// spoilTables turns a bit in every half kilobyte of every table.
func spoilTables(t *testing.T, w *world) {
	t.Helper()
	names, err := w.mem.List("/db")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.HasSuffix(name, ".sst") {
			continue
		}
		info, err := w.mem.Stat("/db/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for at := int64(0); at < info.Size(); at += 512 {
			flip(t, w.mem, "/db/"+name, at, 1)
		}
	}
}

// What nobody foresaw when the batch was assembled, here a state leaf that
// outgrows what a leaf may be, is refused and leaves the log as it was.
func TestUnforeseenFaultIsTakenBack(t *testing.T) {
	w, l := created(t)
	var lists []ledger.Entry
	for n := range 700 {
		lists = append(lists, w.id.OpenList(100+n))
	}
	before := l.Head()
	if _, err := l.Append(context.Background(), lists...); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("opened 700 lists: %v", err)
	}
	if l.Head() != before || l.ReadOnly() != nil {
		t.Error("a refused batch left a trace")
	}
	append1(t, l, w.id.OpenList(100))
	ledgertest.CheckLog(t, l)
	closed(t, l)
	ledgertest.CheckLog(t, w.mustOpen(t))
}

// A case leaf commits to its payload, and so would show a foreign one by itself;
// a credential leaf has only what its payload was sealed with.
func TestPayloadStaysWithItsLeaf(t *testing.T) {
	issued := func(n int) ledger.Entry {
		e := ledgertest.Case("trader", fmt.Sprint("credential ", n))
		e.Leaf = transparency.Credential{SHA256: fmt.Sprintf("%064d", n)}
		return e
	}
	for kind, entries := range map[string][]ledger.Entry{
		"case":       {ledgertest.Case("trader", "mine"), ledgertest.Case("trader", "also mine")},
		"credential": {issued(1), issued(2)},
	} {
		_, l := created(t)
		a := append1(t, l, entries...)
		if err := ledger.SwapSealed(l, a.Leaves[0], a.Leaves[1]); err != nil {
			t.Fatal(err)
		}
		for _, leaf := range a.Leaves {
			if r, err := l.Record(leaf); !errors.Is(err, ledger.ErrDamaged) {
				t.Errorf("%s leaf %d has another leaf's payload %q (%v)", kind, leaf, r.Payload, err)
			}
		}
	}
}

// A store without its keys, and keys without their store, tell nothing.
func TestStoreHoldsNoPayloadInClear(t *testing.T) {
	w := newWorld(t)
	w.project = nil
	w.create(t)
	l := w.mustOpen(t)
	const secret = "Kauri Timber Exports"
	a := append1(t, l, ledgertest.Case("trader", secret))
	r, err := l.Record(a.Leaves[0])
	if err != nil || !bytes.Contains(r.Payload, []byte(secret)) {
		t.Fatalf("record %q (%v)", r.Payload, err)
	}
	closed(t, l)
	for _, dir := range []string{"/db", "/head", "/keys"} {
		names, err := w.mem.List(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			raw, err := w.mem.UnsafeGetFileDataBuffer(dir + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s/%s holds a payload in clear", dir, name)
			}
		}
	}
}

func FuzzHeadSlot(f *testing.F) {
	slot, err := ledger.Slot(7, tlog.Hash{1}, []byte("checkpoint"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(slot)
	f.Add(slot[:4095])
	f.Add(make([]byte, 4096))
	f.Fuzz(func(t *testing.T, raw []byte) {
		again, ok := ledger.Holds(raw)
		if !ok {
			return
		}
		// The fields before the padding are the slot; the padding is under the
		// checksum and otherwise free.
		if _, ok := ledger.Holds(again); !ok || !bytes.Equal(raw[:70], again[:70]) {
			t.Errorf("slot %x is not what it was read as", raw[:70])
		}
	})
}

func FuzzUnseal(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 44))
	f.Add(make([]byte, 100))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if _, _, err := ledger.Unseal([32]byte{1}, sealed, tlog.Hash{2}); !errors.Is(err, ledger.ErrDamaged) {
			t.Errorf("forged a sealed payload: %v", err)
		}
	})
}
