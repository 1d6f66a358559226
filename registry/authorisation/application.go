package authorisation

import (
	"fmt"
	"slices"
)

// An ApplicationState is where an application stands.
type ApplicationState string

// The states of an application. The last four are final.
const (
	NotSubmitted        ApplicationState = ""
	Submitted           ApplicationState = "submitted"
	Accepted            ApplicationState = "accepted"
	UnderExamination    ApplicationState = "under_examination"
	NotAccepted         ApplicationState = "not_accepted"
	DecidedGrant        ApplicationState = "decided_grant"
	DecidedRefuse       ApplicationState = "decided_refuse"
	ApplicationWithdrew ApplicationState = "withdrawn"
)

// Wish is what an operator applies for: a type of the pack, the components that are
// authorised separately, the roles, and what must be examined before a grant.
type Wish struct {
	Operator     string   `json:"operator"`
	Programme    string   `json:"programme"`
	Type         string   `json:"type"`
	Components   []string `json:"components"`
	Roles        []string `json:"roles"`
	Requirements []string `json:"requirements"`
	// Authority is the member of a union that decides, where one node acts for
	// all; empty where the node's own administration does.
	Authority string `json:"authority,omitzero"`
}

// An Application is the state of an application. The zero Application is not submitted.
type Application struct {
	Case          string           `json:"case"`
	State         ApplicationState `json:"state"`
	Wish          Wish             `json:"wish"`
	Findings      []Assessed       `json:"findings"`  // newest for each requirement and site, in the order of the wish
	Assessors     []string         `json:"assessors"` // everyone who ever assessed it
	SubmittedAt   int64            `json:"submitted_at"`
	Authorisation string           `json:"authorisation,omitzero"` // case of what a grant created
	DecidedAt     int64            `json:"decided_at"`
}

// The commands for an application. Grant needs the number of the authorisation it
// creates, when that takes effect (0: at once) and ends (0: unlimited), as the pack says.
type (
	Submit struct {
		By
		Wish Wish
	}
	Accept    struct{ By }
	NotAccept struct {
		By
		Grounds Grounds
	}
	Assess struct {
		By
		Findings []Finding
	}
	Grant struct {
		By
		Authorisation string
		EffectiveAt   int64
		ExpiresAt     int64
	}
	Refuse struct {
		By
		Grounds Grounds
	}
	WithdrawApplication struct{ By }
)

func (Submit) name() string              { return "submit" }
func (Accept) name() string              { return "accept" }
func (NotAccept) name() string           { return "not accept" }
func (Assess) name() string              { return "assess" }
func (Grant) name() string               { return "grant" }
func (Refuse) name() string              { return "refuse" }
func (WithdrawApplication) name() string { return "withdraw application" }

// Final reports whether nothing can happen to the application any more.
func (s ApplicationState) Final() bool {
	switch s {
	case NotAccepted, DecidedGrant, DecidedRefuse, ApplicationWithdrew:
		return true
	}
	return false
}

func (s ApplicationState) words() string {
	if s == NotSubmitted {
		return "not submitted"
	}
	return string(s)
}

// Decide answers a command with the events it brings about. A grant brings about
// two: the second opens the case of the authorisation.
func (a Application) Decide(c Command) ([]Event, error) {
	if err := admit(c, a.State.words(), a.Case, a.DecidedAt); err != nil {
		return nil, err
	}
	if err := a.allowed(c); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Submit:
		return one(c.By, c.At, ApplicationSubmitted{c.Wish})
	case Accept:
		return one(c.By, c.At, ApplicationAccepted{})
	case NotAccept:
		return one(c.By, c.At, ApplicationNotAccepted{c.Grounds})
	case Assess:
		return a.assess(c)
	case Grant:
		return a.grant(c)
	case Refuse:
		if err := a.secondPair(c.By); err != nil {
			return nil, fmt.Errorf("refuse: %w", err)
		}
		return one(c.By, c.At, ApplicationRefused{c.Grounds})
	case WithdrawApplication:
		return one(c.By, c.At, ApplicationWithdrawn{})
	}
	return nil, &TransitionError{a.State.words(), c.name(), "not a command for an application"}
}

