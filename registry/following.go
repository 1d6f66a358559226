package registry

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/peer"
)

const (
	// DefaultPoll is how often a partner is looked at where nothing else is said.
	DefaultPoll = time.Minute
	// minPoll is the shortest interval an arrangement may have us poll at.
	minPoll = 5 * time.Second
	// maxBackoff is how long a partner that fails is left alone at most.
	maxBackoff = 15 * time.Minute
	// wholeEvery is how often all documents are asked for though the log says
	// that there is nothing new.
	wholeEvery = 15 * time.Minute
	// followTick is how often it is looked whether a round is due.
	followTick = 250 * time.Millisecond
	// roundTime ends a round whatever the partner does; what it fetched is kept.
	roundTime = 2 * time.Minute

	// Partners that answered last time never wait for those that did not: each
	// kind has places of its own.
	placesSound   = 32
	placesFailing = 8

	// A partner may have us look at once so often, and once more each lookRefill.
	lookBurst  = 16
	lookRefill = time.Second
)

// followed is called after each successful round of following a peer, when what
// the node serves was brought up to date with it; it holds no lock of the node.
type followed func(ctx context.Context, p *Peer, v *peer.View)

// afterFollow are what is to be done after a successful round, in order.
func (n *Node) afterFollow() []followed {
	return []followed{n.relay, n.acknowledge}
}

// following is the schedule of the rounds in which peers are followed.
type following struct {
	wake           chan struct{} // somebody is to be looked at now
	sound, failing chan struct{} // places

	mu       sync.Mutex
	pursuits map[string]*pursuit // by entity id; guarded by mu
}

func newFollowing() *following {
	return &following{wake: make(chan struct{}, 1), sound: make(chan struct{}, placesSound),
		failing: make(chan struct{}, placesFailing), pursuits: map[string]*pursuit{}}
}

// A pursuit is the following of one peer, from round to round. It is guarded by
// the mutex of the following it belongs to.
type pursuit struct {
	client  *peer.Client
	peer    *Peer // whose route the client takes
	running bool
	cancel  context.CancelFunc // of the round that is running
	asked   bool               // to look as soon as it may
	next    time.Time          // when the next round is due; zero = at once
	looks   allowance
	health  health
}

// of is the pursuit of a peer; the caller holds mu.
func (f *following) of(p *Peer) *pursuit {
	u := f.pursuits[p.EntityID()]
	if u == nil {
		u = &pursuit{}
		f.pursuits[p.EntityID()] = u
	}
	return u
}

// client is the one client of a peer, whose connections are kept from round to
// round. A peer that is reached another way now gets another.
func (n *Node) client(p *Peer) *peer.Client {
	f := n.following
	f.mu.Lock()
	defer f.mu.Unlock()
	u := f.of(p)
	if u.client != nil && (u.peer == p || u.peer.CA == p.CA && maps.Equal(u.peer.Dial, p.Dial)) {
		return u.client
	}
	if u.client != nil {
		u.client.Close()
	}
	u.client, u.peer = peer.NewClient(p.route(n.opts.Now)), p
	return u.client
}

// forget ends the following of a peer, with the round that is running.
func (f *following) forget(entityID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u := f.pursuits[entityID]
	if u == nil {
		return
	}
	delete(f.pursuits, entityID)
	if u.cancel != nil {
		u.cancel()
	}
	if u.client != nil {
		u.client.Close()
	}
}

func (f *following) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range f.pursuits {
		if u.client != nil {
			u.client.Close()
		}
	}
}

// LookNow has a peer followed as soon as possible and returns at once. Who asks
// while a round runs, or several times, gets one more round; who asks all the
// time gets [lookRefill]'s pace.
func (n *Node) LookNow(entityID string) {
	p, err := n.findPeer(entityID)
	if err != nil {
		return // nobody we follow
	}
	n.following.mu.Lock()
	n.following.of(p).asked = true
	n.following.mu.Unlock()
	n.following.rouse()
}

func (f *following) rouse() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Follow follows every peer for as long as ctx lasts, each at its own pace:
// none waits for another, and nothing else of the node waits for any of them.
func (n *Node) Follow(ctx context.Context) {
	forPeers(ctx, followTick, n.following.wake, n.due, n.round)
}

// FollowDue makes the rounds that are due now and waits for them. It is for
// those who drive a node by a clock of their own.
func (n *Node) FollowDue(ctx context.Context) { forPeersNow(ctx, n.due, n.round) }

