package registry

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
)

func (p paths) witness() string { return filepath.Join(p.dir, "witness") }
func (p paths) auditor() string { return filepath.Join(p.dir, "auditor") }

// newCosigner makes the witness or the auditor of the node.
func (n *Node) newCosigner(role keys.Role, dir string) *witness.Cosigner {
	return witness.New(witness.Options{
		Dir:    dir,
		Signer: func() (*keys.NoteSigner, error) { return n.ring.NoteSigner(role) },
		Now:    n.now,
		Log:    n.cosignedLog,
		Alarm: func(origin, where string, err error) {
			n.opts.Log.Error("a log shows two histories", "log", origin, "met_by", string(role), "evidence", where, "error", err)
		},
	})
}

// Witness cosigns what the logs of known administrations send, and our own.
func (n *Node) Witness() *witness.Cosigner { return n.witness }

// cosignedLog is the key of a log this node cosigns: its own, and those of peers
// and of their members once they were fetched. A key comes from the roster that
// was verified then and never changes.
func (n *Node) cosignedLog(origin string) *keys.VKey {
	if origin == n.origin() {
		if s, err := n.ring.NoteSigner(keys.RoleLog); err == nil {
			return s.VKey
		}
		return nil
	}
	if key, ok := n.met.Load(origin); ok {
		return key.(*keys.VKey)
	}
	var found *keys.VKey
	err := n.eachFollowed(func(_ *Peer, v *peer.View) {
		if found != nil || trust.Host(v.EntityID)+"/log" != origin {
			return
		}
		if key, err := v.Rosters.Note(keys.RoleLog); err == nil {
			found = key
		}
	})
	if err != nil && found == nil {
		n.opts.Log.Warn("what is known of a peer cannot be read", "error", err)
	}
	return found
}

func (n *Node) origin() string { return n.config.Host() + "/log" }

// WitnessedCheckpoint is what the witness cosigned last of a log, AuditedCheckpoint
// what the auditor did, by the log's name in paths ([witness.Name]).
func (n *Node) WitnessedCheckpoint(name string) ([]byte, error) { return cosignedLast(n.witness, name) }

// AuditedCheckpoint is the auditor's; see WitnessedCheckpoint.
func (n *Node) AuditedCheckpoint(name string) ([]byte, error) { return cosignedLast(n.auditor, name) }

// Contradiction is the evidence the witness has against a log, by its name in paths.
func (n *Node) Contradiction(name string) ([]byte, error) {
	raw, err := n.witness.Contradiction(name)
	return raw, notCosigned(err)
}

func cosignedLast(c *witness.Cosigner, name string) ([]byte, error) {
	raw, err := c.Last(name)
	return raw, notCosigned(err)
}

func notCosigned(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: nothing of the kind about such a log", ErrNotFound)
	}
	return err
}
