package ledger

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

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
	err := l.projectInto(l.db, l.db, pebble.Sync)
	var failed *writeError
	if errors.As(err, &failed) {
		l.halt.stop(fmt.Errorf("project records: %w", failed.err))
	}
	return err
}

// projectInto projects what to does not reflect yet of the records of from, in
// steps that each leave its rows whole. A store without a write-ahead log cannot be
// synced: its last write is NoSync.
//
// What limits it is processor time, of which reading and opening a record takes a
// fifth, folding it a quarter, writing its rows as JSON, sorting them into the store
// and merging its tables nearly half. cmd/bench measures it as rebuild.
func (l *Ledger) projectInto(to *pebble.DB, from pebble.Reader, last *pebble.WriteOptions) error {
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
	load := loader{to: to, last: last}
	err = l.opened(from, done, func(r Record) error {
		if r.Batch != batch && len(fold.rows) >= maxStaged {
			if fold, err = load.hand(fold, size); err != nil {
				return err
			}
		}
		batch, size = r.Batch, max(size, r.Leaf+1)
		return l.project.Project(fold, r)
	})
	if err != nil {
		return fmt.Errorf("project records from %d: %w", done, errors.Join(err, load.wait()))
	}
	return load.end(fold, size)
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

var errStopped = errors.New("stopped")

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
