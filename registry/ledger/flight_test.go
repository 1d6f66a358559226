package ledger_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
)

// A flight is a ledger whose batches come to know of each other: each sync of
// the head file reports to syncing and waits for a word from proceed, and each
// trader's record that is projected reports to projected.
type flight struct {
	*ledger.Ledger
	syncing, proceed, projected chan struct{}
}

func inFlight(t *testing.T) *flight {
	t.Helper()
	w, l := created(t)
	closed(t, l)
	f := &flight{syncing: make(chan struct{}), proceed: make(chan struct{}), projected: make(chan struct{}, 8)}
	w.headFS = onSync(w.mem, func() {
		f.syncing <- struct{}{}
		<-f.proceed
	})
	w.project = reporting{f.projected}
	f.Ledger = w.mustOpen(t)
	return f
}

// reporting is counter that says when it sees a record of a trader.
type reporting struct{ seen chan<- struct{} }

func (p reporting) Project(tx ledger.Projection, r ledger.Record) error {
	if r.Subject != "" {
		p.seen <- struct{}{}
	}
	return counter{}.Project(tx, r)
}

// append appends an entry for each trader in one batch and returns when it is
// being written, and will be in flight whatever becomes of those before it; the
// answer comes later.
func (f *flight) append(subjects ...string) chan error {
	var entries []ledger.Entry
	for _, s := range subjects {
		entries = append(entries, ledgertest.Case(s, "x"))
	}
	answer := make(chan error, 1)
	go func() {
		_, err := f.Append(context.Background(), entries...)
		answer <- err
	}()
	for range subjects {
		<-f.projected
	}
	return answer
}

// While the head file is being synced nobody is told of the batch: not its
// caller, not who asks for the head, not a reader.
func TestNothingShowsBeforeTheHeadFileIsSynced(t *testing.T) {
	f := inFlight(t)
	head := f.Head()
	answer := f.append("a")
	<-f.syncing
	if f.Head() != head {
		t.Errorf("the head is %d while the head file says %d", f.Head().Size, head.Size)
	}
	if _, err := f.Leaf(head.Size); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a leaf beyond the head: %v", err)
	}
	select {
	case err := <-answer:
		t.Errorf("answered with %v", err)
		answer <- err
	default:
	}
	f.proceed <- struct{}{}
	if err := <-answer; err != nil || f.Head().Size != head.Size+2 {
		t.Errorf("then answered with %v, head %d", err, f.Head().Size)
	}
}

// A batch that is acknowledged does not show the one behind it, though the
// store holds it already.
func TestReadersDoNotSeeTheBatchBehind(t *testing.T) {
	f := inFlight(t)
	first := f.append("a")
	<-f.syncing
	second := f.append("b")
	ledger.Written(f.Ledger)
	f.proceed <- struct{}{}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	<-f.syncing // of the second
	rows := projections(t, f.Ledger)
	if rows["count/a"] != "1" || rows["count/b"] != "" {
		t.Errorf("after the first of two batches readers see %q of the first and %q of the second", rows["count/a"], rows["count/b"])
	}
	f.proceed <- struct{}{}
	if err := <-second; err != nil || projections(t, f.Ledger)["count/b"] != "1" {
		t.Errorf("the second was answered with %v", err)
	}
}

// A bit that turns while the tree is hashed is found before the root is signed,
// and the batch behind it, good as it is, is not signed either: it would cover
// the one that was refused.
func TestATurnedBitIsNotSigned(t *testing.T) {
	f := inFlight(t)
	// After three entries and their state leaf the next batch completes no
	// subtree with what lies before it: the bit can show in its root alone.
	first := f.append("a", "a", "a")
	<-f.syncing
	head := f.Head().Size + 4
	mend := ledger.SpoilEdge(f.Ledger)
	bad := f.append("b")
	ledger.Written(f.Ledger)
	if err := mend(); err != nil {
		t.Fatal(err)
	}
	behind := f.append("c")
	f.proceed <- struct{}{}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	go func() { // a head that must not be signed would wait here
		for {
			select {
			case <-f.syncing:
				f.proceed <- struct{}{}
			case <-t.Context().Done():
				return
			}
		}
	}()
	for name, answer := range map[string]chan error{"with the turned bit": bad, "behind it": behind} {
		if err := <-answer; !errors.Is(err, ledger.ErrReadOnly) {
			t.Errorf("the batch %s was answered with %v", name, err)
		}
	}
	if f.Head().Size != head {
		t.Errorf("signed a head of %d after one of %d", f.Head().Size, head)
	}
	if _, err := f.Append(context.Background(), ledgertest.Case("d", "x")); !errors.Is(err, ledger.ErrReadOnly) {
		t.Errorf("appended after damage: %v", err)
	}
}
