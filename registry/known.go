package registry

import (
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"
)

// KnownEvidence shows to anybody, for good, what a peer said by an instant, Unix
// seconds, that it knew of our log: with a leaf, the first word that covers it;
// with index -1, the last word it gave. By whose clock: the peer's.
func (n *Node) KnownEvidence(name string, at, index int64) (*exchange.Evidence, error) {
	p, err := n.findPeer(name)
	if err != nil {
		return nil, err
	}
	published := n.ledger.Published()
	if published == nil || index >= published.Checkpoint.Size || index < -1 {
		return nil, fmt.Errorf("%w: no leaf %d is published", ErrNotFound, index)
	}
	m, k, err := n.wordOf(p, at, index)
	if err != nil {
		return nil, err
	}
	v, err := n.viewOf(p)
	if err == nil && v == nil {
		err = fmt.Errorf("%w: %s was not followed since it was added, so its keys are not known", ErrConflict, p.EntityID())
	}
	if err != nil {
		return nil, err
	}
	own, err := n.rosters()
	if err != nil {
		return nil, err
	}
	e := &exchange.Evidence{Schema: exchange.SchemaEvidence, Known: string(m.Raw()), Checkpoint: string(published.Checkpoint.Raw),
		By: values(v.Rosters.Raw()), Rosters: values(own.Raw()), Proof: tlog.TreeProof{}, Leaves: []transparency.Inclusion{}}
	if k.Size < published.Checkpoint.Size {
		if e.Proof, err = n.ledger.ProveConsistency(k.Size, published.Checkpoint.Size); err != nil {
			return nil, err
		}
	}
	if index >= 0 {
		leaf, err := n.proofIn(index, k.Size)
		if err != nil {
			return nil, err
		}
		e.Leaves = append(e.Leaves, leaf)
	}
	_, err = e.Check(p.Anchor.Root, own.First().Root) // what leaves the node was read as others will
	return e, err
}

// wordOf finds what the peer said, in the order it said it.
func (n *Node) wordOf(p *Peer, at, index int64) (found *exchange.Message, of exchange.Known, err error) {
	var later *exchange.Message
	err = n.correspondence(p).all(func(l *letter) error {
		m, err := exchange.Read([]byte(l.JWS))
		if err != nil || m.Iss != p.EntityID() || m.Kind != exchange.KindKnown || index >= 0 && found != nil {
			return nil
		}
		var k exchange.Known
		if m.Into(&k) != nil || k.Origin != n.origin() || k.Size <= index || k.Check(m.Iat) != nil {
			return nil
		}
		switch {
		case m.Iat > at:
			if later == nil {
				later = m
			}
		case k.Size > of.Size:
			found, of = m, k
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, of, err
	case found == nil && later != nil:
		return nil, of, fmt.Errorf("%w: %s had not said by then that it knew; it first did at %s", ErrNotFound, p.EntityID(), time.Unix(later.Iat, 0).UTC().Format(time.RFC3339))
	case found == nil:
		return nil, of, fmt.Errorf("%w: %s has not said that it knows", ErrNotFound, p.EntityID())
	}
	return found, of, nil
}

func values(raw [][]byte) []jsontext.Value {
	out := make([]jsontext.Value, len(raw))
	for i, b := range raw {
		out[i] = b
	}
	return out
}
