package deadline

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNotAllowed says that the rule of a clock does not allow what was asked.
var ErrNotAllowed = errors.New("the deadline does not allow it")

// A Planner computes changes: what is due by the rules and the calendar of an authority.
type Planner struct {
	Rules    Rules
	Calendar *Calendar
}

// Start begins a clock with the event it is counted from. Of a period that is
// counted backwards that event is still to come.
func (p Planner) Start(name string, at time.Time) (Change, error) {
	r, err := p.Rules.Rule(name)
	if err != nil {
		return Change{}, err
	}
	ch := Change{Rule: name, Do: Start, At: at.Unix(), Basis: r.Source, Outcome: r.Outcome, Warn: r.Warn}
	if len(r.Warn) == 0 {
		ch.Warn = nil
	}
	ch.Due = p.due(r, []Change{ch})
	return ch, ch.Check()
}

// StartFor is Start with a period set for the case, as a holder proposes one for
// what is to be remedied; nil is the rule's own.
func (p Planner) StartFor(name string, at time.Time, by *Period) (Change, error) {
	ch, err := p.Start(name, at)
	if err != nil || by == nil {
		return ch, err
	}
	r, err := p.Rules.Rule(name)
	if err != nil {
		return ch, err
	}
	if err := by.Check(); err != nil {
		return ch, fmt.Errorf("%w: %w", ErrNotAllowed, err)
	}
	if (by.Unit == Hours) != (r.Period.Unit == Hours) {
		return ch, fmt.Errorf("%w: %s is not counted in %s", ErrNotAllowed, name, by.Unit)
	}
	ch.By = by
	ch.Due = p.due(r, []Change{ch})
	return ch, ch.Check()
}

// Stop lets a running clock stand still for a reason the rule names.
func (p Planner) Stop(c Clocks, name string, at time.Time, why Why) (Change, error) {
	return p.next(c, Change{Rule: name, Do: Stop, At: at.Unix(), For: why.For, Reason: why.Reason, Basis: why.Basis}, func(r Rule, k Clock) error {
		if !slices.Contains(r.Stops, why.For) {
			return fmt.Errorf("%w: %s does not stand still for %q, only for %q", ErrNotAllowed, name, why.For, r.Stops)
		}
		return k.before(at)
	})
}

// Resume lets a clock run again that stands still for a reason; it does so once no
// other reason is left.
func (p Planner) Resume(c Clocks, name string, at time.Time, why Why) (Change, error) {
	return p.next(c, Change{Rule: name, Do: Resume, At: at.Unix(), For: why.For, Reason: why.Reason, Basis: why.Basis}, func(_ Rule, k Clock) error {
		if !slices.ContainsFunc(k.Standing, func(s Standing) bool { return s.For == why.For }) {
			return fmt.Errorf("%w: %s does not stand still for %q", ErrNotAllowed, name, why.For)
		}
		return nil
	})
}

// Extend makes a period longer for a reason the rule names, before it is over. An
// open-ended extension takes no period: the clock stands still until [Planner.Resume].
func (p Planner) Extend(c Clocks, name string, at time.Time, by *Period, why Why) (Change, error) {
	ch := Change{Rule: name, Do: Extend, At: at.Unix(), By: by, For: why.For, Reason: why.Reason, Basis: why.Basis}
	return p.next(c, ch, func(r Rule, k Clock) error {
		if err := r.extends(k, why.For, by); err != nil {
			return err
		}
		return k.before(at)
	})
}

// Moved is the change by which rules or holidays that are new from an instant on move
// an open clock; ok is false where they leave it where it is, and where it was due
// before that instant.
func (p Planner) Moved(k Clock, at time.Time, why Why) (ch Change, ok bool, err error) {
	r, err := p.Rules.Rule(k.Rule)
	if err != nil {
		return ch, false, err
	}
	due := p.due(r, k.History)
	if k.EndedAt != 0 || k.LapsedAt != 0 || due == k.Due || k.Due != 0 && k.Due <= at.Unix() {
		return ch, false, nil
	}
	return Change{Rule: k.Rule, Do: Move, At: max(at.Unix(), k.touched()), Due: due, For: why.For, Reason: why.Reason, Basis: why.Basis}, true, nil
}

// Longest is how much may still be added for an extension; false where it is as
// long as is agreed.
func (r Rule) Longest(k Clock, extension string) (Period, bool) {
	i := slices.IndexFunc(r.Extensions, func(e Extension) bool { return e.ID == extension })
	if i < 0 || r.Extensions[i].Most == (Period{}) {
		return Period{}, false
	}
	left := r.Extensions[i].Most
	for _, ch := range k.History {
		if ch.Do == Extend && ch.For == extension && ch.By != nil {
			left.N -= ch.By.N
		}
	}
	return left, true
}

