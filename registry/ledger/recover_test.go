package ledger_test

import (
	"context"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/mod/sumdb/tlog"
)

// A saved is a backup.
type saved struct {
	segments   map[string][]byte
	checkpoint []byte
}

func backup(t testing.TB, l *ledger.Ledger) saved {
	t.Helper()
	s := saved{segments: map[string][]byte{}}
	cp, err := l.Backup(func(name string, content []byte) error {
		s.segments[name] = append([]byte(nil), content...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.checkpoint = cp.Raw
	return s
}

// restore makes a new machine of a backup, with the keys of the old one.
func (w *world) restore(t testing.TB, s saved) *world {
	t.Helper()
	out := onDisk(w.id, vfs.NewCrashableMem())
	out.now, out.mirror = w.now, w.mirror
	copyTree(t, w.keyFS, out.mem, "/keys")
	if err := out.restoreFrom(t, s); err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *world) restoreFrom(t testing.TB, s saved) error {
	if err := w.mem.MkdirAll("/backup", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range s.segments {
		put(t, w.mem, "/backup/"+name, content)
	}
	o, err := w.options()
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Restore(o, "/backup", s.checkpoint)
}

func (w *world) recover(t testing.TB, forget bool, sources ...ledger.Source) (*ledger.Recovered, error) {
	t.Helper()
	o, err := w.options()
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Recover(o, forget, sources...)
}

// copyOf is what a partner has of the log.
func copyOf(t testing.TB, l *ledger.Ledger) ledger.Source {
	t.Helper()
	s := ledger.Source{Name: "partner", Heads: []*transparency.Checkpoint{l.Head()}}
	if err := l.Entries(0, l.Head().Size, func(_ int64, leaf []byte) error {
		s.Leaves = append(s.Leaves, leaf)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// An incident is a machine that worked, was backed up, went on, and is gone.
type incident struct {
	w       *world
	notes   *notebook
	backup  saved
	at      ledger.Source // what a partner knew at the time of the backup
	end     ledger.Source // and at the end
	size    int64         // at the backup
	written int           // events after it
}

func newIncident(t testing.TB, w *world) *incident {
	t.Helper()
	i := &incident{w: w, notes: newNotebook(), written: 4}
	l := w.mustOpen(t)
	busy(t, l, i.notes, 5)
	i.backup, i.at, i.size = backup(t, l), copyOf(t, l), l.Head().Size
	busy(t, l, i.notes, i.written)
	i.end = copyOf(t, l)
	closed(t, l)
	return i
}

func (i *incident) headFile(t testing.TB) ledger.Source {
	t.Helper()
	s, err := ledger.HeadFile(i.w.headFS, "/head/head", i.w.id.Signer.VKey)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// extends checks that a ledger holds all that the world knew of.
func (i *incident) extends(t testing.TB, l *ledger.Ledger) {
	t.Helper()
	for _, cp := range i.end.Heads {
		var leaves [][]byte
		if err := l.Entries(0, cp.Size, func(_ int64, leaf []byte) error {
			leaves = append(leaves, leaf)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		tree := transparency.NewCopy(i.w.id.Signer.Name())
		for _, leaf := range leaves {
			if err := tree.Add(leaf); err != nil {
				t.Fatal(err)
			}
		}
		if root, err := tlog.TreeHash(cp.Size, tree); err != nil || root != cp.Root {
			t.Errorf("root of size %d is %v, %v; %v was signed", cp.Size, root, err, cp.Root)
		}
	}
}

func lostRecords(t testing.TB, l *ledger.Ledger) (lost int) {
	t.Helper()
	if err := l.Records(0, func(r ledger.Record) error {
		if r.Lost {
			lost++
			if r.Payload != nil || r.Erased {
				t.Errorf("lost record %d has a payload or is erased", r.Leaf)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return lost
}

func TestARestoredLedgerReadsAndDoesNotSign(t *testing.T) {
	i := newIncident(t, mirrored(t))
	w := i.w.restore(t, i.backup)
	l := w.mustOpen(t)
	if l.Head().Size != i.size || string(l.Head().Raw) != string(i.backup.checkpoint) {
		t.Errorf("head of size %d, the backup was of %d", l.Head().Size, i.size)
	}
	ledgertest.CheckLog(t, l)
	if lost := lostRecords(t, l); lost != 0 {
		t.Errorf("%d records are lost", lost)
	}
	_, err := l.Append(context.Background(), ledgertest.Case("trader", "event 1"))
	if !errors.Is(err, ledger.ErrUnproven) || !errors.Is(err, ledger.ErrReadOnly) {
		t.Errorf("append: %v", err)
	}
	if err := l.EraseSubject("trader-1"); !errors.Is(err, ledger.ErrUnproven) {
		t.Errorf("erase: %v", err)
	}
	if _, err := l.Backup(func(string, []byte) error { return nil }); !errors.Is(err, ledger.ErrUnproven) {
		t.Errorf("backup: %v", err)
	}
	if l.Published() != nil {
		t.Error("it publishes a head that may be old")
	}
	closed(t, l)
	if err := w.restoreFrom(t, i.backup); !errors.Is(err, ledger.ErrExists) {
		t.Errorf("restored twice: %v", err)
	}
}

func TestRecover(t *testing.T) {
	i := newIncident(t, mirrored(t))
	forked := newIncident(t, i.w.copied().withoutTail(t, i)) // the same machine, had it gone on elsewhere
	for _, c := range []struct {
		name    string
		mirror  bool
		sources []ledger.Source
		err     error
		lost    int
		whole   bool // all payloads are there
	}{
		{name: "without any source", err: ledger.ErrUnproven},
		{name: "with the head file alone", sources: []ledger.Source{i.headFile(t)}, err: ledger.ErrBehind},
		{name: "with what a partner knew before", sources: []ledger.Source{{Name: "old", Heads: i.at.Heads[:0]}}, err: ledger.ErrUnproven},
		{name: "with a partner's copy", sources: []ledger.Source{i.end}, lost: i.written},
		{name: "with a partner's copy and the head file", sources: []ledger.Source{i.end, i.headFile(t)}, lost: i.written},
		{name: "with an old copy and the head file", sources: []ledger.Source{i.at, i.headFile(t)}, err: ledger.ErrBehind},
		{name: "with the mirror", mirror: true, whole: true},
		{name: "with mirror, copy and head file", mirror: true, sources: []ledger.Source{i.end, i.headFile(t)}, whole: true},
		{name: "with another history", mirror: true, sources: []ledger.Source{forked.end}, err: errContradiction},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := i.w.restore(t, i.backup)
			w.mirror = nil
			if c.mirror {
				w.mirror = i.w.copied().mirror
			}
			rec, err := w.recover(t, false, c.sources...)
			if c.err != nil {
				var two *ledger.Contradiction
				if !errors.Is(err, c.err) && !(c.err == errContradiction && errors.As(err, &two)) {
					t.Fatalf("got %v, want %v", err, c.err)
				}
				if l, err := w.open(); err == nil {
					if !errors.Is(l.ReadOnly(), ledger.ErrUnproven) {
						t.Error("it may sign again")
					}
					closed(t, l)
				} else {
					t.Error(err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			l := w.mustOpen(t)
			i.extends(t, l)
			if lost := lostRecords(t, l); lost != c.lost || rec.Lost != int64(lost) {
				t.Errorf("%d records are lost, %d by its own account, want %d", lost, rec.Lost, c.lost)
			}
			if c.whole {
				i.notes.check(t, w.id, l)
			}
			append1(t, l, ledgertest.Case("trader", "event 100"))
			i.extends(t, l)
			closed(t, l)
		})
	}
}

var errContradiction = errors.New("a contradiction")

// withoutTail is the world set back to the incident's backup, with everything
// that remembers more set back too.
func (w *world) withoutTail(t testing.TB, i *incident) *world {
	t.Helper()
	out := w.restore(t, i.backup)
	out.mirror = nil
	if _, err := out.recover(t, false, i.at); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRecoverWithoutKeys(t *testing.T) {
	i := newIncident(t, newWorld2(t))
	w := onDisk(i.w.id, vfs.NewCrashableMem())
	if err := w.restoreFrom(t, i.backup); err != nil {
		t.Fatal(err)
	}
	if _, err := w.recover(t, false, i.end); !errors.Is(err, ledger.ErrMissingKeys) {
		t.Fatalf("without keys: %v", err)
	}
	if _, err := w.open(); !errors.Is(err, ledger.ErrUnproven) { // what it brought is there, and proven by nobody yet
		t.Errorf("opened after a recovery that was refused: %v", err)
	}

	rec, err := w.recover(t, true, i.end)
	if err != nil {
		t.Fatal(err)
	}
	l := w.mustOpen(t)
	if lost := lostRecords(t, l); lost != i.notes.count || rec.Lost != int64(lost) {
		t.Errorf("%d lost, %d by its own account, want all %d", lost, rec.Lost, i.notes.count)
	}
	append1(t, l, ledgertest.Case("trader-1", "event 100")) // a new key, for a new file
	closed(t, l)
	l = w.mustOpen(t)
	lostRecords(t, l)
	closed(t, l)
}

func newWorld2(t testing.TB) *world {
	w := newWorld(t)
	w.create(t)
	return w
}

// A store of which nothing, or only a part, can be read is made anew.
func TestRecoverADamagedStore(t *testing.T) {
	i := newIncident(t, mirrored(t))
	names, err := i.w.mem.List("/db")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, name := range names {
		if strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".log") || strings.HasPrefix(name, "MANIFEST") {
			raw := content(t, i.w.mem, "/db/"+name)
			for at := 0; at < len(raw); at += max(1, len(raw)/8) {
				for _, mirror := range []bool{true, false} {
					tried++
					w := i.w.copied()
					flipped := append([]byte(nil), raw...)
					flipped[at] ^= 0x55
					put(t, w.mem, "/db/"+name, flipped)
					if !mirror {
						w.mirror = nil
					}
					repaired(t, i, w, fmt.Sprintf("%s at %d, mirror %v", name, at, mirror))
				}
			}
		}
	}
	t.Logf("%d damages repaired", tried)
}

func repaired(t *testing.T, i *incident, w *world, what string) {
	t.Helper()
	if _, err := w.recover(t, false, i.end); err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	l, err := w.open()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	i.extends(t, l)
	lost := lostRecords(t, l)
	if w.mirror != nil {
		if lost != 0 {
			t.Errorf("%s: %d payloads lost in spite of a mirror", what, lost)
		}
		i.notes.check(t, w.id, l)
	}
	append1(t, l, ledgertest.Case("trader", "event 100"))
	closed(t, l)
}

// A power cut anywhere in a recovery, and it can be repeated.
func TestPowerCutsWhileRecovering(t *testing.T) {
	t.Parallel()
	i := newIncident(t, mirrored(t))
	base := i.w.restore(t, i.backup)
	base.mirror = nil
	base.syncAll(t)
	for at := 1; ; at += 1 + at/8 {
		w := base.copied()
		var after *world
		var mu sync.Mutex
		ops := 0
		w.fs = onWrite(w.mem, func() error {
			mu.Lock()
			defer mu.Unlock()
			if ops++; ops == at {
				after = w.crash(50, mrand.New(mrand.NewPCG(uint64(at), 12)))
			}
			return nil
		})
		w.headFS = w.fs
		if _, err := w.recover(t, false, i.end); err != nil {
			t.Fatalf("cut at %d: %v", at, err)
		}
		if after == nil {
			return
		}
		rec, err := after.recover(t, false, i.end)
		if err != nil {
			t.Fatalf("after a cut at %d: %v", at, err)
		}
		l, err := after.open()
		if err != nil {
			t.Fatalf("after a cut at %d: %v", at, err)
		}
		i.extends(t, l)
		if lost := lostRecords(t, l); lost != i.written || rec.Lost != int64(lost) {
			t.Errorf("after a cut at %d %d are lost, want %d", at, lost, i.written)
		}
		closed(t, l)
	}
}

// syncAll makes the whole disk of a world durable, so that a cut loses only what comes after.
func (w *world) syncAll(t testing.TB) {
	t.Helper()
	all := w.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: mrand.New(mrand.NewPCG(1, 1))})
	w.mem, w.fs, w.headFS, w.keyFS = all, all, all, all
}

func TestRestoreRefuses(t *testing.T) {
	i := newIncident(t, newWorld2(t))
	name := "00000000000000000001.journal"
	for what, change := range map[string]func(s *saved){
		"no segment":                func(s *saved) { delete(s.segments, name) },
		"a segment cut short":       func(s *saved) { s.segments[name] = s.segments[name][:len(s.segments[name])-1] },
		"a flipped byte":            func(s *saved) { s.segments[name][len(s.segments[name])/2] ^= 1 },
		"another checkpoint":        func(s *saved) { s.checkpoint = i.end.Heads[0].Raw },
		"a checkpoint of nobody's":  func(s *saved) { s.checkpoint = []byte("size 1") },
		"a segment that is not one": func(s *saved) { s.segments["1.journal"] = s.segments[name] },
	} {
		t.Run(what, func(t *testing.T) {
			s := saved{segments: map[string][]byte{name: append([]byte(nil), i.backup.segments[name]...)}, checkpoint: i.backup.checkpoint}
			change(&s)
			w := onDisk(i.w.id, vfs.NewCrashableMem())
			copyTree(t, i.w.keyFS, w.mem, "/keys")
			if err := w.restoreFrom(t, s); !errors.Is(err, ledger.ErrDamaged) {
				t.Errorf("got %v", err)
			}
			if _, err := w.open(); err == nil {
				t.Error("what it left opens")
			} else if errors.Is(err, os.ErrPermission) {
				t.Error(err)
			}
		})
	}
}
