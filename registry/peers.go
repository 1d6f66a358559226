package registry

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/go-json-experiment/json/jsontext"
)

const peerSchema = "aeo.peer/1"

// What another administration is to this one.
const (
	relationPartner = "partner"
	relationUnion   = "union"  // ours: we are its member
	relationMember  = "member" // we are its union
)

// peerConfig is peers/<host>/peer.json: whom to follow, pinned by whom it was
// handed over as, and how to reach it.
type peerConfig struct {
	Schema  string            `json:"schema"`
	Anchor  jsontext.Value    `json:"anchor"`
	Dial    map[string]string `json:"dial"` // host -> host:port; "" = resolve
	CA      string            `json:"ca"`   // PEM of the certificate authorities of its listener; "" = the system's
	AddedAt int64             `json:"added_at"`
	AddedBy string            `json:"added_by"`
}

// A Peer is another administration this node follows.
type Peer struct {
	Anchor *bundle.Anchor
	Dial   map[string]string
	CA     string
	Frozen []Frozen // the peer itself or members of it

	dir string
}

// EntityID is the peer's entity id.
func (p *Peer) EntityID() string { return p.Anchor.EntityID }

// Host is the host of the entity id.
func (p *Peer) Host() string { return trust.Host(p.Anchor.EntityID) }

// Relation is what the peer is to the node: partner, union or member.
func (p *Peer) Relation(c Config) string {
	switch {
	case p.Anchor.Territory != c.Territory:
		return relationPartner
	case c.Authority == c.Territory:
		return relationMember
	}
	return relationUnion
}

func (p *Peer) mirror() *peer.Mirror { return peer.NewMirror(filepath.Join(p.dir, "mirror")) }

// AddPeer is a request to follow an administration.
type AddPeer struct {
	Anchor jsontext.Value    `json:"anchor"` // aeo.anchor/1, received by a way one trusts
	Dial   map[string]string `json:"dial,omitzero"`
	CA     string            `json:"ca,omitzero"`
	By     string            `json:"by"`
	DryRun bool              `json:"dry_run,omitzero"`
}

// AddPeer starts to follow an administration, or changes how it is reached.
func (n *Node) AddPeer(ctx context.Context, r AddPeer) (*PeerStatus, error) {
	a, err := bundle.ParseAnchor(r.Anchor)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if a.EntityID == n.config.EntityID {
		return nil, fmt.Errorf("%w: %s is this node itself", ErrInvalid, a.EntityID)
	}
	if err := n.alone(ctx, &r.By); err != nil {
		return nil, err
	}
	p := &Peer{Anchor: a, Dial: r.Dial, CA: r.CA, dir: filepath.Join(n.paths.peers(), trust.Host(a.EntityID))}
	if err := p.checkRoute(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	n.federating.Lock()
	defer n.federating.Unlock()
	known, err := n.loadPeers()
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		if k.EntityID() == a.EntityID && k.Anchor.Fingerprint() != a.Fingerprint() {
			return nil, fmt.Errorf("%w: %s is followed under other root keys (%s)", ErrConflict, a.EntityID, k.Anchor.Words())
		}
		if k.EntityID() != a.EntityID && k.Anchor.Territory == a.Territory && p.Relation(n.config) != relationMember {
			return nil, fmt.Errorf("%w: %s already stands for %s", ErrConflict, k.EntityID(), a.Territory)
		}
	}
	if r.DryRun {
		return n.peerStatus(p)
	}
	raw, err := jcs.Marshal(peerConfig{Schema: peerSchema, Anchor: jsontext.Value(a.Marshal()), Dial: r.Dial, CA: r.CA,
		AddedAt: n.now().Unix(), AddedBy: r.By})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, err
	}
	if err := peer.ReplaceFile(filepath.Join(p.dir, "peer.json"), raw); err != nil {
		return nil, err
	}
	n.known.forget()
	n.opts.Log.Info("peer added", "peer", a.EntityID, "territory", a.Territory, "by", r.By)
	n.LookNow(a.EntityID) // one that failed may be reached by this way
	if err := n.refresh(ctx); err != nil {
		return nil, err
	}
	return n.peerStatus(p)
}

func (p *Peer) checkRoute() error {
	for host, addr := range p.Dial {
		if err := trust.CheckEntityID("https://" + host); err != nil {
			return fmt.Errorf("dial: %w", err)
		}
		if addr == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return fmt.Errorf("dial %s: %w", host, err)
		}
	}
	if p.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(p.CA)) {
		return errors.New("ca: no certificate in PEM form")
	}
	return nil
}

// known are the peers as they are on disk, which only this process writes.
type known struct {
	mu    sync.Mutex
	peers []*Peer // guarded by mu; in order of entity id
	read  bool    // guarded by mu
}

// loadPeers is every peer, in order of entity id.
func (n *Node) loadPeers() ([]*Peer, error) {
	n.known.mu.Lock()
	defer n.known.mu.Unlock()
	if n.known.read {
		return n.known.peers, nil
	}
	peers, err := n.readPeers()
	if err != nil {
		return nil, err
	}
	n.known.peers, n.known.read = peers, true
	return peers, nil
}

// forget has them read again.
func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.read = false
}

func (n *Node) readPeers() ([]*Peer, error) {
	entries, err := os.ReadDir(n.paths.peers())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read peers: %w", err)
	}
	var out []*Peer
	for _, e := range entries {
		p, err := readPeer(filepath.Join(n.paths.peers(), e.Name()))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read peer %s: %w", e.Name(), err)
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Peer) int { return strings.Compare(a.EntityID(), b.EntityID()) })
	return out, nil
}

