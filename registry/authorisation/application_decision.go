package authorisation

import (
	"fmt"
	"slices"
	"strings"
)

// A Decision is what was decided, in whole or by component, and why. Reasons never
// leave the administration but to the applicant.
type Decision struct {
	By         string   `json:"by"`
	At         int64    `json:"at"`
	Granted    []string `json:"granted,omitzero"` // components
	Refused    []string `json:"refused,omitzero"`
	Grounds    Grounds  `json:"grounds,omitzero"` // of a refusal
	Reasons    string   `json:"reasons,omitzero"`
	Conditions []string `json:"conditions,omitzero"`
	Without    Without  `json:"without,omitzero"`
	Late       bool     `json:"late,omitzero"` // after the time for it was over
	BarUntil   int64    `json:"bar_until,omitzero"`
	SetAsideAt int64    `json:"set_aside_at,omitzero"`
}

// Without names in law why something the programme asks for was left out.
type Without struct {
	Hearing string `json:"hearing,omitzero"` // UCC Art. 22(6)(a) to (f), DA 2015/2446 Art. 10
	Visit   string `json:"visit,omitzero"`
}

func (w Without) check() error {
	return first(optional("without hearing", w.Hearing, maxLine), optional("without visit", w.Visit, maxLine))
}

// Needs are what the programme asks for before a decision of this kind: the node
// reads them from the pack and from other cases.
type Needs struct {
	Hearing bool     // before an adverse decision
	Visit   string   // what is still to be visited; empty: nothing
	Consult []string // who must be consulted before a grant
	PerSite []string // requirements that are judged at each site of the application
}

// The decisions. Components empty means all; those not named are refused with the
// grounds given. Type and Requirements are those of what is granted (empty: of the
// wish). Grant needs the number of the authorisation it creates, when that takes
// effect (0: at once) and ends (0: unlimited), as the pack says.
type (
	Grant struct {
		By
		Authorisation string
		EffectiveAt   int64
		ExpiresAt     int64
		Type          string
		Components    []string
		Requirements  []string
		Grounds       Grounds // of what is refused
		Reasons       string
		Conditions    []string
		Without       Without
		Needs         Needs
		Watch         Timed // the clocks of monitoring; see [Monitoring]
	}
	Refuse struct {
		By
		Grounds  Grounds
		Reasons  string
		Without  Without
		Needs    Needs
		BarUntil int64
	}
)

func (Grant) name() string           { return "grant" }
func (Refuse) name() string          { return "refuse" }
func (Grant) in() []ApplicationState { return []ApplicationState{UnderExamination, Hearing} }

// A refusal may come before anything was assessed, but only once the applicant was
// heard: a hearing makes an application one under examination.
func (Refuse) in() []ApplicationState { return []ApplicationState{UnderExamination} }

