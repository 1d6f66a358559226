package ledger

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// A writeError is one of the store that rows are written to.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }

func (e *writeError) Unwrap() error { return e.err }

// A loader moves full stages into a store, one after the other and beside the folding
// of the next, which reads through the one that is on its way.
type loader struct {
	to   *pebble.DB
	last *pebble.WriteOptions // of the write that ends it
	busy chan error           // answers for the stage on its way; nil = there is none
}

// hand takes a stage that makes the rows reflect a tree of that size, and returns the one to
// go on with.
func (d *loader) hand(s *stage, size int64) (*stage, error) {
	if err := d.wait(); err != nil {
		return nil, err
	}
	base := rows{r: d.to}
	s.under = base // what was on its way has arrived
	s.settle()
	busy := make(chan error, 1)
	d.busy = busy
	go func() {
		err := errStopped // Pebble may end the goroutine, see halt.stop
		defer func() { busy <- err }()
		// A step that is lost with the power is made again: only the last must be synced.
		err = d.load(s, size, pebble.NoSync)
	}()
	next := newStage(base)
	next.under, next.seen = s, s.seen
	return next, nil
}

func (d *loader) wait() error {
	if d.busy == nil {
		return nil
	}
	err := <-d.busy
	d.busy = nil
	return err
}

// end moves the last stage and, where last says so, returns when all would survive a power cut.
func (d *loader) end(s *stage, size int64) error {
	if err := d.wait(); err != nil {
		return err
	}
	s.settle()
	return d.load(s, size, d.last)
}

// load moves the rows of a stage, and the size they make all rows reflect. The stage is only read.
func (d *loader) load(s *stage, size int64, sync *pebble.WriteOptions) error {
	w := d.to.NewBatch()
	defer w.Close()
	if err := errors.Join(s.fill(w, size), w.Set(keyView, number(size), nil)); err != nil {
		return err
	}
	if err := w.Commit(sync); err != nil {
		return &writeError{err}
	}
	return nil
}
