package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
)

// mirrored is a world with a fresh ledger and a mirror on another disk.
func mirrored(t testing.TB) *world {
	w := newWorld(t)
	w.mirror = vfs.NewCrashableMem()
	w.create(t)
	return w
}

// busy appends so many events one after the other.
func busy(t testing.TB, l *ledger.Ledger, notes *notebook, events int) {
	t.Helper()
	for range events {
		event := notes.submit()
		a, err := l.Append(context.Background(), ledgertest.Case(fmt.Sprint("trader-", notes.count%3), event))
		if err != nil {
			t.Fatal(err)
		}
		notes.ack(event, a, l.Head())
	}
}

// A store that is put back from a copy, or loses its tail, gets it back from
// the mirror; a mirror that is put back gets its tail from the store. After a
// power cut in the middle of either nothing acknowledged is missing.
func TestPowerCutsWithAMirror(t *testing.T) {
	t.Parallel()
	base := mirrored(t)
	ran, put, acked := 0, 0, 0
	for seed := range scenarios(60) {
		p, a := powerCutsWithAMirror(t, base, seed)
		if t.Failed() {
			return
		}
		ran, put, acked = ran+1, put+p, acked+a
	}
	t.Logf("figure mirror_cuts %d seeds, store or mirror put back or lost %d times; %d events acknowledged, 0 lost, 0 invented, 0 forks", ran, put, acked)
}

func powerCutsWithAMirror(t *testing.T, base *world, seed int) (put, acked int) {
	defer replay(t, seed)
	rng := mrand.New(mrand.NewPCG(uint64(seed), 11))
	w, notes := base.copied(), newNotebook()
	for range 1 + rng.IntN(3) {
		old := w.copied()
		w, notes = cut(t, w, notes, rng)
		what := rng.IntN(5)
		switch what {
		case 0:
			w.setBack(t, old)
		case 1:
			w.mirror = old.mirror
		case 2:
			w.mirror = vfs.NewCrashableMem()
		}
		if what < 3 {
			put++
		}
		w = cutWhileOpening(t, w, rng)
	}
	l, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	notes.check(t, w.id, l)
	closed(t, l)
	return put, len(notes.acked)
}

// setBack puts the store of another world in the place of this one's; head
// file, keys and mirror stay.
func (w *world) setBack(t testing.TB, old *world) {
	t.Helper()
	disk := vfs.NewCrashableMem()
	for dir, from := range map[string]vfs.FS{"/db": old.mem, "/head": w.mem, "/keys": w.mem} {
		copyTree(t, from, disk, dir)
	}
	w.mem, w.fs, w.headFS, w.keyFS = disk, disk, disk, disk
}

func copyTree(t testing.TB, from, to vfs.FS, dir string) {
	t.Helper()
	if _, err := vfs.Clone(from, to, dir, dir, vfs.CloneSync); err != nil {
		t.Fatal(err)
	}
	d, err := to.OpenDir("/")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutItsMirrorAStoreThatWasSetBackIsRefused(t *testing.T) {
	w := mirrored(t)
	old, notes := w.copied(), newNotebook()
	l := w.mustOpen(t)
	busy(t, l, notes, 5)
	closed(t, l)
	w.setBack(t, old)
	mirror := w.mirror
	w.mirror = nil
	if _, err := w.open(); !errors.Is(err, ledger.ErrBehind) {
		t.Fatalf("without the mirror: %v", err)
	}
	w.mirror = old.mirror
	if _, err := w.open(); !errors.Is(err, ledger.ErrBehind) {
		t.Fatalf("with an old mirror: %v", err)
	}
	w.mirror = mirror
	l = w.mustOpen(t)
	notes.check(t, w.id, l)
	busy(t, l, notes, 2)
	closed(t, l)
}

func TestAMirrorThatContradictsIsRefused(t *testing.T) {
	w := mirrored(t)
	closed(t, w.mustOpen(t))
	other := w.copied()
	for i, w := range []*world{w, other} {
		l := w.mustOpen(t)
		append1(t, l, ledgertest.Case("trader", fmt.Sprint("of disk ", i)))
		closed(t, l)
	}
	mine := w.mirror
	w.mirror = other.mirror
	if _, err := w.open(); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("a mirror with another batch 2: %v", err)
	}
	foreign := mirrored(t)
	closed(t, foreign.mustOpen(t))
	w.mirror = foreign.mirror
	if _, err := w.open(); !errors.Is(err, ledger.ErrDamaged) {
		t.Errorf("another ledger's mirror: %v", err)
	}
	w.mirror = mine
	l := w.mustOpen(t)
	if _, err := w.copiedMirror(mine).open(); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("a mirror in use: %v", err)
	}
	closed(t, l)
}

// copiedMirror is a copy of the world that uses the given mirror itself.
func (w *world) copiedMirror(mirror *vfs.MemFS) *world {
	out := w.copied()
	out.mirror = mirror
	return out
}

// Erasing a subject holds although the mirror knows its name.
func TestWhatWasErasedStaysErasedAfterATailCameBack(t *testing.T) {
	w := mirrored(t)
	old := w.copied()
	l := w.mustOpen(t)
	a := append1(t, l, ledgertest.Case("trader", "event 1"))
	if err := l.EraseSubject("trader"); err != nil {
		t.Fatal(err)
	}
	closed(t, l)
	w.setBack(t, old)
	l = w.mustOpen(t)
	rec, err := l.Record(a.Leaves[0])
	if err != nil || !rec.Erased || rec.Subject != "" || rec.Payload != nil {
		t.Errorf("got %+v, %v", rec, err)
	}
	closed(t, l)
}

