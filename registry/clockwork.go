package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

// A clockwork computes what one act does to the clocks of a case, by the rules the
// case goes by and the calendar of who decides it.
type clockwork struct {
	planner deadline.Planner
	clocks  deadline.Clocks // with the changes
	at      time.Time
	changes []deadline.Change
	err     error // the first
}

// clockwork begins with the clocks of a case as they are before an act.
func (n *Node) clockwork(p *programme.Pack, clocks deadline.Clocks, at int64) (*clockwork, error) {
	calendar, err := n.calendarOf(p)
	if err != nil {
		return nil, err
	}
	return &clockwork{planner: deadline.Planner{Rules: p.Deadlines, Calendar: calendar}, clocks: clocks, at: time.Unix(at, 0)}, nil
}

// timed are the changes, for the command they go with.
func (w *clockwork) timed() (authorisation.Timed, error) {
	if errors.Is(w.err, deadline.ErrNotAllowed) {
		return authorisation.Timed{}, fmt.Errorf("%w: %w", ErrConflict, w.err)
	}
	return authorisation.Timed{Clocks: w.changes}, w.err
}

func (w *clockwork) add(ch deadline.Change, err error) {
	if w.err != nil {
		return
	}
	if err == nil {
		w.clocks, err = w.clocks.Apply(ch)
	}
	if err != nil {
		w.err = err
		return
	}
	w.changes = append(w.changes, ch)
}

// start begins a clock with an event, where the programme has the rule, and lets
// others stand still or grow because of it: the rule of a clock names among what it
// stops for, or is extended for by so much at most, the id of the rule that begins
// (what is extended by as long as is agreed takes an act of its own). A meaning of silence
// takes the place of the rule's.
func (w *clockwork) start(name string, from time.Time, silence string) {
	rule, err := w.planner.Rules.Rule(name)
	if _, running := w.clocks.Open(name); err != nil || running {
		return
	}
	ch, err := w.planner.Start(name, from)
	if silence != "" {
		ch.Outcome = silence
	}
	for _, k := range w.clocks {
		w.affect(k, rule)
	}
	w.add(ch, err)
}

// affect lets a clock stand still, or grow, because a period of a rule begins.
func (w *clockwork) affect(k deadline.Clock, rule deadline.Rule) {
	r, err := w.planner.Rules.Rule(k.Rule)
	if err != nil || k.EndedAt != 0 || k.LapsedAt != 0 || k.Due != 0 && k.Due <= w.at.Unix() {
		return
	}
	why := deadline.Why{For: rule.ID, Basis: rule.Source}
	standing := slices.ContainsFunc(k.Standing, func(s deadline.Standing) bool { return s.For == rule.ID })
	if slices.Contains(r.Stops, rule.ID) && !standing {
		w.add(w.planner.Stop(w.clocks, k.Rule, w.at, why))
		return
	}
	i := slices.IndexFunc(r.Extensions, func(e deadline.Extension) bool { return e.ID == rule.ID && e.Most != (deadline.Period{}) })
	if i < 0 {
		return
	}
	by := rule.Period
	if left, _ := r.Longest(k, rule.ID); left.Unit == by.Unit {
		by.N = min(by.N, left.N)
	}
	if by.N > 0 {
		why.Basis = r.Extensions[i].Source
		w.add(w.planner.Extend(w.clocks, k.Rule, w.at, &by, why))
	}
}

// end ends a clock that runs, and lets those run on that stood still for it.
func (w *clockwork) end(name string) {
	if _, ok := w.clocks.Open(name); !ok {
		return
	}
	w.add(w.clocks.Ends(name, w.at.Unix()))
	id, _, _ := strings.Cut(name, "#")
	other := func(k deadline.Clock) bool {
		of, _, _ := strings.Cut(k.Rule, "#")
		return of == id && k.EndedAt == 0
	}
	if slices.ContainsFunc(w.clocks, other) {
		return
	}
	for _, k := range w.clocks {
		if k.EndedAt == 0 && slices.ContainsFunc(k.Standing, func(s deadline.Standing) bool { return s.For == id }) {
			w.add(w.planner.Resume(w.clocks, k.Rule, w.at, deadline.Why{For: id}))
		}
	}
}

// passTime records, one after the other, what the clock on the wall brought about in
// an application by now: warnings, and what silence means. Who decides anything about
// it does so after that.
func (n *Node) passTime(ctx context.Context, a authorisation.Application, dryRun bool) (authorisation.Application, error) {
	for {
		now := max(n.now().Unix(), a.DecidedAt)
		fallen := a.Clocks.Fallen(now)
		if len(fallen) == 0 {
			return a, nil
		}
		timed, err := n.followsFrom(a, fallen[0])
		if err != nil {
			return a, err
		}
		by := authorisation.By{Case: a.Case, Actor: authorisation.Scheduler, At: now}
		c := authorisation.PassTime{By: by, Change: fallen[0], AcceptedAt: n.lawOf(a).Accepted(a.CompleteAt, fallen[0].At), Timed: timed}
		if a, err = enact(ctx, n, applicationCases, a, c, dryRun); err != nil {
			return a, err
		}
	}
}

// followsFrom are the clocks that run, or run on, because another lapsed. They are
// counted from the instant it was due, whenever that is recorded.
func (n *Node) followsFrom(a authorisation.Application, lapse deadline.Change) (authorisation.Timed, error) {
	w, err := n.clockwork(n.packOf(a.Wish.Authority, a.Pack), a.Clocks, lapse.At)
	if err != nil || lapse.Do != deadline.Lapse {
		return authorisation.Timed{}, err
	}
	if w.clocks, err = w.clocks.Apply(lapse); err != nil {
		return authorisation.Timed{}, err
	}
	rule, _, _ := strings.Cut(lapse.Rule, "#")
	switch {
	case rule == programme.RuleAcceptance && lapse.Outcome == authorisation.DeemedAccepted:
		w.end(lapse.Rule)
		w.start(programme.RuleDecision, time.Unix(n.lawOf(a).Accepted(a.CompleteAt, lapse.At), 0), "")
	case rule == programme.RuleService && lapse.Outcome == authorisation.DeemedReceived:
		w.end(lapse.Rule)
		w.start(programme.RuleAppeal, w.at, "")
	case rule == programme.RuleConsultation && lapse.Outcome == authorisation.NoObjection,
		rule == programme.RuleInformation && a.State != authorisation.InfoRequested, rule == programme.RuleHearing:
		w.end(lapse.Rule)
	}
	return w.timed()
}

// settleApplication does so for an application in which something is due.
func (n *Node) settleApplication(ctx context.Context, number string) error {
	defer n.lockCase(number)()
	a, err := readCase(n, number, view.Application)
	if err != nil {
		return err
	}
	_, err = n.passTime(ctx, a, false)
	return err
}
