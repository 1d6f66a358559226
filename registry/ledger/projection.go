package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
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

// Rebuild throws the projections away and makes them again from the records.
func (l *Ledger) Rebuild() error {
	return l.still(l.rebuild)
}

func (l *Ledger) rebuild() error {
	if err := l.usable(); err != nil {
		return err
	}
	l.memo = &memo{}
	if err := l.drop(); err != nil {
		return err
	}
	if err := l.catchUp(); err != nil {
		return err
	}
	l.views.adopt(l.newView(l.Head().Size))
	return nil
}

// drop throws the rows away, and notes the form of those to come.
func (l *Ledger) drop() error {
	w := l.db.NewBatch()
	defer w.Close()
	if err := errors.Join(
		w.DeleteRange([]byte{rowView}, []byte{rowView + 1}, nil),
		w.Set(keyView, number(0), nil), w.Set(keyForm, []byte(l.form()), nil),
	); err != nil {
		return fmt.Errorf("drop projections: %w", err)
	}
	if err := w.Commit(pebble.Sync); err != nil {
		l.halt.stop(fmt.Errorf("drop projections: %w", err))
	}
	return nil
}

func (l *Ledger) form() string {
	if f, ok := l.project.(Former); ok {
		return f.Form()
	}
	return ""
}

// reform throws away rows of another form than the projector writes.
func (l *Ledger) reform() error {
	if l.project == nil {
		return nil
	}
	row, err := get(l.db, keyForm)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("read form of projections: %w", err)
	}
	if string(row) == l.form() {
		return nil
	}
	if size, err := projected(l.db); err == nil && size > 0 {
		l.log.Info("rows that queries read are made anew: their form is another now", "leaves", size)
	}
	return l.drop()
}

// catchUp projects the records the projections do not reflect yet.
func (l *Ledger) catchUp() error {
	if l.project == nil {
		return nil
	}
	return l.projectInto(l.db, l.db, func(w *pebble.Batch, last bool) {
		// A step that is lost with the power is made again: only the last must be synced.
		sync := pebble.NoSync
		if last {
			sync = pebble.Sync
		}
		if err := w.Commit(sync); err != nil {
			l.halt.stop(fmt.Errorf("project records: %w", err))
		}
	})
}

// projectInto projects what to does not reflect yet of the records of from, in
// steps that each leave its rows whole.
//
// What limits it: of a record's time a third goes into reading its event, which
// is written again and compared, since there is only one spelling of each, and a
// fifth into unsealing it, both beside the folding; the rest is reading and writing
// rows, one record after the other. cmd/bench measures it as rebuild.
func (l *Ledger) projectInto(to *pebble.DB, from pebble.Reader, commit func(w *pebble.Batch, last bool)) error {
	tree, err := readTree(from)
	if err != nil {
		return err
	}
	done, err := projected(to)
	if err != nil || done == tree.size {
		return err
	}
	fold, size, batch := newStage(rows{r: to}), done, int64(0)
	if done == 0 {
		fold.seen = newSeen()
	}
	step := func(last bool) error {
		w := to.NewBatch()
		defer w.Close()
		if err := errors.Join(fold.flush(w, size), w.Set(keyView, number(size), nil)); err != nil {
			return err
		}
		commit(w, last)
		return nil
	}
	err = l.opened(from, done, func(r Record) error {
		if r.Batch != batch && len(fold.rows) >= maxStaged {
			if err := step(false); err != nil {
				return err
			}
		}
		batch, size = r.Batch, max(size, r.Leaf+1)
		return l.project.Project(fold, r)
	})
	if err != nil {
		return fmt.Errorf("project records from %d: %w", done, err)
	}
	return step(true)
}

// A chunk is records on their way from being unsealed to being folded.
type chunk struct {
	records []Record
	ready   chan error
}

