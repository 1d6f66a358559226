// Package ledger is the append-only log of one administration, on Pebble.
//
// Its promise: an entry is acknowledged only when it would survive a power cut,
// a checkpoint is signed only over bytes that were read back, and no two
// different trees of one size are ever signed, not even after a crash or after
// an old copy of the store was put back. Where it cannot keep that promise it
// stops: a write that fails ends the process (exit 70), damage found while
// reading makes it read only, and a store behind its head file is not opened.
//
// A submission ([Ledger.Append]) is one or more entries that become durable
// together. One goroutine, the sequencer, joins the submissions that wait into
// a batch and takes it through six steps (protocol 6, architecture "The
// ledger"):
//
//  1. order the leaves (structural ones first, then by leaf hash), reduce them
//     and close the batch with its state leaf;
//  2. one Pebble batch, synced: leaves, tree hashes, sealed payloads,
//     projections;
//  3. read leaves and hashes back and recompute the root;
//  4. sign the checkpoint (Ed25519: the same tree gives the same bytes);
//  5. write the head file and sync it;
//  6. acknowledge.
//
// What is public of the log (leaves, tiles, proofs) is in the formats of
// package transparency. Payloads are sealed with a key of their subject that
// lives outside the store, see [FileKeys]: destroying it erases the subject and
// leaves the tree whole. The rows of the store are described in store.go, the
// head file in head.go.
package ledger

import (
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/cockroachdb/pebble/v2"
)

// A Ledger is an open log. Its methods may be called from any goroutine.
type Ledger struct {
	signer  *keys.NoteSigner
	keys    Sealer
	project Projector // nil = none
	now     func() time.Time
	rand    io.Reader
	log     *slog.Logger

	db       *pebble.DB
	locks    []io.Closer
	instance [instanceSize]byte
	halt     *halt
	views    views

	queue   chan *submission
	closing chan struct{} // closed by Close
	ended   chan struct{} // closed when the sequencer has returned

	mu        sync.RWMutex            // held for the whole of a batch, so that readers never see one half done
	reduction *transparency.Reduction // written by the sequencer under mu
	batches   int64                   // number of the newest batch; under mu
	heads     *headFile               // the sequencer's
	head      atomic.Pointer[transparency.Checkpoint]
	at        atomic.Int64 // recorded time of the head

	publishing sync.Mutex // one Publish at a time
	kept       []int64    // published sizes in the store, oldest first; under publishing
	published  atomic.Pointer[Published]

	closeOnce sync.Once
	closeErr  error
}

// Head is the newest committed and signed checkpoint.
func (l *Ledger) Head() *transparency.Checkpoint { return l.head.Load() }

// Now is the clock as the log sees it: never before the head.
func (l *Ledger) Now() time.Time {
	now, head := l.now(), time.Unix(l.at.Load(), 0)
	if now.Before(head) {
		return head.In(now.Location())
	}
	return now
}

// ReadOnly is the damage that keeps the ledger from signing, or nil.
func (l *Ledger) ReadOnly() error { return l.halt.readOnly() }

// Reduction shows the state at the head. Nothing is appended meanwhile, and
// what fn is given it must neither change nor keep.
func (l *Ledger) Reduction(fn func(r *transparency.Reduction) error) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return fn(l.reduction)
}

// Close ends the sequencer after the batch at hand, waits for readers and
// closes the store. Submissions still queued get [ErrClosed].
func (l *Ledger) Close() error {
	l.closeOnce.Do(func() {
		close(l.closing)
		select {
		case <-l.ended:
		case <-l.halt.done:
		}
		select {
		case <-l.halt.done: // Pebble may hold locks for ever; the process is ending
		default:
			l.mu.Lock()
			defer l.mu.Unlock()
			l.closeErr = l.detach()
		}
	})
	return l.closeErr
}
