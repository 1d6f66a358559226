package transparency

import (
	"crypto/sha256"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// A Replay goes through a log from its first entry, reducing the leaves and
// rebuilding the Merkle tree, of which it keeps O(log n) hashes.
//
// It is how an audit, a partner's sync and a node's own start convince
// themselves: the entries reduce, and the tree over them is the one that was
// signed.
type Replay struct {
	// Reduction is for reading; leaves go through Add.
	Reduction *Reduction
	// edge holds the roots of the perfect subtrees the tree consists of, the
	// largest and leftmost first: one per bit set in its size.
	edge []tlog.Hash
}

// NewReplay starts before leaf 0 of the log with that origin.
func NewReplay(origin string) *Replay { return &Replay{Reduction: NewReduction(origin)} }

// Add takes the next entry; see [Reduction.Apply].
func (p *Replay) Add(raw []byte) (Leaf, error) {
	l, hash, err := p.Reduction.apply(raw)
	if err != nil {
		return nil, err
	}
	for before := p.Reduction.size - 1; before&1 == 1; before >>= 1 {
		top := len(p.edge) - 1
		hash, p.edge = tlog.NodeHash(p.edge[top], hash), p.edge[:top]
	}
	p.edge = append(p.edge, hash)
	return l, nil
}

// Root is the root of the tree over the entries so far. Logs sign only trees
// that end in a state leaf, so within a batch there is none.
func (p *Replay) Root() (tlog.Hash, error) {
	if p.Reduction.Open() {
		return tlog.Hash{}, fmt.Errorf("no root at size %d: the batch is not closed by a state leaf", p.Reduction.size)
	}
	if len(p.edge) == 0 {
		return emptyRoot(), nil
	}
	top := len(p.edge) - 1
	root := p.edge[top]
	for i := top - 1; i >= 0; i-- {
		root = tlog.NodeHash(p.edge[i], root)
	}
	return root, nil
}

// Matches checks that the entries so far are exactly those cp was signed over.
func (p *Replay) Matches(cp *Checkpoint) error {
	if cp.Origin != p.Reduction.origin || cp.Size != p.Reduction.size {
		return fmt.Errorf("%w: replayed %.80q to size %d, the checkpoint is of %.80q at %d",
			ErrProof, p.Reduction.origin, p.Reduction.size, cp.Origin, cp.Size)
	}
	root, err := p.Root()
	if err != nil {
		return err
	}
	if root != cp.Root {
		return fmt.Errorf("%w: the %d entries give root %v, the checkpoint has %v", ErrProof, cp.Size, root, cp.Root)
	}
	return nil
}

// emptyRoot is the root of the tree without leaves (RFC 6962, 2.1).
func emptyRoot() tlog.Hash { return sha256.Sum256(nil) }
