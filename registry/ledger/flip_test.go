package ledger_test

import (
	"fmt"
	mrand "math/rand/v2"
	"testing"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/ledger/ledgertest"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
)

func flip(t testing.TB, fs vfs.FS, name string, at int64, mask byte) {
	t.Helper()
	f, err := fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= mask
	if _, err := f.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

// contents is everything a ledger says, to compare.
func contents(l *ledger.Ledger) (out []string, err error) {
	out = append(out, string(l.Head().Raw))
	err = l.Records(0, func(r ledger.Record) error {
		out = append(out, fmt.Sprintf("%+v", r))
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = l.View(func(p ledger.Projection) error {
		return p.Scan(nil, func(key, value []byte) (bool, error) {
			out = append(out, fmt.Sprintf("%q %q", key, value))
			return true, nil
		})
	})
	return out, err
}

// A small store with one turned bit either says exactly what it said before or
// refuses: at the start, or where the damaged block is read.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	for name, reopen := range map[string]bool{"in the write-ahead log": false, "in the tables": true} {
		t.Run(name, func(t *testing.T) {
			w, l := created(t)
			for i := range 10 {
				append1(t, l, ledgertest.Case("trader", fmt.Sprint(i)))
			}
			closed(t, l)
			if reopen { // which flushes
				closed(t, w.mustOpen(t))
			}
			flipEach(t, w)
		})
	}
}

func flipEach(t *testing.T, w *world) {
	l := w.copied().mustOpen(t)
	want, err := contents(l)
	if err != nil {
		t.Fatal(err)
	}
	type place struct {
		name string
		size int64
	}
	var files []place
	total := int64(0)
	for _, dir := range []string{"/db", "/head"} {
		names, err := w.mem.List(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			info, err := w.mem.Stat(dir + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			files, total = append(files, place{dir + "/" + name, info.Size()}), total+info.Size()
		}
	}
	flips, refused := 0, 0
	for seed := range scenarios(128) {
		flips++
		rng := mrand.New(mrand.NewPCG(uint64(seed), 10))
		at, mask := rng.Int64N(total), byte(1)<<rng.IntN(8)
		for _, f := range files {
			if at >= f.size {
				at -= f.size
				continue
			}
			damaged := w.copied()
			flip(t, damaged.mem, f.name, at, mask)
			if !sameOrRefused(t, damaged, want) {
				refused++
			}
			if t.Failed() {
				t.Fatalf("seed %d: bit %#x of byte %d of %s", seed, mask, at, f.name)
			}
			break
		}
	}
	t.Logf("%d of %d flips were refused, the others changed nothing", refused, flips)
}

// sameOrRefused reports whether all was the same.
func sameOrRefused(t *testing.T, w *world, want []string) bool {
	l, err := w.open()
	if err != nil {
		return false
	}
	defer l.Close()
	got, err := contents(l)
	if err != nil {
		return false
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a flipped bit went unnoticed (-want +got):\n%s", diff)
	}
	return true
}
