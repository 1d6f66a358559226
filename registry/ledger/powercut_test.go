package ledger_test

import (
	"bytes"
	"context"
	"fmt"
	mrand "math/rand/v2"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"golang.org/x/mod/sumdb/tlog"
)

// A notebook is what the callers of a ledger remember of it.
type notebook struct {
	mu        sync.Mutex
	submitted map[string]bool
	acked     map[string]ledger.Appended
	heads     map[int64][]byte // size -> checkpoint
	count     int
}

func newNotebook() *notebook {
	return &notebook{submitted: map[string]bool{}, acked: map[string]ledger.Appended{}, heads: map[int64][]byte{}}
}

// submit notes a new event before it is appended.
func (n *notebook) submit() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.count++
	event := fmt.Sprint("event ", n.count)
	n.submitted[event] = true
	return event
}

func (n *notebook) ack(event string, a ledger.Appended, head *transparency.Checkpoint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.acked[event] = a
	n.heads[head.Size] = head.Raw
}

// copy is what was known by now.
func (n *notebook) copy() *notebook {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := newNotebook()
	out.count = n.count
	for k := range n.submitted {
		out.submitted[k] = true
	}
	for k, v := range n.acked {
		out.acked[k] = v
	}
	for k, v := range n.heads {
		out.heads[k] = v
	}
	return out
}

// check compares a reopened ledger with what its callers know: every
// acknowledged event is there, none is there twice or was never submitted, and
// no size has two checkpoints.
func (n *notebook) check(t testing.TB, id *ledgertest.Identity, l *ledger.Ledger) {
	t.Helper()
	ledgertest.CheckLog(t, l)
	found := map[string]int64{}
	tree := transparency.NewCopy(id.Signer.Name())
	err := l.Records(0, func(r ledger.Record) error {
		if len(r.Payload) == 0 {
			return nil
		}
		event := string(bytes.TrimSuffix(bytes.TrimPrefix(r.Payload, []byte(`{"event":"`)), []byte(`"}`)))
		if _, twice := found[event]; twice || !n.submitted[event] {
			t.Errorf("%s is there twice, or was never submitted", event)
		}
		found[event] = r.Leaf
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for event, a := range n.acked {
		if leaf, ok := found[event]; !ok || leaf != a.Leaves[0] {
			t.Errorf("%s was acknowledged as leaf %d and is gone, or is leaf %d", event, a.Leaves[0], leaf)
		}
	}
	if err := l.Entries(0, l.Head().Size, func(_ int64, leaf []byte) error { return tree.Add(leaf) }); err != nil {
		t.Fatal(err)
	}
	for size, want := range n.heads {
		root, err := tlog.TreeHash(size, tree)
		if err != nil {
			t.Fatal(err)
		}
		again, err := transparency.SignCheckpoint(size, root, id.Signer)
		if err != nil || !bytes.Equal(again, want) {
			t.Errorf("size %d was signed as\n%sand is now\n%s(%v)", size, want, again, err)
		}
	}
}

// work appends from several callers until it is told to stop or the ledger is.
func (n *notebook) work(l *ledger.Ledger, callers int, stop <-chan struct{}) *sync.WaitGroup {
	var group sync.WaitGroup
	for c := range callers {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				event := n.submit()
				a, err := l.Append(context.Background(), ledgertest.Case(fmt.Sprint("trader-", c), event))
				if err != nil {
					return
				}
				n.ack(event, a, l.Head())
			}
		})
	}
	return &group
}

func TestPowerCuts(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.create(t)
	ran, cuts, acked := 0, 0, 0
	for seed := range scenarios(200) {
		c, a := powerCuts(t, base, seed)
		if t.Failed() {
			return
		}
		ran, cuts, acked = ran+1, cuts+c, acked+a
	}
	t.Logf("figure power_cuts %d seeds, %d cuts, %d events acknowledged, 0 lost, 0 invented, 0 forks", ran, cuts, acked)
}

