package ledger

import (
	"bytes"
	"sync"
)

// memoBytes is how many bytes of rows each half of a memo answers for. With what
// was read from them they take about memoWeight times as much.
const (
	memoBytes  = 8 << 20
	memoWeight = 3
)

// A memo remembers what was decoded from rows, so that the same bytes are not
// decoded again and again. It cannot be stale: whoever asks brings the row as it is
// now and is answered only with what was made of the very same bytes.
//
// It holds what was asked for last, in two halves: what is found in the old one
// moves to the new one, and when that is full the old one is dropped.
type memo struct {
	mu        sync.Mutex
	now, then map[string]memory // by key of a projection; guarded by mu, as is size
	size      int               // bytes of keys and rows of now
	full      bool              // then is as large as a half gets; guarded by mu
}

type memory struct {
	row   []byte
	value any
}

// get is what was made of the row; nil where nobody knows.
func (m *memo) get(key, row []byte) any {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.now[string(key)]
	if !ok {
		if found, ok = m.then[string(key)]; ok {
			delete(m.then, string(key))
			m.put(string(key), found)
		}
	}
	if !ok || !bytes.Equal(found.row, row) {
		return nil
	}
	return found.value
}

// set remembers a value; row must not be changed any more.
func (m *memo) set(key, row []byte, value any) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(string(key), memory{row, value})
}

func (m *memo) put(key string, found memory) {
	if m.size >= memoBytes {
		m.then, m.now, m.size, m.full = m.now, nil, 0, true
	}
	if m.now == nil {
		m.now = map[string]memory{}
	}
	m.size += len(key) + len(found.row) - len(m.now[key].row)
	m.now[key] = found
}

// forget drops everything: an erased subject's rows must not linger here.
func (m *memo) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now, m.then, m.size, m.full = nil, nil, 0, false
}

// bytes is about how much memory it takes.
func (m *memo) bytes() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	size := m.size
	if m.full {
		size += memoBytes
	}
	return int64(size) * memoWeight
}
