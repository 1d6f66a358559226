package registry

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
)

// SyncPeer fetches what a peer published since the last time, verifies it, and
// rebuilds what depends on it: our statements, the notices we hold, our bundle.
func (n *Node) SyncPeer(ctx context.Context, name string) (*PeerStatus, error) {
	p, err := n.findPeer(name)
	if err != nil {
		return nil, err
	}
	if err := n.syncPeers(ctx, []*Peer{p}); err != nil {
		return nil, err
	}
	return n.peerStatus(p)
}

// SyncPeers does so for every peer and rebuilds once. One that fails leaves the
// others as good as they are.
func (n *Node) SyncPeers(ctx context.Context) error {
	peers, err := n.loadPeers()
	if err != nil {
		return err
	}
	return n.syncPeers(ctx, peers)
}

func (n *Node) syncPeers(ctx context.Context, peers []*Peer) error {
	views, errs := make([]*peer.View, len(peers)), make([]error, len(peers))
	var rounds sync.WaitGroup
	for i, p := range peers {
		rounds.Go(func() {
			if views[i], errs[i] = n.take(ctx, ctx, p, false); errs[i] != nil {
				n.opts.Log.Warn("sync failed", "peer", p.EntityID(), "error", errs[i])
				errs[i] = fmt.Errorf("sync %s: %w", p.EntityID(), errs[i])
			}
		})
	}
	rounds.Wait()
	n.current.forget()
	if err := errors.Join(errors.Join(errs...), n.republish(ctx)); err != nil {
		return err
	}
	for i, p := range peers {
		n.tell(ctx, p, views[i])
	}
	return nil
}

// republish brings what we publish up to date with what peers published. Those
// who come while one does it are served together by the next.
func (n *Node) republish(ctx context.Context) error {
	mine := n.news.Add(1)
	n.federating.Lock()
	defer n.federating.Unlock()
	if n.published >= mine {
		return nil
	}
	upTo := n.news.Load()
	if err := n.refresh(ctx); err != nil {
		return err
	}
	n.published = upTo
	return nil
}

// take fetches one peer and takes over what it says about shared arrangements.
// Nothing else waits for the network meanwhile: a slow partner holds up neither
// the publishing of our own acts nor other partners. There may be a view and an
// error: see [peer.Follower.Sync]. The context asking ends the fetching alone.
func (n *Node) take(ctx, asking context.Context, p *Peer, brief bool) (*peer.View, error) {
	defer n.cases.lock("follow " + p.EntityID())()
	p, err := n.findPeer(p.EntityID()) // it may have been removed or changed meanwhile
	if err == nil {
		err = p.errFrozen()
	}
	if err != nil {
		return nil, err
	}
	before := n.client(p).Traffic()
	v, err := n.follow(asking, p, brief)
	if v != nil {
		_, refused := n.audit(ctx, p, v) // our own bundle, built next, carries the auditor's word
		if err = errors.Join(err, refused); errors.Is(refused, peer.ErrSplitView) {
			v = nil // what was known stays
		}
	}
	n.following.note(p, n.now(), brief, n.client(p).Traffic().Sub(before), v, err)
	if err := n.freeze(p, err); err != nil {
		return nil, err
	}
	if v == nil {
		return nil, err
	}
	level := slog.LevelDebug
	if old, ok := n.views.get(p.EntityID()); !ok || !sameNews(old, v) {
		level = slog.LevelInfo
	}
	n.opts.Log.Log(ctx, level, "peer synchronised", "peer", p.EntityID(), "size", v.Checkpoint.Size)
	n.views.keep(p.EntityID(), v)
	n.federating.Lock()
	defer n.federating.Unlock()
	return v, errors.Join(err, n.importNotices(ctx, p, v))
}

// lockPeer keeps others from the files of a peer. A round holds it while it
// writes, not while it waits for the partner: that may take minutes.
func (n *Node) lockPeer(p *Peer) (unlock func()) { return n.cases.lock("peer " + p.EntityID()) }

// follow may return a view and an error: see [peer.Follower.Sync].
func (n *Node) follow(ctx context.Context, p *Peer, brief bool) (*peer.View, error) {
	known, err := n.viewOf(p)
	if err != nil {
		return nil, err
	}
	f := &peer.Follower{Client: n.client(p), Mirror: p.mirror(), Anchor: p.Anchor,
		Self: n.config.EntityID, Home: n.config.Territory,
		Known: known, Brief: brief, Frozen: p.frozen, Write: func() func() { return n.lockPeer(p) }}
	return f.Sync(ctx, n.now().Unix())
}

func (p *Peer) route(now func() time.Time) peer.Route {
	route := peer.Route{Dial: map[string]string{p.Host(): ""}, Now: now}
	for host, addr := range p.Dial {
		route.Dial[host] = addr
	}
	if p.CA != "" {
		route.Roots = x509.NewCertPool()
		route.Roots.AppendCertsFromPEM([]byte(p.CA))
	}
	return route
}

// importNotices takes over the notices a party gave about arrangements we share with it.
func (n *Node) importNotices(ctx context.Context, p *Peer, v *peer.View) error {
	for _, id := range slices.Sorted(maps.Keys(v.Arrangements)) {
		for _, raw := range v.Arrangements[id].Notices {
			if err := n.takeNotice(ctx, []byte(raw), v); err != nil {
				return fmt.Errorf("notice of %s about %s: %w", p.EntityID(), id, err)
			}
		}
	}
	return nil
}

// views keeps the newest verified picture of each peer in memory; the mirror on
// disk is what it is read from after a start.
type views struct {
	mu   sync.Mutex
	seen map[string]*peer.View // by entity id; guarded by mu
}

func (c *views) keep(entityID string, v *peer.View) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]*peer.View{}
	}
	c.seen[entityID] = v
}

func (c *views) get(entityID string) (*peer.View, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.seen[entityID]
	return v, ok
}

func (c *views) forget(entityID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seen, entityID)
}

// viewOf is the newest verified picture of a peer; nil before the first sync.
func (n *Node) viewOf(p *Peer) (*peer.View, error) {
	if v, ok := n.views.get(p.EntityID()); ok {
		return v, nil
	}
	v, err := p.mirror().Load(p.Anchor)
	if errors.Is(err, peer.ErrNoMirror) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	n.views.keep(p.EntityID(), v)
	return v, nil
}
