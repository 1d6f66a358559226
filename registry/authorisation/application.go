package authorisation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// An ApplicationState is where an application stands.
type ApplicationState string

// The states of an application. An examination may have questions open and others
// consulted beside it; a hearing interrupts it. What is final can still be served,
// appealed against, set aside and rectified.
const (
	NotSubmitted        ApplicationState = ""
	Draft               ApplicationState = "draft"
	Submitted           ApplicationState = "submitted"
	InfoRequested       ApplicationState = "info_requested"
	Accepted            ApplicationState = "accepted"
	UnderExamination    ApplicationState = "under_examination"
	Hearing             ApplicationState = "hearing"
	NotAccepted         ApplicationState = "not_accepted"
	DecidedGrant        ApplicationState = "decided_grant"
	DecidedRefuse       ApplicationState = "decided_refuse"
	ApplicationWithdrew ApplicationState = "withdrawn"
	Lapsed              ApplicationState = "lapsed" // the applicant did not answer
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
	Sites     []Site `json:"sites,omitzero"` // where the operator works
	// SuccessorOf is the authorisation of a company whose business the operator took
	// over. A status is not transferable: it is applied for anew, and the old one ends
	// by an act of its own.
	SuccessorOf string `json:"successor_of,omitzero"`
}

// Succeeds is the authorisation that an application which was handed in succeeds.
func (a Application) Succeeds() string {
	if a.State == Draft {
		return ""
	}
	return a.Wish.SuccessorOf
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
	DecidedAt     int64            `json:"decided_at"`             // of the last act

	Pack          string          `json:"pack,omitzero"`        // digest of the rules it goes by; empty: those in force
	CompleteAt    int64           `json:"complete_at,omitzero"` // when the last data came in
	AcceptedAt    int64           `json:"accepted_at,omitzero"` // in law: acceptance may reach back to CompleteAt
	Deemed        bool            `json:"deemed,omitzero"`      // accepted by silence
	Clocks        deadline.Clocks `json:"clocks,omitzero"`
	Request       *Request        `json:"request,omitzero"` // for information, newest
	Consultations []Consultation  `json:"consultations,omitzero"`
	Heard         *HearingRecord  `json:"heard,omitzero"`
	Decision      *Decision       `json:"decision,omitzero"`
	Service       *Service        `json:"service,omitzero"` // of the decision
	Appeals       []Appeal        `json:"appeals,omitzero"`
	Stays         []Stay          `json:"stays,omitzero"`
	Officer       string          `json:"officer,omitzero"` // who has the case
	Office        string          `json:"office,omitzero"`
}

