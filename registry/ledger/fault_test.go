package ledger_test

import (
	"context"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// failing is a file system that asks before each write, sync, rename or removal.
func failing(fs vfs.FS, ask func() error) vfs.FS {
	return errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return ask()
		}
		return nil
	}))
}

// onWrite is failing but for syncs of the store's directory: when one fails,
// Pebble panics by itself, in a goroutine of its own, and would take the tests
// along.
func onWrite(fs vfs.FS, ask func() error) vfs.FS {
	return errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && !(op.Path == "/db" && op.Kind == errorfs.OpFileSync) {
			return ask()
		}
		return nil
	}))
}

// A breaker fails every write from the n-th on, as a dying disk does.
type breaker struct {
	armed atomic.Bool
	left  atomic.Int64
	err   error
}

func (b *breaker) ask() error {
	if b.armed.Load() && b.left.Add(-1) < 0 {
		return b.err
	}
	return nil
}

// Each write of three appends fails in turn, on the store's disk, on the head
// file's, on the mirror's and on the keys'. What was acknowledged before must be
// there after a restart; what was not, may be; and nothing may be acknowledged
// after.
func TestFailedWrites(t *testing.T) {
	t.Parallel()
	for _, disk := range []string{"store", "head", "mirror", "keys"} {
		for _, cause := range []error{syscall.EIO, syscall.ENOSPC} {
			t.Run(fmt.Sprint(disk, " ", cause), func(t *testing.T) {
				n := int64(0)
				for failWrite(t, disk, cause, n) {
					n++
				}
				if n < 3 {
					t.Errorf("only %d writes for three appends", n)
				}
			})
		}
	}
}

// failWrite reports whether there was an n-th write to fail.
func failWrite(t *testing.T, disk string, cause error, n int64) bool {
	w := mirrored(t)
	b := &breaker{err: cause}
	b.left.Store(n)
	switch fs := onWrite(w.mem, b.ask); disk {
	case "store":
		w.fs = fs
	case "head":
		w.headFS = fs
	case "mirror":
		w.onMirror = func(fs vfs.FS) vfs.FS { return failing(fs, b.ask) }
	case "keys":
		w.keyFS = fs
	}
	l, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	notes := newNotebook()
	b.armed.Store(true)
	failures := 0
	for i := range 3 {
		event := notes.submit()
		a, err := l.Append(context.Background(), ledgertest.Case(fmt.Sprint("trader-", i), event))
		if err != nil {
			failures++
			checkStopped(t, w, disk, err)
			continue
		}
		if failures > 0 {
			t.Errorf("write %d: acknowledged %s after a failed write", n, event)
		}
		notes.ack(event, a, l.Head())
	}
	for _, percent := range []int{0, 100} {
		after := w.crash(percent, mrand.New(mrand.NewPCG(uint64(n), 9)))
		again, err := after.open()
		if err != nil {
			t.Fatalf("write %d, %d %%: %v", n, percent, err)
		}
		notes.check(t, w.id, again)
		closed(t, again)
	}
	l.Close()
	return failures > 0
}

// checkStopped checks that a failed write of the log ends the process; of a
// key, it only fails the submission.
func checkStopped(t *testing.T, w *world, disk string, err error) {
	t.Helper()
	if disk == "keys" {
		if errors.Is(err, ledger.ErrStopped) {
			t.Errorf("a key that cannot be written stopped the ledger: %v", err)
		}
		return
	}
	if !errors.Is(err, ledger.ErrStopped) {
		t.Errorf("after a failed write: %v, want ErrStopped", err)
	}
	code := <-w.exit // it comes just after callers are told
	if code != ledger.ExitWrite {
		t.Errorf("exit %d, want %d", code, ledger.ExitWrite)
	}
	w.exit <- code
}

