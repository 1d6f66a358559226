package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/programme"
)

// ExtendSuspension changes how long a suspension lasts: longer for a reason the
// programme allows, standing still until that reason is gone, or running again.
type ExtendSuspension struct {
	Authorisation string   `json:"authorisation"`
	Components    []string `json:"components,omitzero"` // empty: all that are suspended
	For           string   `json:"for,omitzero"`        // id of the extension; empty: the only one there is
	Days          int      `json:"days,omitzero"`       // longer by; one of Days and Until, or none where the clock stands still
	Until         int64    `json:"until,omitzero"`      // Unix seconds; its last day is this one, or the one that ends with it
	Resume        bool     `json:"resume,omitzero"`     // what it stood still for is over
	Reason        string   `json:"reason"`
	Basis         string   `json:"basis,omitzero"` // empty: as the programme says
	By            string   `json:"by"`
	DryRun        bool     `json:"dry_run,omitzero"`
}

// ExtendSuspension changes the clocks of a suspension before they run out.
func (n *Node) ExtendSuspension(ctx context.Context, r ExtendSuspension) (authorisation.Authorisation, error) {
	m := Measure{Authorisation: r.Authorisation, By: r.By, DryRun: r.DryRun}
	return n.measure(ctx, m, func(by authorisation.By, l itsRules) (authorisation.Command, error) {
		switch {
		case r.Reason == "":
			return nil, fmt.Errorf("%w: reason: missing, the holder is told", ErrInvalid)
		case r.Days < 0 || r.Days > 0 && r.Until != 0 || r.Resume && (r.Days > 0 || r.Until != 0):
			return nil, fmt.Errorf("%w: want days or until, and neither to resume", ErrInvalid)
		}
		w := &clockwork{planner: l.plan, clocks: l.of.Clocks, at: time.Unix(by.At, 0)}
		for _, c := range l.of.Components {
			if len(r.Components) == 0 && c.State != authorisation.Suspended || len(r.Components) > 0 && !slices.Contains(r.Components, c.Code) {
				continue
			}
			if err := w.extendSuspension(c, r); err != nil {
				return nil, err
			}
		}
		timed, err := w.timed()
		if err == nil && len(timed.Clocks) == 0 {
			err = fmt.Errorf("%w: no clock of a suspension runs there", ErrConflict)
		}
		return authorisation.ChangeClocks{By: by, Changes: timed.Clocks}, err
	})
}

// ofSuspension are the rules whose clocks say how long a suspension lasts.
var ofSuspension = []string{programme.RuleRemedyCheck, programme.RuleRemedy, programme.RuleSuspensionDoubt}

func (w *clockwork) extendSuspension(c authorisation.Component, r ExtendSuspension) error {
	for _, id := range ofSuspension {
		name := authorisation.ClockName(id, c.Code)
		k, runs := w.clocks.Open(name)
		if !runs {
			continue
		}
		rule, err := w.planner.Rules.Rule(id)
		if err != nil {
			return err
		}
		why := deadline.Why{For: r.For, Reason: r.Reason, Basis: r.Basis}
		if why.For == "" && len(rule.Extensions) == 1 {
			why.For = rule.Extensions[0].ID
		}
		if i := slices.IndexFunc(rule.Extensions, func(e deadline.Extension) bool { return e.ID == why.For }); i >= 0 && why.Basis == "" {
			why.Basis = rule.Extensions[i].Source
		}
		if r.Resume {
			w.add(w.planner.Resume(w.clocks, name, w.at, why))
			return nil
		}
		by, err := w.longer(k, r)
		if err != nil {
			return err
		}
		w.add(w.planner.Extend(w.clocks, name, w.at, by, why))
		return nil
	}
	return nil
}

// longer is by how much a clock is to run longer; nil where nothing is said.
func (w *clockwork) longer(k deadline.Clock, r ExtendSuspension) (*deadline.Period, error) {
	days := r.Days
	if r.Until != 0 {
		zone := w.planner.Calendar.Zone()
		days = int(deadline.DateOf(time.Unix(r.Until-1, 0), zone) - deadline.DateOf(time.Unix(k.Due-1, 0), zone))
		if k.Due == 0 || days < 1 {
			return nil, fmt.Errorf("%w: until: not later than it is due now", ErrInvalid)
		}
	}
	if days == 0 {
		return nil, nil
	}
	return &deadline.Period{N: days, Unit: deadline.Days}, nil
}

// ReportRemedy is a holder's word that what was lacking is remedied.
type ReportRemedy struct {
	Authorisation string   `json:"authorisation"`
	Components    []string `json:"components,omitzero"` // empty: all that wait for a remedy
	Text          string   `json:"text"`
	By            string   `json:"by"`
	DryRun        bool     `json:"dry_run,omitzero"`
}

// ReportRemedy ends the time of the holder and starts that of the authority to verify,
// where the programme has one. A report that comes after its time is taken down, and
// the decision stays due.
func (n *Node) ReportRemedy(ctx context.Context, r ReportRemedy) (authorisation.Authorisation, error) {
	m := Measure{Authorisation: r.Authorisation, By: r.By, DryRun: r.DryRun}
	return n.measure(ctx, m, func(by authorisation.By, l itsRules) (authorisation.Command, error) {
		w := &clockwork{planner: l.plan, clocks: l.of.Clocks, at: time.Unix(by.At, 0)}
		for _, code := range l.of.Remediable(r.Components) {
			name := authorisation.ClockName(programme.RuleRemedy, code)
			k, runs := w.clocks.Open(name)
			if !runs || k.LapsedAt != 0 || k.Due != 0 && k.Due <= by.At || !l.knows(programme.RuleRemedyCheck) {
				continue
			}
			w.end(name)
			started, err := l.start(authorisation.ClockName(programme.RuleRemedyCheck, code), by.At, nil)
			if err != nil {
				return nil, err
			}
			w.add(started[0], nil)
		}
		timed, err := w.timed()
		return authorisation.ReportRemedy{By: by, Components: r.Components, Text: r.Text, Timed: timed}, err
	}, holders...)
}
