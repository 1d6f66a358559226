package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/google/go-cmp/cmp"
)

func TestConformance(t *testing.T) {
	id := ledgertest.NewIdentity(t, 1)
	ledgertest.Conform(t, id, func(t *testing.T) ledgertest.Log {
		_, l := created(t)
		return l
	})
}

func append1(t testing.TB, l *ledger.Ledger, entries ...ledger.Entry) ledger.Appended {
	t.Helper()
	a, err := l.Append(context.Background(), entries...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestReopenedLedgerIsTheSame(t *testing.T) {
	w, l := created(t)
	for i := range 5 {
		append1(t, l, ledgertest.Case("trader", fmt.Sprint(i)), w.id.Status(1, int64(i), statuslist.Ended))
	}
	append1(t, l, ledger.Entry{Leaf: transparency.Key{Roster: w.id.RosterAfter(t, rosterOf(t, l), 2)}})
	p, err := l.Publish(func(*ledger.Published) (map[string][]byte, error) {
		return map[string][]byte{w.id.List(1): []byte("token")}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	head, rows := l.Head(), projections(t, l)
	closed(t, l)

	l = w.mustOpen(t)
	if diff := cmp.Diff(head, l.Head()); diff != "" {
		t.Errorf("head (-before +after):\n%s", diff)
	}
	sameState := cmp.Comparer(func(a, b *transparency.Reduction) bool {
		return cmp.Equal(a.Next(0), b.Next(0)) && cmp.Equal(a.Events(), b.Events())
	})
	if diff := cmp.Diff(p, l.Published(), sameState); diff != "" {
		t.Errorf("published (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(rows, projections(t, l)); diff != "" {
		t.Errorf("projections (-before +after):\n%s", diff)
	}
	ledgertest.CheckLog(t, l)
	append1(t, l, w.id.Status(1, 9, statuslist.Suspended))
	ledgertest.CheckLog(t, l)
}

func TestProjections(t *testing.T) {
	t.Run("rebuilt from the records they are the same", func(t *testing.T) {
		_, l := created(t)
		for i := range 150 {
			append1(t, l, ledgertest.Case(fmt.Sprint("trader-", i%7), fmt.Sprint(i)))
		}
		want := projections(t, l)
		if err := l.Rebuild(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, projections(t, l)); diff != "" {
			t.Errorf("(-live +rebuilt):\n%s", diff)
		}
	})
	t.Run("a projector that comes later catches up", func(t *testing.T) {
		w := newWorld(t)
		w.project = nil
		w.create(t)
		l := w.mustOpen(t)
		head := append1(t, l, ledgertest.Case("trader", "a")).Size
		if size, err := l.ProjectionSize(); err != nil || size != 0 {
			t.Errorf("without a projector they reflect size %d (%v)", size, err)
		}
		closed(t, l)
		w.project = counter{}
		l = w.mustOpen(t)
		if size, err := l.ProjectionSize(); err != nil || size != head {
			t.Errorf("they reflect size %d (%v), want %d", size, err, head)
		}
		if got := projections(t, l)["count/trader"]; got != "1" {
			t.Errorf("count is %q", got)
		}
	})
	t.Run("a view is not written", func(t *testing.T) {
		_, l := created(t)
		err := l.View(func(p ledger.Projection) error {
			if p.Delete([]byte("k")) == nil {
				t.Error("deleted a row")
			}
			return p.Set([]byte("k"), nil)
		})
		if err == nil {
			t.Error("set a row")
		}
	})
}

func TestBadSubmissionFailsAlone(t *testing.T) {
	_, l := created(t)
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			event := fmt.Sprint("event ", i)
			if i%8 == 0 {
				event = "refuse"
			}
			_, err := l.Append(context.Background(), ledgertest.Case("trader", event))
			if bad := i%8 == 0; bad != errors.Is(err, errRefused) || !bad && err != nil {
				t.Errorf("%s: %v", event, err)
			}
		})
	}
	group.Wait()
	ledgertest.CheckLog(t, l)
}

func TestClock(t *testing.T) {
	w, l := created(t)
	first := append1(t, l, ledgertest.Case("trader", "a"))
	for name, c := range map[string]struct {
		now, at int64
		err     error
	}{
		"a clock a little behind stands still": {now: ledgertest.Start - ledger.ClockSlack, at: first.At},
		"a clock further behind is refused":    {now: ledgertest.Start - ledger.ClockSlack - 1, err: ledger.ErrClock},
	} {
		w.now = c.now
		a, err := l.Append(context.Background(), ledgertest.Case("trader", "b"))
		if a.At != c.at || !errors.Is(err, c.err) {
			t.Errorf("%s: at %d, %v", name, a.At, err)
		}
		if now := l.Now().Unix(); now != first.At {
			t.Errorf("%s: the log's clock shows %d", name, now)
		}
	}
	w.now = ledgertest.Start + 7
	if a := append1(t, l, ledgertest.Case("trader", "c")); a.At != w.now || l.Now().Unix() != w.now {
		t.Errorf("the clock went on to %d, the record to %d", w.now, a.At)
	}
	ledgertest.CheckLog(t, l)
	t.Logf("figure clock_back up to %d s behind the time stands still, further behind nothing is appended", ledger.ClockSlack)
}

func TestSecondOpenIsRefused(t *testing.T) {
	w, l := created(t)
	_, err := w.open()
	if !errors.Is(err, ledger.ErrLocked) || !strings.Contains(err.Error(), "held by process") {
		t.Errorf("opened twice: %v", err)
	}
	closed(t, l)
	closed(t, w.mustOpen(t))
}

func TestCreateAndOpenRefuse(t *testing.T) {
	w := newWorld(t)
	if _, err := w.open(); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("opened what was never created: %v", err)
	}
	w.create(t)
	o, err := w.options()
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.Create(o, w.id.Genesis(), w.id.Roster(t)); !errors.Is(err, ledger.ErrExists) {
		t.Errorf("created twice: %v", err)
	}
	w.id = ledgertest.NewIdentity(t, 3)
	if _, err := w.open(); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("opened with another key: %v", err)
	}
}