func powerCuts(t *testing.T, base *world, seed int) (cuts, acked int) {
	defer replay(t, seed)
	rng := mrand.New(mrand.NewPCG(uint64(seed), 6))
	w, notes := base.copied(), newNotebook()
	cuts = 1 + rng.IntN(3) // a cut, and perhaps others while what it left is worked on
	for range cuts {
		w, notes = cut(t, w, notes, rng)
	}
	l, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	notes.check(t, w.id, l)
	closed(t, l)
	return cuts, len(notes.acked)
}

// cut works on the ledger of a world and cuts the power in the middle, at an
// instant when nobody knows what of the work at hand is on the disk.
func cut(t *testing.T, w *world, notes *notebook, rng *mrand.Rand) (*world, *notebook) {
	t.Helper()
	l, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	group := notes.work(l, 1+rng.IntN(4), stop)
	for range rng.IntN(4) {
		event := notes.submit()
		a, err := l.Append(context.Background(), ledgertest.Case("trader", event))
		if err != nil {
			t.Fatal(err)
		}
		notes.ack(event, a, l.Head())
	}
	known := notes.copy() // what is known now must be on the disk in an instant
	after := w.crash([]int{0, 100, rng.IntN(101)}[rng.IntN(3)], rng)
	known.mu.Lock()
	notes.mu.Lock()
	known.submitted, known.count = notes.submitted, notes.count // those under way may be there as well
	notes.mu.Unlock()
	known.mu.Unlock()
	close(stop)
	group.Wait()
	closed(t, l)
	return after, known
}

// A crash while a crash is being recovered from must not make it worse.
func TestPowerCutsWhileOpening(t *testing.T) {
	t.Parallel()
	base := newWorld(t)
	base.create(t)
	l := base.mustOpen(t)
	notes := newNotebook()
	for range 5 {
		event := notes.submit()
		notes.ack(event, append1(t, l, ledgertest.Case("trader", event)), l.Head())
	}
	ran := 0
	for seed := range scenarios(20) {
		cutsWhileOpening(t, base, notes, seed)
		if t.Failed() {
			return
		}
		ran++
	}
	t.Logf("figure recovery_cuts %d seeds, each cut in three starts running, the same log after it", ran)
}

func cutsWhileOpening(t *testing.T, base *world, notes *notebook, seed int) {
	defer replay(t, seed)
	rng := mrand.New(mrand.NewPCG(uint64(seed), 7))
	w := base.crash(rng.IntN(101), rng)
	for range 3 {
		w = cutWhileOpening(t, w, rng)
	}
	l, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	notes.check(t, w.id, l)
	closed(t, l)
}

func cutWhileOpening(t *testing.T, w *world, rng *mrand.Rand) (after *world) {
	at := rng.IntN(60)
	ops := 0
	var mu sync.Mutex
	w.fs = onWrite(w.mem, func() error {
		mu.Lock()
		defer mu.Unlock()
		if ops++; ops == at {
			after = w.crash(rng.IntN(101), rng)
		}
		return nil
	})
	w.headFS = w.fs
	l, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	closed(t, l)
	if after == nil {
		after = w.crash(0, nil)
	}
	return after
}

func TestPowerCutDuringCreate(t *testing.T) {
	t.Parallel()
	for at := 1; ; at++ {
		w := newWorld(t)
		var after *world
		ops := 0
		w.fs = onWrite(w.mem, func() error {
			if ops++; ops == at {
				after = w.crash(50, mrand.New(mrand.NewPCG(uint64(at), 8)))
			}
			return nil
		})
		w.headFS = w.fs
		w.create(t)
		if after == nil {
			return
		}
		if l, err := after.open(); err == nil {
			ledgertest.CheckLog(t, l)
			closed(t, l)
			continue
		}
		after.create(t) // nothing had been promised yet, and nothing is in the way
		l := after.mustOpen(t)
		ledgertest.CheckLog(t, l)
		closed(t, l)
	}
}
