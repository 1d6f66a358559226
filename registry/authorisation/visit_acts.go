package authorisation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A visitCommand says in which states it is possible, and what it brings about.
type visitCommand interface {
	Command
	in() []VisitState
	decide(Visit) ([]Event, error)
}

type visitFact interface {
	Data
	change(*Visit, Event) error
}

func (PlanVisit) in() []VisitState    { return []VisitState{NotPlanned} }
func (MoveVisit) in() []VisitState    { return []VisitState{VisitPlanned} }
func (CancelVisit) in() []VisitState  { return []VisitState{VisitPlanned} }
func (ExportVisit) in() []VisitState  { return []VisitState{VisitPlanned, VisitReported} }
func (ReportVisit) in() []VisitState  { return []VisitState{VisitPlanned, VisitReported} }
func (SignOffVisit) in() []VisitState { return []VisitState{VisitReported} }

func (s VisitState) words() string {
	if s == NotPlanned {
		return "not planned"
	}
	return string(s)
}

// Decide answers a command with the events it brings about.
func (v Visit) Decide(c Command) ([]Event, error) {
	if err := admit(c, v.State.words(), v.Case, v.DecidedAt); err != nil {
		return nil, err
	}
	of, ok := c.(visitCommand)
	if !ok {
		return nil, &TransitionError{v.State.words(), c.name(), "not a command for a visit"}
	}
	if in := of.in(); !slices.Contains(in, v.State) {
		return nil, &TransitionError{v.State.words(), c.name(), "the visit would have to be " + either(in)}
	}
	return of.decide(v)
}

// Apply returns the state after an event.
func (v Visit) Apply(e Event) (Visit, error) {
	if err := follows(e, v.Case, v.DecidedAt); err != nil {
		return v, err
	}
	fact, ok := e.Data.(visitFact)
	if !ok {
		return v, fmt.Errorf("applying %s to a visit: %w", e.Type(), ErrUnknownEvent)
	}
	if err := fact.change(&v, e); err != nil {
		return v, fmt.Errorf("applying %s: %w", e.Type(), err)
	}
	v.DecidedAt = e.DecidedAt
	return v, nil
}

func (c PlanVisit) decide(Visit) ([]Event, error) {
	return one(c.By, c.At, VisitWasPlanned{c.Operator, c.Subject, c.Plan})
}

func (c MoveVisit) decide(v Visit) ([]Event, error) {
	team := c.Team
	if len(team) == 0 {
		team = v.Plan.Team
	}
	return one(c.By, c.At, VisitMoved{c.From, c.Until, team, c.Reason})
}

func (c CancelVisit) decide(Visit) ([]Event, error) {
	return one(c.By, c.At, VisitWasCancelled{c.Reason})
}

// The same form handed out again is no new fact.
func (c ExportVisit) decide(v Visit) ([]Event, error) {
	if v.exported(c.SHA256) {
		return nil, nil
	}
	if len(v.Exports) == maxVisitExports {
		return nil, &TransitionError{v.State.words(), c.name(), fmt.Sprintf("%d forms of it were handed out", maxVisitExports)}
	}
	return one(c.By, c.At, VisitExported{c.SHA256})
}

func (c ReportVisit) decide(v Visit) ([]Event, error) {
	r := c.Report
	if v.Has(r.SHA256) {
		return nil, nil
	}
	if !slices.ContainsFunc(v.Plan.Team, c.is) {
		return nil, &TransitionError{v.State.words(), c.name(), c.Actor + " is not of the team"}
	}
	if len(v.Reports) == maxVisitReports {
		return nil, &TransitionError{v.State.words(), c.name(), fmt.Sprintf("there are %d reports", maxVisitReports)}
	}
	if !v.exported(r.Form) {
		return nil, &InputError{"form", "no form of this visit: it was not handed out here, or was altered since"}
	}
	for _, f := range r.Findings {
		if v.item(f) < 0 {
			return nil, &InputError{"findings", VisitItem{f.Requirement, f.Site}.String() + " is not looked at in this visit"}
		}
	}
	if r.VisitedOn > time.Unix(c.At, 0).UTC().AddDate(0, 0, 1).Format(time.DateOnly) {
		return nil, &InputError{"visited_on", "not over yet"}
	}
	if against := v.Conflicts(r); len(against) > 0 && !c.Replace {
		var places []string
		for _, f := range against {
			places = append(places, fmt.Sprintf("%s (%s)", VisitItem{f.Requirement, f.Site}, f.Result))
		}
		return nil, &TransitionError{v.State.words(), c.name(), "an earlier report says otherwise of " + strings.Join(places, ", ")}
	}
	return one(c.By, c.At, VisitWasReported{r.SHA256, r.Form, r.VisitedOn, r.Findings, slices.Concat([]VisitSample{}, r.Samples)})
}

// A report is whole before it is signed off: what could not be looked at is said to
// be so by a finding.
func (c SignOffVisit) decide(v Visit) ([]Event, error) {
	if !c.is(v.Lead()) {
		return nil, &TransitionError{v.State.words(), c.name(), v.Lead() + " leads the team and signs off"}
	}
	if missing := v.Missing(); len(missing) > 0 {
		return nil, &TransitionError{v.State.words(), c.name(), fmt.Sprintf("nothing is reported of %d items, the first is %s", len(missing), missing[0])}
	}
	return one(c.By, c.At, VisitWasSignedOff{})
}

