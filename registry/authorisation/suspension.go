package authorisation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// A Ground is why the law lets an authorisation be suspended. How long it lasts and
// how it ends follows from it (domain b.1; DA Art. 16 and 17).
type Ground string

// The grounds.
const (
	OnDoubt   Ground = "doubt"   // reasons to annul, revoke or amend are suspected and not proven yet: DA Art. 16(1)(a)
	ForRemedy Ground = "remedy"  // conditions are not met, and the holder has time to meet them: (b)
	OnRequest Ground = "request" // the holder asks, being unable to meet them for a time: (c)
)

// Rules of the clocks of a suspension. Each component has its own: "remedy#AEOC".
const (
	RuleDoubt       = "suspension_doubt"
	RuleRemedy      = "remedy"       // grounds b and c
	RuleRemedyCheck = "remedy_check" // the authority verifies what was remedied
	RuleUrgent      = "urgent_suspension"
)

// Lift is the outcome of a clock whose end lifts the suspension; with any other it
// goes on and waits for a decision.
const Lift = "lift"

// A Suspension is what is known of a suspended component: why, and whose it is.
type Suspension struct {
	Ground Ground `json:"ground"`
	Grounds
	By        string `json:"by"`
	DecidedAt int64  `json:"decided_at"`
	Urgent    bool   `json:"urgent,omitzero"`    // one officer's, without hearing; lapses unless confirmed
	Confirmed string `json:"confirmed,omitzero"` // the second officer
	Overdue   int64  `json:"overdue,omitzero"`   // since when its time is over and a decision is awaited

	Remedied *Remedied `json:"remedied,omitzero"`
}

// Heard says how the rights of a holder were kept in an adverse act (UCC Art. 22(6)):
// when the holder was heard, or what law lets it be done without; and how the act is
// served, from which its effect derives where the programme says so.
type Heard struct {
	HeardAt int64   `json:"heard_at,omitzero"`
	Without string  `json:"without_hearing,omitzero"`
	Served  Channel `json:"served,omitzero"`
}

func (h Heard) check() error {
	if err := oneOf("served", h.Served, append(h.Served.Values(), "")...); err != nil {
		return err
	}
	if h.HeardAt != 0 {
		if h.Without != "" {
			return &InputError{"without_hearing", "the holder was heard"}
		}
		return instant("heard_at", h.HeardAt)
	}
	return optional("without_hearing", h.Without, maxLine)
}

// before holds where the holder was not heard only after the decision.
func (h Heard) before(at int64) error {
	if h.HeardAt > at {
		return &InputError{"heard_at", "later than the decision"}
	}
	return h.check()
}

type (
	// Suspend takes one officer; a second may be named. Clocks are what the pack
	// starts with it, named by their rules: every component is given its own.
	Suspend struct {
		By
		Components []string
		From       int64
		Ground     Ground // none where a programme knows none
		Urgent     bool   // at once, until a second officer confirms
		Second     string
		Heard      Heard
		Clocks     []deadline.Change
		Grounds    Grounds
		OnReceipt  bool // From is when it is deemed received; see [ServeMeasure]
	}
	// Confirm is the second officer's: an urgent suspension stands.
	Confirm struct {
		By
		Components []string
	}
	// ChangeClocks are changes the pack allows to clocks of the case: an extension,
	// a check after a remedy was reported, holidays that were published late.
	ChangeClocks struct {
		By
		Changes []deadline.Change
	}
)

func (Suspend) name() string      { return "suspend" }
func (Confirm) name() string      { return "confirm" }
func (ChangeClocks) name() string { return "change deadlines" }

// The clock moves what is due when new holidays or rules come into force.
func (ChangeClocks) byClock() {}

// The facts.
type (
	AuthorisationSuspended struct {
		Components []string `json:"components"`
		Second     string   `json:"second,omitzero"`
		Grounds
		// Of version 2:
		Ground Ground            `json:"ground,omitzero"`
		Urgent bool              `json:"urgent,omitzero"`
		Clocks []deadline.Change `json:"clocks,omitzero"`
		Heard
		OnReceipt bool `json:"on_receipt,omitzero"` // of version 3
	}
	AuthorisationConfirmed struct {
		Components []string `json:"components"`
	}
	AuthorisationClocksChanged struct {
		Changes []deadline.Change `json:"changes"`
	}
	// AuthorisationFellDue is the clock's: a warning, or what silence means.
	AuthorisationFellDue struct {
		Change deadline.Change `json:"change"`
	}
)