// allowed is the table of transitions.
func (a Application) allowed(c Command) error {
	var in []ApplicationState
	switch c.(type) {
	case Submit:
		in = []ApplicationState{NotSubmitted}
	case Accept, NotAccept:
		in = []ApplicationState{Submitted}
	case Assess:
		in = []ApplicationState{Accepted, UnderExamination}
	case Grant, Refuse:
		in = []ApplicationState{UnderExamination}
	case WithdrawApplication:
		in = []ApplicationState{Submitted, Accepted, UnderExamination}
	}
	if slices.Contains(in, a.State) {
		return nil
	}
	why := fmt.Sprintf("it needs an application that is one of %q", in)
	if a.State.Final() {
		why = "the application is closed"
	}
	return &TransitionError{a.State.words(), c.name(), why}
}

func (a Application) assess(c Assess) ([]Event, error) {
	for _, f := range c.Findings {
		if !slices.Contains(a.Wish.Requirements, f.Requirement) {
			return nil, &InputError{"findings", fmt.Sprintf("%q is not a requirement of this application", f.Requirement)}
		}
	}
	return one(c.By, c.At, ApplicationAssessed{c.Findings})
}

func (a Application) grant(c Grant) ([]Event, error) {
	if err := a.secondPair(c.By); err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	for _, r := range a.Wish.Requirements {
		if why := bars(a.Findings, r); why != "" {
			return nil, &TransitionError{a.State.words(), c.name(), why}
		}
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
	return events(
		Event{Case: c.Case, Actor: c.Actor, DecidedAt: c.At, EffectiveAt: effective, Data: ApplicationGranted{c.Authorisation}},
		Event{Case: c.Authorisation, Actor: c.Actor, DecidedAt: c.At, EffectiveAt: effective, Data: AuthorisationGranted{
			Application: a.Case, Operator: a.Wish.Operator, Programme: a.Wish.Programme, Type: a.Wish.Type,
			Components: a.Wish.Components, Roles: a.Wish.Roles, ExpiresAt: c.ExpiresAt, Authority: a.Wish.Authority,
		}},
	)
}

// secondPair holds when the one who decides never assessed.
func (a Application) secondPair(by By) error {
	if slices.ContainsFunc(a.Assessors, by.is) {
		return fmt.Errorf("%w: %s assessed this application", ErrFourEyes, by.Actor)
	}
	return nil
}

// Apply returns the state after an event.
func (a Application) Apply(e Event) (Application, error) {
	if err := follows(e, a.Case, a.DecidedAt); err != nil {
		return a, err
	}
	switch d := e.Data.(type) {
	case ApplicationSubmitted:
		a.Case, a.Wish, a.State, a.SubmittedAt = e.Case, d.Wish, Submitted, e.DecidedAt
	case ApplicationAccepted:
		a.State = Accepted
	case ApplicationNotAccepted:
		a.State = NotAccepted
	case ApplicationAssessed:
		a.State = UnderExamination
		a.record(d.Findings, e)
	case ApplicationGranted:
		a.State, a.Authorisation = DecidedGrant, d.Authorisation
	case ApplicationRefused:
		a.State = DecidedRefuse
	case ApplicationWithdrawn:
		a.State = ApplicationWithdrew
	default:
		return a, fmt.Errorf("applying %s to an application: %w", e.Type(), ErrUnknownEvent)
	}
	a.DecidedAt = e.DecidedAt
	return a, nil
}

// record keeps the newest finding for each requirement and site, in the order of the wish,
// and everyone who ever assessed.
func (a *Application) record(findings []Finding, e Event) {
	newest := slices.DeleteFunc(slices.Clone(a.Findings), func(old Assessed) bool {
		return slices.ContainsFunc(findings, func(f Finding) bool { return f.place() == old.place() })
	})
	for _, f := range findings {
		newest = append(newest, Assessed{f, e.Actor, e.DecidedAt})
	}
	slices.SortStableFunc(newest, func(x, y Assessed) int {
		return slices.Index(a.Wish.Requirements, x.Requirement) - slices.Index(a.Wish.Requirements, y.Requirement)
	})
	a.Findings = newest
	if !slices.Contains(a.Assessors, e.Actor) {
		a.Assessors = append(slices.Clone(a.Assessors), e.Actor)
	}
}
