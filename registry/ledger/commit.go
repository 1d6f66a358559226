package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/mod/sumdb/tlog"
)

// write takes a batch through steps 1 and 2 of the package doc. An error leaves
// the ledger as it was; a failed write does not return. Called with mu held.
func (l *Ledger) write(b *batch) error {
	w := l.db.NewBatchWithSize(b.estimate(), pebble.WithMaxRetainedSizeBytes(2*maxSealed))
	edge, err := l.compose(b, w)
	if err != nil {
		l.memo = &memo{} // what it kept is not what will be
		return errors.Join(l.undo(b, err), w.Close())
	}
	if err := l.db.ApplyNoSyncWait(w, pebble.Sync); err != nil {
		l.halt.stop(fmt.Errorf("write batch %d: %w", b.number, err))
	}
	l.edge, l.batches = edge, b.number
	b.rows, b.view = w, l.newView(b.size())
	return nil
}

// compose fills the rows of a batch and returns the edge of the tree it makes.
func (l *Ledger) compose(b *batch, w *pebble.Batch) (edge, error) {
	fold := newStage(rows{l.db, b.first, l.memo})
	if err := l.reduce(b, fold); err != nil {
		return edge{}, err
	}
	if err := fold.flush(w, b.size()); err != nil {
		return edge{}, fmt.Errorf("write projections: %w", err)
	}
	return l.fill(b, w)
}

// reduce orders the batch, projects its records, applies its leaves and closes it.
func (l *Ledger) reduce(b *batch, fold *stage) error {
	order := b.place()
	for n := range b.items {
		if err := l.projectRecord(fold, b.record(n)); err != nil {
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
	return l.projectRecord(fold, b.record(len(b.items)-1))
}

func (l *Ledger) projectRecord(fold *stage, r Record) error {
	if l.project == nil {
		return nil
	}
	if err := l.project.Project(fold, r); err != nil {
		return fmt.Errorf("project record: %w", err)
	}
	return nil
}

// undo makes the reduction again from the store where a batch was half applied.
func (l *Ledger) undo(b *batch, cause error) error {
	if l.reduction.Size() == b.first {
		return cause
	}
	r, _, err := replay(l.db, l.signer.Name())
	if err != nil {
		return l.halt.damaged(fmt.Errorf("replay after a refused batch: %w", errors.Join(err, cause)))
	}
	l.reduction = r
	return cause
}

// fill writes all rows of the batch but the projections, which are there.
func (l *Ledger) fill(b *batch, w *pebble.Batch) (edge, error) {
	if b.number == 1 {
		if err := errors.Join(w.Set(keyLedger, append([]byte(format), l.instance[:]...), nil), w.Set(keyForm, []byte(l.form()), nil)); err != nil {
			return edge{}, err
		}
	}
	leaves := make([][]byte, len(b.items))
	for n, it := range b.items {
		leaves[it.index-b.first] = it.raw
		if err := fillItem(w, b.number, int64(n), it); err != nil {
			return edge{}, fmt.Errorf("write leaf %d: %w", it.index, err)
		}
	}
	grown := l.edge.clone()
	root, err := fillHashes(w, &grown, b.first, leaves)
	if err != nil {
		return edge{}, err
	}
	if l.project != nil {
		if err := w.Set(keyView, number(b.size()), nil); err != nil {
			return edge{}, err
		}
	}
	return grown, errors.Join(
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
	key := rowKey(rowRecord, it.index)
	record := w.SetDeferred(len(key), placeSize+len(it.sealed)) // most of a batch: copied once
	copy(record.Key, key)
	copy(record.Value[copy(record.Value, placeRow(batch, n, nil)):], it.sealed)
	return errors.Join(record.Finish(), w.Set(rowKey(rowLeaf, it.index), it.raw, nil))
}

// fillHashes writes the tree hashes of new leaves and returns the new root.
func fillHashes(w *pebble.Batch, e *edge, first int64, leaves [][]byte) (tlog.Hash, error) {
	for i, raw := range leaves {
		n := first + int64(i)
		hashes, err := e.add(n, raw)
		if err != nil {
			return tlog.Hash{}, fmt.Errorf("hash leaf %d: %w", n, err)
		}
		for k, h := range hashes {
			if err := w.Set(rowKey(rowHash, tlog.StoredHashIndex(0, n)+int64(k)), h[:], nil); err != nil {
				return tlog.Hash{}, err
			}
		}
	}
	return e.root(first + int64(len(leaves)))
}
