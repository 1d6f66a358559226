package registry

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/programme"
)

// Its rules are what the programme says about measures on one authorisation.
type itsRules struct {
	of   authorisation.Authorisation
	pack *programme.Pack
	plan deadline.Planner
}

func (n *Node) rulesOf(a authorisation.Authorisation) (itsRules, error) {
	p, err := n.lawOn(a)
	if err != nil {
		return itsRules{}, err
	}
	calendar, err := n.calendarOf(p)
	return itsRules{a, p, deadline.Planner{Rules: p.Deadlines, Calendar: calendar}}, err
}

// knows reports whether the programme has a rule of that id.
func (l itsRules) knows(rule string) bool {
	_, err := l.plan.Rules.Rule(rule)
	return err == nil
}

// start is the start of a clock, where the programme has the rule, with what silence
// means: as the rule says, or the programme of all suspensions.
func (l itsRules) start(rule string, at int64, by *deadline.Period) ([]deadline.Change, error) {
	if !l.knows(rule) {
		return nil, nil
	}
	ch, err := l.plan.StartFor(rule, time.Unix(at, 0), by)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if ch.Outcome == "" {
		ch.Outcome = l.pack.Procedure.OnLapse
	}
	return []deadline.Change{ch}, nil
}

// fair holds where the law asks that a holder is heard before an adverse act.
func (l itsRules) fair(h authorisation.Heard) error {
	if l.pack.Procedure.Hearing != programme.HearingBefore || h.HeardAt != 0 || h.Without != "" {
		return nil
	}
	return fmt.Errorf("%w: the holder is heard before an adverse decision (%s): say when (heard_at), or what law lets it be done without (without_hearing)",
		ErrInvalid, l.pack.Procedure.Sources["hearing"].Source)
}

// effect is when an adverse act takes effect: as it says, or where effect derives from
// service, when what is sent by post or published counts as received, and no earlier; it
// then follows what is known of its receipt.
func (l itsRules) effect(by authorisation.By, m Measure) (from int64, onReceipt bool, err error) {
	if !byPost(m.Served) || l.pack.Procedure.EffectOf.Adverse != programme.EffectOfService {
		return m.From, false, nil
	}
	from, err = l.deemed(by.At)
	switch {
	case err != nil || m.From == 0:
		return from, from != 0, err
	case m.From < from:
		return 0, false, fmt.Errorf("%w: from: what is sent takes effect when it was received, which it counts as from %s on", ErrInvalid, l.day(from))
	}
	return m.From, false, nil
}

// day is the legal date of an instant.
func (l itsRules) day(at int64) string { return l.pack.LocalDate(time.Unix(at, 0)) }

// byPost is service of which it is not known at once that it arrived.
func byPost(c authorisation.Channel) bool {
	return c == authorisation.ByPost || c == authorisation.ByPublication
}

// deemed is when what was sent then counts as received; 0 where the programme has no rule.
func (l itsRules) deemed(sent int64) (int64, error) {
	if !l.knows(programme.RuleService) {
		return 0, nil
	}
	ch, err := l.plan.Start(programme.RuleService, time.Unix(sent, 0))
	return ch.Due, err
}

// received is when the holder received a measure, as far as is known or the programme
// deems; 0 where nothing is known of how it was told.
func (l itsRules) received(t authorisation.Taken) (int64, error) {
	switch s := t.Service; {
	case s != nil && s.ReceivedAt != 0:
		return s.ReceivedAt, nil
	case s != nil:
		return l.deemed(s.SentAt)
	case byPost(t.Served):
		return l.deemed(t.DecidedAt)
	case t.Served != "":
		return t.DecidedAt, nil
	}
	return 0, nil
}

// appealable is until when an appeal against a measure on a component may be lodged: the
// time for it counts from its receipt. 0 where it does not run yet, or there is no limit.
func (l itsRules) appealable(of authorisation.Act, component string) (int64, error) {
	c, _ := l.of.Component(component)
	i := slices.IndexFunc(c.Measures, func(t authorisation.Taken) bool { return t.Act == of })
	if i < 0 || !l.knows(programme.RuleAppeal) {
		return 0, nil
	}
	at, err := l.received(c.Measures[i])
	if err != nil || at == 0 {
		return 0, err
	}
	after := map[authorisation.Act]string{authorisation.ActAnnul: programme.AfterAnnulment, authorisation.ActRevoke: programme.AfterRevocation}[of]
	ch, err := l.plan.StartFor(programme.RuleAppeal, time.Unix(at, 0), l.pack.AppealTime(after))
	return ch.Due, err
}

