package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/mod/sumdb/tlog"
)

// commit takes a batch through the six steps of the package doc. An error
// before the second step leaves the ledger as it was; a failed write does not
// return. Called with mu held.
func (l *Ledger) commit(b *batch) error {
	w := l.db.NewIndexedBatch()
	defer w.Close()
	if err := l.reduce(b, w); err != nil {
		return l.undo(b, err)
	}
	if err := l.fill(b, w); err != nil {
		return l.undo(b, err)
	}
	if err := w.Commit(pebble.Sync); err != nil {
		l.halt.stop(fmt.Errorf("commit batch %d: %w", b.number, err))
	}
	root, err := l.readBack(b.first, b.size())
	if err != nil {
		return l.halt.damaged(fmt.Errorf("read back batch %d: %w", b.number, err))
	}
	cp, err := l.sign(b.size(), root)
	if err != nil { // the batch is there and unsigned: only a restart puts that right
		return l.halt.damaged(err)
	}
	if err := l.remember(cp); err != nil {
		l.halt.stop(err)
	}
	l.acknowledge(b, cp)
	return nil
}

// reduce orders the batch, projects its records, applies its leaves and closes it.
func (l *Ledger) reduce(b *batch, w *pebble.Batch) error {
	order := b.place()
	for n := range b.items {
		if err := l.projectRecord(w, b.record(n)); err != nil {
			return err
		}
	}
	for _, it := range order {
		if _, err := l.reduction.Apply(it.raw); err != nil {
			return fmt.Errorf("%w: %w", ErrConflict, err)
		}
	}
	state := &item{leaf: l.reduction.Next(b.at), index: l.reduction.Size()}
	if err := state.encode(); err != nil {
		return fmt.Errorf("close batch: %w", err)
	}
	if _, err := l.reduction.Apply(state.raw); err != nil {
		return fmt.Errorf("close batch: %w: %w", ErrConflict, err)
	}
	b.items = append(b.items, state)
	return l.projectRecord(w, b.record(len(b.items)-1))
}

func (l *Ledger) projectRecord(w *pebble.Batch, r Record) error {
	if l.project == nil {
		return nil
	}
	if err := l.project.Project(rows{w, w}, r); err != nil {
		return fmt.Errorf("project record: %w", err)
	}
	return nil
}

// undo makes the reduction again from the store where a batch was half applied.
func (l *Ledger) undo(b *batch, cause error) error {
	if l.reduction.Size() == b.first {
		return cause
	}
	r, err := replay(l.db, l.signer.Name())
	if err != nil {
		return l.halt.damaged(fmt.Errorf("replay after a refused batch: %w", errors.Join(err, cause)))
	}
	l.reduction = r
	return cause
}

// fill writes all rows of the batch but the projections, which are there.
func (l *Ledger) fill(b *batch, w *pebble.Batch) error {
	if b.number == 1 {
		if err := w.Set(keyLedger, append([]byte(format), l.instance[:]...), nil); err != nil {
			return err
		}
	}
	leaves := make([][]byte, len(b.items))
	for n, it := range b.items {
		leaves[it.index-b.first] = it.raw
		if err := fillItem(w, b.number, int64(n), it); err != nil {
			return fmt.Errorf("write leaf %d: %w", it.index, err)
		}
	}
	root, err := fillHashes(w, b.first, leaves)
	if err != nil {
		return err
	}
	if l.project != nil {
		if err := w.Set(keyView, number(b.size()), nil); err != nil {
			return err
		}
	}
	return errors.Join(
		w.Set(rowKey(rowBatch, b.number), batchRow{b.first, b.size(), b.at}.bytes(), nil),
		w.Set(keyTree, treeRow{b.number, b.size(), root}.bytes(), nil),
	)
}

func fillItem(w *pebble.Batch, batch, n int64, it *item) error {
	if it.subject != "" {
		digest := sha256.Sum256([]byte(it.subject))
		if err := w.Set(nameKey(rowSubject, digest[:]), []byte(it.subject), nil); err != nil {
			return err
		}
	}
	return errors.Join(
		w.Set(rowKey(rowLeaf, it.index), it.raw, nil),
		w.Set(rowKey(rowRecord, it.index), placeRow(batch, n, it.sealed), nil),
	)
}

// fillHashes writes the tree hashes of new leaves and returns the new root. It
// reads through the batch, which sees what it just wrote.
func fillHashes(w *pebble.Batch, first int64, leaves [][]byte) (tlog.Hash, error) {
	for i, raw := range leaves {
		n := first + int64(i)
		hashes, err := tlog.StoredHashes(n, raw, hashReader(w))
		if err != nil {
			return tlog.Hash{}, fmt.Errorf("hash leaf %d: %w", n, err)
		}
		for k, h := range hashes {
			if err := w.Set(rowKey(rowHash, tlog.StoredHashIndex(0, n)+int64(k)), h[:], nil); err != nil {
				return tlog.Hash{}, err
			}
		}
	}
	return tlog.TreeHash(first+int64(len(leaves)), hashReader(w))
}

// readBack reads what was written of leaves first to size and recomputes the
// root from it: one bit that turned between hashing and storing would make the
// log irreproducible for ever (quality 1, Yeti2022).
func (l *Ledger) readBack(first, size int64) (tlog.Hash, error) {
	stored := hashReader(l.db)
	err := readLeaves(l.db, first, size, func(n int64, raw []byte) error {
		hashes, err := tlog.StoredHashes(n, raw, stored)
		if err != nil {
			return fmt.Errorf("hash leaf %d: %w", n, err)
		}
		return compareHashes(stored, n, hashes)
	})
	if err != nil {
		return tlog.Hash{}, err
	}
	root, err := tlog.TreeHash(size, stored)
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("recompute root: %w", err)
	}
	tree, err := readTree(l.db)
	if err != nil {
		return tlog.Hash{}, err
	}
	if tree.size != size || tree.root != root {
		return tlog.Hash{}, fmt.Errorf("%w: tree row says %d %v, its leaves say %d %v", ErrDamaged, tree.size, tree.root, size, root)
	}
	return root, nil
}

// compareHashes compares the hashes that leaf n completes with the stored ones.
func compareHashes(stored tlog.HashReader, n int64, want []tlog.Hash) error {
	indexes := make([]int64, len(want))
	for k := range want {
		indexes[k] = tlog.StoredHashIndex(0, n) + int64(k)
	}
	got, err := stored.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for k := range want {
		if got[k] != want[k] {
			return fmt.Errorf("%w: tree hash %d is %v, leaf %d gives %v", ErrDamaged, indexes[k], got[k], n, want[k])
		}
	}
	return nil
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
	l.batches = b.number
	l.adopt(cp)
	for _, s := range b.subs {
		where := Appended{Batch: b.number, Size: cp.Size, At: b.at}
		for _, it := range s.items {
			where.Leaves = append(where.Leaves, it.index)
		}
		s.answer(where, nil)
	}
}

// adopt makes a durable checkpoint the head.
func (l *Ledger) adopt(cp *transparency.Checkpoint) {
	l.at.Store(l.reduction.At())
	l.views.renew(l.db, cp.Size)
	l.head.Store(cp)
}