func (r Rule) extends(k Clock, extension string, by *Period) error {
	i := slices.IndexFunc(r.Extensions, func(e Extension) bool { return e.ID == extension })
	if i < 0 {
		var known []string
		for _, e := range r.Extensions {
			known = append(known, e.ID)
		}
		return fmt.Errorf("%w: %s is not extended for %q, only for %q", ErrNotAllowed, r.ID, extension, known)
	}
	e := r.Extensions[i]
	if e.OpenEnded != (by == nil) {
		return fmt.Errorf("%w: an extension for %s takes a period: %t", ErrNotAllowed, e.ID, !e.OpenEnded)
	}
	if by == nil {
		return nil
	}
	if err := by.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrNotAllowed, err)
	}
	if (by.Unit == Hours) != (r.Period.Unit == Hours) {
		return fmt.Errorf("%w: hours are added to hours, days to days", ErrNotAllowed)
	}
	left, bounded := r.Longest(k, extension)
	if bounded && by.Unit != left.Unit {
		return fmt.Errorf("%w: an extension for %s is counted in %s", ErrNotAllowed, e.ID, left.Unit)
	}
	if bounded && by.N > left.N {
		return fmt.Errorf("%w: an extension for %s may still be %d %s (%s)", ErrNotAllowed, e.ID, left.N, left.Unit, e.Source)
	}
	return nil
}

// before refuses to touch a clock after it was due.
func (k Clock) before(at time.Time) error {
	if k.LapsedAt != 0 || k.Due != 0 && k.Due <= at.Unix() {
		return fmt.Errorf("%w: %s was due before", ErrNotAllowed, k.Rule)
	}
	return nil
}

// next completes a change of an open clock with when it is due after it.
func (p Planner) next(c Clocks, ch Change, allowed func(Rule, Clock) error) (Change, error) {
	r, err := p.Rules.Rule(ch.Rule)
	if err != nil {
		return Change{}, err
	}
	k, ok := c.Open(ch.Rule)
	if !ok {
		return Change{}, fmt.Errorf("%w: clock %.60s is not running", ErrNotAllowed, ch.Rule)
	}
	if allowed != nil {
		if err := allowed(r, k); err != nil {
			return Change{}, err
		}
	}
	ch.Due = p.due(r, append(slices.Clone(k.History), ch))
	_, err = c.Apply(ch)
	return ch, err
}

// due is when a clock of that history is due by a rule: the whole history counts, so
// that what was added or stood still is added to the law's own period and only the
// end of all of it is rolled. 0 while it stands still.
func (p Planner) due(r Rule, history []Change) int64 {
	var w walk
	w.planner, w.rule = p, r
	for _, ch := range history {
		w.step(ch)
	}
	switch {
	case w.standing > 0:
		return 0
	case r.Period.Unit == Hours:
		return w.end
	}
	return (w.rolled() + 1).Begins(p.Calendar.zone).Unix()
}

// A walk goes through the history of one clock.
type walk struct {
	planner  Planner
	rule     Rule
	last     Date  // the last day, not rolled
	end      int64 // the same where hours are counted
	standing int
	since    int64
}

func (w *walk) day(at int64) Date { return DateOf(time.Unix(at, 0), w.planner.Calendar.zone) }

func (w *walk) rolled() Date {
	if w.rule.Roll {
		return w.planner.Calendar.roll(w.last)
	}
	return w.last
}

func (w *walk) step(ch Change) {
	switch ch.Do {
	case Start:
		w.start(ch.At, ch.By)
	case Stop:
		w.stop(ch.At)
	case Extend:
		switch {
		case ch.By == nil:
			w.stop(ch.At)
		case w.rule.Period.Unit == Hours:
			w.end += int64(ch.By.N) * 3600
		default:
			w.last = ch.By.after(w.last, w.planner.Calendar)
		}
	case Resume:
		if w.standing--; w.standing == 0 {
			w.resume(ch.At)
		}
	}
}

func (w *walk) start(at int64, by *Period) {
	p := w.rule.Period
	if by != nil {
		p = *by
	}
	sign := int64(1)
	if w.rule.Before {
		sign = -1
	}
	switch {
	case p.Unit == Hours:
		w.end = at + sign*int64(p.N)*3600
	case w.rule.Before:
		w.last = p.before(w.day(at), w.planner.Calendar)
	default:
		w.last = p.after(w.day(at), w.planner.Calendar)
	}
}

func (w *walk) stop(at int64) {
	if w.standing++; w.standing == 1 {
		w.since = at
	}
}

// resume gives the clock what was left of it when it stopped. One that stopped
// while its closed last day was being rolled over had the rest of that.
func (w *walk) resume(at int64) {
	w.end += at - w.since
	stopped, now := w.day(w.since), w.day(at)
	if stopped > w.last {
		w.last = w.rolled()
	}
	if w.rule.Period.Unit == WorkingDays {
		w.last = w.planner.Calendar.working(now, w.planner.Calendar.open(stopped, w.last))
		return
	}
	w.last += now - stopped
}
