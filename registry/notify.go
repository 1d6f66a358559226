package registry

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/view"
)

const (
	// noticeTime is how long a partner is waited for.
	noticeTime = 5 * time.Second
	// A notice that was not received is sent again so often, the first time after
	// noticeAgain; after that the partner's own look catches it.
	noticeTries = 3
	noticeAgain = 2 * time.Second
	// noticeTick is how often it is looked whether one is to be sent again.
	noticeTick = time.Second
	// maxNoticed is how far back it is looked for what a partner has to know at a
	// start; beyond that it is told without looking.
	maxNoticed = 4096
)

// notices are what partners are to be told: that our log has grown by something
// they need to know now, and how far we know theirs.
type notices struct {
	wake   chan struct{}
	places chan struct{}

	mu      sync.Mutex
	scanned int64              // our log is looked through up to here
	relayed map[string]int64   // so are the logs of the members of our union, by origin
	to      map[string]*outbox // by entity id
}

func newNotices() *notices {
	return &notices{wake: make(chan struct{}, 1), places: make(chan struct{}, placesSound), to: map[string]*outbox{}, relayed: map[string]int64{}}
}

// An outbox is what one partner is to be told. It is guarded by the mutex of the
// notices it belongs to.
type outbox struct {
	size, since int64            // the notice that is due; size 0 = none
	relay       map[string]int64 // notices that are due of logs of our union's members: size by origin
	known       *exchange.Known  // the acknowledgement that is due
	running     bool
	tries       int
	next        time.Time
	failed      int // since the start, and without an answer
}

// of is the outbox of a peer; the caller holds mu.
func (s *notices) of(entityID string) *outbox {
	o := s.to[entityID]
	if o == nil {
		o = &outbox{}
		s.to[entityID] = o
	}
	return o
}

func (o *outbox) idle() bool { return o.size == 0 && o.known == nil && len(o.relay) == 0 }

func (s *notices) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// catchUpNotices begins where a stop or a crash left off: with what a partner
// that acknowledged before has not acknowledged yet.
func (n *Node) catchUpNotices() error {
	p := n.ledger.Published()
	if p == nil {
		return nil
	}
	n.notices.scanned = p.Checkpoint.Size
	peers, err := n.loadPeers()
	if err != nil {
		return err
	}
	for _, who := range peers {
		s, err := n.correspondence(who).noticeState(n.now().Unix())
		if err != nil {
			return err
		}
		if s.known.Size > 0 && s.known.Size < n.notices.scanned {
			n.notices.scanned = max(s.known.Size, p.Checkpoint.Size-maxNoticed)
		}
	}
	return nil
}

// dueNotices looks through what was published since the last time and has
// partners told where it is something they need to know now. What answers a
// partner's own doing - our statements and directories, renewed - is not, so no
// notice ever causes another without end.
func (n *Node) dueNotices() {
	p := n.ledger.Published()
	s := n.notices
	s.mu.Lock()
	from := s.scanned
	s.mu.Unlock()
	since, err := n.urgentSince(from, p.Checkpoint.Size)
	if err != nil {
		n.opts.Log.Error("notify", "error", err)
		return
	}
	peers, err := n.loadPeers()
	if err != nil {
		n.opts.Log.Error("notify", "error", err)
		return
	}
	s.mu.Lock()
	s.scanned = p.Checkpoint.Size
	if since == 0 {
		s.mu.Unlock()
		return
	}
	for _, who := range peers {
		o := s.of(who.EntityID())
		if o.size == 0 {
			o.since = since
		}
		o.size, o.tries, o.next = p.Checkpoint.Size, 0, time.Time{}
	}
	s.mu.Unlock()
	s.rouse()
}

// urgentSince is when the first of the leaves was recorded that partners need to
// know now; 0 where there is none.
func (n *Node) urgentSince(from, to int64) (since int64, err error) {
	found := errors.New("found")
	urgent := false
	err = n.ledger.Entries(from, to, func(_ int64, raw []byte) error {
		l, err := transparency.ParseLeaf(raw)
		if err != nil {
			return err
		}
		if state, ok := l.(transparency.State); ok && urgent {
			since = state.At
			return found
		}
		urgent = urgent || isUrgent(l)
		return nil
	})
	if errors.Is(err, found) {
		return since, nil
	}
	return 0, err
}

