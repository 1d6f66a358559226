package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	roll "github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/partnerlist"
	"github.com/aeo-registry/aeo/registry/view"
)

// Reconcile is a request to compare a partner's file with what is known here.
type Reconcile struct {
	Partner string `json:"partner"`
	File    []byte `json:"file"`
	Format  string `json:"format"` // csv, xlsx
	About   string `json:"about"`  // us: what they hold of our holders; them: their holders, against their list that we hold
}

// What a reconciliation is about.
const (
	AboutUs   = "us"
	AboutThem = "them"
)

// A Reconciliation is where both sides differ. Where the file has problems
// nothing was compared.
type Reconciliation struct {
	Partner     string                   `json:"partner"`
	About       string                   `json:"about"`
	Summary     string                   `json:"summary"`
	Compared    int                      `json:"compared"` // rows of the file
	Differences []partnerlist.Difference `json:"differences"`
	Problems    []partnerlist.Problem    `json:"problems"`
}

// Reconcile compares a file of a partner's with our register, or with the newest
// list of theirs that we hold. It changes nothing.
func (n *Node) Reconcile(_ context.Context, r Reconcile) (*Reconciliation, error) {
	pack, err := n.partnerPack(r.Partner)
	if err != nil {
		return nil, err
	}
	out := &Reconciliation{Partner: r.Partner, About: r.About, Differences: []partnerlist.Difference{}, Problems: []partnerlist.Problem{}}
	territory := r.Partner
	switch r.About {
	case AboutUs:
		territory, pack = n.config.Territory, n.Pack()
	case AboutThem:
	default:
		return nil, fmt.Errorf("%w: about %.20q, want %s or %s", ErrInvalid, r.About, AboutUs, AboutThem)
	}
	theirs, _, found, err := partnerlist.Read(r.Format, r.File, territory, pack)
	if err != nil {
		return nil, invalid(err)
	}
	if len(found) > 0 {
		out.Problems, out.Summary = found, "the file has problems; nothing was compared"
		return out, nil
	}
	out.Compared = len(theirs)
	if r.About == AboutUs {
		out.Differences, err = n.compareOurs(r.Partner, theirs)
	} else {
		out.Differences, err = n.compareTheirs(r.Partner, theirs)
	}
	out.Summary = partnerlist.Summary(out.Differences, r.About == AboutUs)
	return out, err
}

func (n *Node) compareOurs(partner string, theirs []roll.Entry) ([]partnerlist.Difference, error) {
	ours, err := n.holders(partner)
	if err != nil {
		return nil, err
	}
	first, released := map[string]string{}, map[string]bool{}
	var register []roll.Entry
	for _, h := range ours {
		for _, id := range h.aliases {
			first[id] = h.Identifier
		}
		released[h.Key()] = h.released
		register = append(register, h.Entry)
	}
	for i := range theirs { // a holder may be named by any of its numbers
		if id := first[theirs[i].Identifier]; id != "" {
			theirs[i].Identifier = id
		}
	}
	return partnerlist.Compare(register, theirs, func(e *roll.Entry) bool { return released[e.Key()] }), nil
}

func (n *Node) compareTheirs(partner string, theirs []roll.Entry) ([]partnerlist.Difference, error) {
	held, err := n.listsOf(partner)
	if err != nil {
		return nil, err
	}
	if held == nil {
		return nil, fmt.Errorf("%w: no list of %s was imported", ErrNotFound, partner)
	}
	return partnerlist.Compare(theirs, held.current, nil), nil
}

// ExportList writes our holders who are released for exchange with a partner, in
// the columns that lists are read in.
func (n *Node) ExportList(partner, format string) ([]byte, error) {
	if _, err := n.partnerPack(partner); err != nil {
		return nil, err
	}
	ours, err := n.holders(partner)
	if err != nil {
		return nil, err
	}
	entries := []roll.Entry{}
	for _, h := range ours {
		if h.released {
			entries = append(entries, h.Entry)
		}
	}
	raw, err := partnerlist.Write(format, entries)
	if err != nil {
		return nil, invalid(err)
	}
	return raw, nil
}

// A holder is one authorisation of ours as a list names it.
type holder struct {
	roll.Entry
	aliases  []string // all numbers of the operator
	released bool     // for exchange with the partner asked about, now
}

// holders are all of ours, released or not, by identifier and type: of several
// grants of one type the one that holds, else the newest.
func (n *Node) holders(partner string) ([]holder, error) {
	best := map[string]holder{}
	err := n.ledger.View(func(tx ledger.Projection) error {
		operators, err := view.Operators(tx)
		if err != nil {
			return err
		}
		for _, o := range operators {
			numbers, err := view.HeldBy(tx, o.Case)
			if err != nil {
				return err
			}
			if len(o.Holder.Identifiers) == 0 {
				continue
			}
			for _, number := range numbers {
				a, err := view.Authorisation(tx, number)
				if err != nil {
					return err
				}
				for _, h := range n.holdersOf(o, a, partner) {
					if old, has := best[h.Key()]; !has || old.Status == roll.Ended && (h.Status != roll.Ended || h.EffectiveOn > old.EffectiveOn) {
						best[h.Key()] = h
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]holder, 0, len(best))
	for _, h := range best {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b holder) int { return strings.Compare(a.Key(), b.Key()) })
	return out, nil
}

// holdersOf are the components of an authorisation.
func (n *Node) holdersOf(o authorisation.Operator, a authorisation.Authorisation, partner string) (out []holder) {
	day := func(at int64) string { return n.Pack().LocalDate(time.Unix(at, 0)) }
	for _, c := range a.Components {
		h := holder{aliases: o.Holder.Identifiers, released: o.Released(authorisation.Exchange, partner, n.now().Unix())}
		h.Entry = roll.Entry{Identifier: o.Holder.Identifiers[0], Name: o.Holder.LegalName, Programme: a.Programme,
			AuthorisationType: c.Code, Roles: a.Roles, Status: roll.InForce, EffectiveOn: day(a.EffectiveAt)}
		switch c.State {
		case authorisation.Suspended:
			h.Status, h.SuspendedSince = roll.Suspended, max(day(c.Since), h.EffectiveOn)
		case authorisation.Ended: // what was annulled ended when it was to begin
			h.Status, h.EndedOn = roll.Ended, max(day(c.Since), h.EffectiveOn)
		}
		out = append(out, h)
	}
	return out
}