func TestContextCountsOnlyWhileQueued(t *testing.T) {
	_, l := created(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	before := l.Head().Size
	a, err := l.Append(ctx, ledgertest.Case("trader", "a"))
	switch { // which of the two comes first is open; that the answer is true is not
	case err == nil && a.Size == before+2:
	case errors.Is(err, context.Canceled):
	default:
		t.Errorf("appended %+v, %v", a, err)
	}
	append1(t, l, ledgertest.Case("trader", "b"))
	ledgertest.CheckLog(t, l)
}

func TestQueueIsBounded(t *testing.T) {
	_, l := created(t)
	var group sync.WaitGroup
	held := make(chan struct{})
	release := make(chan struct{})
	group.Go(func() {
		l.Reduction(func(*transparency.Reduction) error { close(held); <-release; return nil }) // holds the sequencer up
	})
	<-held
	results := make(chan error, 4096)
	for range cap(results) {
		group.Go(func() {
			_, err := l.Append(context.Background(), ledgertest.Case("trader", "x"))
			results <- err
		})
	}
	if err := <-results; !errors.Is(err, ledger.ErrBusy) { // the first answer can only be a refusal
		t.Errorf("first answer is %v, want ErrBusy", err)
	}
	close(release)
	group.Wait()
	close(results)
	taken := 0
	for err := range results {
		if err == nil {
			taken++
		} else if !errors.Is(err, ledger.ErrBusy) {
			t.Error(err)
		}
	}
	if taken == 0 {
		t.Error("nothing was taken after the sequencer went on")
	}
}

func TestClosedLedgerRefuses(t *testing.T) {
	_, l := created(t)
	closed(t, l)
	for name, err := range map[string]error{
		"append":  func() error { _, err := l.Append(context.Background(), ledgertest.Case("t", "x")); return err }(),
		"leaf":    func() error { _, err := l.Leaf(0); return err }(),
		"publish": func() error { _, err := l.Publish(nil); return err }(),
		"erase":   l.EraseSubject("t"),
		"rebuild": l.Rebuild(),
	} {
		if !errors.Is(err, ledger.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
}

func TestPublishedHeadsAreKept(t *testing.T) {
	w, l := created(t)
	none := func(*ledger.Published) (map[string][]byte, error) { return nil, nil }
	var sizes []int64
	for i := range 70 {
		append1(t, l, w.id.Status(1, int64(i), statuslist.Ended))
		p, err := l.Publish(none)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, p.Checkpoint.Size)
	}
	closed(t, l)
	l = w.mustOpen(t)
	for i, size := range sizes {
		p, err := l.PublishedAt(size)
		if kept := i >= len(sizes)-64; kept != (err == nil) || kept && p.Checkpoint.Size != size {
			t.Errorf("published head %d of %d: %v", i, len(sizes), err)
		}
	}
}

// rosterOf is the newest roster of the log.
func rosterOf(t testing.TB, l *ledger.Ledger) (raw []byte) {
	t.Helper()
	err := l.Reduction(func(r *transparency.Reduction) error {
		all := r.Rosters().Raw()
		raw = all[len(all)-1]
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
