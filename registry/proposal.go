package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/go-json-experiment/json/jsontext"
)

// A proposal is the body of a message of kind annex: a draft, or an annex with
// the signatures it has so far. Whoever receives it keeps it and does nothing
// more; people there read, sign and import it.
type proposal struct {
	Annex    jsontext.Value `json:"annex,omitzero"`
	Document *mra.Document  `json:"document,omitzero"`
}

// proposalKept is what the acknowledgement of a proposal says.
type proposalKept struct {
	SHA256 string   `json:"sha256"`
	Signed []string `json:"signed"` // as far as is known there now
}

// Propose is a request to send a text that is kept to its other parties.
type Propose struct {
	Name   string   `json:"name"`        // id or digest
	To     []string `json:"to,omitzero"` // territories; empty = all other parties
	By     string   `json:"by"`
	DryRun bool     `json:"dry_run,omitzero"`
}

// Proposed is who was sent a text, and how each answered.
type Proposed struct {
	Negotiation *Negotiation `json:"negotiation"`
	Sent        []Sent       `json:"sent"`
}

// Sent is how one party answered.
type Sent struct {
	To      string   `json:"to"`               // territory
	Signed  []string `json:"signed,omitzero"`  // by whom the text is signed as far as is known there
	Problem string   `json:"problem,omitzero"` // why it is not there
}

// Propose sends a draft, or an annex with the signatures it has, to the other
// parties, and says how each answered. It is an error only where none has it.
func (n *Node) Propose(ctx context.Context, r Propose) (*Proposed, error) {
	if err := n.alone(ctx, &r.By); err != nil {
		return nil, err
	}
	k, err := n.Negotiation(r.Name)
	if err != nil {
		return nil, err
	}
	to, err := n.addressees(k, r.To)
	if err != nil {
		return nil, err
	}
	out := &Proposed{Negotiation: k, Sent: []Sent{}}
	body := proposal{Annex: k.Annex}
	if k.Annex == nil {
		body.Document = k.Text
	}
	var faults []error
	for _, p := range to {
		s := Sent{To: p.Territory}
		if !r.DryRun {
			if s.Signed, err = n.propose(ctx, p.EntityID, body); err != nil {
				s.Problem = shortened(err)
				faults = append(faults, err)
			}
		}
		out.Sent = append(out.Sent, s)
	}
	if len(faults) == len(to) {
		return nil, errors.Join(faults...)
	}
	n.opts.Log.Info("annex proposed", "mra", k.ID, "version", k.Version, "to", len(to)-len(faults), "by", r.By)
	return out, nil
}

// addressees are the parties a text goes to.
func (n *Node) addressees(k *Negotiation, asked []string) ([]mra.Party, error) {
	var out []mra.Party
	for _, p := range k.Text.Parties {
		if p.EntityID != n.config.EntityID && (len(asked) == 0 || slices.Contains(asked, p.Territory)) {
			out = append(out, p)
		}
	}
	for _, t := range asked {
		if !slices.ContainsFunc(out, func(p mra.Party) bool { return p.Territory == t }) {
			return nil, fmt.Errorf("%w: %.16q is no other party of %s", ErrInvalid, t, k.ID)
		}
	}
	return out, nil
}

func (n *Node) propose(ctx context.Context, entityID string, body proposal) ([]string, error) {
	p, err := n.findPeer(entityID)
	if err != nil {
		return nil, err
	}
	answer, err := n.send(ctx, p, exchange.KindAnnex, body)
	if err != nil {
		return nil, err
	}
	var kept proposalKept
	if err := answer.Into(&kept); err != nil {
		return nil, err
	}
	return kept.Signed, nil
}

// takeProposal keeps what a partner proposes, if it and we are parties as we are
// known to each other. Nothing is executed.
func (n *Node) takeProposal(_ context.Context, p *Peer, m *exchange.Message) (any, error) {
	var body proposal
	if err := m.Into(&body); err != nil {
		return nil, err
	}
	k := kept{From: p.Anchor.Territory, Document: body.Document, Annex: body.Annex}
	stated, err := n.negotiation(&k)
	if err != nil {
		return nil, err
	}
	if err := n.checkProposer(p, stated.Text); err != nil {
		return nil, err
	}
	annexes, _, err := n.arrangementDocuments()
	if err != nil {
		return nil, err
	}
	for _, a := range annexes {
		switch {
		case a.ID != stated.ID || a.Version < stated.Version:
		case a.Version == stated.Version && a.SHA256() == stated.SHA256:
			return proposalKept{SHA256: stated.SHA256, Signed: stated.Parties}, nil // it is in force here
		default:
			return nil, fmt.Errorf("%w: version %d of %s is concluded here", ErrConflict, a.Version, a.ID)
		}
	}
	if stated, err = n.keep(k); err != nil {
		return nil, err
	}
	n.opts.Log.Info("annex received", "mra", stated.ID, "version", stated.Version, "from", p.EntityID(), "signed", len(stated.Signed))
	return proposalKept{SHA256: stated.SHA256, Signed: stated.Signed}, nil
}

// checkProposer wants the sender to be a party under the territory and with the
// root keys it has for us.
func (n *Node) checkProposer(p *Peer, d *mra.Document) error {
	i := slices.IndexFunc(d.Parties, func(q mra.Party) bool { return q.EntityID == p.EntityID() })
	if i < 0 || d.Parties[i].Territory != p.Anchor.Territory {
		return fmt.Errorf("%w: %s is not the party for %s", ErrInvalid, p.EntityID(), p.Anchor.Territory)
	}
	known, _, err := n.partyRosters(p.EntityID())
	if err != nil {
		return err
	}
	return checkRoots(d.Parties[i], known)
}

// ProgrammesOf are the programme profiles that a peer, or for our own territory
// we ourselves, publish, as last fetched.
func (n *Node) ProgrammesOf(name string) ([]jsontext.Value, error) {
	out := []jsontext.Value{}
	if name == n.config.Territory {
		raw, err := n.ProgrammeProfile(n.Pack().Code)
		return append(out, raw), err
	}
	p, err := n.findPeer(name)
	if err != nil {
		return nil, err
	}
	v, err := n.viewOf(p)
	if err != nil || v == nil {
		return out, err
	}
	for _, code := range slices.Sorted(maps.Keys(v.Programmes)) {
		out = append(out, jsontext.Value(v.Programmes[code]))
	}
	return out, nil
}