// Final reports whether nothing can happen to the application any more.
func (s ApplicationState) Final() bool {
	switch s {
	case NotAccepted, DecidedGrant, DecidedRefuse, ApplicationWithdrew, Lapsed:
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

// An applicationCommand says in which states it is possible, and what it brings about.
type applicationCommand interface {
	Command
	in() []ApplicationState
	decide(Application) ([]Event, error)
}

// An applicationFact changes the state of an application.
type applicationFact interface {
	Data
	change(*Application, Event) error
}

// undecided are the states in which an application waits for its decision.
var undecided = []ApplicationState{Submitted, InfoRequested, Accepted, UnderExamination, Hearing}

// examined are those in which it was accepted and is not decided.
var examined = []ApplicationState{Accepted, UnderExamination, Hearing}

// Decide answers a command with the events it brings about. A grant also opens the
// case of the authorisation.
func (a Application) Decide(c Command) ([]Event, error) {
	if err := admit(c, a.State.words(), a.Case, a.DecidedAt); err != nil {
		return nil, err
	}
	of, ok := c.(applicationCommand)
	if !ok {
		return nil, &TransitionError{a.State.words(), c.name(), "not a command for an application"}
	}
	if in := of.in(); !slices.Contains(in, a.State) {
		why := "the application would have to be " + either(in)
		if a.State.Final() {
			why = "the application is closed"
		}
		return nil, &TransitionError{a.State.words(), c.name(), why}
	}
	if late := a.Clocks.Fallen(c.by().At); !byClock(c) && slices.ContainsFunc(late, lapses) {
		// What silence meant comes first, as an event of its own: see PassTime.
		return nil, &TransitionError{a.State.words(), c.name(), late[0].Rule + " was due, and what follows from that is not recorded yet"}
	}
	list, err := of.decide(a)
	if err != nil {
		return nil, err
	}
	return list, a.bears(list, c)
}

// bears refuses events that the state would not take, such as a clock that cannot run so.
func (a Application) bears(list []Event, c Command) error {
	for _, e := range list {
		if e.Case != c.by().Case {
			continue // a grant opens another case
		}
		next, err := a.Apply(e)
		if err != nil {
			return &TransitionError{a.State.words(), c.name(), err.Error()}
		}
		a = next
	}
	return nil
}

// Assess records findings.
type Assess struct {
	By
	Findings []Finding
}

func (Assess) name() string           { return "assess" }
func (Assess) in() []ApplicationState { return []ApplicationState{Accepted, UnderExamination} }

// decide writes as many events as the findings need: one holds at most a leaf's bytes.
func (c Assess) decide(a Application) ([]Event, error) {
	places := map[string]bool{}
	for _, f := range c.Findings {
		if !slices.Contains(a.Wish.Requirements, f.Requirement) {
			return nil, &InputError{"findings", fmt.Sprintf("%q is not a requirement of this application", f.Requirement)}
		}
		if places[f.place()] {
			return nil, &InputError{"findings", "an entry is named twice"}
		}
		places[f.place()] = true
	}
	var list []Event
	for rest := c.Findings; ; {
		n, bytes := 0, 0
		for n < len(rest) && n < maxRequirements && (n == 0 || bytes+rest[n].written() <= maxWritten) {
			bytes += rest[n].written()
			n++
		}
		more, err := one(c.By, c.At, ApplicationAssessed{rest[:n:n]})
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
		if rest = rest[n:]; len(rest) == 0 {
			return list, nil
		}
	}
}

// examinedFor holds where nothing found bars a grant of what rests on those
// requirements, those judged per site at each; it names the first that does and counts
// the rest.
func (a Application) examinedFor(requirements, perSite []string) error {
	first, more := "", -1
	for _, r := range requirements {
		why := bars(a.Findings, r)
		if why == "" && slices.Contains(perSite, r) {
			why = a.unseen(r)
		}
		if why != "" {
			first, more = cmp.Or(first, why), more+1
		}
	}
	switch {
	case more > 0:
		return fmt.Errorf("%s, and %d more", first, more)
	case more == 0:
		return errors.New(first)
	}
	return nil
}

// unseen says where a requirement that is judged per site was not; "" where it was at
// all of them. What applies nowhere is found so once.
func (a Application) unseen(requirement string) string {
	for _, s := range a.Wish.Sites {
		if !slices.ContainsFunc(a.Findings, func(f Assessed) bool {
			return f.Requirement == requirement && (f.Site == s.ID || f.Site == "" && f.Result == NotApplicable)
		}) {
			return "requirement " + requirement + " is not assessed at site " + s.ID
		}
	}
	return ""
}

// Apply returns the state after an event.
func (a Application) Apply(e Event) (Application, error) {
	if err := follows(e, a.Case, a.DecidedAt); err != nil {
		return a, err
	}
	fact, ok := e.Data.(applicationFact)
	if !ok {
		return a, fmt.Errorf("applying %s to an application: %w", e.Type(), ErrUnknownEvent)
	}
	if err := fact.change(&a, e); err != nil {
		return a, fmt.Errorf("applying %s: %w", e.Type(), err)
	}
	if t, ok := e.Data.(interface{ changes() []deadline.Change }); ok {
		var err error
		if a.Clocks, err = a.Clocks.Apply(t.changes()...); err != nil {
			return a, fmt.Errorf("applying %s: %w", e.Type(), err)
		}
	}
	a.DecidedAt = e.DecidedAt
	return a, nil
}

func (d ApplicationAssessed) change(a *Application, e Event) error {
	a.State = UnderExamination
	a.record(d.Findings, e)
	return nil
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