// revokes is when a revocation takes effect: it may be deferred as far as the rule
// of the programme goes.
func (l itsRules) revokes(by authorisation.By, m Measure) (from int64, onReceipt bool, err error) {
	if err := l.fair(m.Heard); err != nil {
		return 0, false, err
	}
	from, onReceipt, err = l.effect(by, m)
	if err != nil || m.From <= by.At {
		return from, onReceipt, err
	}
	if !l.knows(programme.RuleDeferral) {
		return 0, false, fmt.Errorf("%w: from: %s knows no later effect of a revocation", ErrInvalid, l.pack.Code)
	}
	most, err := l.plan.Start(programme.RuleDeferral, time.Unix(by.At, 0))
	if err == nil && from > most.Due {
		err = fmt.Errorf("%w: from: a revocation may be deferred until %s at most (%s)", ErrInvalid, l.day(most.Due), most.Basis)
	}
	return from, onReceipt, err
}

func (l itsRules) suspend(by authorisation.By, m Measure) (authorisation.Command, error) {
	c := authorisation.Suspend{By: by, Ground: m.Ground, Urgent: m.Urgent, Second: m.Second, Heard: m.Heard, Grounds: m.Grounds}
	var err error
	if c.Components, err = l.failing(m); err != nil {
		return nil, err
	}
	if c.Ground == "" {
		c.Ground = authorisation.OnDoubt
	}
	// What cannot wait, what the holder asked for, and what goes on on another ground
	// does not wait for the post.
	c.From = m.From
	if !m.Urgent && c.Ground != authorisation.OnRequest && !l.suspended(c.Components) {
		if c.From, c.OnReceipt, err = l.effect(by, m); err != nil {
			return nil, err
		}
	}
	if c.Ground != authorisation.OnRequest && !m.Urgent {
		if err := l.fair(m.Heard); err != nil {
			return nil, err
		}
	}
	rule, at := programme.RuleSuspensionDoubt, max(by.At, c.From)
	if c.Ground != authorisation.OnDoubt {
		rule = programme.RuleRemedy
	}
	var set *deadline.Period
	switch {
	case m.Days < 0 || m.Days > 0 && c.Ground == authorisation.OnDoubt:
		return nil, fmt.Errorf("%w: days: they are given to remedy something, not to a doubt", ErrInvalid)
	case m.Days > 0:
		set = &deadline.Period{N: m.Days, Unit: deadline.Days}
	}
	if c.Clocks, err = l.start(rule, at, set); err != nil || !m.Urgent {
		return c, err
	}
	if !l.knows(programme.RuleUrgentSuspension) {
		return nil, fmt.Errorf("%w: the programme knows no urgent suspension", ErrConflict)
	}
	more, err := l.start(programme.RuleUrgentSuspension, by.At, nil)
	c.Clocks = append(c.Clocks, more...)
	return c, err
}

// suspended reports whether all components named, or all that have not ended, are so.
func (l itsRules) suspended(named []string) bool {
	return !slices.ContainsFunc(l.of.Components, func(c authorisation.Component) bool {
		about := len(named) == 0 && c.State != authorisation.Ended || slices.Contains(named, c.Code)
		return about && c.State != authorisation.Suspended
	})
}

// failing are the components an act is about: those named, or those the programme
// says when requirements fail. A failing one that belongs to no component alone
// touches all.
func (l itsRules) failing(m Measure) ([]string, error) {
	if len(m.Failed) == 0 || len(m.Components) > 0 {
		if len(m.Failed) > 0 {
			return nil, fmt.Errorf("%w: name components or what failed, not both", ErrInvalid)
		}
		return m.Components, nil
	}
	var on []string
	for _, failed := range m.Failed {
		group, known := l.groupOf(failed)
		if !known {
			return nil, fmt.Errorf("%w: failed: %.40q is no requirement of %s", ErrInvalid, failed, l.of.Type)
		}
		alone := false
		for _, c := range l.of.Components {
			if slices.Contains(l.pack.Procedure.Partial[c.Code], group) {
				alone = true
				if !slices.Contains(on, c.Code) {
					on = append(on, c.Code)
				}
			}
		}
		if !alone {
			return nil, nil
		}
	}
	return on, nil
}

// groupOf is the requirement of the programme that a code is, or stands under.
func (l itsRules) groupOf(code string) (string, bool) {
	for _, r := range l.pack.Requirements {
		if r.Code == code {
			return r.Code, true
		}
	}
	letter, _, _ := strings.Cut(code, "-")
	for _, r := range l.pack.Requirements {
		if slices.Contains(r.SAFE, letter) {
			return r.Code, true
		}
	}
	if c, ok := l.pack.Criterion(code); ok {
		return c.Group, true
	}
	return "", false
}
