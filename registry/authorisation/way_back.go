package authorisation

import (
	"cmp"
	"fmt"
	"slices"
)

// A Taken measure is who decided it about a component and why, for those who look at
// it again: it may be set aside, or its words put right.
type Taken struct {
	Act Act `json:"act"`
	Grounds
	By        string `json:"by"`
	Second    string `json:"second,omitzero"`
	DecidedAt int64  `json:"decided_at"`
	From      int64  `json:"from"`            // when it takes effect
	Before    int64  `json:"before,omitzero"` // what [Component.InForceFrom] was

	Served    Channel  `json:"served,omitzero"`     // how it was told, with the decision
	Lapsed    bool     `json:"lapsed,omitzero"`     // an urgent suspension that nobody confirmed in time
	OnReceipt bool     `json:"on_receipt,omitzero"` // it takes effect when the holder received it
	Service   *Service `json:"service,omitzero"`    // how it reached the holder
}

// The commands of the way back from a measure (UCC Art. 44 and 45): see the same of
// applications. Of empty is the one measure there is about the components.
type (
	// StayMeasure lets a measure have no effect for a time. A component that had
	// ended is in force meanwhile, under another credential: unless a court ordered it,
	// it takes two officers as a setting aside does.
	StayMeasure struct {
		By
		Of         Act
		Components []string
		Who        Remedy
		From       int64 // 0: at once
		Until      int64 // 0: until further notice
		Second     string
		Grounds    Grounds
	}
	// LiftStay lets a measure that is stayed take effect again.
	LiftStay struct {
		By
		Components []string
		Grounds    Grounds
	}
	// SetAsideMeasure takes a measure back, from its beginning on or from an instant
	// since. An end that is set aside leaves its credentials ended: the component is
	// given another. Unless a court did it takes two officers, of whom the first did
	// not decide the measure.
	SetAsideMeasure struct {
		By
		Of         Act
		Components []string
		Who        Remedy
		From       int64 // 0: as if the measure had never been
		Second     string
		Grounds    Grounds
	}
)

func (StayMeasure) name() string     { return "stay" }
func (LiftStay) name() string        { return "lift stay" }
func (SetAsideMeasure) name() string { return "set aside" }

// The facts.
type (
	AuthorisationStayed struct {
		Stay
		Components []string `json:"components"`
		Grounds
		Second string `json:"second,omitzero"` // of version 2
	}
	AuthorisationStayLifted struct {
		Components []string `json:"components"`
		Grounds
	}
	AuthorisationSetAside struct {
		Of         Act      `json:"of"`
		Components []string `json:"components"`
		Who        Remedy   `json:"who"`
		Second     string   `json:"second,omitzero"`
		Grounds
	}
)

func (d AuthorisationStayed) event() (string, int64) {
	if d.Second != "" {
		return "authorisation.stayed", 2
	}
	return "authorisation.stayed", 1
}
func (AuthorisationStayLifted) event() (string, int64) { return "authorisation.stay_lifted", 1 }
func (AuthorisationSetAside) event() (string, int64)   { return "authorisation.set_aside", 1 }

var wayBackForms = map[string]form{
	"authorisation.stayed/1":      read[AuthorisationStayed],
	"authorisation.stayed/2":      read[AuthorisationStayed],
	"authorisation.stay_lifted/1": read[AuthorisationStayLifted],
	"authorisation.set_aside/1":   read[AuthorisationSetAside],

	"authorisation.appealed/1":       read[AuthorisationAppealed],
	"authorisation.appeal_decided/1": read[AuthorisationAppealDecided],
	"authorisation.rectified/1":      read[AuthorisationRectified],
}

// stands reports whether a measure is about the component: in effect, to take effect, or stayed.
func (c Component) stands(of Act) bool {
	return c.End == of || c.awaits(of) || c.stayed(of) || of == ActSuspend && c.State == Suspended
}

func (c Component) stayed(of Act) bool { return c.Stayed != nil && c.Stayed.Of == string(of) }

// Until is when a component ends by itself, as far as is known: when the authorisation
// expires, or the stay of its end is over; 0 where it goes on.
func (a Authorisation) Until(c Component) int64 {
	until := c.stayedUntil()
	if a.ExpiresAt != 0 && (until == 0 || a.ExpiresAt < until) {
		return a.ExpiresAt
	}
	return until
}

// stayedUntil is when the stay of a component's end is over; 0 without one.
func (c Component) stayedUntil() int64 {
	if c.Stayed == nil || !Act(c.Stayed.Of).Ends() {
		return 0
	}
	return c.Stayed.Until
}

