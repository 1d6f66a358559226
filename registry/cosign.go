package registry

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/ledger"
	"golang.org/x/mod/sumdb/tlog"
)

// A CosignerStatus is how a cosigner of this node's log stands.
type CosignerStatus struct {
	EntityID  string `json:"entity_id"`
	Territory string `json:"territory"`
	Role      string `json:"role"` // witness or auditor
	Name      string `json:"name"`
	At        int64  `json:"at,omitzero"`   // its newest cosignature; 0 = none since the node started
	Size      int64  `json:"size,omitzero"` // what that was over
}

// A cosigner is a key whose cosignatures over our log count.
type cosigner struct {
	CosignerStatus
	key *keys.VKey
}

// cosigned is what others say of our published log.
type cosigned struct {
	writing sync.Mutex // of the file; taken before mu

	mu       sync.Mutex
	loaded   bool                                // guarded by mu
	size     int64                               // guarded by mu; of the checkpoint the lines are of
	lines    map[string]transparency.Cosignature // guarded by mu; by verifier key
	newest   map[string]CosignerStatus           // guarded by mu; by verifier key, whatever the size
	last     map[string]int64                    // guarded by mu; by entity id: what its witness cosigned last
	opinions map[string]int64                    // guarded by mu; by entity id: what its clock showed in the last round
	asked    int64                               // guarded by mu; the published size all were asked for last
	next     time.Time                           // guarded by mu; when they are asked again though nothing was published
}

func newCosigned() *cosigned {
	return &cosigned{lines: map[string]transparency.Cosignature{},
		newest: map[string]CosignerStatus{}, last: map[string]int64{}, opinions: map[string]int64{}}
}

func (p paths) cosigned() string { return filepath.Join(p.dir, "cosigned.checkpoint") }

