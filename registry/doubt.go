package registry

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
)

// ErrDoubted says that a head of our own log turned up that this node does not have.
var ErrDoubted = errors.New("our log has another history elsewhere")

// ownCheckpoint reads a checkpoint that our log signed. One that our log does not
// have is met here, whoever shows it; see compareOwn.
func (n *Node) ownCheckpoint(note []byte) (*transparency.Checkpoint, error) {
	cp, err := transparency.ParseCheckpoint(note, n.cosignedLog(n.origin()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return cp, n.compareOwn(cp)
}

// compareOwn holds a checkpoint our log signed against the log. Where the log
// does not have it, this directory is an old copy or a second one: nothing more
// is signed, and both heads are kept.
func (n *Node) compareOwn(cp *transparency.Checkpoint) error {
	head := n.ledger.Head() // after cp was at hand: what we signed is never above
	var err error
	if cp.Size > head.Size {
		err = fmt.Errorf("a head of size %d that this log signed exists, the store has %d leaves: it is an old copy, or another node runs under this key", cp.Size, head.Size)
	} else {
		root, e := n.ledger.RootAt(cp.Size)
		if e != nil {
			return e
		}
		if root == cp.Root {
			return nil
		}
		err = fmt.Errorf("a head of size %d with root %v that this log signed exists, the store gives root %v: another node runs under this key, or a log was put back and went on", cp.Size, cp.Root, root)
	}
	where, kept := peer.NewMirror(filepath.Join(n.paths.dir, "doubt")).Evidence(head.Raw, cp.Raw)
	if kept != nil {
		err = fmt.Errorf("%w; the evidence could not be kept: %w", err, kept)
	} else {
		err = fmt.Errorf("%w; both signed heads are in %s", err, where)
	}
	n.opts.Log.Error("the log signs nothing more", "error", err)
	return errors.Join(ErrDoubted, err, n.ledger.Doubt(err))
}
