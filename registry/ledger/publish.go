package ledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/cockroachdb/pebble/v2"
)

// keepPublished is how many published heads are kept, for partners that come late.
const keepPublished = 64

// Below a published size: its checkpoint, then its artefacts by uri.
const (
	partCheckpoint = 0
	partArtefact   = 1
)

// A Published head is a checkpoint with the artefacts (status tokens) made for
// exactly that size. It is shared: do not change it.
type Published struct {
	Checkpoint *transparency.Checkpoint
	State      transparency.State
	StateIndex int64
	Reduction  *transparency.Reduction // as of the checkpoint, for reading; nil in a head of old
	Artefacts  map[string][]byte       // uri -> token
}

// Published is the newest published head; nil before the first.
func (l *Ledger) Published() *Published { return l.published.Load() }

// Publish makes the current head the published one, unless it already is. It
// calls make with the head and keeps what make returns; both are durable before
// they are served. The last 64 are kept.
func (l *Ledger) Publish(make func(p *Published) (map[string][]byte, error)) (published *Published, err error) {
	return l.lockedPublish(false, make)
}

// Renew is Publish also where the head is published already: for artefacts that expire.
func (l *Ledger) Renew(make func(p *Published) (map[string][]byte, error)) (published *Published, err error) {
	return l.lockedPublish(true, make)
}

func (l *Ledger) lockedPublish(renew bool, make func(*Published) (map[string][]byte, error)) (published *Published, err error) {
	l.publishing.Lock()
	defer l.publishing.Unlock()
	if err := errors.Join(l.usable(), l.clock.check()); err != nil {
		return nil, err
	}
	// A full disk does not keep the head from being published: there is the reserve.
	if err := l.room(); err != nil && !errors.Is(err, ErrFull) {
		return nil, err
	}
	err = l.look(func(*view) (err error) { // keeps the store open
		published, err = l.publish(renew, make)
		return err
	})
	return published, err
}

func (l *Ledger) publish(renew bool, make func(*Published) (map[string][]byte, error)) (*Published, error) {
	p, err := l.atHead()
	if err != nil {
		return nil, err
	}
	if last := l.Published(); last != nil && last.Checkpoint.Size == p.Checkpoint.Size && !renew {
		return last, nil
	}
	if p.Artefacts, err = make(p); err != nil {
		return nil, fmt.Errorf("make artefacts of size %d: %w", p.Checkpoint.Size, err)
	}
	return p, l.storePublished(p)
}

// atHead is the head with its state and everything that follows from it.
func (l *Ledger) atHead() (p *Published, err error) {
	err = l.still(func() error {
		if p, err = l.withState(l.Head()); err != nil {
			return err
		}
		p.Reduction = l.reduction.Snapshot()
		return nil
	})
	return p, err
}

// withState reads the state leaf that ends the checkpoint's tree.
func (l *Ledger) withState(cp *transparency.Checkpoint) (*Published, error) {
	raw, err := l.Leaf(cp.Size - 1)
	if err != nil {
		return nil, err
	}
	leaf, err := transparency.ParseLeaf(raw)
	state, ok := leaf.(transparency.State)
	if err != nil || !ok {
		return nil, fmt.Errorf("%w: leaf %d is no state leaf", ErrDamaged, cp.Size-1)
	}
	return &Published{Checkpoint: cp, State: state, StateIndex: cp.Size - 1}, nil
}

func (l *Ledger) storePublished(p *Published) error {
	w := l.db.NewBatch()
	defer w.Close()
	kept := slices.Clone(l.kept)
	if !slices.Contains(kept, p.Checkpoint.Size) {
		kept = append(kept, p.Checkpoint.Size)
	}
	err := w.Set(publishedKey(p.Checkpoint.Size, partCheckpoint, ""), p.Checkpoint.Raw, nil)
	for uri, token := range p.Artefacts {
		err = errors.Join(err, w.Set(publishedKey(p.Checkpoint.Size, partArtefact, uri), token, nil))
	}
	for ; len(kept) > keepPublished; kept = kept[1:] {
		err = errors.Join(err, l.dropPublished(w, kept[0]))
	}
	if err != nil {
		return fmt.Errorf("keep published head: %w", err)
	}
	if err := w.Commit(pebble.Sync); err != nil {
		l.halt.stop(fmt.Errorf("publish size %d: %w", p.Checkpoint.Size, err))
	}
	l.kept = kept
	l.published.Store(p)
	return nil
}

// dropPublished deletes the rows of a published head one by one. Deletions of
// ranges pile up in memory until the next flush, and with one for each act they
// would take space and time by the square of their number.
func (l *Ledger) dropPublished(w *pebble.Batch, size int64) error {
	low := rowKey(rowPublished, size)
	return scan(l.db, low, after(low), func(key, _ []byte) (bool, error) { return true, w.Delete(key, nil) })
}

func publishedKey(size int64, part byte, uri string) []byte {
	return append(append(rowKey(rowPublished, size), part), uri...)
}

// PublishedAt is the published head of a size, if it is one of the last 64.
func (l *Ledger) PublishedAt(size int64) (p *Published, err error) {
	l.publishing.Lock()
	defer l.publishing.Unlock()
	if !slices.Contains(l.kept, size) {
		return nil, fmt.Errorf("published head of size %d: %w", size, ErrNotFound)
	}
	err = l.look(func(*view) error { // keeps the store open
		p, err = l.readPublished(size)
		return err
	})
	return p, err
}

func (l *Ledger) readPublished(size int64) (*Published, error) {
	var cp *transparency.Checkpoint
	artefacts := map[string][]byte{}
	low := rowKey(rowPublished, size)
	err := scan(l.db, low, after(low), func(key, value []byte) (more bool, err error) {
		switch part := key[len(low):]; {
		case len(part) == 1 && part[0] == partCheckpoint:
			cp, err = transparency.ParseCheckpoint(slices.Clone(value), l.signer.VKey)
		case len(part) > 1 && part[0] == partArtefact:
			artefacts[string(part[1:])] = slices.Clone(value)
		default:
			err = errors.New("unknown row")
		}
		return true, err
	})
	if err == nil && (cp == nil || cp.Size != size) {
		err = errors.New("no checkpoint of that size")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: published head of size %d: %w", ErrDamaged, size, err)
	}
	p, err := l.withState(cp)
	if err != nil {
		return nil, err
	}
	p.Artefacts = artefacts
	return p, nil
}

// loadPublished finds the published heads in the store.
func (l *Ledger) loadPublished() error {
	err := scan(l.db, []byte{rowPublished}, []byte{rowPublished + 1}, func(key, _ []byte) (bool, error) {
		if len(key) != 10 || key[9] != partCheckpoint {
			return true, nil
		}
		size, err := numbers(key[1:9], 1)
		l.kept = append(l.kept, size...)
		return true, err
	})
	if err != nil || len(l.kept) == 0 {
		return err
	}
	p, err := l.readPublished(l.kept[len(l.kept)-1])
	if err != nil {
		return err
	}
	if p.Checkpoint.Size == l.reduction.Size() {
		p.Reduction = l.reduction.Snapshot()
	}
	l.published.Store(p)
	return nil
}
