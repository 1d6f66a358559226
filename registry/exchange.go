package registry

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys"
)

var (
	// ErrStranger is all that whoever is no partner learns: of an unknown sender, a
	// message that does not open, one for somebody else, of another time, or that
	// came before.
	ErrStranger = errors.New("not a message of a partner to this node")
	// ErrBusy says that a partner sends more messages than it may.
	ErrBusy = errors.New("too many messages")
	// ErrRefused says that a partner received a message and does not act upon it.
	ErrRefused = errors.New("the partner refused")
	// ErrNoExchange says that messages cannot be exchanged with a partner yet.
	ErrNoExchange = errors.New("no messages with this partner yet")
)

const (
	// A partner may send so many messages at once, and one more each messageRefill.
	messageBurst  = 120
	messageRefill = 250 * time.Millisecond

	// keyLook is how often a message by an unknown key in a partner's name makes us look there.
	keyLook = 30 * time.Second

	// Detail of a refusal, which goes abroad.
	maxRefusal = 500
)

// An answerer acts upon a message of a peer, which is verified and came for the
// first time, and returns what the signed acknowledgement says.
type answerer func(ctx context.Context, p *Peer, m *exchange.Message) (answer any, err error)

// incoming are the kinds of messages this node acts upon.
func (n *Node) incoming() map[string]answerer {
	return map[string]answerer{
		exchange.KindNotify: n.notified,
		exchange.KindKnown:  n.takeKnown,
		exchange.KindAnnex:  n.takeProposal,
	}
}

// harmless kinds may be acted upon twice without a difference, so the message
// and its answer are kept together, at one wait for the disk.
var harmless = map[string]bool{exchange.KindNotify: true, exchange.KindKnown: true}

// letters are the correspondences, and what each partner may still send.
type letters struct {
	mu   sync.Mutex
	with map[string]*correspondence // by entity id; guarded by mu
	left map[string]*allowance      // by entity id; guarded by mu

	looked map[string]time.Time // when it was looked for a new key; by entity id, guarded by mu
}

// spend takes one message out of what a partner may send.
func (l *letters) spend(entityID string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.left[entityID]
	if a == nil {
		if l.left == nil {
			l.left = map[string]*allowance{}
		}
		a = &allowance{}
		l.left[entityID] = a
	}
	return a.spend(messageBurst, messageRefill, now)
}

// correspondence is what was exchanged with a peer. It stays where the peer is removed.
func (n *Node) correspondence(p *Peer) *correspondence {
	l := &n.letters
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.with[p.EntityID()]
	if c == nil {
		if l.with == nil {
			l.with = map[string]*correspondence{}
		}
		c = &correspondence{path: filepath.Join(n.paths.exchange(), p.Host()+".jsonl"),
			self: n.config.EntityID, log: n.origin(), seen: map[string]int64{}}
		l.with[p.EntityID()] = c
	}
	return c
}

// Exchange takes a sealed message and returns the sealed answer. Whatever a
// stranger could have sent is [ErrStranger], whose cause the log alone learns.
func (n *Node) Exchange(ctx context.Context, raw []byte) ([]byte, error) {
	p, v, m, err := n.incomingMessage(raw)
	if err != nil {
		n.opts.Log.Debug("message refused", "error", err)
		return nil, ErrStranger
	}
	if !n.letters.spend(p.EntityID(), n.now()) {
		return nil, fmt.Errorf("%w: %s sends more messages than agreed", ErrBusy, p.EntityID())
	}
	to := exchange.Recipient(v.Rosters, n.now().Unix())
	if to == nil {
		return nil, fmt.Errorf("%w: %s has no exchange key now", ErrNoExchange, p.EntityID())
	}
	answer, err := n.answer(ctx, p, m)
	if errors.Is(err, errReplayed) {
		n.opts.Log.Warn("message refused", "peer", p.EntityID(), "kind", m.Kind, "error", err)
		return nil, ErrStranger
	}
	if err != nil {
		return nil, err
	}
	return answer.Seal(to)
}