func (d AuthorisationSuspended) event() (string, int64) {
	if d.Ground == "" {
		return "authorisation.suspended", 1
	}
	if d.OnReceipt {
		return "authorisation.suspended", 3
	}
	return "authorisation.suspended", 2
}
func (AuthorisationConfirmed) event() (string, int64) { return "authorisation.confirmed", 1 }
func (AuthorisationClocksChanged) event() (string, int64) {
	return "authorisation.clocks_changed", 1
}
func (AuthorisationFellDue) event() (string, int64) { return "authorisation.fell_due", 1 }

var suspensionForms = map[string]form{
	"authorisation.suspended/1":      read[AuthorisationSuspended],
	"authorisation.suspended/2":      read[AuthorisationSuspended],
	"authorisation.suspended/3":      read[AuthorisationSuspended],
	"authorisation.confirmed/1":      read[AuthorisationConfirmed],
	"authorisation.clocks_changed/1": read[AuthorisationClocksChanged],
	"authorisation.fell_due/1":       read[AuthorisationFellDue],
}

func (a Authorisation) suspend(c Suspend) ([]Event, error) {
	if c.Second != "" {
		if err := twoOfficers(c.By, c.Second); err != nil {
			return nil, fmt.Errorf("suspend: %w", err)
		}
	}
	if c.Urgent && (c.From > c.At || c.Second != "" || c.Ground == OnRequest || c.Ground == "") {
		return nil, &InputError{"urgent", "an urgent suspension is one officer's, at once, and against the holder's will"}
	}
	if err := c.Heard.before(c.At); err != nil {
		return nil, err
	}
	if err := a.mayBeUrgent(c); err != nil {
		return nil, err
	}
	fact := func(on []string) Data {
		return AuthorisationSuspended{Components: on, Second: c.Second, Grounds: c.Grounds,
			Ground: c.Ground, Urgent: c.Urgent, Clocks: each(c.Clocks, on), Heard: c.Heard, OnReceipt: c.OnReceipt}
	}
	if on := a.onAnotherGround(c); len(on) > 0 {
		return one(c.By, c.At, fact(on))
	}
	return a.act(c, ActSuspend, c.Components, c.From, fact)
}

// mayBeUrgent holds for what can wait, and for an urgent suspension whose time is
// limited and which does not go on with one that lapsed, by the same officer alone.
func (a Authorisation) mayBeUrgent(c Suspend) error {
	if !c.Urgent {
		return nil
	}
	if !slices.ContainsFunc(c.Clocks, func(ch deadline.Change) bool { return ch.Rule == RuleUrgent }) {
		return &InputError{"clocks", "an urgent suspension lapses unless it is confirmed: until when is missing"}
	}
	for _, component := range a.Components {
		t, known := component.taken(ActSuspend)
		if named := len(c.Components) == 0 || slices.Contains(c.Components, component.Code); named && known && t.Lapsed && c.is(t.By) {
			return fmt.Errorf("suspend: %w: the urgent suspension by %s lapsed, and another decides on the next", ErrFourEyes, t.By)
		}
	}
	return nil
}

// onAnotherGround are the components named that are suspended already and stay so on
// another ground: a doubt that proved true becomes a time to remedy.
func (a Authorisation) onAnotherGround(c Suspend) (on []string) {
	if c.Ground == "" || c.Urgent || from(c.By, c.From) != c.At {
		return nil // an urgent one that lapses would lift what was decided before
	}
	for _, component := range a.Components {
		if len(c.Components) > 0 && !slices.Contains(c.Components, component.Code) {
			continue
		}
		if component.State == Ended && len(c.Components) == 0 {
			continue
		}
		s := component.Suspension
		if component.State != Suspended || s != nil && (s.Ground == c.Ground || s.unconfirmed()) || component.awaits(ActRevoke, ActAnnul) {
			return nil
		}
		on = append(on, component.Code)
	}
	if len(c.Components) > len(on) {
		return nil
	}
	return on
}