// forStay reports whether the newest credential of a component lasts as long as the stay
// of its end.
func (a Authorisation) forStay(c Component) bool {
	newest, live := a.Live(c.Code)
	return live && c.stayedUntil() != 0 && newest.Expires == c.stayedUntil()
}

// taken is who decided a measure that stands.
func (c Component) taken(of Act) (Taken, bool) {
	i := slices.IndexFunc(c.Measures, func(t Taken) bool { return t.Act == of })
	if i < 0 {
		return Taken{}, false
	}
	return c.Measures[i], true
}

// lapsed marks a measure that nobody confirmed.
func (c *Component) lapsed(of Act) {
	for i := range c.Measures {
		if c.Measures[i].Act == of {
			c.Measures[i].Lapsed = true
		}
	}
}

// against finds the measure that is meant, and the components named, or all, that it
// is about.
func (a Authorisation) against(c Command, of Act, named []string) (Act, []string, error) {
	refuse := func(why string) (Act, []string, error) {
		return "", nil, &TransitionError{a.words(), c.name(), why}
	}
	for _, code := range named {
		if a.component(code) < 0 {
			return refuse("there is no component " + code)
		}
	}
	_, staying := c.(StayMeasure)
	past := of == ActSuspend && !staying // a suspension that is over, where it is named
	var found []Act
	on := map[Act][]string{}
	for _, component := range a.Components {
		if len(named) > 0 && !slices.Contains(named, component.Code) {
			continue
		}
		for _, act := range []Act{ActSuspend, ActRevoke, ActAnnul, ActWithdraw} {
			if _, known := component.taken(act); known && (component.stands(act) || past) && (of == "" || of == act) {
				if on[act] == nil {
					found = append(found, act)
				}
				on[act] = append(on[act], component.Code)
			}
		}
	}
	switch {
	case len(found) == 0:
		return refuse("there is no such measure")
	case len(found) > 1:
		return refuse(fmt.Sprintf("several measures stand, %v: say which", found))
	case len(named) > len(on[found[0]]):
		return refuse(fmt.Sprintf("%s is only about %v", found[0], on[found[0]]))
	}
	return found[0], on[found[0]], nil
}

func (a Authorisation) setAside(c SetAsideMeasure) ([]Event, error) {
	of, on, err := a.against(c, c.Of, c.Components)
	if err != nil {
		return nil, err
	}
	if err := a.byOthers(c.By, c.Second, c.Who, of, on); err != nil {
		return nil, fmt.Errorf("set aside: %w", err)
	}
	began := c.At
	for _, code := range on {
		t, _ := a.Components[a.component(code)].taken(of)
		began = min(began, t.From)
	}
	effective := c.From
	if effective == 0 {
		effective = began
	}
	if effective < began || effective > c.At {
		return nil, &InputError{"from", "want an instant between the beginning of the measure and now"}
	}
	return one(c.By, effective, AuthorisationSetAside{of, on, c.Who, c.Second, c.Grounds})
}

// byOthers holds where a court took a measure from components, or two officers do of whom
// the first did not decide it.
func (a Authorisation) byOthers(by By, second string, who Remedy, of Act, on []string) error {
	if who == ByCourt {
		return nil
	}
	if err := twoOfficers(by, second); err != nil {
		return err
	}
	for _, code := range on {
		if t, _ := a.Components[a.component(code)].taken(of); by.is(t.By) || t.Second != "" && by.is(t.Second) {
			return fmt.Errorf("%w: %s decided it", ErrFourEyes, by.Actor)
		}
	}
	return nil
}

func (a Authorisation) stay(c StayMeasure) ([]Event, error) {
	of, on, err := a.against(c, c.Of, c.Components)
	if err != nil {
		return nil, err
	}
	if of == ActWithdraw {
		return nil, &TransitionError{a.words(), c.name(), "it was the holder's wish"}
	}
	if err := a.byOthers(c.By, c.Second, c.Who, of, on); err != nil {
		return nil, fmt.Errorf("stay: %w", err)
	}
	s := Stay{string(of), c.Who, from(c.By, c.From), c.Until}
	if s.From > c.At || s.Until != 0 && s.Until <= c.At {
		return nil, &InputError{"from or until", "a stay begins now, or did, and ends later"}
	}
	for _, code := range on {
		component := a.Components[a.component(code)]
		t, _ := component.taken(of)
		switch {
		case s.From < min(t.From, c.At):
			return nil, &InputError{"from", "before the measure takes effect"}
		case s.Until != 0 && s.Until <= t.From:
			return nil, &InputError{"until", "before the measure takes effect"}
		case a.ExpiresAt != 0 && a.ExpiresAt <= c.At:
			return nil, &TransitionError{a.words(), c.name(), "it would have expired by now"}
		}
	}
	return one(c.By, s.From, AuthorisationStayed{s, on, c.Grounds, c.Second})
}