// incomingMessage opens and verifies a message as from a peer that was followed.
func (n *Node) incomingMessage(raw []byte) (*Peer, *peer.View, *exchange.Message, error) {
	m, err := exchange.Open(raw, n.exchangeKey)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := n.findPeer(m.Iss)
	if err != nil {
		return nil, nil, nil, err
	}
	v, err := n.viewOf(p)
	if err != nil {
		return nil, nil, nil, err
	}
	if v == nil || p.EntityID() != m.Iss || m.Re != "" {
		return nil, nil, nil, fmt.Errorf("%w: %s was not followed yet, or the message is an answer", ErrNoExchange, p.EntityID())
	}
	if err := m.VerifyFor(n.config.EntityID, v.Rosters, n.now().Unix()); err != nil {
		if v.Rosters.Key(keys.RoleExchange, m.KID()) == nil {
			n.lookForKey(p) // it may have a new one
		}
		return nil, nil, nil, err
	}
	return p, v, m, nil
}

// lookForKey looks at a peer in whose name a key signed that we do not know. Who
// forges that makes us look, and only so often.
func (n *Node) lookForKey(p *Peer) {
	l, now := &n.letters, n.now()
	l.mu.Lock()
	last, looked := l.looked[p.EntityID()]
	due := !looked || now.Sub(last) >= keyLook || now.Before(last)
	if due {
		if l.looked == nil {
			l.looked = map[string]time.Time{}
		}
		l.looked[p.EntityID()] = now
	}
	l.mu.Unlock()
	if due {
		n.LookNow(p.EntityID())
	}
}

// exchangeKey is the private half of an exchange key of ours: of one that signs
// no more too, for as long as partners may hold a roster that lists it.
func (n *Node) exchangeKey(kid string) *keys.Signer {
	return n.ring.ByKID(keys.RoleExchange, kid, n.now())
}

// answer acts upon a message and returns the signed answer; both are on disk then.
func (n *Node) answer(ctx context.Context, p *Peer, m *exchange.Message) (*exchange.Message, error) {
	c, now := n.correspondence(p), n.now().Unix()
	if !harmless[m.Kind] {
		if err := c.accept(now, m); err != nil {
			return nil, err
		}
	}
	kind, body := exchange.KindAck, any(nil)
	do := n.incoming()[m.Kind]
	err := fmt.Errorf("%w: messages of kind %s", errUnknownKind, m.Kind)
	if do != nil {
		body, err = do(ctx, p, m)
	}
	if err != nil {
		n.opts.Log.Warn("message not acted upon", "peer", p.EntityID(), "kind", m.Kind, "error", err)
		kind, body = exchange.KindRefusal, refusal(err)
	}
	if body == nil {
		body = struct{}{}
	}
	a, err := n.sign(p, kind, m.JTI, body)
	if err != nil {
		return nil, err
	}
	if harmless[m.Kind] {
		return a, c.accept(now, m, sentLetter(now, a))
	}
	return a, c.keep(now, sentLetter(now, a))
}

var errUnknownKind = errors.New("not understood here")

// refusal says to a partner why; what went wrong within the node is its own matter.
func refusal(err error) exchange.Refusal {
	for _, r := range []struct {
		err  error
		kind string
	}{
		{errUnknownKind, "unknown-kind"}, {ErrInvalid, "invalid"}, {exchange.ErrMessage, "invalid"}, {ErrNotFound, "not-found"},
		{ErrConflict, "conflict"}, {ErrExists, "conflict"}, {ErrNotAllowed, "not-allowed"},
	} {
		if errors.Is(err, r.err) {
			return exchange.Refusal{Type: r.kind, Detail: shortened(err)}
		}
	}
	return exchange.Refusal{Type: "failed"}
}

// shortened is an error's text as it may go into a message.
func shortened(err error) string {
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), maxRefusal)], "")
}
