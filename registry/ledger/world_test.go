package ledger_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mrand "math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A world is one machine: its disk, clock and administration.
type world struct {
	id       *ledgertest.Identity
	mem      *vfs.MemFS
	fs       vfs.FS // mem, or mem behind something that fails
	headFS   vfs.FS
	mirror   *vfs.MemFS          // another disk, with a mirror; nil = none
	onMirror func(vfs.FS) vfs.FS // puts something that fails before it; nil = nothing
	keyFS    vfs.FS
	now      int64
	project  ledger.Projector
	exit     chan int
	log      *slog.Logger
}

func newWorld(t testing.TB) *world {
	return onDisk(ledgertest.NewIdentity(t, 1), vfs.NewCrashableMem())
}

func onDisk(id *ledgertest.Identity, mem *vfs.MemFS) *world {
	return &world{
		id: id, mem: mem, fs: mem, headFS: mem, keyFS: mem, now: ledgertest.Start,
		project: counter{}, exit: make(chan int, 1), log: slog.New(slog.DiscardHandler),
	}
}

func (w *world) options() (ledger.Options, error) {
	sealer, err := ledger.FileKeys(w.keyFS, "/keys", ledgertest.Plain{}, rand.Reader)
	o := ledger.Options{
		Dir: "/db", HeadDir: "/head", FS: w.fs, HeadFS: w.headFS,
		Signer: w.id.Signer, Keys: sealer, Project: w.project,
		Now: func() time.Time { return time.Unix(w.now, 0) }, Rand: rand.Reader, Log: w.log,
		Exit: func(code int) { w.exit <- code },
	}
	if w.mirror != nil {
		o.Mirror, o.MirrorFS = "/mirror", w.mirror
		if w.onMirror != nil {
			o.MirrorFS = w.onMirror(w.mirror)
		}
	}
	return o, err
}

func (w *world) create(t testing.TB) {
	t.Helper()
	o, err := w.options()
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.Create(o, w.id.Genesis(), w.id.Roster(t), w.id.OpenList(1)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) open() (*ledger.Ledger, error) {
	o, err := w.options()
	if err != nil {
		return nil, err
	}
	return ledger.Open(o)
}

func (w *world) mustOpen(t testing.TB) *ledger.Ledger {
	t.Helper()
	l, err := w.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// created is a world with an open, fresh ledger.
func created(t testing.TB) (*world, *ledger.Ledger) {
	w := newWorld(t)
	w.create(t)
	return w, w.mustOpen(t)
}

// crash is the machine after a power cut now, with so many percent of what was
// not synced on its disk all the same.
func (w *world) crash(percent int, rng *mrand.Rand) *world {
	for {
		before := written(w.mirror)
		after := onDisk(w.id, w.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng}))
		after.now = w.now
		if w.mirror != nil {
			after.mirror = w.mirror.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng})
		}
		if written(w.mirror) == before { // else the power went off twice, once for each disk
			return after
		}
	}
}

// written is how many bytes a mirror has been given.
func written(mirror *vfs.MemFS) (n int64) {
	if mirror == nil {
		return 0
	}
	names, _ := mirror.List("/mirror")
	for _, name := range names {
		if info, err := mirror.Stat("/mirror/" + name); err == nil {
			n += info.Size()
		}
	}
	return n
}

// copied is another machine with the same bytes on its disk.
func (w *world) copied() *world { return w.crash(100, mrand.New(mrand.NewPCG(1, 1))) }

func closed(t testing.TB, l *ledger.Ledger) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// counter is a projector: events per subject, and the last record.
type counter struct{}

func (counter) Project(tx ledger.Projection, r ledger.Record) error {
	key := []byte("count/" + r.Subject)
	n := 0
	switch row, err := tx.Get(key); {
	case err == nil:
		n, _ = strconv.Atoi(string(row))
	case !errors.Is(err, ledger.ErrNotFound):
		return err
	}
	if string(r.Payload) == `{"event":"refuse"}` {
		return errRefused
	}
	return errors.Join(
		tx.Set(key, fmt.Append(nil, n+1)),
		tx.Set([]byte("last"), fmt.Appendf(nil, "%d.%d leaf %d at %d %T", r.Batch, r.N, r.Leaf, r.At, r.Entry)),
	)
}

var errRefused = errors.New("refused by the projector")

// projections are all rows of the read models.
func projections(t testing.TB, l *ledger.Ledger) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := l.View(func(p ledger.Projection) error {
		return p.Scan(nil, func(key, value []byte) (bool, error) {
			out[string(key)] = string(value)
			return true, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// seeds is how many random scenarios to run; AEO_SEEDS asks for more.
func seeds(short int) int {
	if n, err := strconv.Atoi(os.Getenv("AEO_SEEDS")); err == nil && n > 0 {
		return n
	}
	return short
}
