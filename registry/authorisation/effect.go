package authorisation

import (
	"cmp"
	"fmt"
	"slices"
)

// Due returns the command that lets everything take effect whose time has come: one
// [TakeEffect], or none. Decide does the same by itself before any other command.
func (a Authorisation) Due(now int64) []Command {
	if at, ok := a.NextDue(); !ok || at > now || now < a.DecidedAt {
		return nil
	}
	return []Command{TakeEffect{By{Case: a.Case, Actor: Scheduler, At: now}}}
}

// NextDue is the earliest instant at which something takes effect by itself, or a
// clock warns or runs out.
func (a Authorisation) NextDue() (int64, bool) {
	earliest, found := a.Clocks.Wakes()
	for _, c := range a.Components {
		if len(c.Pending) > 0 && (!found || c.Pending[0].From < earliest) {
			earliest, found = c.Pending[0].From, true
		}
	}
	return earliest, found
}

// Wakes is when something is next to be done in the case though nobody acts: an act
// takes effect, or a status leaf is to be appended.
func (a Authorisation) Wakes() (int64, bool) {
	at, ok := a.NextDue()
	for _, c := range a.Credentials {
		if len(c.Due) > 0 && (!ok || c.Due[0].EffectiveAt < at) {
			at, ok = c.Due[0].EffectiveAt, true
		}
	}
	return at, ok
}

// effects are the events of what fell due by now, in the order it did. What comes
// after the end of a component does not happen.
func (a Authorisation) effects(now int64) []Event {
	var list []Event
	for at, ok := a.NextDue(); ok && at <= now; at, ok = a.NextDue() {
		e := a.next(at, now)
		if list == nil {
			a = a.clone()
		}
		if err := a.change(e); err != nil {
			return list
		}
		list = append(list, e)
	}
	return list
}

// next is what happens at an instant: acts that were decided come before clocks
// that run out, so that a revocation finds the component suspended until then.
func (a Authorisation) next(at, now int64) Event {
	e := Event{Case: a.Case, Actor: Scheduler, DecidedAt: now, EffectiveAt: at}
	for _, c := range a.Components {
		if len(c.Pending) == 0 || c.Pending[0].From > now {
			continue
		}
		if now = c.Pending[0].From; now == at {
			e.Data = AuthorisationTookEffect{c.Code, c.Pending[0].Act}
			return e
		}
	}
	fallen := a.Clocks.Fallen(now)[0]
	e.EffectiveAt, e.Data = fallen.At, AuthorisationFellDue{fallen}
	return e
}

// schedule lets an act that was decided take effect now, or remembers it. A new
// decision to suspend leaves nothing of an older plan to reinstate.
func (a *Authorisation) schedule(codes []string, act Act, e Event) error {
	for _, code := range codes {
		i := a.component(code)
		if i < 0 {
			return fmt.Errorf("no component %s", code)
		}
		switch {
		case act == ActSuspend:
			a.Components[i].forget(ActReinstate)
		case (act == ActRevoke || act == ActAnnul) && a.Components[i].State == Suspended:
			a.stopClocks(code, e.DecidedAt) // suspended until it takes effect: DA Art. 17(3)
		}
		if e.EffectiveAt > e.DecidedAt {
			a.Components[i].await(act, e.EffectiveAt)
		}
	}
	if e.EffectiveAt > e.DecidedAt {
		return nil
	}
	return a.settle(codes, act, e.EffectiveAt, e.EffectiveAt)
}

// settle lets an act take effect from an instant in law. Credentials that were
// unexpired as of asOf follow; for an annulment, which reaches back, that is the
// instant of the decision.
func (a *Authorisation) settle(codes []string, act Act, from, asOf int64) error {
	for _, code := range codes {
		i := a.component(code)
		if i < 0 {
			return fmt.Errorf("no component %s", code)
		}
		if err := a.Components[i].take(act, from); err != nil {
			return err
		}
		if act.Ends() {
			a.Components[i].EndedAt = asOf
		}
		alive := asOf
		if a.Components[i].again(act) {
			alive-- // what was issued for the time of a stay expires with it, and is told to have ended
		}
		if act != ActSuspend && a.Components[i].State != Suspended {
			a.Components[i].Suspension = nil
			a.stopClocks(code, from)
		}
		a.follow(code, act, from, alive)
	}
	return nil
}

// reachBack lets an annulment take effect that was received at an instant: from the
// original effective date on, as if it had never been granted.
func (a *Authorisation) reachBack(i int, at int64) error {
	c := &a.Components[i]
	for k := range c.Measures {
		if c.Measures[k].Act == ActAnnul {
			c.Measures[k].From = a.EffectiveAt
		}
	}
	return a.settle([]string{c.Code}, ActAnnul, a.EffectiveAt, at)
}

// take is the state machine of one component.
func (c *Component) take(act Act, from int64) error {
	in, next := []State{PendingEffect, Effective, Suspended}, Ended
	switch act {
	case ActTakeEffect:
		in, next = []State{PendingEffect}, Effective
	case ActSuspend:
		in, next = []State{Effective}, Suspended
	case ActReinstate:
		if c.State == Effective && c.awaits(ActSuspend) {
			c.forget(ActSuspend, ActReinstate) // the suspension is called off
			return nil
		}
		in, next = []State{Suspended}, Effective
	}
	if !slices.Contains(in, c.State) {
		return fmt.Errorf("%s of component %s, which is %s", act, c.Code, c.State)
	}
	c.State, c.Since = next, from
	c.forget(act)
	if act.Ends() {
		c.End, c.Pending, c.Owed = act, nil, false
	}
	return nil
}

// await remembers an act for later. It takes the place of the same act awaited for
// another time; a revocation also that of a withdrawal, an annulment that of both.
func (c *Component) await(act Act, from int64) {
	c.forget(act)
	switch act {
	case ActRevoke:
		c.forget(ActWithdraw)
	case ActAnnul:
		c.forget(ActWithdraw, ActRevoke)
	}
	c.Pending = append(c.Pending, Pending{act, from})
	slices.SortStableFunc(c.Pending, func(x, y Pending) int { return cmp.Compare(x.From, y.From) })
}

func (c *Component) forget(acts ...Act) {
	c.Pending = slices.DeleteFunc(c.Pending, func(p Pending) bool { return slices.Contains(acts, p.Act) })
}

func (c Component) awaits(acts ...Act) bool {
	return slices.ContainsFunc(c.Pending, func(p Pending) bool { return slices.Contains(acts, p.Act) })
}
