package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/federation/witness"
)

// maxCosigned is the longest cosigned checkpoint that goes with an acknowledgement.
const maxCosigned = 16 << 10

// notified answers a notice: received. The look follows.
func (n *Node) notified(_ context.Context, p *Peer, m *exchange.Message) (any, error) {
	var h exchange.Head
	if err := m.Into(&h); err != nil {
		return nil, err
	}
	v, err := n.viewOf(p)
	if err == nil && v == nil { // removed just now
		err = fmt.Errorf("%w: %s is not followed", ErrNotFound, p.EntityID())
	}
	if err != nil {
		return nil, err
	}
	entities := append([]string{p.EntityID()}, v.Config.Metadata.Registry.Members...)
	if h.Size < 1 || !slices.ContainsFunc(entities, func(id string) bool { return trust.Host(id)+"/log" == h.Origin }) {
		return nil, fmt.Errorf("%w: size %d of the log %.80q is no news of %s", ErrInvalid, h.Size, h.Origin, p.EntityID())
	}
	if !slices.ContainsFunc(withMembers(v), func(one *peer.View) bool { return one.Checkpoint.Origin == h.Origin && one.Checkpoint.Size >= h.Size }) {
		n.LookNow(p.EntityID())
	}
	return h, nil
}

// relay has partners told where a member of our union logged what they need to
// know now: they follow it through us. The member's own log says what that is.
func (n *Node) relay(_ context.Context, p *Peer, v *peer.View) {
	if v == nil || p.Relation(n.config) != relationMember {
		return
	}
	s := n.notices
	origin, size := v.Checkpoint.Origin, v.Checkpoint.Size
	s.mu.Lock()
	from, seen := s.relayed[origin]
	s.relayed[origin] = size
	s.mu.Unlock()
	if !seen || from >= size || !slices.ContainsFunc(v.Log.Entries()[from:size], func(raw []byte) bool {
		l, err := transparency.ParseLeaf(raw)
		return err == nil && isUrgent(l)
	}) {
		return
	}
	peers, err := n.loadPeers()
	if err != nil {
		n.opts.Log.Error("notify", "error", err)
		return
	}
	s.mu.Lock()
	for _, who := range peers {
		if who.EntityID() != p.EntityID() {
			o := s.of(who.EntityID())
			if o.relay == nil {
				o.relay = map[string]int64{}
			}
			o.relay[origin], o.tries, o.next = size, 0, time.Time{}
		}
	}
	s.mu.Unlock()
	s.rouse()
}

// acknowledge tells a peer how far we know its log: once for each size, again
// where that was not received. It comes after the bundle was built with it.
func (n *Node) acknowledge(_ context.Context, p *Peer, v *peer.View) {
	if v == nil {
		return
	}
	s, err := n.correspondence(p).noticeState(n.now().Unix())
	if err != nil {
		n.opts.Log.Error("acknowledge", "peer", p.EntityID(), "error", err)
		return
	}
	if s.acknowledged >= v.Checkpoint.Size {
		return
	}
	k := &exchange.Known{Origin: v.Checkpoint.Origin, Size: v.Checkpoint.Size, Root: v.Checkpoint.Root.String(), At: n.now().Unix()}
	// Our auditor has cosigned what was followed; should that have failed, the word stands without it.
	note, err := n.AuditedCheckpoint(witness.Name(k.Origin))
	if err == nil && len(note) <= maxCosigned && strings.HasPrefix(string(note), v.Checkpoint.Text()) {
		k.Cosigned = string(note)
	}
	n.notices.mu.Lock()
	o := n.notices.of(p.EntityID())
	o.known = k
	if o.size == 0 {
		o.tries, o.next = 0, time.Time{}
	}
	n.notices.mu.Unlock()
	n.notices.rouse()
}

// takeKnown takes a peer's word on how far it knows our log. A tree that is not
// ours is refused, and told to the operator: somebody shows a log in our name.
func (n *Node) takeKnown(_ context.Context, p *Peer, m *exchange.Message) (any, error) {
	var k exchange.Known
	if err := m.Into(&k); err != nil {
		return nil, err
	}
	if err := k.Check(m.Iat); err != nil {
		return nil, err
	}
	published := n.ledger.Published()
	if k.Origin != n.origin() || k.Size < 1 || published == nil || k.Size > published.Checkpoint.Size {
		return nil, fmt.Errorf("%w: size %d of the log %.80q is nothing we published", ErrInvalid, k.Size, k.Origin)
	}
	root, err := n.ledger.RootAt(k.Size)
	if err != nil {
		return nil, err
	}
	if root.String() != k.Root {
		n.opts.Log.Error("a partner knows another log in our name", "peer", p.EntityID(), "size", k.Size, "root", k.Root, "ours", root.String())
		return nil, fmt.Errorf("%w: our tree of %d has the root %v", ErrConflict, k.Size, root)
	}
	if k.Cosigned != "" {
		if err := n.takeCosignatures([]byte(k.Cosigned)); err != nil {
			n.opts.Log.Warn("cosignature not taken", "peer", p.EntityID(), "size", k.Size, "error", err)
		}
	}
	return exchange.Head{Origin: k.Origin, Size: k.Size}, nil
}
