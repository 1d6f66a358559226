package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"
)

// maxStaged is how many rows are held before they go into the store; with the
// states of cases behind them that is some 32 MiB.
const maxStaged = 16 << 10

// A stage is a Projection on its way into a store: the records of a batch, or
// thousands in a rebuild, are folded in memory, and a row that many of them change
// is written once.
type stage struct {
	under interface { // the store, or a stage on its way into it
		Projection
		Reader
	}
	memo *memo             // of the store
	rows map[string]staged // by key, without the kind of row
	seen *seen             // all keys that went into the store, where it had no rows before; nil where it had
}

// A staged row is bytes, or a value that becomes bytes when somebody wants them.
type staged struct {
	raw     []byte
	value   any
	marshal func(any) ([]byte, error) // of value; nil where raw holds
	gone    bool
}

func newStage(under rows) *stage {
	return &stage{under: under, memo: under.memo, rows: map[string]staged{}}
}

func (s *stage) Get(key []byte) ([]byte, error) {
	row, ok := s.rows[string(key)]
	if !ok && s.absent(key) {
		return nil, ErrNotFound
	}
	if !ok {
		return s.under.Get(key)
	}
	raw, err := row.bytes()
	return slices.Clone(raw), err
}

func (s *stage) absent(key []byte) bool { return s.seen != nil && !s.seen.has(key) }

// bytes are the row's own.
func (r staged) bytes() ([]byte, error) {
	switch {
	case r.gone:
		return nil, ErrNotFound
	case r.marshal != nil:
		return r.marshal(r.value)
	}
	return r.raw, nil
}

func (s *stage) Set(key, value []byte) error {
	s.rows[string(key)] = staged{raw: slices.Clone(value)}
	return nil
}

func (s *stage) Delete(key []byte) error {
	s.rows[string(key)] = staged{gone: true}
	return nil
}

// Read implements [Keeper].
func (s *stage) Read(key []byte, decode func([]byte) (any, error)) (any, error) {
	row, ok := s.rows[string(key)]
	if !ok && s.absent(key) {
		return nil, ErrNotFound
	}
	if !ok {
		return s.under.Read(key, decode)
	}
	if row.value != nil {
		return row.value, nil
	}
	raw, err := row.bytes()
	if err != nil {
		return nil, err
	}
	return decode(raw)
}

// Keep implements [Keeper].
func (s *stage) Keep(key []byte, value any, marshal func(any) ([]byte, error)) {
	s.rows[string(key)] = staged{value: value, marshal: marshal}
}

func (s *stage) Scan(prefix []byte, fn func(key, value []byte) (bool, error)) error {
	merged := map[string][]byte{}
	if err := s.under.Scan(prefix, func(key, value []byte) (bool, error) {
		merged[string(key)] = value
		return true, nil
	}); err != nil {
		return err
	}
	for key, row := range s.rows {
		if !strings.HasPrefix(key, string(prefix)) {
			continue
		}
		if row.gone {
			delete(merged, key)
			continue
		}
		raw, err := row.bytes()
		if err != nil {
			return err
		}
		merged[key] = slices.Clone(raw)
	}
	for _, key := range slices.Sorted(maps.Keys(merged)) {
		if more, err := fn([]byte(key), merged[key]); err != nil || !more {
			return err
		}
	}
	return nil
}

// settle makes a stage ready to go. What came and went in it was never in the store.
func (s *stage) settle() {
	if s.seen == nil {
		return
	}
	for key, row := range s.rows {
		if row.gone && s.absent([]byte(key)) {
			delete(s.rows, key)
			continue
		}
		s.seen.add(key)
	}
}

// flush moves the rows into a batch that makes the tree that large.
func (s *stage) flush(w *pebble.Batch, size int64) error {
	s.settle()
	if err := s.fill(w, size); err != nil {
		return err
	}
	clear(s.rows)
	return nil
}

// fill writes the rows into a batch that makes the tree that large. What they were
// written from is remembered. The stage is only read.
func (s *stage) fill(w *pebble.Batch, size int64) error {
	for key, row := range s.rows {
		if row.gone {
			if err := w.Delete(nameKey(rowView, []byte(key)), nil); err != nil {
				return err
			}
			continue
		}
		raw, err := row.bytes()
		if err != nil {
			return fmt.Errorf("row %.80q: %w", key, err)
		}
		if row.value != nil {
			s.memo.keep([]byte(key), size, len(raw), row.value)
		}
		if err := w.Set(nameKey(rowView, []byte(key)), raw, nil); err != nil {
			return err
		}
	}
	return nil
}