func (c Grant) decide(a Application) ([]Event, error) {
	if err := a.secondPair(c.By); err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	granted, refused, err := a.split(c.Components)
	if err != nil {
		return nil, err
	}
	requirements := c.Requirements
	if len(requirements) == 0 {
		requirements = a.Wish.Requirements
	}
	if why := a.missing(requirements, c.Needs, c.Without); len(why) > 0 {
		return nil, &TransitionError{a.State.words(), c.name(), strings.Join(why, "; ")}
	}
	if len(refused) > 0 {
		if err := first(a.fairly(c.Grounds, c.Needs, c.Without), c.Grounds.check()); err != nil {
			return nil, &TransitionError{a.State.words(), c.name(), "refusing " + strings.Join(refused, ", ") + ": " + err.Error()}
		}
	} else if c.Grounds != (Grounds{}) {
		return nil, &InputError{"grounds", "nothing is refused"}
	}
	effective := from(c.By, c.EffectiveAt)
	if effective < c.At {
		return nil, &InputError{"effective_at", "a grant takes no effect before it is decided"}
	}
	if c.ExpiresAt != 0 && c.ExpiresAt <= effective {
		return nil, &InputError{"expires_at", "not after it takes effect"}
	}
	if c.Authorisation == a.Case {
		return nil, &InputError{"authorisation", "the application's own number"}
	}
	kind := c.Type
	if kind == "" {
		kind = a.Wish.Type
	}
	how := How{Refused: refused, Reasons: c.Reasons, Conditions: c.Conditions, Without: c.Without, Late: a.late(c.At), Timed: a.ends(c.At)}
	if len(refused) > 0 {
		how.PartGrounds = &c.Grounds
	}
	list := []Event{
		{Case: c.Case, Actor: c.Actor, DecidedAt: c.At, EffectiveAt: effective, Data: ApplicationGranted{c.Authorisation, how}},
		{Case: c.Authorisation, Actor: c.Actor, DecidedAt: c.At, EffectiveAt: effective, Data: AuthorisationGranted{
			Application: a.Case, Operator: a.Wish.Operator, Programme: a.Wish.Programme, Type: kind,
			Components: granted, Roles: a.Wish.Roles, ExpiresAt: c.ExpiresAt, Authority: a.Wish.Authority,
		}},
	}
	if len(c.Watch.Clocks) > 0 {
		list = append(list, Event{Case: c.Authorisation, Actor: c.Actor, DecidedAt: c.At, EffectiveAt: effective,
			Data: MonitoringOpened{Operator: a.Wish.Operator, Timed: c.Watch}})
	}
	return events(list...)
}

func (c Refuse) decide(a Application) ([]Event, error) {
	if err := a.secondPair(c.By); err != nil {
		return nil, fmt.Errorf("refuse: %w", err)
	}
	if err := a.fairly(c.Grounds, c.Needs, c.Without); err != nil {
		return nil, &TransitionError{a.State.words(), c.name(), err.Error()}
	}
	if c.BarUntil != 0 && c.BarUntil <= c.At {
		return nil, &InputError{"bar_until", "not after the decision"}
	}
	return one(c.By, c.At, ApplicationRefused{c.Grounds, c.BarUntil,
		How{Reasons: c.Reasons, Without: c.Without, Late: a.late(c.At), Timed: a.ends(c.At)}})
}

// split tells the components that are granted from those that are not.
func (a Application) split(components []string) (granted, refused []string, err error) {
	if len(components) == 0 {
		return a.Wish.Components, nil, nil
	}
	for _, code := range components {
		if !slices.Contains(a.Wish.Components, code) {
			return nil, nil, &InputError{"components", fmt.Sprintf("%q was not applied for", code)}
		}
	}
	for _, code := range a.Wish.Components {
		if slices.Contains(components, code) {
			granted = append(granted, code)
		} else {
			refused = append(refused, code)
		}
	}
	return granted, refused, nil
}

// secondPair holds when the one who decides never assessed.
func (a Application) secondPair(by By) error {
	if slices.ContainsFunc(a.Assessors, by.is) {
		return fmt.Errorf("%w: %s assessed this application", ErrFourEyes, by.Actor)
	}
	return nil
}

// fairly holds where the applicant was heard on what the decision rests on, need not
// be, or a ground is named.
func (a Application) fairly(g Grounds, n Needs, w Without) error {
	switch {
	case !n.Hearing || w.Hearing != "":
		return nil
	case a.Heard.Done() && a.Heard.Reason != g.Reason:
		return fmt.Errorf("the applicant was heard on %s, not on %s; send these grounds first, or name a ground for going without", a.Heard.Reason, g.Reason)
	case a.Heard.Done():
		return nil
	}
	return fmt.Errorf("the applicant was not heard on the grounds; send them first, or name a ground for going without")
}

func visited(n Needs, w Without) error {
	if n.Visit == "" || w.Visit != "" {
		return nil
	}
	return fmt.Errorf("%s was not visited; name a ground for going without", n.Visit)
}

func (a Application) noRequest() error {
	if a.Request.open() {
		return fmt.Errorf("information is asked for and has not come in")
	}
	return nil
}

