package registry

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/keys"
)

// sign makes a signed message to a peer; re is empty but for an answer.
func (n *Node) sign(p *Peer, kind, re string, body any) (*exchange.Message, error) {
	now := n.now()
	signer, err := n.signer(keys.RoleExchange, now)
	if err != nil {
		return nil, err
	}
	m, err := exchange.New(n.config.EntityID, p.EntityID(), kind, body, now.Unix(), n.opts.Rand)
	if err != nil {
		return nil, err
	}
	m.Re = re
	return m, m.Sign(signer)
}

// send sends a message to a peer and returns its signed and verified
// acknowledgement; both are kept, and the message too where no answer came, unless
// it says only what we know. Where the peer refused the error is [ErrRefused].
func (n *Node) send(ctx context.Context, p *Peer, kind string, body any) (*exchange.Message, error) {
	return n.sendLetter(ctx, p, kind, body, letter{})
}

func (n *Node) sendLetter(ctx context.Context, p *Peer, kind string, body any, l letter) (*exchange.Message, error) {
	m, err := n.sign(p, kind, "", body)
	if err != nil {
		return nil, err
	}
	a, err := n.post(ctx, p, m)
	now := n.now().Unix()
	l.At, l.JWS = m.Iat, string(m.Raw())
	if err != nil {
		l.Fault = shortened(err)
		err = fmt.Errorf("send %s to %s: %w", kind, p.EntityID(), err)
		if kind == exchange.KindKnown { // each look says it anew: a partner that is away must not fill the disk
			return nil, err
		}
		return nil, errors.Join(err, n.correspondence(p).keep(now, l))
	}
	if err := n.correspondence(p).keep(now, l, received(now, a)); err != nil {
		return nil, err
	}
	if a.Kind == exchange.KindRefusal {
		var r exchange.Refusal
		if err := a.Into(&r); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("send %s to %s: %w: %.40q %.500q", kind, p.EntityID(), ErrRefused, r.Type, r.Detail)
	}
	return a, nil
}

// post sends a signed message and verifies the answer as the peer's to this message.
func (n *Node) post(ctx context.Context, p *Peer, m *exchange.Message) (*exchange.Message, error) {
	v, err := n.viewOf(p)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, fmt.Errorf("%w: it was not followed yet", ErrNoExchange)
	}
	now := n.now().Unix()
	to := exchange.Recipient(v.Rosters, now)
	if to == nil {
		return nil, fmt.Errorf("%w: its roster lists no exchange key for now", ErrNoExchange)
	}
	sealed, err := m.Seal(to)
	if err != nil {
		return nil, err
	}
	got, err := n.client(p).Post(ctx, p.EntityID()+"/exchange", exchange.MediaType, sealed, exchange.MaxMessage)
	if err != nil {
		return nil, err
	}
	media, _, err := mime.ParseMediaType(got.Type)
	if got.Status != http.StatusOK || err != nil || media != exchange.MediaType {
		return nil, fmt.Errorf("%w: status %d, %.80q", peer.ErrAnswer, got.Status, got.Type)
	}
	a, err := exchange.Open(got.Body, n.exchangeKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", peer.ErrAnswer, err)
	}
	if err := a.VerifyFor(n.config.EntityID, v.Rosters, n.now().Unix()); err != nil {
		return nil, fmt.Errorf("%w: %w", peer.ErrAnswer, err)
	}
	if a.Re != m.JTI || a.Kind != exchange.KindAck && a.Kind != exchange.KindRefusal {
		return nil, fmt.Errorf("%w: a %s to another message", peer.ErrAnswer, a.Kind)
	}
	return a, nil
}

func sentLetter(now int64, m *exchange.Message) letter { return letter{At: now, JWS: string(m.Raw())} }
