package ledger

import (
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// views hands readers the store as of the newest acknowledged batch. They
// neither wait for the sequencer nor see a batch that is not durable yet, which
// Pebble would show them (quality 0.3).
type views struct {
	mu      sync.Mutex
	current *view // nil before the first batch and after close
	open    sync.WaitGroup
}

// A view is one state of the store, shared by its readers.
type view struct {
	snap    *pebble.Snapshot
	size    int64 // of the tree
	memo    *memo // of its rows
	readers int   // under views.mu
	stale   bool  // a newer one is current; under views.mu
}

func (v *views) acquire() (*view, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current == nil {
		return nil, ErrClosed
	}
	v.current.readers++
	v.open.Add(1)
	return v.current, nil
}

func (v *views) release(w *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w.readers--
	v.closeIdle(w)
	v.open.Done()
}

// newView is the store as it is now. It is to be adopted or dropped.
func (l *Ledger) newView(size int64) *view {
	return &view{snap: l.db.NewSnapshot(), size: size, memo: l.memo}
}

func (v *view) rows() rows { return rows{v.snap, v.size, v.memo} }

// adopt makes a view what readers see from here on.
func (v *views) adopt(w *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	old := v.current
	v.current = w
	if old != nil {
		old.stale = true
		v.closeIdle(old)
	}
}

// drop gives back a view that will not be adopted.
func (v *views) drop(w *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w.stale = true
	v.closeIdle(w)
}

// closeIdle gives back a snapshot nobody will read again. Closing one in
// memory cannot fail in a way that matters.
func (v *views) closeIdle(w *view) {
	if w.stale && w.readers == 0 {
		_ = w.snap.Close()
	}
}

// close refuses new readers, waits for those there are and returns.
func (v *views) close() {
	v.mu.Lock()
	if w := v.current; w != nil {
		v.current, w.stale = nil, true
		v.closeIdle(w)
	}
	v.mu.Unlock()
	v.open.Wait()
}

// look runs fn over the newest acknowledged state.
func (l *Ledger) look(fn func(v *view) error) error {
	v, err := l.views.acquire()
	if err != nil {
		return err
	}
	defer l.views.release(v)
	return fn(v)
}

// within checks that a leaf index lies in a tree.
func within(index, size int64) error {
	if index < 0 || index >= size {
		return fmt.Errorf("leaf %d in a tree of %d: %w", index, size, ErrNotFound)
	}
	return nil
}
