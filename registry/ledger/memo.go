package ledger

import "sync"

// memoBytes is how many bytes of rows each half of a memo answers for. What was
// made of them takes about memoWeight times as much.
const (
	memoBytes  = 8 << 20
	memoWeight = 2
)

// A memo remembers what rows of projections say, so that they are not decoded,
// nor even looked for, again and again. It holds what was asked for last, in two
// halves: what is found in the old one moves to the new one, and when that is full
// the old one is dropped.
//
// It is never stale. A value is remembered with the tree size as of which it holds,
// and it holds until the sequencer keeps another under the same key, which takes
// its place before that batch is written. Who reads the store as of an earlier tree
// is not answered, and does not take the place of what is newer. What was dropped
// may have been newer too, so nobody is learnt from who reads as of before that.
//
// Where rows change in any other way there is a new memo, and whoever reads the
// store as it was goes on with the old one.
type memo struct {
	mu        sync.Mutex
	now, then map[string]memory // by key; guarded by mu, as is all below
	size      int               // bytes of keys and rows of now
	full      bool              // then is as large as a half gets
	newest    int64             // tree size as of which something was kept last
	dropped   int64             // newest when a half was dropped last
}

type memory struct {
	value any
	since int64 // tree size
	bytes int   // of the row
}

// get is what the row of key says as of a tree size; nil where nobody knows.
func (m *memo) get(key []byte, size int64) any {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.find(key)
	if !ok || found.since > size {
		return nil
	}
	return found.value
}

// find also keeps what it finds from being dropped.
func (m *memo) find(key []byte) (memory, bool) {
	found, ok := m.now[string(key)]
	if !ok {
		if found, ok = m.then[string(key)]; ok {
			delete(m.then, string(key))
			m.put(key, found)
		}
	}
	return found, ok
}

// learn remembers what somebody made of a row who read the store as of a tree size.
func (m *memo) learn(key []byte, size int64, bytes int, value any) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.find(key); size < m.dropped || ok && known.since > size {
		return
	}
	m.put(key, memory{value, size, bytes})
}

// keep remembers what the sequencer is about to write, in the batch that makes the
// tree that large.
func (m *memo) keep(key []byte, size int64, bytes int, value any) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newest = max(m.newest, size)
	delete(m.then, string(key))
	m.put(key, memory{value, size, bytes})
}

func (m *memo) put(key []byte, one memory) {
	if m.size >= memoBytes {
		m.then, m.now, m.size, m.full, m.dropped = m.now, nil, 0, true, m.newest
	}
	if m.now == nil {
		m.now = map[string]memory{}
	}
	if old, ok := m.now[string(key)]; ok {
		m.size -= len(key) + old.bytes
	}
	m.size += len(key) + one.bytes
	m.now[string(key)] = one
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