// cosigners are the witnesses and auditors of all administrations followed: ours
// do not count for our own log.
func (n *Node) cosigners() ([]cosigner, error) {
	var out []cosigner
	err := n.eachFollowed(func(_ *Peer, v *peer.View) { out = append(out, cosignersOf(v)...) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// eachFollowed gives what is known of every administration followed, with the
// peer it is reached through. One that cannot be read keeps no other back.
func (n *Node) eachFollowed(give func(p *Peer, v *peer.View)) error {
	peers, failed := n.loadPeers()
	for _, p := range peers {
		v, err := n.viewOf(p)
		failed = errors.Join(failed, err)
		for _, one := range withMembers(v) {
			give(p, one)
		}
	}
	return failed
}

func withMembers(v *peer.View) []*peer.View {
	if v == nil {
		return nil
	}
	return append([]*peer.View{v}, v.Members...)
}

func cosignersOf(v *peer.View) (out []cosigner) {
	r := v.Config.Metadata.Registry
	for _, role := range []keys.Role{keys.RoleWitness, keys.RoleAuditor} {
		for _, key := range v.Rosters.Notes(role) {
			out = append(out, cosigner{CosignerStatus{EntityID: v.EntityID, Territory: r.Authority, Role: string(role), Name: key.Name()}, key})
		}
	}
	return out
}

func vkeysOf(all []cosigner) (out []*keys.VKey) {
	for _, c := range all {
		out = append(out, c.key)
	}
	return out
}

// audit cosigns what a peer published, and its members, as one who replayed all
// of it: every state leaf was recomputed and the tokens compared before there
// was a view. It returns the checkpoint of the peer with the auditor's line.
func (n *Node) audit(_ context.Context, p *Peer, v *peer.View) ([]byte, error) {
	defer n.acquaint(v)()
	var note []byte
	var failed error
	for _, one := range withMembers(v) {
		mirror := p.mirror()
		if one != v {
			mirror = mirror.Member(trust.Host(one.EntityID))
		}
		raw, err := n.auditOne(one, mirror)
		failed = errors.Join(failed, err)
		if one == v {
			note = raw
		}
	}
	return note, failed
}

// acquaint lets the cosigners know the logs of a view that is not kept yet: it is
// judged first, and may be the first that has a member of a union.
func (n *Node) acquaint(v *peer.View) (done func()) {
	for _, one := range withMembers(v) {
		if key, err := one.Rosters.Note(keys.RoleLog); err == nil {
			n.met.Store(key.Name(), key)
		}
	}
	return func() {
		for _, one := range withMembers(v) {
			n.met.Delete(trust.Host(one.EntityID) + "/log")
		}
	}
}

func (n *Node) auditOne(v *peer.View, mirror *peer.Mirror) ([]byte, error) {
	key, err := v.Rosters.Note(keys.RoleLog)
	if err != nil {
		return nil, err
	}
	root := func(size int64) (string, error) {
		h, err := tlog.TreeHash(size, v.Log)
		return h.String(), err
	}
	err = errors.Join(n.witness.Review(v.Checkpoint, key, v.Rosters.Raw(), v.Log), n.auditor.Review(v.Checkpoint, key, v.Rosters.Raw(), v.Log))
	var cosig transparency.Cosignature
	if err == nil {
		cosig, err = n.auditor.Vouch(v.Checkpoint.Raw, key, root)
	}
	var split *transparency.SplitViewError
	if errors.As(err, &split) {
		err = mirror.Accuse(v.EntityID, split.A, split.B, err)
	}
	if err != nil {
		return nil, fmt.Errorf("audit log of %s: %w", v.EntityID, err)
	}
	return v.Checkpoint.WithCosignatures(key, cosig), nil
}

// PublishedCheckpoint is the signed note at /log/checkpoint, with the
// cosignatures that were gathered for it.
func (n *Node) PublishedCheckpoint() ([]byte, error) {
	p := n.ledger.Published()
	if p == nil {
		return nil, fmt.Errorf("%w: nothing is published", ErrNotFound)
	}
	return n.withCosignatures(p.Checkpoint), nil
}

// withCosignatures adds to a checkpoint of ours what was gathered for it.
func (n *Node) withCosignatures(cp *transparency.Checkpoint) []byte {
	c := n.cosigned
	c.mu.Lock()
	defer c.mu.Unlock()
	n.loadCosigned()
	if c.size != cp.Size || len(c.lines) == 0 {
		return cp.Raw
	}
	return cp.WithCosignatures(n.cosignedLog(n.origin()), c.sorted()...)
}

// sorted are the lines in order of the cosigners' names; the caller holds mu.
func (c *cosigned) sorted() (out []transparency.Cosignature) {
	for _, l := range c.lines {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b transparency.Cosignature) int { return strings.Compare(a.Key.String(), b.Key.String()) })
	return out
}

// loadCosigned takes back what was gathered before a restart; the caller holds mu.
func (n *Node) loadCosigned() {
	c := n.cosigned
	if c.loaded {
		return
	}
	c.loaded = true
	raw, err := readBounded(n.paths.cosigned(), witness.MaxAnswer)
	if err != nil {
		return // gathered anew
	}
	s, err := n.readLines(raw)
	if err != nil {
		n.opts.Log.Warn("the cosignatures on disk are left out", "error", err)
		return
	}
	c.add(s, n.ledger.Published())
}

// takeCosignatures adds what a note, which may come from anybody, holds of
// verified lines of known cosigners to our published checkpoint.
func (n *Node) takeCosignatures(note []byte) error {
	s, err := n.readLines(note)
	if err != nil {
		return err
	}
	c := n.cosigned
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	n.loadCosigned()
	p := n.ledger.Published()
	changed := c.add(s, p)
	lines := c.sorted()
	c.mu.Unlock()
	if !changed {
		return nil
	}
	return peer.ReplaceFile(n.paths.cosigned(), p.Checkpoint.WithCosignatures(n.cosignedLog(n.origin()), lines...))
}

// cosignedBy names the keys whose lines the published checkpoint has.
func (n *Node) cosignedBy() string {
	c := n.cosigned
	c.mu.Lock()
	defer c.mu.Unlock()
	n.loadCosigned()
	var names []string
	for _, l := range c.sorted() {
		names = append(names, l.Key.String())
	}
	return strings.Join(names, " ")
}

// cosignedCheckpoint is the newest checkpoint of a log followed with every line
// of a known cosigner: those it came with, and those of our auditor and witness.
func (n *Node) cosignedCheckpoint(v *peer.View, known []cosigner) *transparency.Checkpoint {
	cp := *v.Checkpoint
	key, err := v.Rosters.Note(keys.RoleLog)
	if err != nil {
		return &cp
	}
	notes, cosigners := slices.Clone(cp.Raw), vkeysOf(known)
	for role, c := range map[keys.Role]*witness.Cosigner{keys.RoleAuditor: n.auditor, keys.RoleWitness: n.witness} {
		signer, err := n.ring.NoteSigner(role)
		raw, missing := c.Last(witness.Name(cp.Origin))
		if err == nil && missing == nil {
			notes, cosigners = append(notes, raw...), append(cosigners, signer.VKey)
		}
	}
	lines := transparency.Cosignatures(notes, cp.Text(), cosigners...)
	slices.SortFunc(lines, func(a, b transparency.Cosignature) int { return strings.Compare(a.Key.String(), b.Key.String()) })
	cp.Raw = cp.WithCosignatures(key, lines...)
	return &cp
}

// spoken is what known cosigners say in a note about a checkpoint of ours.
type spoken struct {
	size  int64
	lines []transparency.Cosignature
	by    []CosignerStatus
}

func (n *Node) readLines(note []byte) (*spoken, error) {
	cp, err := n.ownCheckpoint(note)
	if err != nil {
		return nil, err
	}
	known, err := n.cosigners()
	if err != nil {
		return nil, err
	}
	s := &spoken{size: cp.Size, lines: transparency.Cosignatures(note, cp.Text(), vkeysOf(known)...)}
	for _, l := range s.lines {
		i := slices.IndexFunc(known, func(k cosigner) bool { return k.key == l.Key })
		by := known[i].CosignerStatus
		by.At, by.Size = l.At, cp.Size
		s.by = append(s.by, by)
	}
	return s, nil
}

// add takes what was said, and reports whether it changes the published
// checkpoint; the caller holds mu.
func (c *cosigned) add(s *spoken, p *ledger.Published) (changed bool) {
	if p != nil && c.size != p.Checkpoint.Size {
		c.size = p.Checkpoint.Size
		clear(c.lines)
	}
	for i, l := range s.lines {
		id := l.Key.String()
		if c.newest[id].At <= l.At {
			c.newest[id] = s.by[i]
		}
		if old, had := c.lines[id]; s.size == c.size && (!had || old.At < l.At) {
			c.lines[id], changed = l, true
		}
	}
	return changed
}

// Cosigners is how everybody who could cosign our log stands.
func (n *Node) Cosigners() ([]CosignerStatus, error) {
	known, err := n.cosigners()
	if err != nil {
		return nil, err
	}
	return n.statusOf(known), nil
}

// cosignsOf is how a peer's own cosigners stand.
func (n *Node) cosignsOf(v *peer.View) []CosignerStatus { return n.statusOf(cosignersOf(v)) }

func (n *Node) statusOf(known []cosigner) []CosignerStatus {
	c := n.cosigned
	c.mu.Lock()
	defer c.mu.Unlock()
	n.loadCosigned()
	out := []CosignerStatus{}
	for _, k := range known {
		s := k.CosignerStatus
		if held, ok := c.newest[k.key.String()]; ok {
			s.At, s.Size = held.At, held.Size
		}
		out = append(out, s)
	}
	return out
}
