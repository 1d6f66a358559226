package ledger

import (
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/cockroachdb/pebble/v2"
)

// A patchwork makes a store anew from two that each hold a part: leaves from a
// copy, else from the damaged store, and what is private about them from the
// store where it can still be read. Leaves are right if they give the root that
// was signed, and a payload opens only with its own leaf, so that neither can
// bring in anything false.
type patchwork struct {
	l       *Ledger
	old     pebble.Reader // nil = none
	leaves  [][]byte      // of a copy, from the first on
	batches int64         // written so far
	first   int64         // leaf to write next
	edge    edge
}

// batch writes the next batch: the leaves up to a state leaf.
func (p *patchwork) batch() error {
	w := p.l.db.NewIndexedBatch()
	defer w.Close()
	var leaves [][]byte
	number, at := p.batches+1, int64(0)
	for closed := false; !closed; {
		index := p.first + int64(len(leaves))
		raw, err := p.leaf(index)
		if err != nil {
			return err
		}
		leaf, err := transparency.ParseLeaf(raw)
		if err != nil {
			return fmt.Errorf("%w: leaf %d: %w", ErrDamaged, index, err)
		}
		if s, ok := leaf.(transparency.State); ok {
			at, closed = s.At, true
		}
		row, err := p.record(w, index, number, int64(len(leaves)), leaf)
		if err != nil {
			return err
		}
		if err := errors.Join(w.Set(rowKey(rowLeaf, index), raw, nil), w.Set(rowKey(rowRecord, index), row, nil)); err != nil {
			return err
		}
		leaves = append(leaves, raw)
	}
	size := p.first + int64(len(leaves))
	root, err := fillHashes(w, &p.edge, p.first, leaves)
	if err != nil {
		return err
	}
	err = errors.Join(
		w.Set(keyLedger, append([]byte(format), p.l.instance[:]...), nil),
		w.Set(rowKey(rowBatch, number), batchRow{p.first, size, at}.bytes(), nil),
		w.Set(keyTree, treeRow{number, size, root}.bytes(), nil),
	)
	if err != nil {
		return err
	}
	if err := w.Commit(pebble.Sync); err != nil {
		p.l.halt.stop(fmt.Errorf("write batch %d: %w", number, err))
	}
	p.batches, p.first = number, size
	return nil
}

func (p *patchwork) leaf(index int64) ([]byte, error) {
	if index < int64(len(p.leaves)) {
		return p.leaves[index], nil
	}
	if p.old == nil {
		return nil, fmt.Errorf("%w: leaf %d is missing everywhere", ErrBehind, index)
	}
	raw, err := readLeaf(p.old, index)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("%w: leaf %d is missing everywhere", ErrBehind, index)
	}
	return raw, err
}

// record is the record row of a leaf, with its subject put into the batch; the
// lost form where the old store cannot give it.
func (p *patchwork) record(w *pebble.Batch, index, number, n int64, leaf transparency.Leaf) ([]byte, error) {
	gone := placeRow(number, n, nil)
	if hasPayload(leaf) {
		gone = append(gone, lost)
	}
	if p.old == nil {
		return gone, nil
	}
	row, err := get(p.old, rowKey(rowRecord, index))
	if err != nil || len(row) < placeSize || string(row[:8]) != string(gone[:8]) {
		return gone, nil
	}
	digest, sealed := subjectOf(row)
	if !sealed {
		return row, nil
	}
	subject, err := get(p.old, nameKey(rowSubject, digest))
	if errors.Is(err, ErrNotFound) { // erased
		return row, nil
	}
	if err != nil {
		return gone, nil
	}
	return row, w.Set(nameKey(rowSubject, digest), subject, nil)
}

// hasPayload reports whether a leaf is one that comes with something private,
// or with a document whose digest alone is in the log.
func hasPayload(leaf transparency.Leaf) bool {
	switch leaf.(type) {
	case transparency.Case, transparency.Credential, transparency.Artefact:
		return true
	}
	return false
}
