package registry

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"
)

// A NodeStatus is how the node stands.
type NodeStatus struct {
	Config
	Administration string `json:"administration"`
	Programme      string `json:"programme"`
	Fingerprint    string `json:"fingerprint"`
	Words          string `json:"words"`
	LogSize        int64  `json:"log_size"`
	PublishedSize  int64  `json:"published_size"`
	BundleSeq      int64  `json:"bundle_seq,omitzero"`
	BundleIat      int64  `json:"bundle_iat,omitzero"`
	ReadOnly       string `json:"read_only,omitzero"` // what is damaged
	Unproven       bool   `json:"unproven,omitzero"`  // restored, and read only until its log is recovered
	LawLost        bool   `json:"law_lost,omitzero"`  // read only until somebody says by which rules it goes on
	RosterExp      int64  `json:"roster_exp"`         // until when the newest key roster holds
	Now            int64  `json:"now"`
}

// Status is how the node stands.
func (n *Node) Status() (*NodeStatus, error) {
	anchor, err := n.Anchor()
	if err != nil {
		return nil, err
	}
	s := &NodeStatus{Config: n.config, Administration: n.Pack().AuthorityName, Programme: n.Pack().Code,
		Fingerprint: anchor.Fingerprint(), Words: anchor.Words(), LogSize: n.ledger.Head().Size, Now: n.now().Unix()}
	if p := n.ledger.Published(); p != nil {
		s.PublishedSize = p.Checkpoint.Size
	}
	if _, m, err := n.Bundle(); err == nil {
		s.BundleSeq, s.BundleIat = m.Seq, m.Iat
	}
	if r, err := n.currentRoster(); err == nil {
		s.RosterExp = r.Exp
	}
	if err := n.ledger.ReadOnly(); err != nil {
		s.ReadOnly, s.Unproven = err.Error(), errors.Is(err, ledger.ErrUnproven)
		s.LawLost = errors.Is(err, ErrLawLost)
	}
	return s, nil
}

const (
	checkEvery = 20 * time.Second // how often an idle node checks that it could sign
	healthyFor = 60 * time.Second
)

// checkHead lets the ledger read its head back, recompute its root and sign it,
// as it does with every batch: a node nobody writes to must not be thought well
// for that alone.
func (n *Node) checkHead() error {
	now := n.now()
	if err := n.ledger.ReadOnly(); err != nil {
		return err
	}
	if since := now.Sub(time.Unix(n.checkedAt.Load(), 0)); since >= 0 && since < checkEvery {
		return nil
	}
	if err := n.ledger.CheckHead(); err != nil {
		return err
	}
	n.checkedAt.Store(now.Unix())
	return nil
}

// Healthy is nil while the node can sign and publish: a checkpoint was read
// back, recomputed and signed within the last 60 seconds, and one is published.
func (n *Node) Healthy() error {
	if err := n.ledger.ReadOnly(); err != nil {
		return err
	}
	if n.ledger.Published() == nil {
		return fmt.Errorf("%w: nothing is published", ErrConflict)
	}
	if since := n.now().Sub(time.Unix(n.checkedAt.Load(), 0)); since >= healthyFor {
		return fmt.Errorf("%w: no checkpoint was signed and verified for %d seconds", ErrConflict, since/time.Second)
	}
	return nil
}

// A LogHead is the newest committed head and the newest published one.
type LogHead struct {
	Origin        string `json:"origin"`
	Size          int64  `json:"size"`
	Root          string `json:"root"`
	Checkpoint    string `json:"checkpoint"`
	PublishedSize int64  `json:"published_size"`
	// Cosigners are those who could cosign the published head, and did when.
	Cosigners []CosignerStatus `json:"cosigners,omitzero"`
}

// LogHead is where the log stands.
func (n *Node) LogHead() *LogHead {
	cp := n.ledger.Head()
	h := &LogHead{Origin: cp.Origin, Size: cp.Size, Root: cp.Root.String(), Checkpoint: string(cp.Raw)}
	if p := n.ledger.Published(); p != nil {
		h.PublishedSize = p.Checkpoint.Size
	}
	if all, err := n.Cosigners(); err == nil && len(all) > 0 { // else a peer's mirror is broken, as aeo peer list says
		h.Cosigners = all
	}
	return h
}

// A LogEntry is one leaf.
type LogEntry struct {
	Index int64          `json:"index"`
	Leaf  jsontext.Value `json:"leaf"`
}

// maxEntries bounds one answer.
const maxEntries = 1000

// LogEntries are the leaves from, from on and before to; to -1 is the end.
func (n *Node) LogEntries(from, to int64) ([]LogEntry, error) {
	size := n.ledger.Head().Size
	if to < 0 || to > size {
		to = size
	}
	if from < 0 || from > to {
		return nil, fmt.Errorf("%w: entries %d to %d of %d", ErrInvalid, from, to, size)
	}
	to = min(to, from+maxEntries)
	out := []LogEntry{}
	err := n.ledger.Entries(from, to, func(i int64, leaf []byte) error {
		out = append(out, LogEntry{i, bytes.Clone(leaf)})
		return nil
	})
	return out, err
}

// A LogProof is an inclusion proof with the checkpoint it leads to.
type LogProof struct {
	transparency.Inclusion
	Checkpoint string `json:"checkpoint"`
}

// LogProof proves a leaf in the published head.
func (n *Node) LogProof(index, size int64) (*LogProof, error) {
	p := n.ledger.Published()
	if p == nil {
		return nil, fmt.Errorf("%w: nothing is published", ErrConflict)
	}
	if size != 0 && size != p.Checkpoint.Size {
		return nil, fmt.Errorf("%w: the published size is %d", ErrInvalid, p.Checkpoint.Size)
	}
	if index < 0 || index >= p.Checkpoint.Size {
		return nil, fmt.Errorf("%w: leaf %d of %d", ErrNotFound, index, p.Checkpoint.Size)
	}
	i, err := n.ledger.Prove(index, p.Checkpoint.Size)
	if err != nil {
		return nil, err
	}
	return &LogProof{*i, string(p.Checkpoint.Raw)}, nil
}

// PublishedTile is a tile or entry bundle of the published log.
func (n *Node) PublishedTile(t tlog.Tile) ([]byte, error) {
	raw, err := n.ledger.Tile(t)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, fmt.Errorf("%w: no such tile in the published log", ErrNotFound)
	}
	return raw, err
}