func (s *Suspension) unconfirmed() bool { return s != nil && s.Urgent && s.Confirmed == "" }

func (a Authorisation) confirm(c Confirm) ([]Event, error) {
	var on []string
	for _, component := range a.Components {
		named := slices.Contains(c.Components, component.Code)
		switch s := component.Suspension; {
		case len(c.Components) > 0 && !named:
		case component.State == Suspended && s.unconfirmed():
			if c.is(s.By) {
				return nil, fmt.Errorf("confirm: %w: %s suspended it", ErrFourEyes, s.By)
			}
			on = append(on, component.Code)
		case named:
			return nil, &TransitionError{a.words(), c.name(), component.Code + " has no urgent suspension that waits for it"}
		}
	}
	if len(on) == 0 || len(on) < len(c.Components) {
		return nil, &TransitionError{a.words(), c.name(), "no such urgent suspension waits for it"}
	}
	return one(c.By, c.At, AuthorisationConfirmed{on})
}

func (a Authorisation) changeClocks(c ChangeClocks) ([]Event, error) {
	if _, err := a.Clocks.Apply(c.Changes...); err != nil {
		return nil, &TransitionError{a.words(), c.name(), err.Error()}
	}
	for _, ch := range c.Changes {
		rule, of := clockOf(ch.Rule)
		if ch.Do == deadline.Warn || ch.Do == deadline.Lapse || rule == RuleUrgent {
			return nil, &InputError{"changes", "what falls due, and urgency, are not changed"}
		}
		if component, ok := a.Component(of); !ok || component.State != Suspended {
			return nil, &TransitionError{a.words(), c.name(), fmt.Sprintf("%.40s is not suspended", of)}
		}
	}
	return one(c.By, c.At, AuthorisationClocksChanged{c.Changes})
}

// each gives every component its own clock of each rule.
func each(clocks []deadline.Change, components []string) (out []deadline.Change) {
	for _, code := range components {
		for _, ch := range clocks {
			ch.Rule = ClockName(ch.Rule, code)
			out = append(out, ch)
		}
	}
	return out
}

// ClockName is the name of a component's clock of a rule.
func ClockName(rule, component string) string { return rule + "#" + component }

// clockOf splits the name of a clock into its rule and the component.
func clockOf(name string) (rule, component string) {
	rule, component, _ = strings.Cut(name, "#")
	return rule, component
}

// suspended applies the fact: what was known of an older suspension gives way.
func (a *Authorisation) suspended(d AuthorisationSuspended, e Event) error {
	a.took(d.Components, Taken{Act: ActSuspend, Grounds: d.Grounds, Served: d.Served, By: e.Actor, Second: d.Second, DecidedAt: e.DecidedAt, From: e.EffectiveAt, OnReceipt: d.OnReceipt})
	for _, code := range d.Components {
		i := a.component(code)
		if i < 0 {
			return fmt.Errorf("no component %s", code)
		}
		a.stopClocks(code, e.DecidedAt)
		a.Components[i].Suspension = nil
		if d.Ground != "" {
			a.Components[i].Suspension = &Suspension{Ground: d.Ground, Grounds: d.Grounds, By: e.Actor, DecidedAt: e.DecidedAt, Urgent: d.Urgent}
		}
	}
	if err := a.run(d.Clocks...); err != nil {
		return err
	}
	if d.Ground == "" || slices.ContainsFunc(d.Components, func(code string) bool { return a.Components[a.component(code)].State != Suspended }) {
		return a.schedule(d.Components, ActSuspend, e)
	}
	for _, code := range d.Components { // on another ground: it goes on
		a.Components[a.component(code)].forget(ActReinstate)
	}
	return nil
}

func (a *Authorisation) confirmed(d AuthorisationConfirmed, e Event) error {
	for _, code := range d.Components {
		i := a.component(code)
		if i < 0 || a.Components[i].Suspension == nil {
			return fmt.Errorf("component %s is not suspended", code)
		}
		s := *a.Components[i].Suspension
		s.Confirmed = e.Actor
		a.Components[i].Suspension = &s
		a.stop(ClockName(RuleUrgent, code), e.DecidedAt)
	}
	return nil
}

