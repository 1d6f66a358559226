package ledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// A Projector folds records into read models. It must be deterministic: its
// rows can be thrown away and made again ([Ledger.Rebuild]). What it writes
// lands in the same Pebble batch as the record. An error refuses the submission
// the record came with.
type Projector interface {
	Project(tx Projection, r Record) error
}

// A Projection is the key space of read models. Get is ErrNotFound where there
// is no row. Slices belong to whoever receives them.
type Projection interface {
	Get(key []byte) ([]byte, error)
	Set(key, value []byte) error
	Delete(key []byte) error
	Scan(prefix []byte, fn func(key, value []byte) (more bool, err error)) error
}

var errViewOnly = errors.New("a view is not written: projections come from records")

// rows implements Projection; w is nil for a view.
type rows struct {
	r pebble.Reader
	w *pebble.Batch
}

func (p rows) Get(key []byte) ([]byte, error) { return get(p.r, nameKey(rowView, key)) }

func (p rows) Set(key, value []byte) error {
	if p.w == nil {
		return errViewOnly
	}
	return p.w.Set(nameKey(rowView, key), value, nil)
}

func (p rows) Delete(key []byte) error {
	if p.w == nil {
		return errViewOnly
	}
	return p.w.Delete(nameKey(rowView, key), nil)
}

func (p rows) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	low := nameKey(rowView, prefix)
	return scan(p.r, low, after(low), func(key, value []byte) (bool, error) {
		return fn(slices.Clone(key[1:]), slices.Clone(value))
	})
}

// View reads projections as of the newest acknowledged batch.
func (l *Ledger) View(fn func(Projection) error) error {
	return l.look(func(v *view) error { return fn(rows{r: v.snap}) })
}

// ProjectionSize is the tree size the projections reflect. It is behind the
// head only for a ledger opened without a Projector.
func (l *Ledger) ProjectionSize() (size int64, err error) {
	err = l.look(func(v *view) error {
		size, err = projected(v.snap)
		return err
	})
	return size, err
}

func projected(r pebble.Reader) (int64, error) {
	row, err := get(r, keyView)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read size of projections: %w", err)
	}
	n, err := numbers(row, 1)
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// Rebuild throws the projections away and makes them again from the records.
func (l *Ledger) Rebuild() error {
	return l.still(l.rebuild)
}

func (l *Ledger) rebuild() error {
	if err := l.usable(); err != nil {
		return err
	}
	w := l.db.NewBatch()
	defer w.Close()
	if err := errors.Join(
		w.DeleteRange([]byte{rowView}, []byte{rowView + 1}, nil),
		w.Set(keyView, number(0), nil),
	); err != nil {
		return fmt.Errorf("drop projections: %w", err)
	}
	if err := w.Commit(pebble.Sync); err != nil {
		l.halt.stop(fmt.Errorf("drop projections: %w", err))
	}
	if err := l.catchUp(); err != nil {
		return err
	}
	l.views.adopt(newView(l.db, l.Head().Size))
	return nil
}

// catchUp projects the records the projections do not reflect yet, in steps
// that each leave them whole.
func (l *Ledger) catchUp() error {
	if l.project == nil {
		return nil
	}
	const step = 64 // batches
	tree, err := readTree(l.db)
	if err != nil {
		return err
	}
	from, err := projected(l.db)
	if err != nil {
		return err
	}
	for from < tree.size {
		if from, err = l.projectFrom(from, step); err != nil {
			return fmt.Errorf("project records from %d: %w", from, err)
		}
	}
	return nil
}

func (l *Ledger) projectFrom(from, batches int64) (size int64, err error) {
	w := l.db.NewIndexedBatch()
	defer w.Close()
	size = from
	err = l.records(l.db, from, batches, func(r Record) error {
		size = max(size, r.Leaf+1)
		return l.project.Project(rows{w, w}, r)
	})
	if err != nil {
		return from, err
	}
	if err := w.Set(keyView, number(size), nil); err != nil {
		return from, err
	}
	if err := w.Commit(pebble.Sync); err != nil {
		l.halt.stop(fmt.Errorf("project records: %w", err))
	}
	return size, nil
}
