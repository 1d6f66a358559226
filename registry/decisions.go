package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

// DecideApplication is the decision on an application.
type DecideApplication struct {
	Application string                `json:"application"`
	Grant       bool                  `json:"grant"`
	Components  []string              `json:"components,omitzero"` // that are granted; empty: all
	Grounds     authorisation.Grounds `json:"grounds,omitzero"`    // of a refusal, in whole or in part
	Reasons     string                `json:"reasons,omitzero"`    // as the applicant reads them
	Conditions  []string              `json:"conditions,omitzero"`
	Without     authorisation.Without `json:"without,omitzero"` // grounds for leaving out what the programme asks for
	By          string                `json:"by"`
	DryRun      bool                  `json:"dry_run,omitzero"`
}

// DecideApplication grants or refuses. A grant opens an authorisation, effective
// when the programme says, and issues one credential per component.
func (n *Node) DecideApplication(ctx context.Context, r DecideApplication) (a authorisation.Application, err error) {
	if !r.Grant {
		return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By) (authorisation.Command, error) {
			return n.refusal(a, by, r)
		}, access.DecisionMaker)
	}
	err = n.openCase(n.series("AUT"), func(number string) (bool, error) {
		a, err = n.onApplication(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By) (authorisation.Command, error) {
			return n.grant(a, by, r, number)
		}, access.DecisionMaker)
		return !r.DryRun, err
	})
	if err != nil || r.DryRun {
		return a, err
	}
	if err := n.issueMissing(ctx, a.Authorisation); err != nil {
		return a, err
	}
	n.publishNow(ctx)
	return a, nil
}

func (n *Node) refusal(a authorisation.Application, by authorisation.By, r DecideApplication) (authorisation.Command, error) {
	if err := n.mayDecide(a, by, false); err != nil {
		return nil, err
	}
	pack := n.packOf(a.Wish.Authority, a.Pack)
	needs, err := n.needs(a, pack, nil, by.At)
	c := authorisation.Refuse{By: by, Grounds: r.Grounds, Reasons: r.Reasons, Without: r.Without, Needs: needs}
	if bar, ok := pack.Bar(programme.AfterRefusal, a.Wish.Type); ok {
		c.BarUntil = yearsAfter(pack, by.At, bar.Years)
	}
	return c, err
}

func (n *Node) grant(a authorisation.Application, by authorisation.By, r DecideApplication, number string) (authorisation.Command, error) {
	if err := n.mayDecide(a, by, true); err != nil {
		return nil, err
	}
	pack := n.packOf(a.Wish.Authority, a.Pack)
	g := authorisation.Grant{By: by, Authorisation: number, Components: r.Components, Grounds: r.Grounds,
		Reasons: r.Reasons, Conditions: r.Conditions, Without: r.Without, Type: a.Wish.Type}
	granted := a.Wish.Components
	if len(r.Components) > 0 && len(r.Components) < len(granted) {
		granted = r.Components
		var err error
		if g.Type, g.Requirements, err = partOf(pack, a, r.Components); err != nil {
			return nil, err
		}
	}
	effective := pack.EffectiveAt(time.Unix(by.At, 0))
	g.EffectiveAt = effective.Unix()
	if until, limited := pack.ValidUntil(g.Type, effective); limited {
		g.ExpiresAt = until.Unix()
	}
	var err error
	if g.Needs, err = n.needs(a, pack, granted, by.At); err != nil {
		return nil, err
	}
	assessed, err := readCase(n, a.Case, view.Assessment)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	young := assessed.Young != nil && assessed.Young.Until > g.EffectiveAt
	g.Watch, err = n.watchFrom(pack, g.EffectiveAt, g.ExpiresAt, young)
	return g, err
}

// partOf is the type that has just those components, and what it is assessed on of
// what the application was.
func partOf(p *programme.Pack, a authorisation.Application, components []string) (typ string, requirements []string, err error) {
	for _, t := range p.Types {
		own := t.Components
		if len(own) == 0 {
			own = []string{t.Code}
		}
		if len(own) != len(components) || slices.ContainsFunc(own, func(c string) bool { return !slices.Contains(components, c) }) {
			continue
		}
		groups, errGroups := p.RequirementsFor(t.Code)
		criteria, errCriteria := p.CriteriaFor(t.Code, a.Wish.Roles)
		if err := errors.Join(errGroups, errCriteria); err != nil {
			return "", nil, invalid(err)
		}
		for _, r := range a.Wish.Requirements { // an older application names groups
			if slices.ContainsFunc(groups, func(g programme.Requirement) bool { return g.Code == r }) ||
				slices.ContainsFunc(criteria, func(c programme.Criterion) bool { return c.Code == r }) {
				requirements = append(requirements, r)
			}
		}
		return t.Code, requirements, nil
	}
	return "", nil, fmt.Errorf("%w: the programme has no type with just %q", ErrInvalid, components)
}