func (a Authorisation) liftStay(c LiftStay) ([]Event, error) {
	var on []string
	for _, component := range a.Components {
		named := slices.Contains(c.Components, component.Code)
		switch {
		case len(c.Components) > 0 && !named:
		case component.Stayed != nil:
			on = append(on, component.Code)
		case named:
			return nil, &TransitionError{a.words(), c.name(), "nothing about " + component.Code + " is stayed"}
		}
	}
	if len(on) == 0 || len(on) < len(c.Components) {
		return nil, &TransitionError{a.words(), c.name(), "nothing is stayed"}
	}
	return one(c.By, c.At, AuthorisationStayLifted{on, c.Grounds})
}

// took keeps who decided a measure. It takes the place of the same one before it,
// which is stayed no longer.
func (a *Authorisation) took(codes []string, t Taken) {
	for _, code := range codes {
		if i := a.component(code); i >= 0 {
			c := &a.Components[i]
			t.Before = c.InForceFrom
			c.Measures = append(slices.DeleteFunc(c.Measures, func(old Taken) bool { return old.Act == t.Act }), t)
			if c.stayed(t.Act) {
				c.Stayed = nil
			}
		}
	}
}

func (a *Authorisation) putAside(d AuthorisationSetAside, e Event) error {
	for _, code := range d.Components {
		i := a.component(code)
		if i < 0 {
			return fmt.Errorf("no component %s", code)
		}
		c := &a.Components[i]
		t, known := c.taken(d.Of)
		if !known {
			return fmt.Errorf("component %s is under no such measure", code)
		}
		if !c.stands(d.Of) { // a suspension that is over
			c.Measures = slices.DeleteFunc(c.Measures, func(t Taken) bool { return t.Act == d.Of })
			_, live := a.Live(code)
			c.Owed = live && c.State != Ended
			continue
		}
		since := max(e.EffectiveAt, t.From)
		if c.stayed(d.Of) {
			since = min(since, c.Stayed.From)
		}
		if err := a.free(i, d.Of, since, e.DecidedAt); err != nil {
			return err
		}
		c.Measures = slices.DeleteFunc(c.Measures, func(t Taken) bool { return t.Act == d.Of })
		if c.stayed(d.Of) {
			c.Owed = c.Owed || a.forStay(*c)
			c.Stayed = nil
		}
		if d.Of == ActSuspend {
			c.forget(ActReinstate)
			c.Suspension = nil
			a.stopClocks(code, e.DecidedAt)
		} else {
			a.inForce(i, t, since)
		}
	}
	return nil
}

func (a *Authorisation) stayMeasure(d AuthorisationStayed, e Event) error {
	for _, code := range d.Components {
		i, of := a.component(code), Act(d.Of)
		if i < 0 || !a.Components[i].stands(of) {
			return fmt.Errorf("component %s is under no such measure", code)
		}
		ended := a.Components[i].End == of
		if err := a.free(i, of, d.From, e.DecidedAt); err != nil {
			return err
		}
		c := &a.Components[i]
		if t, _ := c.taken(of); ended {
			a.inForce(i, t, d.From)
		}
		stay := d.Stay
		if c.stayed(of) { // prolonged
			c.Owed = c.Owed || stay.Until != c.Stayed.Until && a.forStay(*c)
			stay.From = min(stay.From, c.Stayed.From)
		}
		c.Stayed = &stay
		if d.Until != 0 {
			c.await(of, d.Until)
		}
	}
	return nil
}

func (a *Authorisation) stayLifted(d AuthorisationStayLifted, e Event) error {
	for _, code := range d.Components {
		i := a.component(code)
		if i < 0 || a.Components[i].Stayed == nil {
			return fmt.Errorf("nothing about component %s is stayed", code)
		}
		c := &a.Components[i]
		of := Act(c.Stayed.Of)
		if t, _ := c.taken(of); t.From > e.DecidedAt {
			c.Stayed = nil
			c.await(of, t.From)
			continue
		}
		if err := a.settle([]string{code}, of, e.DecidedAt, e.DecidedAt); err != nil {
			return err
		}
	}
	return nil
}