// isUrgent reports whether a leaf can change a verdict elsewhere.
func isUrgent(l transparency.Leaf) bool {
	switch l := l.(type) {
	case transparency.Status, transparency.Key:
		return true
	case transparency.Artefact:
		return l.Kind == string(view.Annex) || l.Kind == string(view.Notice) || l.Kind == string(view.Programme)
	}
	return false
}

// Notify tells partners what is due for as long as ctx lasts, each without
// waiting for another.
func (n *Node) Notify(ctx context.Context) {
	forPeers(ctx, noticeTick, n.notices.wake, n.toTell, n.tellNow)
}

// NotifyDue tells partners what is due now and waits for their answers. It is
// for those who drive a node by a clock of their own.
func (n *Node) NotifyDue(ctx context.Context) { forPeersNow(ctx, n.toTell, n.tellNow) }

// toTell are the peers that are to be told something now; each is marked as running.
func (n *Node) toTell() (out []*Peer) {
	peers, err := n.loadPeers()
	if err != nil {
		n.opts.Log.Error("notify", "error", err)
		return nil
	}
	now := n.now()
	n.notices.mu.Lock()
	defer n.notices.mu.Unlock()
	for _, p := range peers {
		o := n.notices.to[p.EntityID()]
		if o == nil || o.running || o.idle() || now.Before(o.next) && o.next.Sub(now) < time.Minute {
			continue
		}
		o.running = true
		out = append(out, p)
	}
	return out
}

// tellNow sends one peer what is due. What became due meanwhile is sent next.
func (n *Node) tellNow(ctx context.Context, p *Peer) {
	s := n.notices
	s.mu.Lock()
	o := s.of(p.EntityID())
	due := *o
	due.relay = maps.Clone(o.relay)
	s.mu.Unlock()
	var err error
	select {
	case s.places <- struct{}{}:
		err = n.tellPeer(ctx, p, &due)
		<-s.places
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o.running = false
	if err != nil {
		o.failed++
		if o.tries++; o.tries < noticeTries && !errors.Is(err, ErrNoExchange) && !errors.Is(err, ErrRefused) {
			o.next = n.now().Add(noticeAgain << (2 * (o.tries - 1)))
			return
		}
	}
	o.done(&due)
	if o.tries, o.next = 0, (time.Time{}); !o.idle() {
		s.rouse()
	}
}

// done takes out what was sent, or given up.
func (o *outbox) done(sent *outbox) {
	if o.size == sent.size {
		o.size = 0
	}
	if o.known == sent.known {
		o.known = nil
	}
	maps.DeleteFunc(o.relay, func(origin string, size int64) bool { return size == sent.relay[origin] })
}

func (n *Node) tellPeer(ctx context.Context, p *Peer, due *outbox) error {
	ctx, cancel := context.WithTimeout(ctx, noticeTime)
	defer cancel()
	var heads []exchange.Head
	if due.size > 0 {
		heads = append(heads, exchange.Head{Origin: n.origin(), Size: due.size})
	}
	for _, origin := range slices.Sorted(maps.Keys(due.relay)) {
		heads = append(heads, exchange.Head{Origin: origin, Size: due.relay[origin]})
	}
	for _, h := range heads {
		l := letter{}
		if h.Origin == n.origin() {
			l.Since = due.since
		}
		if _, err := n.sendLetter(ctx, p, exchange.KindNotify, h, l); err != nil {
			n.opts.Log.Warn("partner not told", "peer", p.EntityID(), "log", h.Origin, "size", h.Size, "error", err)
			return err
		}
	}
	if due.known == nil {
		return nil
	}
	if _, err := n.send(ctx, p, exchange.KindKnown, due.known); err != nil {
		n.opts.Log.Warn("acknowledgement not sent", "peer", p.EntityID(), "size", due.known.Size, "error", err)
		return err
	}
	return nil
}