// opened calls fn with the records from a size on, in their order, while the next
// are being read and opened beside it.
func (l *Ledger) opened(from pebble.Reader, size int64, fn func(Record) error) error {
	const length, ahead = 512, 8
	chunks, stop, done := make(chan *chunk, ahead), make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(chunks)
		done <- l.readChunks(from, size, length, func(c *chunk) error {
			go func() { c.ready <- l.openAll(c.records) }()
			select {
			case chunks <- c:
				return nil
			case <-stop:
				return errStopped
			}
		})
	}()
	var failed error
	for c := range chunks {
		if err := <-c.ready; failed == nil {
			failed = err
		}
		for i := 0; i < len(c.records) && failed == nil; i++ {
			failed = fn(c.records[i])
		}
		if failed != nil {
			close(stop)
			for c := range chunks {
				<-c.ready
			}
			break
		}
	}
	return cmp.Or(failed, <-done)
}

var errStopped = errors.New("stopped reading")

func (l *Ledger) readChunks(from pebble.Reader, size int64, length int, give func(*chunk) error) error {
	next := &chunk{ready: make(chan error, 1)}
	err := l.records(from, size, func(r Record) error {
		next.records = append(next.records, r)
		if len(next.records) < length {
			return nil
		}
		full := next
		next = &chunk{ready: make(chan error, 1)}
		return give(full)
	})
	if err != nil || len(next.records) == 0 {
		return err
	}
	return give(next)
}

func (l *Ledger) openAll(records []Record) (err error) {
	opener, ok := l.project.(Opener)
	if !ok {
		return nil
	}
	for i := range records {
		if records[i].Opened, err = opener.Open(records[i]); err != nil {
			return fmt.Errorf("open record %d: %w", records[i].Leaf, err)
		}
	}
	return nil
}

// AuditProjections makes the projections anew from the records, as of the newest
// acknowledged batch, and compares them with those there are: fn hears of every
// row that differs, want being nil for one that should not be there and got for
// one that is missing. The store is only read; dir, which must not exist, holds
// the rows made anew meanwhile, unsealed, and is removed.
func (l *Ledger) AuditProjections(dir string, fn func(key, want, got []byte) error) (err error) {
	if l.project == nil {
		return errors.New("this ledger is open without projections")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is in the way: %w", dir, cmp.Or(err, os.ErrExist))
	}
	scratch, err := pebble.Open(dir, &pebble.Options{DisableWAL: true, FormatMajorVersion: pebble.FormatNewest, Logger: quiet{}})
	if err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", dir, err), os.RemoveAll(dir))
	}
	defer func() { err = errors.Join(err, scratch.Close(), os.RemoveAll(dir)) }()
	return l.look(func(v *view) error {
		var failed error
		err := l.projectInto(scratch, v.snap, func(w *pebble.Batch, _ bool) {
			failed = errors.Join(failed, w.Commit(pebble.NoSync))
		})
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		return compareRows(scratch, v.snap, fn)
	})
}

// quiet has nothing to say about a store that is thrown away.
type quiet struct{}

func (quiet) Infof(string, ...any)              {}
func (quiet) Errorf(string, ...any)             {}
func (quiet) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// compareRows walks both key spaces of read models side by side.
func compareRows(want, got pebble.Reader, fn func(key, want, got []byte) error) error {
	bounds := &pebble.IterOptions{LowerBound: []byte{rowView}, UpperBound: []byte{rowView + 1}}
	a, err := want.NewIter(bounds)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := got.NewIter(bounds)
	if err != nil {
		return err
	}
	defer b.Close()
	for x, y := a.First(), b.First(); x || y; {
		order := 0
		switch {
		case !y:
			order = -1
		case !x:
			order = 1
		default:
			order = bytes.Compare(a.Key(), b.Key())
		}
		var err error
		switch {
		case order < 0:
			err, x = fn(slices.Clone(a.Key()[1:]), present(a), nil), a.Next()
		case order > 0:
			err, y = fn(slices.Clone(b.Key()[1:]), nil, present(b)), b.Next()
		default:
			if !bytes.Equal(a.Value(), b.Value()) {
				err = fn(slices.Clone(a.Key()[1:]), present(a), present(b))
			}
			x, y = a.Next(), b.Next()
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(a.Error(), b.Error())
}

// present is a row's value, not nil though it may be empty.
func present(it *pebble.Iterator) []byte { return append([]byte{}, it.Value()...) }