// free takes the effect of a measure from a component, from an instant on.
func (a *Authorisation) free(i int, of Act, since, now int64) error {
	c := &a.Components[i]
	switch {
	case c.End == of:
		a.comeBack(i, now)
	case of == ActSuspend && c.State == Suspended:
		if err := c.take(ActReinstate, since); err != nil {
			return err
		}
		a.follow(c.Code, ActReinstate, since, now)
	default:
		c.forget(of)
		return a.unsuspend(i, of, now)
	}
	return nil
}

// unsuspend looks after a suspension that was to last until a revocation, or an
// annulment, which does not come: it waits for a decision, or is over where nobody confirmed it in time.
func (a *Authorisation) unsuspend(i int, of Act, now int64) error {
	c := &a.Components[i]
	if of != ActRevoke && of != ActAnnul || c.State != Suspended || c.Suspension == nil {
		return nil
	}
	if c.Suspension.unconfirmed() {
		return a.settle([]string{c.Code}, ActReinstate, now, now)
	}
	s := *c.Suspension
	s.Overdue = now
	c.Suspension = &s
	return nil
}

// comeBack is the one way from an end: what had ended is in force again, if it would
// be without that end. Its credentials stay ended.
func (a *Authorisation) comeBack(i int, now int64) {
	c := &a.Components[i]
	c.State, c.Since, c.End, c.EndedAt, c.Pending = Effective, a.EffectiveAt, "", 0, nil
	switch {
	case a.ExpiresAt != 0 && a.ExpiresAt <= now:
		c.State, c.Since, c.End, c.EndedAt = Ended, a.ExpiresAt, ActExpire, a.ExpiresAt
		return
	case a.EffectiveAt > now:
		c.State, c.Since = PendingEffect, a.GrantedAt
		c.await(ActTakeEffect, a.EffectiveAt)
	}
	if a.ExpiresAt != 0 {
		c.await(ActExpire, a.ExpiresAt)
	}
}

// inForce says since when a component is in force that had ended: as before that end,
// unless it came back only from a later instant on.
func (a *Authorisation) inForce(i int, t Taken, since int64) {
	c := &a.Components[i]
	if c.InForceFrom = t.Before; since > t.From {
		c.InForceFrom = since
	}
	if c.State == Effective {
		c.Since = max(c.Since, c.InForceFrom)
	}
}

// again lets a measure take effect whose stay is over: it counts from its first time.
func (c *Component) again(act Act) (stayed bool) {
	stayed = c.stayed(act)
	if t, ok := c.taken(act); ok && stayed && act.Ends() {
		if c.EndedAt = t.From; act == ActAnnul {
			c.EndedAt = t.DecidedAt
		}
	}
	if stayed || act.Ends() || act == ActReinstate && c.stayed(ActSuspend) {
		c.Stayed = nil
	}
	return stayed
}

// stayedLapse applies that time is over for a suspension that is stayed.
func (a *Authorisation) stayedLapse(i int, lifts bool, at int64) {
	c := &a.Components[i]
	if lifts {
		c.forget(ActSuspend)
		c.Stayed, c.Suspension = nil, nil
		a.stopClocks(c.Code, at)
	} else if c.Suspension != nil {
		s := *c.Suspension
		s.Overdue = at
		c.Suspension = &s
	}
}

// Former are the credentials of a component that ended, the newest most, oldest first;
// of those in force from the same instant the newest. A credential issued after them names
// them, so that whoever is asked about the time before it can tell.
func (a Authorisation) Former(component string, most int) (list []Credential) {
	for _, c := range a.Credentials {
		if c.Component != component || !c.Ended() {
			continue
		}
		list = slices.DeleteFunc(list, func(old Credential) bool { return old.NotBefore == c.NotBefore })
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(x, y Credential) int { return cmp.Compare(x.NotBefore, y.NotBefore) })
	return list[max(0, len(list)-most):]
}

func (d AuthorisationStayed) check() error {
	return first(d.Stay.check(), oneOf("of", Act(d.Of), ActSuspend, ActRevoke, ActAnnul), codes("components", d.Components, 1), d.Grounds.check(), optional("second", d.Second, maxName))
}

func (d AuthorisationStayLifted) check() error {
	return first(codes("components", d.Components, 1), d.Grounds.check())
}

func (d AuthorisationSetAside) check() error {
	return first(oneOf("of", d.Of, ActSuspend, ActRevoke, ActAnnul, ActWithdraw), codes("components", d.Components, 1),
		oneOf("who", d.Who, d.Who.Values()...), optional("second", d.Second, maxName), d.Grounds.check())
}
