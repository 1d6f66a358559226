package ledger_test

import (
	"fmt"
	mrand "math/rand/v2"
	"os"
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
	flips, refused := 0, 0
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
			n, r := flipEach(t, w)
			flips, refused = flips+n, refused+r
		})
	}
	t.Logf("figure ledger_flips %d bits of store and head file, %d refused, the others changed nothing", flips, refused)
}

// flipEach turns one bit at a time: at places by seed, or in every byte of the
// store where AEO_EVERY_BYTE is set, as long as it is small.
func flipEach(t *testing.T, w *world) (flips, refused int) {
	want, err := contents(w.copied().mustOpen(t))
	if err != nil {
		t.Fatal(err)
	}
	files, total := filesOf(t, w)
	places := scenarios(128)
	if os.Getenv("AEO_EVERY_BYTE") != "" {
		places = func(yield func(int) bool) {
			for at := 0; at < int(total) && yield(at); at++ {
			}
		}
	}
	for seed := range places {
		rng := mrand.New(mrand.NewPCG(uint64(seed), 10))
		at, mask := rng.Int64N(total), byte(1)<<rng.IntN(8)
		if os.Getenv("AEO_EVERY_BYTE") != "" {
			at = int64(seed)
		}
		name, at := placeOf(files, at)
		damaged := w.copied()
		flip(t, damaged.mem, name, at, mask)
		if !sameOrRefused(t, damaged, want) {
			refused++
		}
		flips++
		if t.Failed() {
			replay(t, seed)
			t.Fatalf("bit %#x of byte %d of %s", mask, at, name)
		}
	}
	return flips, refused
}

type sized struct {
	name string
	size int64
}

func filesOf(t *testing.T, w *world) (files []sized, total int64) {
	t.Helper()
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
			files, total = append(files, sized{dir + "/" + name, info.Size()}), total+info.Size()
		}
	}
	return files, total
}

// placeOf finds the file in which a byte of all of them lies.
func placeOf(files []sized, at int64) (name string, within int64) {
	for _, f := range files {
		if at < f.size {
			return f.name, at
		}
		at -= f.size
	}
	panic("beyond the last file")
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
