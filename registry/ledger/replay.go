package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/mod/sumdb/tlog"
)

// replay reduces every leaf of the store and checks the tree hashes on the way.
func replay(r pebble.Reader, origin string) (*transparency.Reduction, edge, error) {
	size, err := countLeaves(r)
	if err != nil {
		return nil, edge{}, err
	}
	reduction, tree := transparency.NewReduction(origin), edge{}
	err = tree.retrace(r, 0, size, func(raw []byte) error {
		if _, err := reduction.Apply(bytes.Clone(raw)); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		return nil
	})
	if err != nil {
		return nil, edge{}, fmt.Errorf("replay: %w", err)
	}
	return reduction, tree, nil
}

// countLeaves finds the last leaf row, whatever the tree row says.
func countLeaves(r pebble.Reader) (size int64, err error) {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: []byte{rowLeaf}, UpperBound: []byte{rowLeaf + 1}})
	if err != nil {
		return 0, fmt.Errorf("count leaves: %w", err)
	}
	if it.Last() {
		var n []int64
		if n, err = numbers(it.Key()[1:], 1); err == nil {
			size = n[0] + 1
		}
	}
	if err := errors.Join(err, it.Error(), it.Close()); err != nil {
		return 0, fmt.Errorf("count leaves: %w", err)
	}
	return size, nil
}

// An edge is the newest complete node of each level: all a growing tree needs.
type edge struct{ nodes []tlog.Hash }

func (e *edge) clone() edge { return edge{slices.Clone(e.nodes)} }

// ReadHashes implements tlog.HashReader for the nodes of the edge.
func (e *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		level, _ := tlog.SplitStoredHashIndex(x)
		out[i] = e.nodes[level]
	}
	return out, nil
}

// add returns the hashes that leaf n completes, lowest first.
func (e *edge) add(n int64, raw []byte) ([]tlog.Hash, error) {
	hashes, err := tlog.StoredHashes(n, raw, e)
	for level, h := range hashes {
		if level == len(e.nodes) {
			e.nodes = append(e.nodes, h)
		}
		e.nodes[level] = h
	}
	return hashes, err
}

// root is the root of the tree whose edge it is.
func (e *edge) root(size int64) (tlog.Hash, error) { return tlog.TreeHash(size, e) }

// retrace reads the leaves first to size, and the tree hashes they complete,
// and grows the edge by them. fn sees each leaf, which is valid until it returns.
func (e *edge) retrace(r pebble.Reader, first, size int64, fn func(raw []byte) error) error {
	stored, err := newHashCursor(r, tlog.StoredHashIndex(0, first))
	if err != nil {
		return err
	}
	err = readLeaves(r, first, size, func(n int64, raw []byte) error {
		hashes, err := e.add(n, raw)
		if err != nil {
			return fmt.Errorf("hash leaf %d: %w", n, err)
		}
		return errors.Join(fn(raw), stored.compare(n, hashes))
	})
	return errors.Join(err, stored.close())
}

// A hashCursor walks the stored tree hashes, whose order is that in which
// leaves complete them. Looking each up would take most of a start.
type hashCursor struct {
	it   *pebble.Iterator
	next int64 // stored hash index
}

func newHashCursor(r pebble.Reader, from int64) (*hashCursor, error) {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: rowKey(rowHash, from), UpperBound: []byte{rowHash + 1}})
	if err != nil {
		return nil, fmt.Errorf("scan tree hashes: %w", err)
	}
	it.First()
	return &hashCursor{it: it, next: from}, nil
}

// compare compares the hashes that leaf n completes with the stored ones.
func (c *hashCursor) compare(n int64, want []tlog.Hash) error {
	for _, h := range want {
		if !c.it.Valid() || !bytes.Equal(c.it.Key(), rowKey(rowHash, c.next)) {
			return fmt.Errorf("%w: tree hash %d is missing", ErrDamaged, c.next)
		}
		got, err := c.it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("read tree hash %d: %w", c.next, err)
		}
		if !bytes.Equal(got, h[:]) {
			return fmt.Errorf("%w: tree hash %d is %x, leaf %d gives %x", ErrDamaged, c.next, got, n, h[:])
		}
		c.it.Next()
		c.next++
	}
	return nil
}

func (c *hashCursor) close() error { return errors.Join(c.it.Error(), c.it.Close()) }
