package registry

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
)

// maxBatchLeaves is more than lies between a leaf and the state leaf that follows.
const maxBatchLeaves = 1 << 16

// Evidence shows to anybody, for good, that a published leaf was recorded and
// when at the latest: with the state leaf that followed it.
func (n *Node) Evidence(index int64) (*transparency.Evidence, error) {
	p := n.ledger.Published()
	if p == nil {
		return nil, fmt.Errorf("%w: nothing is published", ErrConflict)
	}
	if index < 0 || index >= p.Checkpoint.Size {
		return nil, fmt.Errorf("%w: leaf %d of %d", ErrNotFound, index, p.Checkpoint.Size)
	}
	rosters, err := n.rosters()
	if err != nil {
		return nil, err
	}
	e := transparency.NewEvidence(transparency.KindInclusion, rosters.Raw(), p.Checkpoint.Raw)
	for at := index; at < min(p.Checkpoint.Size, index+maxBatchLeaves); at++ {
		raw, err := n.ledger.Leaf(at)
		if err != nil {
			return nil, err
		}
		l, err := transparency.ParseLeaf(raw)
		if err != nil {
			return nil, err
		}
		if _, ok := l.(transparency.State); !ok {
			continue
		}
		leaf, err := n.proofIn(index, p.Checkpoint.Size)
		if err != nil {
			return nil, err
		}
		state, err := n.proofIn(at, p.Checkpoint.Size)
		if err != nil {
			return nil, err
		}
		e.Leaves, e.State = []transparency.Inclusion{leaf}, &state
		_, err = e.Check(nil) // what leaves the node was read as others will
		return e, err
	}
	return nil, fmt.Errorf("%w: no state leaf follows leaf %d", ErrNotFound, index)
}

func (n *Node) proofIn(index, size int64) (transparency.Inclusion, error) {
	i, err := n.ledger.Prove(index, size)
	if err != nil {
		return transparency.Inclusion{}, err
	}
	return *i, nil
}