func (v Visit) exported(sha256 string) bool {
	return slices.ContainsFunc(v.Exports, func(e VisitExport) bool { return e.SHA256 == sha256 })
}

func (d VisitWasPlanned) check() error {
	return first(code("operator", d.Operator), code("subject", d.Subject), d.Plan.check())
}

func (p VisitPlan) check() error {
	if len(p.Items) == 0 || len(p.Items) > maxRequirements {
		return &InputError{"items", fmt.Sprintf("want 1 to %d", maxRequirements)}
	}
	for i, item := range p.Items {
		if err := first(code("items", item.Criterion), optionalCode("items", item.Site)); err != nil {
			return err
		}
		if slices.Contains(p.Items[:i], item) {
			return &InputError{"items", item.String() + " is named twice"}
		}
		if item.Site != "" && !slices.Contains(p.Sites, item.Site) {
			return &InputError{"items", item.String() + ": the site is not visited"}
		}
	}
	if (p.Mode == Joint) != (p.With != nil) {
		return &InputError{"partner", "a joint visit names the officer of the partner, and no other does"}
	}
	if p.With != nil {
		if err := first(code("partner", p.With.Territory), text("partner", p.With.Officer, maxName)); err != nil {
			return err
		}
	}
	return first(oneOf("mode", p.Mode, OnSite, Remote, Joint), codes("sites", p.Sites, 0), span(p.From, p.Until), checkTeam(p.Team))
}

func span(from, until int64) error {
	if from >= until {
		return &InputError{"until", "not after the visit begins"}
	}
	return first(instant("from", from), instant("until", until))
}

func checkTeam(team []string) error {
	if len(team) == 0 || len(team) > maxList {
		return &InputError{"team", "want at least one validator, the lead first"}
	}
	for i, who := range team {
		if err := text("team", who, maxName); err != nil {
			return err
		}
		if samePerson(who, Scheduler) || slices.ContainsFunc(team[:i], func(other string) bool { return samePerson(other, who) }) {
			return &InputError{"team", fmt.Sprintf("%.60q is no person, or is named twice", who)}
		}
	}
	return nil
}

func (d VisitMoved) check() error {
	return first(span(d.From, d.Until), checkTeam(d.Team), text("reason", d.Reason, maxLine))
}

func (d VisitWasCancelled) check() error { return text("reason", d.Reason, maxLine) }
func (d VisitExported) check() error     { return digest("sha256", d.SHA256) }
func (d VisitWasSignedOff) check() error { return nil }

func (d VisitWasReported) check() error {
	if _, err := time.Parse(time.DateOnly, d.VisitedOn); err != nil {
		return &InputError{"visited_on", "no day such as 2026-11-23"}
	}
	if len(d.Samples) > MaxVisitSamples {
		return &InputError{"samples", fmt.Sprintf("more than %d", MaxVisitSamples)}
	}
	for i, s := range d.Samples {
		if s.Row <= 0 || i > 0 && s.Row <= d.Samples[i-1].Row {
			return &InputError{"samples", "want rows in order, each once"}
		}
		if err := first(oneOf("samples", s.Result, "agrees", "differs", "missing"), optional("samples", s.Note, maxLine)); err != nil {
			return err
		}
		if s.Result != "agrees" && s.Note == "" {
			return &InputError{"samples", fmt.Sprintf("row %d: say in a note what is wrong", s.Row)}
		}
	}
	return first(digest("sha256", d.SHA256), digest("form", d.Form), checkFindings(d.Findings))
}

func (d VisitWasPlanned) change(v *Visit, e Event) error {
	*v = Visit{Case: e.Case, State: VisitPlanned, Operator: d.Operator, Subject: d.Subject, Plan: d.Plan, Exports: []VisitExport{}, Reports: []VisitReport{}}
	return nil
}

func (d VisitMoved) change(v *Visit, _ Event) error {
	v.Plan.From, v.Plan.Until, v.Plan.Team, v.Reason = d.From, d.Until, d.Team, d.Reason
	return nil
}

func (d VisitWasCancelled) change(v *Visit, _ Event) error {
	v.State, v.Reason = VisitCancelled, d.Reason
	return nil
}

func (d VisitExported) change(v *Visit, e Event) error {
	v.Exports = append(slices.Clone(v.Exports), VisitExport{d.SHA256, e.Actor, e.DecidedAt})
	return nil
}

func (d VisitWasReported) change(v *Visit, e Event) error {
	v.State = VisitReported
	v.Reports = append(slices.Clone(v.Reports), VisitReport{d.SHA256, d.Form, d.VisitedOn, d.Findings, d.Samples, e.Actor, e.DecidedAt})
	return nil
}

func (d VisitWasSignedOff) change(v *Visit, e Event) error {
	v.State, v.SignedBy, v.SignedAt = VisitSignedOff, e.Actor, e.DecidedAt
	return nil
}