// missing is what stands between an application and a grant, in words.
func (a Application) missing(requirements []string, n Needs, w Without) (why []string) {
	for _, err := range []error{a.examinedFor(requirements, n.PerSite), a.agreed(n.Consult), visited(n, w), a.noRequest()} {
		if err != nil {
			why = append(why, err.Error())
		}
	}
	return why
}

// Missing is what stands between an application and a grant of all it asks for, in
// words; nothing where it is decided or still a draft.
func (a Application) Missing(n Needs) []string {
	if a.State == Draft || a.State.Final() {
		return nil
	}
	var why []string
	if !slices.Contains(examined, a.State) {
		why = append(why, "it is not accepted")
	}
	return append(why, a.missing(a.Wish.Requirements, n, Without{})...)
}

// late reports whether the time for the decision is over.
func (a Application) late(at int64) bool {
	k, ok := a.Clocks.Open(RuleDecision)
	return ok && (k.LapsedAt != 0 || k.Due != 0 && k.Due <= at)
}

// Service is how a decision reached the applicant.
type Service struct {
	Channel    Channel `json:"channel"`
	SentAt     int64   `json:"sent_at"`
	ReceivedAt int64   `json:"received_at,omitzero"` // 0 while that is not known
	Deemed     bool    `json:"deemed,omitzero"`      // received by the rule, not by proof
	Proof      string  `json:"proof,omitzero"`
}

func (s *Service) pending() bool { return s != nil && s.ReceivedAt == 0 }

// A Channel is a way to serve a decision.
type Channel string

// The channels.
const (
	ByPortal      Channel = "portal"
	ByPost        Channel = "post"
	ByHand        Channel = "hand"
	ByPublication Channel = "publication"
)

// Serve records that the decision was sent, or when it was received.
type Serve struct {
	By
	Service Service
	Timed
}

func (Serve) name() string { return "serve" }
func (Serve) in() []ApplicationState {
	return []ApplicationState{NotAccepted, DecidedGrant, DecidedRefuse}
}

func (c Serve) decide(a Application) ([]Event, error) {
	s := c.Service
	switch {
	case a.Service != nil && !a.Service.pending():
		return nil, &TransitionError{a.State.words(), c.name(), "the decision was received"}
	case s.Deemed:
		return nil, &InputError{"deemed", "that is the clock's"}
	case s.ReceivedAt > c.At:
		return nil, &InputError{"received_at", "still to come"}
	case s.SentAt > c.At:
		return nil, &InputError{"sent_at", "still to come"}
	case a.Decision != nil && s.SentAt < a.Decision.At:
		return nil, &InputError{"sent_at", "before the decision"}
	case s.ReceivedAt != 0 && s.ReceivedAt < s.SentAt:
		return nil, &InputError{"received_at", "before it was sent"}
	}
	return one(c.By, from(c.By, s.ReceivedAt), ApplicationServed{s.Channel, s.SentAt, s.ReceivedAt, false, s.Proof, c.Timed})
}

// Facts about the decision.
type (
	// How a decision came about and what it says besides.
	How struct {
		Refused     []string `json:"refused,omitzero"` // components that were not granted
		PartGrounds *Grounds `json:"part_grounds,omitzero"`
		Reasons     string   `json:"reasons,omitzero"`
		Conditions  []string `json:"conditions,omitzero"`
		Without     Without  `json:"without,omitzero"`
		Late        bool     `json:"late,omitzero"`
		Timed
	}
	ApplicationGranted struct {
		Authorisation string `json:"authorisation"`
		How
	}
	ApplicationRefused struct {
		Grounds
		BarUntil int64 `json:"bar_until,omitzero"`
		How
	}
	ApplicationServed struct {
		Channel    Channel `json:"channel"`
		SentAt     int64   `json:"sent_at"`
		ReceivedAt int64   `json:"received_at,omitzero"`
		Deemed     bool    `json:"deemed,omitzero"`
		Proof      string  `json:"proof,omitzero"`
		Timed
	}
)

