package ledger

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/mod/sumdb/tlog"
)

// landAll takes the batches in flight through steps 3 to 6, in their order.
func (l *Ledger) landAll() {
	defer close(l.ended)
	defer func() { // where a write failed there is nobody else to let go of the rest
		for range l.flight {
			l.flying.Done()
		}
	}()
	for b := range l.flight {
		l.land(b)
	}
}

func (l *Ledger) land(b *batch) {
	defer l.flying.Done()
	cp, err := l.settle(b)
	if err != nil {
		l.views.drop(b.view)
		refuse(b.subs, err)
		return
	}
	l.acknowledge(b, cp)
}

// settle returns when the batch and the head that covers it are durable. An
// error means that the ledger has become read only: the batch is there and
// unsigned, and only a restart puts that right. A failed write does not return.
func (l *Ledger) settle(b *batch) (*transparency.Checkpoint, error) {
	if err := l.mirror(b); err != nil {
		l.halt.stop(err)
	}
	if err := b.rows.SyncWait(); err != nil {
		l.halt.stop(fmt.Errorf("sync batch %d: %w", b.number, err))
	}
	if err := b.rows.Close(); err != nil {
		return nil, l.halt.damaged(err)
	}
	if err := l.halt.readOnly(); err != nil { // a batch before this one could not be signed
		return nil, err
	}
	root, err := l.readBack(b.view.snap, b.first, b.size())
	if err != nil {
		return nil, l.halt.damaged(fmt.Errorf("read back batch %d: %w", b.number, err))
	}
	cp, err := l.sign(b.size(), root)
	if err != nil {
		return nil, l.halt.damaged(err)
	}
	if err := l.remember(cp); err != nil {
		l.halt.stop(err)
	}
	return cp, nil
}

// mirror makes the batch durable in the journal, while Pebble syncs.
func (l *Ledger) mirror(b *batch) error {
	if l.journal == nil {
		return nil
	}
	rows, err := encodeRows(b.rows)
	if err != nil {
		return err
	}
	return l.journal.append(b.number, b.size(), rows)
}

// readBack reads what was written of leaves first to size and recomputes the
// root from it: one bit that turned between hashing and storing would make the
// log irreproducible for ever (quality 1, Yeti2022).
func (l *Ledger) readBack(r pebble.Reader, first, size int64) (tlog.Hash, error) {
	if err := l.landed.retrace(r, first, size, func([]byte) error { return nil }); err != nil {
		return tlog.Hash{}, err
	}
	root, err := l.landed.root(size)
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("recompute root: %w", err)
	}
	tree, err := readTree(r)
	if err != nil {
		return tlog.Hash{}, err
	}
	if tree.size != size || tree.root != root {
		return tlog.Hash{}, fmt.Errorf("%w: tree row says %d %v, its leaves say %d %v", ErrDamaged, tree.size, tree.root, size, root)
	}
	return root, nil
}

// sign makes the checkpoint and reads it as everybody else will.
func (l *Ledger) sign(size int64, root tlog.Hash) (*transparency.Checkpoint, error) {
	raw, err := transparency.SignCheckpoint(size, root, l.signer)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint of size %d: %w", size, err)
	}
	cp, err := transparency.ParseCheckpoint(raw, l.signer.VKey)
	if err != nil {
		return nil, fmt.Errorf("read checkpoint of size %d: %w", size, err)
	}
	return cp, nil
}

// remember writes the head file.
func (l *Ledger) remember(cp *transparency.Checkpoint) error {
	return l.heads.write(&headSlot{instance: l.instance, size: cp.Size, root: cp.Root, checkpoint: cp.Raw})
}

func (l *Ledger) acknowledge(b *batch, cp *transparency.Checkpoint) {
	l.adopt(cp, b.at, b.view)
	for _, s := range b.subs {
		where := Appended{Batch: b.number, Size: cp.Size, At: b.at}
		for _, it := range s.items {
			where.Leaves = append(where.Leaves, it.index)
		}
		s.answer(where, nil)
	}
}

// adopt makes a durable checkpoint the head, and the store as of it what readers see.
func (l *Ledger) adopt(cp *transparency.Checkpoint, at int64, v *view) {
	l.at.Store(at)
	l.views.adopt(v)
	l.head.Store(cp)
}