// fellDue applies what the clock brought about: an urgent suspension nobody confirmed
// is lifted, whatever the pack says of others.
func (a *Authorisation) fellDue(ch deadline.Change) error {
	if err := a.run(ch); err != nil {
		return err
	}
	rule, code := clockOf(ch.Rule)
	i := a.component(code)
	lifts := rule == RuleUrgent || ch.Outcome == Lift
	if ch.Do == deadline.Lapse && rule == RuleUrgent && i >= 0 {
		a.Components[i].lapsed(ActSuspend)
	}
	switch {
	case ch.Do != deadline.Lapse || i < 0:
		return nil
	case a.Components[i].stayed(ActSuspend):
		a.stayedLapse(i, lifts, ch.At)
		return nil
	case a.Components[i].State != Suspended:
		return nil
	case lifts:
		return a.settle([]string{code}, ActReinstate, ch.At, ch.At)
	}
	if a.Components[i].Suspension != nil {
		s := *a.Components[i].Suspension
		s.Overdue = ch.At
		a.Components[i].Suspension = &s
	}
	return nil
}

// clocksChanged applies changes to clocks; one that was overdue and runs again, or
// gave way to another, waits no longer.
func (a *Authorisation) clocksChanged(d AuthorisationClocksChanged) error {
	if err := a.run(d.Changes...); err != nil {
		return err
	}
	for _, ch := range d.Changes {
		_, code := clockOf(ch.Rule)
		if i := a.component(code); i >= 0 && a.Components[i].Suspension != nil {
			s := *a.Components[i].Suspension
			s.Overdue = 0
			a.Components[i].Suspension = &s
		}
	}
	return nil
}

func (a *Authorisation) run(changes ...deadline.Change) error {
	clocks, err := a.Clocks.Apply(changes...)
	if err == nil {
		a.Clocks = clocks
	}
	return err
}

// stop ends a clock if it runs.
func (a *Authorisation) stop(name string, at int64) {
	if end, err := a.Clocks.Ends(name, at); err == nil {
		a.run(end)
	}
}

// stopClocks ends all clocks of a component.
func (a *Authorisation) stopClocks(component string, at int64) {
	for _, k := range a.Clocks {
		if _, of := clockOf(k.Rule); of == component {
			a.stop(k.Rule, at)
		}
	}
}

func (d AuthorisationSuspended) check() error {
	err := first(codes("components", d.Components, 1), optional("second", d.Second, maxName), d.Grounds.check(), d.Heard.check())
	if err != nil || d.Ground == "" && !d.Urgent && d.Clocks == nil && d.Heard == (Heard{}) && !d.OnReceipt {
		return err
	}
	if err := oneOf("ground", d.Ground, d.Ground.Values()...); err != nil {
		return err
	}
	for _, ch := range d.Clocks {
		if _, of := clockOf(ch.Rule); ch.Do != deadline.Start || !slices.Contains(d.Components, of) {
			return &InputError{"clocks", "one that does not start with the suspension of a component"}
		}
	}
	return changes("clocks", d.Clocks, 0)
}

func (d AuthorisationConfirmed) check() error     { return codes("components", d.Components, 1) }
func (d AuthorisationClocksChanged) check() error { return changes("changes", d.Changes, 1) }
func (d AuthorisationFellDue) check() error {
	if d.Change.Do != deadline.Warn && d.Change.Do != deadline.Lapse {
		return &InputError{"change", "neither a warning nor a lapse"}
	}
	return changes("change", []deadline.Change{d.Change}, 1)
}

// changes admits well-formed changes of clocks.
func changes(field string, list []deadline.Change, least int) error {
	if len(list) < least || len(list) > maxList {
		return &InputError{field, fmt.Sprintf("want %d to %d entries", least, maxList)}
	}
	for _, ch := range list {
		if err := ch.Check(); err != nil {
			return &InputError{field, err.Error()}
		}
	}
	return nil
}
