package ledger

import (
	"bytes"
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

// An Opener is a Projector that can do the part of its work that depends on one
// record alone beforehand and beside others; Project then finds it in
// [Record.Opened]. An error refuses the record, as one of Project does.
type Opener interface {
	Open(r Record) (any, error)
}

// A Former is a Projector whose rows have a form that changes from release to
// release. Rows of another form are thrown away and made again when the ledger is
// opened. Form is short, and "" for rows whose form never changes.
type Former interface {
	Form() string
}

// A Projection is the key space of read models. Get is ErrNotFound where there
// is no row. Slices belong to whoever receives them.
type Projection interface {
	Get(key []byte) ([]byte, error)
	Set(key, value []byte) error
	Delete(key []byte) error
	Scan(prefix []byte, fn func(key, value []byte) (more bool, err error)) error
}

// A Reader is a Projection that holds values beside rows. Read gives what decode
// makes of a row, which is lent to it, or what is known to be in the row. A key has
// one decode, and one that is read so is written by [Keeper] alone. The value is
// shared by all who read it and not changed.
type Reader interface {
	Read(key []byte, decode func(row []byte) (any, error)) (any, error)
}

// A Keeper is a Reader whose values become rows later, so that a state many records
// change one after the other is neither written nor read in between.
type Keeper interface {
	Reader
	Keep(key []byte, value any, marshal func(any) ([]byte, error))
}

// A Seeker is a Projection whose scans of a prefix can begin later than it: with the
// first key that is not before from.
type Seeker interface {
	ScanFrom(prefix, from []byte, fn func(key, value []byte) (more bool, err error)) error
}

var errViewOnly = errors.New("a view is not written: projections come from records")

// rows implements Projection and [Reader].
type rows struct {
	r    pebble.Reader
	size int64 // of the tree they are as of
	memo *memo // nil = they remember nothing
}

func (p rows) Get(key []byte) ([]byte, error) { return get(p.r, nameKey(rowView, key)) }

// Read implements [Reader].
func (p rows) Read(key []byte, decode func([]byte) (any, error)) (value any, err error) {
	if value = p.memo.get(key, p.size); value != nil {
		return value, nil
	}
	err = lend(p.r, nameKey(rowView, key), func(row []byte) error {
		if value, err = decode(row); err == nil {
			p.memo.learn(key, p.size, len(row), value)
		}
		return err
	})
	return value, err
}

func (p rows) Set(key, value []byte) error { return errViewOnly }

func (p rows) Delete(key []byte) error { return errViewOnly }

func (p rows) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	return p.ScanFrom(prefix, prefix, fn)
}

// ScanFrom implements [Seeker].
func (p rows) ScanFrom(prefix, from []byte, fn func(key, value []byte) (bool, error)) error {
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	return scan(p.r, nameKey(rowView, from), after(nameKey(rowView, prefix)), func(key, value []byte) (bool, error) {
		return fn(slices.Clone(key[1:]), slices.Clone(value))
	})
}

// View reads projections as of the newest acknowledged batch.
func (l *Ledger) View(fn func(Projection) error) error {
	return l.look(func(v *view) error { return fn(v.rows()) })
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