// plain holds for what the first version of a decision could say: that it was taken.
func (h How) plain() bool {
	return h.Refused == nil && h.PartGrounds == nil && h.Reasons == "" && h.Conditions == nil && h.Without == Without{} && !h.Late && h.Clocks == nil
}

func (d ApplicationGranted) event() (string, int64) {
	if d.How.plain() {
		return "application.granted", 1
	}
	return "application.granted", 2
}

func (d ApplicationRefused) event() (string, int64) {
	if d.How.plain() && d.BarUntil == 0 {
		return "application.refused", 1
	}
	return "application.refused", 2
}

func (ApplicationServed) event() (string, int64) { return "application.served", 1 }

var decisionForms = map[string]form{
	"application.granted/1": read[ApplicationGranted],
	"application.granted/2": read[ApplicationGranted],
	"application.refused/1": read[ApplicationRefused],
	"application.refused/2": read[ApplicationRefused],
	"application.served/1":  read[ApplicationServed],
}

func (d ApplicationGranted) change(a *Application, e Event) error {
	granted, _, err := a.split(without(a.Wish.Components, d.Refused))
	if err != nil {
		return err
	}
	a.State, a.Authorisation = DecidedGrant, d.Authorisation
	a.Decision = d.How.decision(e)
	a.Decision.Granted, a.Decision.Refused = granted, d.Refused
	if d.PartGrounds != nil {
		a.Decision.Grounds = *d.PartGrounds
	}
	a.Service = nil
	return nil
}

func (d ApplicationRefused) change(a *Application, e Event) error {
	a.State = DecidedRefuse
	a.Decision = d.How.decision(e)
	a.Decision.Refused, a.Decision.Grounds, a.Decision.BarUntil = a.Wish.Components, d.Grounds, d.BarUntil
	a.Service = nil
	return nil
}

func (h How) decision(e Event) *Decision {
	return &Decision{By: e.Actor, At: e.DecidedAt, Reasons: h.Reasons, Conditions: h.Conditions, Without: h.Without, Late: h.Late}
}

func (d ApplicationServed) change(a *Application, _ Event) error {
	a.Service = &Service{d.Channel, d.SentAt, d.ReceivedAt, d.Deemed, d.Proof}
	return nil
}

func without(list, those []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(those, s) })
}

func (h How) check() error {
	if h.Refused != nil {
		if err := codes("refused", h.Refused, 1); err != nil {
			return err
		}
	}
	if (h.PartGrounds != nil) != (h.Refused != nil) {
		return &InputError{"part_grounds", "go with what is refused"}
	}
	if h.PartGrounds != nil {
		if err := h.PartGrounds.check(); err != nil {
			return err
		}
	}
	if h.Conditions != nil {
		if err := lines("conditions", h.Conditions, 1); err != nil {
			return err
		}
	}
	return first(optionalProse("reasons", h.Reasons, maxReasons), h.Without.check(), h.Timed.check())
}

func (d ApplicationGranted) check() error {
	return first(code("authorisation", d.Authorisation), d.How.check())
}

func (d ApplicationRefused) check() error {
	if d.Refused != nil || d.Conditions != nil {
		return &InputError{"refused", "all is refused"}
	}
	if d.BarUntil != 0 {
		if err := instant("bar_until", d.BarUntil); err != nil {
			return err
		}
	}
	return first(d.Grounds.check(), d.How.check())
}

func (d ApplicationServed) check() error {
	if d.ReceivedAt != 0 {
		if err := instant("received_at", d.ReceivedAt); err != nil {
			return err
		}
	}
	if d.Deemed && d.ReceivedAt == 0 {
		return &InputError{"received_at", "missing"}
	}
	return first(oneOf("channel", d.Channel, d.Channel.Values()...), instant("sent_at", d.SentAt),
		optional("proof", d.Proof, maxLine), d.Timed.check())
}

func optionalProse(field, s string, limit int) error {
	if s == "" {
		return nil
	}
	return prose(field, s, limit)
}
