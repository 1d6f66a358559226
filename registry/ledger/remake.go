package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// finishReplacing puts a remade store in place where a crash left that half done.
func finishReplacing(o Options) error {
	if _, err := o.FS.Stat(o.Dir); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if _, err := o.FS.Stat(o.Dir + remadeSuffix); err != nil {
		return nil // nothing there: attach says so
	}
	return rename(o.FS, o.Dir+remadeSuffix, o.Dir)
}

func rename(fs vfs.FS, from, to string) error {
	if err := fs.Rename(from, to); err != nil {
		return fmt.Errorf("rename %s: %w", from, err)
	}
	return syncDir(fs, fs.PathDir(to))
}

// remake makes the store anew, with so many leaves at least, and takes it in
// the place of the old one.
func (r *recovery) remake(size int64) (err error) {
	fresh := r.o
	fresh.Dir += remadeSuffix
	if err := r.o.FS.RemoveAll(fresh.Dir); err != nil {
		return err
	}
	if err := makeDir(r.o.FS, fresh.Dir); err != nil {
		return err
	}
	lock, err := lockDir(r.o.FS, fresh.Dir)
	if err != nil {
		return err
	}
	db, err := openStore(fresh, r.l.halt, lock, true)
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	old := r.l.db
	r.l.db = db
	err = r.fill(old, size)
	if err == nil {
		_, err = r.loadProven()
	}
	if err != nil {
		r.l.db = old
		return errors.Join(err, db.Close(), lock.Close())
	}
	r.l.db = nil
	if err := errors.Join(db.Close(), old.Close(), lock.Close()); err != nil {
		return err
	}
	return r.replace(fresh.Dir)
}

// replace takes the remade store in the place of the old one and opens it. The
// lock of the head file's directory keeps others out meanwhile.
func (r *recovery) replace(fresh string) (err error) {
	if err := r.l.locks[0].Close(); err != nil {
		return err
	}
	r.l.locks = r.l.locks[1:]
	if r.out.Kept == "" {
		r.out.Kept, err = r.keep()
	} else { // the old one went before; in its place is an empty one
		err = r.o.FS.RemoveAll(r.o.Dir)
	}
	if err != nil {
		return err
	}
	if err := rename(r.o.FS, fresh, r.o.Dir); err != nil {
		return err
	}
	return r.reattach()
}

// keep moves the old store out of the way.
func (r *recovery) keep() (string, error) {
	for n := 1; ; n++ {
		to := fmt.Sprintf("%s%s-%d", r.o.Dir, keptSuffix, n)
		if _, err := r.o.FS.Stat(to); errors.Is(err, os.ErrNotExist) {
			return to, rename(r.o.FS, r.o.Dir, to)
		} else if err != nil {
			return "", err
		}
	}
}

// reattach opens the store that took the old one's place.
func (r *recovery) reattach() (err error) {
	lock, err := lockDir(r.o.FS, r.o.Dir)
	if err != nil {
		return err
	}
	r.l.locks = append(r.l.locks, lock)
	r.l.db, err = openStore(r.o, r.l.halt, lock, false)
	return err
}

// fill writes the new store: from the mirror, where there is one, as far as it
// reaches; else from the old store; beyond, from the leaves of the sources.
func (r *recovery) fill(old pebble.Reader, size int64) error {
	p := &patchwork{l: r.l, old: old, leaves: r.leaves()}
	if number, whole := r.mirrored(); number > 0 {
		if err := r.l.journal.since(0, r.l.restoreBatch); err != nil {
			return err
		}
		p.batches, p.first, p.old = number, whole, nil
		if err := p.edge.retrace(r.l.db, 0, whole, func([]byte) error { return nil }); err != nil {
			return err
		}
	}
	for p.first < size {
		if err := p.batch(); err != nil {
			return err
		}
	}
	return nil
}

// leaves are the longest copy of the sources.
func (r *recovery) leaves() [][]byte {
	if len(r.sources) == 0 {
		return nil
	}
	return slices.MaxFunc(r.sources, func(a, b Source) int { return cmp.Compare(len(a.Leaves), len(b.Leaves)) }).Leaves
}