func TestStaleStoreIsRefused(t *testing.T) {
	w, l := created(t)
	append1(t, l, ledgertest.Case("trader", "before the copy"))
	size := l.Head().Size
	old := w.copied()
	for range 3 {
		append1(t, l, ledgertest.Case("trader", "after the copy"))
	}
	newest := l.Head().Size
	closed(t, l)
	w.fs = old.mem // the store is put back from the copy, the head file is not
	_, err := w.open()
	if want := fmt.Sprintf("leaves %d to %d are missing", size, newest-1); !errors.Is(err, ledger.ErrBehind) || !strings.Contains(err.Error(), want) {
		t.Errorf("opened a stale copy: %v, want ErrBehind with %q", err, want)
	}
}

// The head file must be on the disk, and not just written, when an entry is
// acknowledged.
func TestAcknowledgedHeadSurvivesPowerCut(t *testing.T) {
	w, l := created(t)
	old := w.copied()
	newest := append1(t, l, ledgertest.Case("trader", "x")).Size
	after := w.crash(0, nil)
	after.fs = old.mem
	_, err := after.open()
	if want := fmt.Sprintf("to %d are missing", newest-1); !errors.Is(err, ledger.ErrBehind) || !strings.Contains(err.Error(), want) {
		t.Errorf("the head file forgot a signed head: %v", err)
	}
}

// A crash between batch and head file leaves the store ahead. What is signed at
// the next start must be remembered like any other head.
func TestStoreAheadOfHeadFileIsTakenOver(t *testing.T) {
	w, l := created(t)
	old := w.copied()
	newest := append1(t, l, ledgertest.Case("trader", "x")).Size
	closed(t, l)
	w.headFS = old.mem
	l = w.mustOpen(t)
	if l.Head().Size != newest {
		t.Errorf("head of size %d, the store has %d leaves", l.Head().Size, newest)
	}
	closed(t, l)
	w.fs = old.copied().mem
	if _, err := w.open(); !errors.Is(err, ledger.ErrBehind) {
		t.Errorf("what was signed at the start was not remembered: %v", err)
	}
}

func TestForkedStoreIsRefused(t *testing.T) {
	w, l := created(t)
	twin := w.copied()
	append1(t, l, ledgertest.Case("trader", "one history"))
	closed(t, l)
	l = twin.mustOpen(t)
	append1(t, l, ledgertest.Case("trader", "another history"))
	append1(t, l, ledgertest.Case("trader", "and longer"))
	closed(t, l)
	w.fs = twin.mem
	if _, err := w.open(); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("opened another tree than the one that was signed: %v", err)
	}
}

func TestForeignHeadFileIsRefused(t *testing.T) {
	w, l := created(t)
	closed(t, l)
	other, l := created(t)
	closed(t, l)
	w.headFS = other.mem
	if _, err := w.open(); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("opened with another ledger's head file: %v", err)
	}
}

func TestLostHeadFileIsReplaced(t *testing.T) {
	w, l := created(t)
	append1(t, l, ledgertest.Case("trader", "x"))
	head := l.Head()
	closed(t, l)
	if err := w.mem.Remove("/head/head"); err != nil {
		t.Fatal(err)
	}
	l = w.mustOpen(t)
	if string(l.Head().Raw) != string(head.Raw) {
		t.Error("another head than before")
	}
	append1(t, l, ledgertest.Case("trader", "y"))
	closed(t, l)
	ledgertest.CheckLog(t, w.mustOpen(t))
}

// One slot may be torn by a power cut; both never are.
func TestTornHeadFile(t *testing.T) {
	w, l := created(t)
	append1(t, l, ledgertest.Case("trader", "x"))
	head := l.Head()
	closed(t, l)
	for name, c := range map[string]struct {
		at  []int64
		err error
	}{
		"first slot":  {at: []int64{100}},
		"second slot": {at: []int64{4096 + 100}},
		"both slots":  {at: []int64{100, 4096 + 100}, err: ledger.ErrDamaged},
	} {
		after := w.copied()
		for _, at := range c.at {
			flip(t, after.mem, "/head/head", at, 0x10)
		}
		l, err := after.open()
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		if string(l.Head().Raw) != string(head.Raw) {
			t.Errorf("%s: another head than before", name)
		}
		append1(t, l, ledgertest.Case("trader", "y"))
		closed(t, l)
		ledgertest.CheckLog(t, after.mustOpen(t))
	}
}
