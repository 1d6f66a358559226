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
// together. Those that wait are joined into a batch, which takes six steps
// (protocol 6, architecture "The ledger"):
//
//  1. order the leaves (structural ones first, then by leaf hash), reduce them
//     and close the batch with its state leaf;
//  2. one Pebble batch: leaves, tree hashes, sealed payloads, projections;
//  3. wait until it is synced, read leaves and hashes back and recompute the root;
//  4. sign the checkpoint (Ed25519: the same tree gives the same bytes);
//  5. write the head file and sync it;
//  6. acknowledge.
//
// One goroutine, the sequencer, takes steps 1 and 2; another takes the rest,
// one batch after the other. So the next batch is made and written while the
// disk syncs the one before: the log grows in the order of steps 1, callers are
// told in the same order, and readers see only what was acknowledged.
//
// What limits the rate of appends, from a profile of 512 callers on two cores
// (cmd/bench, append_vs_pebble): not the disk, whose syncs overlap, but the
// sequencer, half of one core. Two fifths of its time go into Pebble's memory
// table (six rows an entry where Pebble alone would have two: two tree hashes,
// a projection and the subject are ours), a fifth into sealing, the rest into rows, order and
// reduction. Callers take half as long again, mostly to check that payloads are
// canonical; reading back, signing and the head file together a third as long.
//
// What is public of the log (leaves, tiles, proofs) is in the formats of
// package transparency. Payloads are sealed with a key of their subject that
// lives outside the store, see [FileKeys]: destroying it erases the subject and
// leaves the tree whole. The rows of the store are described in store.go, the
// head file in head.go.
package ledger

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A Ledger is an open log. Its methods may be called from any goroutine.
type Ledger struct {
	signer  *keys.NoteSigner
	keys    Sealer
	project Projector // nil = none
	now     func() time.Time
	rand    io.Reader
	log     *slog.Logger

	mirrorFS  vfs.FS
	mirrorDir string // of the journal; empty = none
	unproven  bool   // the store was put back and nothing new may be signed
	headless  bool   // the head file was missing when the ledger was opened

	db       *pebble.DB
	locks    []io.Closer
	instance [instanceSize]byte
	halt     *halt
	views    views

	rooms   []*room
	clock   *clock       // nil = Now is believed
	waiting atomic.Int64 // bytes of payload in the queue

	queue   chan *submission
	flight  chan *batch   // written, not yet durable
	closing chan struct{} // closed by Close
	ended   chan struct{} // closed when all batches have landed and no more will come

	memo      *memo                   // of rows of projections; under mu, and each view's own
	mu        sync.Mutex              // held while a batch is made, so that it is never seen half done
	flying    sync.WaitGroup          // batches in flight; joined under mu
	reduction *transparency.Reduction // of all that is written; under mu
	edge      edge                    // of the tree of all that is written; under mu
	batches   int64                   // number of the newest written; under mu

	landed  edge      // of the tree that was read back; the landing goroutine's
	heads   *headFile // the landing goroutine's
	journal *journal  // the landing goroutine's; nil without a mirror
	head    atomic.Pointer[transparency.Checkpoint]
	at      atomic.Int64 // recorded time of the head

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

// Headless reports whether the head file was missing when the ledger was opened:
// then nothing here can tell an old copy of the store.
func (l *Ledger) Headless() bool { return l.headless }

// Hold keeps the ledger from signing until it is opened anew: reads go on.
func (l *Ledger) Hold(cause error) { l.halt.hold(cause) }

// ReadOnly is the damage that keeps the ledger from signing, or nil.
func (l *Ledger) ReadOnly() error { return l.halt.readOnly() }

// Reduction shows the state at the head. Nothing is appended meanwhile, and
// what fn is given it must neither change nor keep.
func (l *Ledger) Reduction(fn func(r *transparency.Reduction) error) error {
	return l.still(func() error { return fn(l.reduction) })
}

// still runs fn while nothing is in flight: what is written is what the head covers.
func (l *Ledger) still(fn func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flying.Wait()
	if head := l.Head(); head.Size != l.reduction.Size() { // a batch was written and could not be signed
		return errors.Join(fmt.Errorf("%d leaves are written, %d are signed", l.reduction.Size(), head.Size), l.usable())
	}
	return fn()
}

// Close ends the sequencer after the batches at hand, waits for readers and
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