// forPeers does something with the peers that are due, at each tick and when it
// is woken, for as long as ctx lasts; none waits for another.
func forPeers(ctx context.Context, tick time.Duration, wake <-chan struct{}, due func() []*Peer, do func(context.Context, *Peer)) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		for _, p := range due() {
			all.Go(func() { do(ctx, p) })
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-wake:
		}
	}
}

// forPeersNow does it with those that are due now and waits.
func forPeersNow(ctx context.Context, due func() []*Peer, do func(context.Context, *Peer)) {
	var all sync.WaitGroup
	for _, p := range due() {
		all.Go(func() { do(ctx, p) })
	}
	all.Wait()
}

// due are the peers for which a round is due; each is marked as running.
func (n *Node) due() []*Peer {
	peers, err := n.loadPeers()
	if err != nil {
		n.opts.Log.Error("follow", "error", err)
		return nil
	}
	var out []*Peer
	now := n.now()
	n.following.mu.Lock()
	defer n.following.mu.Unlock()
	for _, p := range peers {
		if p.frozen(p.EntityID()) {
			continue
		}
		if u := n.following.of(p); u.due(now) {
			u.running = true
			out = append(out, p)
		}
	}
	return out
}

// due reports whether the next round begins now. A clock that was put back must
// not keep us from looking, so no round is further away than the longest wait.
func (u *pursuit) due(now time.Time) bool {
	if u.running {
		return false
	}
	if u.asked && u.looks.spend(lookBurst, lookRefill, now) {
		u.asked = false
		return true
	}
	if now.Before(u.next) && u.next.Sub(now) <= 2*maxBackoff {
		return false
	}
	u.asked = false
	return true
}

// round follows a peer once, in a place of its kind, and says when the next is due.
func (n *Node) round(ctx context.Context, p *Peer) {
	f := n.following
	asking, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	f.mu.Lock()
	u := f.of(p)
	u.cancel = cancel
	places := f.sound
	if u.health.failures > 0 {
		places = f.failing
	}
	f.mu.Unlock()
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
		n.pursue(ctx, asking, p)
	case <-asking.Done():
	}
	f.mu.Lock()
	u.running, u.cancel = false, nil
	u.next = n.now().Add(n.wait(p, u.health.failures))
	if u.health.hourBytes > hourBytes {
		u.next = u.health.hour.Add(time.Hour)
	} else if u.health.more { // it goes on where it ended
		u.next = n.now()
	}
	again := u.asked
	f.mu.Unlock()
	if again {
		f.rouse()
	}
}

// pursue is one round and what follows from it. The time to ask is the partner's:
// what came of it is published though that has run out.
func (n *Node) pursue(ctx, asking context.Context, p *Peer) {
	before, _ := n.views.get(p.EntityID())
	v, err := n.take(ctx, asking, p, n.following.brief(p, n.now()))
	if err != nil {
		n.opts.Log.Warn("following failed", "peer", p.EntityID(), "error", err)
	}
	if errors.Is(err, peer.ErrSplitView) || v != nil && (before == nil || !sameNews(before, v)) {
		if err := n.republish(ctx); err != nil {
			n.opts.Log.Error("publish", "error", err)
		}
	}
	if v != nil {
		n.tell(ctx, p, v)
	}
}

// tell does what is to be done after a successful round.
func (n *Node) tell(ctx context.Context, p *Peer, v *peer.View) {
	for _, f := range n.afterFollow() {
		f(ctx, p, v)
	}
}

// wait is how long to wait until the next round: the interval, doubled with
// each failure up to maxBackoff, a fifth of it at random, so that partners are
// not asked all at once.
func (n *Node) wait(p *Peer, failures int) time.Duration {
	d := n.poll(p)
	most := max(maxBackoff, d)
	for range min(failures, 16) {
		d = min(2*d, most)
	}
	return d*4/5 + n.jitter(max(1, d*2/5))
}

// poll is the interval at which a peer that answers is looked at: that of the
// node, or a quarter of the age aimed at by an arrangement where that is shorter.
func (n *Node) poll(p *Peer) time.Duration {
	d := n.opts.Poll
	annexes, _, err := n.arrangementDocuments()
	if err != nil {
		return d
	}
	for _, a := range annexes {
		if a.Freshness == nil || !slices.ContainsFunc(a.Parties, func(q mra.Party) bool { return q.EntityID == p.EntityID() }) {
			continue
		}
		d = min(d, max(minPoll, time.Duration(a.Freshness.Target)*time.Second/4))
	}
	return d
}