// Every byte of a mirror in turn: the ledger opens as it was, or refuses.
func TestFlippedBytesInAMirror(t *testing.T) {
	t.Parallel()
	w := mirrored(t)
	old, notes := w.copied(), newNotebook()
	l := w.mustOpen(t)
	busy(t, l, notes, 3)
	closed(t, l)
	w.setBack(t, old) // so that the mirror is needed
	name := "/mirror/00000000000000000001.journal"
	raw := content(t, w.mirror, name)
	step := max(1, len(raw)/seeds(256))
	if os.Getenv("AEO_EVERY_BYTE") != "" {
		step = 1
	}
	flips, refused := 0, 0
	for at := 0; at < len(raw); at += step {
		broken := w.copied()
		flipped := slices.Clone(raw)
		flipped[at] ^= 1 << (at % 8)
		put(t, broken.mirror, name, flipped)
		l, err := broken.open()
		flips++
		switch {
		case err == nil:
			notes.check(t, w.id, l)
			closed(t, l)
		case errors.Is(err, ledger.ErrDamaged) || errors.Is(err, ledger.ErrBehind):
			refused++
		default:
			t.Fatalf("byte %d: %v", at, err)
		}
		if t.Failed() {
			t.Fatalf("byte %d", at)
		}
	}
	t.Logf("figure mirror_flips %d bits of a mirror that was needed, %d refused, the others changed nothing", flips, refused)
}

func content(t testing.TB, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func put(t testing.TB, fs vfs.FS, name string, raw []byte) {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(slices.Clone(raw)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// A journal cut off at any byte is one that ends with its last whole record; a
// cut in any but the last segment is damage.
func TestTornJournals(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	j := mustJournal(t, fs, 200)
	var leaves []string
	for n := range int64(6) {
		leaf := strings.Repeat("x", int(n)) + fmt.Sprint(n)
		if err := j.Append(n+1, []byte(leaf)); err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leaf)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := fs.List("/j")
	if err != nil {
		t.Fatal(err)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasSuffix(n, ".journal") })
	slices.Sort(names)
	if len(names) < 2 {
		t.Fatalf("segments %v, want several", names)
	}
	for _, name := range names {
		raw := content(t, fs, "/j/"+name)
		for cut := range raw {
			torn := vfs.NewMem()
			copyTree(t, fs, torn, "/j")
			put(t, torn, "/j/"+name, raw[:cut])
			j, err := ledger.OpenJournal(torn, "/j", 200)
			if err != nil {
				if !errors.Is(err, ledger.ErrDamaged) {
					t.Fatalf("%s cut at %d: %v", name, cut, err)
				}
				continue
			}
			if name != names[len(names)-1] {
				t.Fatalf("%s cut at %d was not noticed", name, cut)
			}
			continues(t, j, leaves)
		}
	}
}

// continues checks that a journal holds a beginning of the leaves, takes the
// next, and has both when it is opened again.
func continues(t *testing.T, j ledger.Journal, leaves []string) {
	t.Helper()
	got, err := j.Leaves(0)
	if err != nil || len(got) > len(leaves) || !slices.Equal(got, leaves[:len(got)]) {
		t.Fatalf("got %q, %v", got, err)
	}
	if err := j.Append(int64(len(got))+1, []byte("next")); err != nil {
		t.Fatal(err)
	}
	again, err := j.Leaves(int64(len(got)))
	if diff := cmp.Diff([]string{"next"}, again); diff != "" || err != nil {
		t.Fatalf("%v (-want +got)\n%s", err, diff)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustJournal(t testing.TB, fs vfs.FS, limit int64) ledger.Journal {
	t.Helper()
	j, err := ledger.OpenJournal(fs, "/j", limit)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJournalsTakeOnlyTheNextBatch(t *testing.T) {
	j := mustJournal(t, vfs.NewMem(), 1<<20)
	for _, n := range []int64{0, 2, -1} {
		if err := j.Append(n, []byte("leaf")); err == nil {
			t.Errorf("batch %d was taken first", n)
		}
	}
	if err := j.Append(1, []byte("leaf")); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(1, []byte("leaf")); err == nil {
		t.Error("batch 1 was taken twice")
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func FuzzJournal(f *testing.F) {
	fs := vfs.NewMem()
	j := mustJournal(f, fs, 1<<20)
	for n := range int64(2) {
		if err := j.Append(n+1, []byte(`{"t":"leaf"}`)); err != nil {
			f.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(content(f, fs, "/j/00000000000000000001.journal"))
	f.Add([]byte("aeo-journal-v1\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		fs := vfs.NewMem()
		if err := fs.MkdirAll("/j", 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, fs, "/j/00000000000000000001.journal", raw)
		j, err := ledger.OpenJournal(fs, "/j", 1<<20)
		if err != nil {
			if !errors.Is(err, ledger.ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		if _, err := j.Leaves(0); err != nil && !errors.Is(err, ledger.ErrDamaged) {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
