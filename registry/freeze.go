package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys/jcs"
)

const frozenSchema = "aeo.frozen/1"

// A Frozen administration, a peer or a member of one, signed two histories. What
// was known of it before stays as it was, and nothing new is believed, until two
// officers decide.
type Frozen struct {
	EntityID string `json:"entity_id"`
	At       int64  `json:"at"`       // Unix seconds
	Size     int64  `json:"size"`     // of its log, as last agreed upon
	Evidence string `json:"evidence"` // directory with the two signed checkpoints
	Failure  string `json:"failure"`
}

// frozenFile is peers/<host>/frozen.json.
type frozenFile struct {
	Schema string   `json:"schema"`
	Frozen []Frozen `json:"frozen"`
	// Of a file that is kept as frozen-<at>.json after the thaw:
	ThawedAt int64  `json:"thawed_at,omitzero"`
	By       string `json:"by,omitzero"`
	Second   string `json:"second,omitzero"`
}

func (p *Peer) frozen(entityID string) bool {
	return slices.ContainsFunc(p.Frozen, func(f Frozen) bool { return f.EntityID == entityID })
}

// frozenAt is when an administration was frozen, 0 where it is not.
func (p *Peer) frozenAt(entityID string) int64 {
	for _, f := range p.Frozen {
		if f.EntityID == entityID {
			return f.At
		}
	}
	return 0
}

func readFrozen(dir string) ([]Frozen, error) {
	raw, err := readBounded(filepath.Join(dir, "frozen.json"), 256<<10)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var f frozenFile
	if err := jcs.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("frozen.json: %w", err)
	}
	if f.Schema != frozenSchema {
		return nil, fmt.Errorf("frozen.json: schema %.40q, want %s", f.Schema, frozenSchema)
	}
	return f.Frozen, nil
}

func (p *Peer) writeFrozen(name string, f frozenFile) error {
	raw, err := jcs.Marshal(f)
	if err != nil {
		return err
	}
	return peer.ReplaceFile(filepath.Join(p.dir, name), raw)
}

// freeze has nothing new of an administration believed, if a round ended in
// evidence against it.
func (n *Node) freeze(p *Peer, ended error) error {
	var c *peer.Contradiction
	if !errors.As(ended, &c) || p.frozen(c.EntityID) {
		return nil
	}
	defer n.lockPeer(p)()
	f := Frozen{EntityID: c.EntityID, At: n.now().Unix(), Size: c.Size, Evidence: c.Evidence, Failure: c.Error()}
	if err := p.writeFrozen("frozen.json", frozenFile{Schema: frozenSchema, Frozen: append(slices.Clone(p.Frozen), f)}); err != nil {
		return fmt.Errorf("freeze %s: %w", c.EntityID, err)
	}
	n.known.forget()
	n.opts.Log.Error("PARTNER FROZEN: it signed two histories", "peer", p.EntityID(), "who", c.EntityID, "size", c.Size, "evidence", c.Evidence)
	return nil
}

// errFrozen is what following a frozen peer ends in.
func (p *Peer) errFrozen() error {
	for _, f := range p.Frozen {
		if f.EntityID == p.EntityID() {
			return fmt.Errorf("%w: frozen since %d at size %d of its log; both signed checkpoints are in %s", peer.ErrSplitView, f.At, f.Size, f.Evidence)
		}
	}
	return nil
}

// ThawPeer is a request to follow a peer again that was frozen.
type ThawPeer struct {
	Peer   string `json:"peer"` // entity id, host or territory
	By     string `json:"by"`
	Second string `json:"second"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// ThawPeer follows a frozen peer again from where it was last agreed with. The
// evidence stays; a peer that still shows another history is frozen again.
func (n *Node) ThawPeer(ctx context.Context, r ThawPeer) (*PeerStatus, error) {
	if err := n.jointly(ctx, "peers/thaw", r, &r.By, &r.Second, r.DryRun); err != nil {
		return nil, err
	}
	p, err := n.findPeer(r.Peer)
	if err != nil {
		return nil, err
	}
	if len(p.Frozen) == 0 {
		return nil, fmt.Errorf("%w: %s is not frozen", ErrConflict, p.EntityID())
	}
	if r.DryRun {
		return n.peerStatus(p)
	}
	if err := n.thaw(ctx, p, r); err != nil {
		return nil, err
	}
	n.LookNow(p.EntityID())
	return n.Peer(p.EntityID())
}

func (n *Node) thaw(ctx context.Context, p *Peer, r ThawPeer) error {
	defer n.cases.lock("follow " + p.EntityID())()
	defer n.lockPeer(p)()
	n.federating.Lock()
	defer n.federating.Unlock()
	p, err := n.findPeer(p.EntityID()) // a round that ended just now may have frozen more of it
	if err == nil && len(p.Frozen) == 0 {
		err = fmt.Errorf("%w: %s is not frozen", ErrConflict, p.EntityID())
	}
	if err != nil {
		return err
	}
	f := frozenFile{Schema: frozenSchema, Frozen: p.Frozen, ThawedAt: n.now().Unix(), By: r.By, Second: r.Second}
	if err := p.writeFrozen(fmt.Sprintf("frozen-%d.json", f.ThawedAt), f); err != nil {
		return err
	}
	err = os.Remove(filepath.Join(p.dir, "frozen.json"))
	n.known.forget()
	if err != nil {
		return err
	}
	n.opts.Log.Warn("peer thawed", "peer", p.EntityID(), "by", r.By, "second", r.Second)
	return n.refresh(ctx)
}
