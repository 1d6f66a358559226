package ledger

import (
	"fmt"
	"io"
	"sync/atomic"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/mod/sumdb/tlog"
)

// Bounds of what may be submitted.
const (
	MaxPayload = 1 << 20 // bytes of one payload
	MaxEntries = 1024    // entries of one submission
	MaxSubject = 256     // bytes of a subject
)

// An Entry is one leaf to append, with its payload to seal.
//
// Leaf nil makes a case leaf: the ledger commits to Payload with a fresh salt.
// The Prev of a status leaf is filled in. State leaves are the ledger's own.
type Entry struct {
	Leaf    transparency.Leaf
	Subject string // whose key seals Payload: a trader's id, or "node"; empty without a payload
	Payload []byte // RFC 8785 JSON; nil = none
}

// Appended says where a submission went. It is durable.
type Appended struct {
	Batch  int64
	Size   int64   // tree size whose checkpoint covers it
	At     int64   // recorded time
	Leaves []int64 // index per entry
}

// A Record is an appended entry as projections and replays see it. Their
// causal order is by Batch, then N; the state leaf is the last of its batch.
type Record struct {
	Leaf, Batch, N, At int64
	Entry              transparency.Leaf
	Subject            string // empty without a payload, and when erased or lost
	Payload            []byte // opened; nil when there is none or it is erased or lost
	Salt               []byte // of a case leaf: with Payload it opens the commitment
	Erased             bool
	Lost               bool // the leaf came back from a public copy; see [Recover]
	Stored             bool // it was read from the store: what it holds was opened before, when it was appended
	Opened             any  // what an [Opener] made of it; nil where nobody was asked
}

// An item is an entry on its way into the log.
type item struct {
	leaf    transparency.Leaf
	raw     []byte    // RFC 8785, without its prev until judged
	hash    tlog.Hash // RFC 6962
	subject string
	payload []byte
	salt    []byte
	sealed  []byte
	index   int64
}

// A submission is what one caller waits for.
type submission struct {
	items []*item
	state atomic.Int32
	done  chan struct{} // closed after where and err are set
	where Appended
	err   error
}

// bytes is how much payload it holds.
func (s *submission) bytes() (n int64) {
	for _, it := range s.items {
		n += int64(len(it.payload))
	}
	return n
}

const (
	queued = iota
	taken
	withdrawn
)

// take reports whether the caller still waits; from then on it waits to the end.
func (s *submission) take() bool {
	return s.state.CompareAndSwap(queued, taken) || s.state.Load() == taken
}

func (s *submission) withdraw() bool { return s.state.CompareAndSwap(queued, withdrawn) }

func (s *submission) answer(where Appended, err error) {
	s.where, s.err = where, err
	close(s.done)
}

// submit checks what can be checked about entries without the log.
func submit(entries []Entry, rand io.Reader) (*submission, error) {
	if len(entries) == 0 || len(entries) > MaxEntries {
		return nil, fmt.Errorf("%w: %d entries, want 1 to %d", ErrConflict, len(entries), MaxEntries)
	}
	s := &submission{done: make(chan struct{})}
	for i, e := range entries {
		it, err := newItem(e, rand)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		s.items = append(s.items, it)
	}
	return s, nil
}

func newItem(e Entry, rand io.Reader) (*item, error) {
	if err := checkPayload(e); err != nil {
		return nil, err
	}
	it := &item{leaf: e.Leaf, subject: e.Subject, payload: e.Payload}
	if e.Leaf == nil {
		var salt [saltSize]byte
		if _, err := io.ReadFull(rand, salt[:]); err != nil {
			return nil, fmt.Errorf("draw salt: %w", err)
		}
		it.leaf, it.salt = transparency.Case{SHA256: transparency.Commitment(salt, e.Payload)}, salt[:]
	}
	return it, it.encode()
}

func checkPayload(e Entry) error {
	switch {
	case e.Leaf == nil && e.Payload == nil:
		return fmt.Errorf("%w: neither leaf nor payload", ErrConflict)
	case (e.Payload == nil) != (e.Subject == ""):
		return fmt.Errorf("%w: a payload and its subject go together", ErrConflict)
	case e.Payload == nil:
		return nil
	case len(e.Payload) > MaxPayload || len(e.Subject) > MaxSubject:
		return fmt.Errorf("%w: payload of %d bytes for a subject of %d", ErrConflict, len(e.Payload), len(e.Subject))
	}
	if err := jcs.CheckCanonical(e.Payload); err != nil {
		return fmt.Errorf("%w: payload: %w", ErrConflict, err)
	}
	return nil
}

// encode brings leaf, raw and hash in line. The leaf is read back, so that
// what is judged is what every reader of the log will see.
func (it *item) encode() error {
	raw, err := transparency.MarshalLeaf(it.leaf)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	leaf, err := transparency.ParseLeaf(raw)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	it.leaf, it.raw, it.hash = leaf, raw, tlog.RecordHash(raw)
	return nil
}
