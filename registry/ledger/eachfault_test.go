package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// A fault is one operation on the disk that fails: the n-th of those that
// write, or of those that read, alone or with all of them after it.
type fault struct {
	op    string // "write" or "read"
	once  bool
	cause syscall.Errno
	n     int64
	seen  atomic.Int64
}

func (f *fault) String() string {
	return fmt.Sprintf("%s %v %d %d", f.op, f.once, int(f.cause), f.n)
}

func parseFault(spec string) (*fault, error) {
	f := new(fault)
	cause := 0
	_, err := fmt.Sscan(spec, &f.op, &f.once, &cause, &f.n)
	f.cause = syscall.Errno(cause)
	return f, err
}

// on is the file system with the fault in it.
func (f *fault) on(fs vfs.FS) vfs.FS {
	return errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if (op.Kind.ReadOrWrite() == errorfs.OpIsWrite) != (f.op == "write") {
			return nil
		}
		if i := f.seen.Add(1) - 1; i == f.n || i > f.n && !f.once {
			return f.cause
		}
		return nil
	}))
}

const exitUnmet = 3 // of a child that came to its end before the fault

// met ends a child that came to its end before the fault.
func (f *fault) met() error {
	if f.seen.Load() <= f.n {
		os.Exit(exitUnmet)
	}
	return nil
}

// workALittle opens a ledger, has events acknowledged and closes it.
func workALittle(o ledger.Options, dir string) error {
	l, err := ledger.Open(o)
	if err != nil {
		return err
	}
	err = appendSome(l, filepath.Join(dir, fmt.Sprint("acks-", os.Getpid(), "-0")), 3)
	return errors.Join(err, l.Close())
}

// Whatever single operation fails while a ledger is opened, written and closed,
// alone or with all after it, and however Pebble takes that: what was
// acknowledged is there at the next start, which comes by itself.
func TestEachFault(t *testing.T) {
	t.Parallel()
	ran, failed := 0, 0
	for _, f := range []*fault{
		{op: "write", once: true, cause: syscall.EIO}, {op: "write", cause: syscall.EIO},
		{op: "write", once: true, cause: syscall.ENOSPC}, {op: "write", cause: syscall.ENOSPC},
		{op: "read", once: true, cause: syscall.EIO}, {op: "read", cause: syscall.EIO},
	} {
		step := int64(1) // every operation, where cmd/campaign asks
		if os.Getenv("AEO_CAMPAIGN") == "" {
			step = 17
		}
		dir := createdOnDisk(t)
		var did bool
		for n, more := int64(0), true; more && !t.Failed(); n += step {
			f.n = n
			if more, did = runFault(t, dir, f); more {
				ran++
			}
			if did {
				failed++
			}
		}
		checkAcks(t, dir)
	}
	if failed == 0 {
		t.Error("no fault had any effect")
	}
	t.Logf("figure disk_faults %d faults, %d of them ended or refused the work; nothing acknowledged lost, every next start clean", ran, failed)
}

// runFault reports whether there was such an operation, and whether its failure showed.
func runFault(t *testing.T, dir string, f *fault) (met, failed bool) {
	t.Helper()
	cmd, said := run(t, childDir+"="+dir, childFault+"="+f.String())
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code == exitUnmet {
		return false, false
	} else if err != nil && code < 0 {
		t.Errorf("fault %q: ended by %v", f, err)
	}
	l, err2 := ledger.Open(diskOptions(t, dir))
	if err2 != nil {
		t.Fatalf("after fault %q the next start says %v; the child said %s", f, err2, lastLines(said.String()))
	}
	defer closed(t, l)
	ledgertest.CheckLog(t, l)
	return true, err != nil
}

func lastLines(text string) string {
	lines := slices.Collect(strings.Lines(text))
	return strings.Join(lines[max(0, len(lines)-10):], "")
}