// needs are what the programme asks for before a decision that grants components.
func (n *Node) needs(a authorisation.Application, p *programme.Pack, granted []string, at int64) (authorisation.Needs, error) {
	needs := authorisation.Needs{Hearing: p.Procedure.Hearing == programme.HearingBefore}
	if len(granted) == 0 {
		return needs, nil
	}
	needs.Consult, needs.PerSite = n.mustConsult(a, p, at), perSite(p, a.Wish.Requirements)
	var err error
	needs.Visit, err = n.unvisited(a, p, granted)
	return needs, err
}

// perSite are the requirements that the programme has judged at each site.
func perSite(p *programme.Pack, requirements []string) (codes []string) {
	for _, code := range requirements {
		if asked(p, code).PerSite {
			codes = append(codes, code)
		}
	}
	return codes
}

// mustConsult are the members of a union whose word is needed: where the operator has
// sites, other than the one that decides.
func (n *Node) mustConsult(a authorisation.Application, p *programme.Pack, at int64) (who []string) {
	decides := a.Wish.Authority
	if decides == "" {
		decides = n.config.Authority
	}
	for _, s := range a.Wish.Sites {
		country := s.Address.Country
		if !isMember(p, country) || country == decides || slices.Contains(who, country) {
			continue
		}
		if c, ok := consultation(p, country, at); ok && c.Mandatory {
			who = append(who, country)
		}
	}
	return who
}

// consultation is the rule of the pack by which somebody is consulted, as of an
// instant: the one that names it, for a member of the union the one about members.
func consultation(p *programme.Pack, who string, at int64) (programme.Consultation, bool) {
	list := p.ConsultationsOn(p.LocalDate(time.Unix(at, 0)))
	i := slices.IndexFunc(list, func(c programme.Consultation) bool { return c.Who == who })
	if i < 0 && isMember(p, who) {
		i = slices.IndexFunc(list, func(c programme.Consultation) bool { return c.Mandatory })
	}
	if i < 0 {
		return programme.Consultation{}, false
	}
	return list[i], true
}

func isMember(p *programme.Pack, code string) bool {
	return slices.ContainsFunc(p.Members, func(m programme.Member) bool { return m.Code == code })
}

// yearsAfter is the local midnight that many years after an instant's day.
func yearsAfter(p *programme.Pack, at int64, years int) int64 {
	y, m, d := time.Unix(at, 0).In(p.Zone()).Date()
	return time.Date(y+years, m, d, 0, 0, 0, 0, p.Zone()).Unix()
}

// bars are what keeps an operator from applying for components: refusals of its
// applications for the same and what it withdrew, where the programme says so, and
// authorisations that were ended.
func (n *Node) bars(operator string, components []string, at int64) (bars []authorisation.Bar, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		applied, err := view.AppliedBy(tx, operator)
		if err != nil {
			return err
		}
		for _, number := range applied {
			a, err := view.Application(tx, number)
			if err != nil {
				return err
			}
			if until, barred := a.BarredUntil(at); barred && overlap(a.Wish.Components, components) {
				bars = append(bars, authorisation.Bar{Case: number, After: programme.AfterRefusal, Until: until})
			}
			p := n.packOf(a.Wish.Authority, a.Pack)
			if bar, ok := p.Bar(programme.AfterWithdrawal, a.Wish.Type); ok && a.State == authorisation.ApplicationWithdrew && overlap(a.Wish.Components, components) {
				bars = append(bars, authorisation.Bar{Case: number, After: programme.AfterWithdrawal, Until: yearsAfter(p, a.DecidedAt, bar.Years), Basis: bar.Source})
			}
		}
		held, err := view.HeldBy(tx, operator)
		if err != nil {
			return err
		}
		for _, number := range held {
			a, err := view.Authorisation(tx, number)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(a.Components, func(c authorisation.Component) bool { return c.State == authorisation.Ended }) {
				continue
			}
			p, err := n.lawIn(tx, n.law.Load(), a, at)
			if err != nil {
				return err
			}
			bars = append(bars, barsOf(a, p)...)
		}
		return nil
	})
	return bars, err
}

// barsOf are the bars that follow from how the components of an authorisation ended,
// by the programme it was decided under. A withdrawal bars where that says so. What ended the one
// bars another too: it is the operator that is barred (DA 2015/2446 Art. 11(2)).
func barsOf(a authorisation.Authorisation, p *programme.Pack) (bars []authorisation.Bar) {
	for _, c := range a.Components {
		after := map[authorisation.Act]string{authorisation.ActRevoke: programme.AfterRevocation, authorisation.ActAnnul: programme.AfterAnnulment,
			authorisation.ActWithdraw: programme.AfterWithdrawal}[c.End]
		bar, ok := p.Bar(after, a.Type)
		if c.State != authorisation.Ended || !ok {
			continue
		}
		bars = append(bars, authorisation.Bar{Case: a.Case, After: after, Until: yearsAfter(p, c.EndedAt, bar.Years), Basis: bar.Source})
	}
	return bars
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