func readPeer(dir string) (*Peer, error) {
	raw, err := readBounded(filepath.Join(dir, "peer.json"), 256<<10)
	if err != nil {
		return nil, err
	}
	var c peerConfig
	if err := jcs.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	if c.Schema != peerSchema {
		return nil, fmt.Errorf("schema %.40q, want %s", c.Schema, peerSchema)
	}
	a, err := bundle.ParseAnchor(c.Anchor)
	if err != nil {
		return nil, err
	}
	frozen, err := readFrozen(dir)
	if err != nil {
		return nil, err
	}
	return &Peer{Anchor: a, Dial: c.Dial, CA: c.CA, Frozen: frozen, dir: dir}, nil
}

func (n *Node) findPeer(name string) (*Peer, error) {
	peers, err := n.loadPeers()
	if err != nil {
		return nil, err
	}
	for _, p := range peers {
		if p.EntityID() == name || p.Host() == name || p.Anchor.Territory == name && p.Relation(n.config) != relationMember {
			return p, nil
		}
	}
	return nil, fmt.Errorf("%w: no peer %.80q", ErrNotFound, name)
}

// PeerStatus is how a peer stands.
type PeerStatus struct {
	EntityID    string           `json:"entity_id"`
	Territory   string           `json:"territory"`
	Relation    string           `json:"relation"`
	Fingerprint string           `json:"fingerprint"`
	Words       string           `json:"words"`
	SyncedAt    int64            `json:"synced_at,omitzero"` // 0 before the first sync
	LogSize     int64            `json:"log_size,omitzero"`
	Lists       int              `json:"lists,omitzero"`
	Credentials int              `json:"credentials,omitzero"` // logged by the peer and its members
	NamesUs     bool             `json:"names_us"`             // the peer's configuration names us as superior
	Members     []string         `json:"members,omitzero"`
	Cosigns     []CosignerStatus `json:"cosigns,omitzero"` // what its witness and auditor last said of our log
	Following   *Following       `json:"following"`
	Notices     *Notices         `json:"notices,omitempty"` // nil before any message was exchanged
}

func (n *Node) peerStatus(p *Peer) (*PeerStatus, error) {
	s := &PeerStatus{EntityID: p.EntityID(), Territory: p.Anchor.Territory, Relation: p.Relation(n.config),
		Fingerprint: p.Anchor.Fingerprint(), Words: p.Anchor.Words()}
	var err error
	if s.Notices, err = n.noticesOf(p); err != nil {
		return nil, err
	}
	v, err := n.viewOf(p)
	s.Following = n.followingOf(p, v)
	if err != nil || v == nil {
		return s, err
	}
	s.SyncedAt, s.LogSize, s.Lists = v.FetchedAt, v.Checkpoint.Size, len(v.Log.Reduction().URIs())
	s.NamesUs = slices.Contains(v.Config.AuthorityHints, n.config.EntityID)
	s.Cosigns = n.cosignsOf(v)
	s.Credentials = v.Log.Credentials()
	for _, m := range v.Members {
		s.Members = append(s.Members, m.EntityID)
		s.Credentials += m.Log.Credentials()
	}
	return s, nil
}

// Peers is how every peer stands.
func (n *Node) Peers() ([]*PeerStatus, error) {
	peers, err := n.loadPeers()
	if err != nil {
		return nil, err
	}
	out := []*PeerStatus{}
	for _, p := range peers {
		s, err := n.peerStatus(p)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Peer is how one peer stands, found by entity id, host or territory.
func (n *Node) Peer(name string) (*PeerStatus, error) {
	p, err := n.findPeer(name)
	if err != nil {
		return nil, err
	}
	return n.peerStatus(p)
}

// discard removes what is kept of a peer. Where there is evidence against it or
// a member of it, all of it is put aside instead: it proves something for ever.
func (n *Node) discard(p *Peer) error {
	for _, pattern := range []string{"mirror/evidence-*", "mirror/m/*/evidence-*"} {
		if found, err := filepath.Glob(filepath.Join(p.dir, pattern)); err != nil || len(found) == 0 {
			continue
		}
		if err := os.MkdirAll(n.paths.evidence(), 0o700); err != nil {
			return err
		}
		kept := filepath.Join(n.paths.evidence(), fmt.Sprintf("%s-%d", p.Host(), n.now().UnixNano()))
		n.opts.Log.Warn("evidence against a removed peer is kept", "peer", p.EntityID(), "where", kept)
		return os.Rename(p.dir, kept)
	}
	return os.RemoveAll(p.dir)
}

// RemovePeer stops following an administration and forgets its mirror.
func (n *Node) RemovePeer(ctx context.Context, name string) error {
	if err := n.permit(ctx, access.MRAOfficer, access.DecisionMaker); err != nil {
		return err
	}
	p, err := n.findPeer(name)
	if err != nil {
		return err
	}
	n.following.forget(p.EntityID())       // a round that is running ends now
	defer n.following.forget(p.EntityID()) // with what that round left
	defer n.cases.lock("follow " + p.EntityID())()
	defer n.lockPeer(p)()
	n.federating.Lock()
	defer n.federating.Unlock()
	n.views.forget(p.EntityID())
	err = n.discard(p)
	n.known.forget() // also where only half of it is gone
	if err != nil {
		return fmt.Errorf("remove peer %s: %w", p.EntityID(), err)
	}
	n.opts.Log.Info("peer removed", "peer", p.EntityID())
	return n.refresh(ctx)
}
