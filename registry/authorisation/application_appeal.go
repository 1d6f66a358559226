package authorisation

import (
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// An Appeal is against the decision on an application, or against there being none in
// time (UCC Art. 44). It does not by itself suspend the decision (UCC Art. 45).
type Appeal struct {
	Body      string  `json:"body"`      // who decides it, as "court"
	Reference string  `json:"reference"` // of that body
	At        int64   `json:"at"`
	Outcome   Outcome `json:"outcome,omitzero"`
	DecidedAt int64   `json:"decided_at,omitzero"`
}

// An Outcome is of an appeal.
type Outcome string

// The outcomes. An appeal that is upheld sets nothing aside by itself: whoever carries
// it out does, with [SetAside].
const (
	Dismissed       Outcome = "dismissed"
	Upheld          Outcome = "upheld"
	AppealWithdrawn Outcome = "withdrawn"
)

// A Stay keeps a decision from having its effects for a time.
type Stay struct {
	Of    string `json:"of"` // what is stayed: "refused", "suspend", "revoke", "annul"
	Who   Remedy `json:"who"`
	From  int64  `json:"from"`
	Until int64  `json:"until,omitzero"` // 0: until further notice
}

// covers reports whether the stay is in force at an instant.
func (s Stay) covers(at int64) bool { return s.From <= at && (s.Until == 0 || at < s.Until) }

// A Remedy is whose word takes a decision back.
type Remedy string

// The remedies.
const (
	ByCourt  Remedy = "court"
	ByReview Remedy = "review" // of the administration, by somebody else than who decided
	ByError  Remedy = "error"  // the administration's own
)

// The commands of the way back.
type (
	LodgeAppeal struct {
		By
		Body      string
		Reference string
		Timed
	}
	DecideAppeal struct {
		By
		Reference string
		Outcome   Outcome
		Timed
	}
	StayDecision struct {
		By
		Who     Remedy
		From    int64
		Until   int64
		Grounds Grounds
	}
	// LiftDecisionStay lets a refusal that is stayed have its effects again.
	LiftDecisionStay struct {
		By
		Grounds Grounds
	}
	// SetAsideDecision takes a refusal, or that an application was not accepted, back.
	// The procedure goes on where it was; another person than who decided says so,
	// unless a court did.
	SetAsideDecision struct {
		By
		Who     Remedy
		From    int64
		Grounds Grounds
		Timed
	}
	// RectifyDecision puts an obvious error in the words of a decision right.
	RectifyDecision struct {
		By
		Field   string // reasons, reason or basis
		Old     string
		New     string
		Grounds Grounds
	}
)

func (LodgeAppeal) name() string      { return "appeal" }
func (DecideAppeal) name() string     { return "decide appeal" }
func (StayDecision) name() string     { return "stay" }
func (LiftDecisionStay) name() string { return "lift stay" }
func (SetAsideDecision) name() string { return "set aside" }
func (RectifyDecision) name() string  { return "rectify" }

func (LodgeAppeal) in() []ApplicationState {
	return []ApplicationState{Submitted, Accepted, UnderExamination, Hearing, NotAccepted, DecidedGrant, DecidedRefuse}
}
func (DecideAppeal) in() []ApplicationState     { return LodgeAppeal{}.in() }
func (StayDecision) in() []ApplicationState     { return []ApplicationState{DecidedRefuse} }
func (LiftDecisionStay) in() []ApplicationState { return []ApplicationState{DecidedRefuse} }
func (SetAsideDecision) in() []ApplicationState {
	return []ApplicationState{NotAccepted, DecidedRefuse}
}
func (RectifyDecision) in() []ApplicationState {
	return []ApplicationState{NotAccepted, DecidedGrant, DecidedRefuse}
}

func (c LodgeAppeal) decide(a Application) ([]Event, error) {
	if !a.State.Final() {
		if _, overdue := a.Overdue(); !overdue {
			return nil, &TransitionError{a.State.words(), c.name(), "nothing is decided, and the time for the decision is not over"}
		}
	}
	if a.appealOver(c.At) {
		return nil, &TransitionError{a.State.words(), c.name(), "the time for an appeal is over"}
	}
	if i := a.appealed(c.Reference); i >= 0 {
		return nil, &TransitionError{a.State.words(), c.name(), "appeal " + c.Reference + " is lodged"}
	}
	return one(c.By, c.At, ApplicationAppealed{c.Body, c.Reference, c.Timed})
}

// appealOver reports whether the time for an appeal against the decision is over. The
// clock ends with the first appeal; the time for another is the same.
func (a Application) appealOver(at int64) bool {
	i := slices.IndexFunc(a.Clocks, func(k deadline.Clock) bool { return k.Rule == RuleAppeal })
	if i < 0 || a.Decision == nil || a.Clocks[i].Since < a.Decision.At { // of a decision that was set aside
		return false
	}
	k := a.Clocks[i]
	return k.LapsedAt != 0 || k.EndedAt != 0 && k.Due != 0 && k.Due <= at
}

func (c DecideAppeal) decide(a Application) ([]Event, error) {
	if i := a.appealed(c.Reference); i < 0 || a.Appeals[i].Outcome != "" {
		return nil, &TransitionError{a.State.words(), c.name(), "there is no open appeal " + c.Reference}
	}
	return one(c.By, c.At, ApplicationAppealDecided{c.Reference, c.Outcome, c.Timed})
}

func (a Application) appealed(reference string) int {
	return slices.IndexFunc(a.Appeals, func(p Appeal) bool { return p.Reference == reference })
}

func (c StayDecision) decide(a Application) ([]Event, error) {
	at, err := stays(a.Stays, Stay{"refused", c.Who, from(c.By, c.From), c.Until}, a.Decision.At)
	if err != nil {
		return nil, err
	}
	return one(c.By, at.From, ApplicationStayed{at, c.Grounds})
}

func (c LiftDecisionStay) decide(a Application) ([]Event, error) {
	if !slices.ContainsFunc(a.Stays, func(s Stay) bool { return s.Until == 0 || s.Until > c.At }) {
		return nil, &TransitionError{a.State.words(), c.name(), "nothing is stayed"}
	}
	return one(c.By, c.At, ApplicationStayLifted{c.Grounds})
}

// stays admits one more stay: of what was decided, and not beside one in force.
func stays(before []Stay, s Stay, decided int64) (Stay, error) {
	if s.From < decided {
		return s, &InputError{"from", "before the decision"}
	}
	if s.Until != 0 && s.Until <= s.From {
		return s, &InputError{"until", "not after it begins"}
	}
	for _, b := range before {
		if b.Of == s.Of && (b.Until == 0 || b.Until > s.From) {
			return s, &InputError{"from", "an earlier stay goes on by then"}
		}
	}
	return s, nil
}

func (c SetAsideDecision) decide(a Application) ([]Event, error) {
	if a.Decision != nil && c.Who != ByCourt && c.is(a.Decision.By) {
		return nil, fmt.Errorf("set aside: %w: %s took the decision", ErrFourEyes, c.Actor)
	}
	effective := from(c.By, c.From)
	if effective > c.At || a.Decision != nil && effective < a.Decision.At {
		return nil, &InputError{"from", "want an instant between the decision and now"}
	}
	ends := a.ends(c.At)
	ends.Clocks = append(ends.Clocks, c.Clocks...)
	return one(c.By, effective, ApplicationSetAside{c.Who, c.Grounds, ends})
}

func (c RectifyDecision) decide(a Application) ([]Event, error) {
	if a.Decision == nil {
		return nil, &TransitionError{a.State.words(), c.name(), "its decision was recorded without words"}
	}
	said, err := a.Decision.said(c.Field)
	if err != nil {
		return nil, err
	}
	if *said != c.Old {
		return nil, &TransitionError{a.State.words(), c.name(), "the decision does not say that in " + c.Field}
	}
	return one(c.By, a.Decision.At, ApplicationRectified{c.Field, c.Old, c.New, c.Grounds})
}

// said is a field of a decision that can be rectified.
func (d *Decision) said(field string) (*string, error) {
	switch field {
	case "reasons":
		return &d.Reasons, nil
	case "reason":
		return &d.Grounds.Reason, nil
	case "basis":
		return &d.Grounds.Basis, nil
	}
	return nil, &InputError{"field", fmt.Sprintf("%.40q is not one of reasons, reason, basis", field)}
}

// BarredUntil is until when the application's refusal keeps its operator from applying
// again, as of an instant: not while the refusal is stayed, nor once it is set aside.
func (a Application) BarredUntil(at int64) (until int64, ok bool) {
	if a.State != DecidedRefuse || a.Decision == nil || a.Decision.BarUntil <= at {
		return 0, false
	}
	if slices.ContainsFunc(a.Stays, func(s Stay) bool { return s.covers(at) }) {
		return 0, false
	}
	return a.Decision.BarUntil, true
}

// Facts about the way back.
type (
	ApplicationAppealed struct {
		Body      string `json:"body"`
		Reference string `json:"reference"`
		Timed
	}
	ApplicationAppealDecided struct {
		Reference string  `json:"reference"`
		Outcome   Outcome `json:"outcome"`
		Timed
	}
	ApplicationStayed struct {
		Stay
		Grounds
	}
	ApplicationStayLifted struct{ Grounds }
	ApplicationSetAside   struct {
		Who Remedy `json:"who"`
		Grounds
		Timed
	}
	ApplicationRectified struct {
		Field string `json:"field"`
		Old   string `json:"old"`
		New   string `json:"new"`
		Grounds
	}
)

func (ApplicationAppealed) event() (string, int64)      { return "application.appealed", 1 }
func (ApplicationAppealDecided) event() (string, int64) { return "application.appeal_decided", 1 }
func (ApplicationStayed) event() (string, int64)        { return "application.stayed", 1 }
func (ApplicationStayLifted) event() (string, int64)    { return "application.stay_lifted", 1 }
func (ApplicationSetAside) event() (string, int64)      { return "application.set_aside", 1 }
func (ApplicationRectified) event() (string, int64)     { return "application.rectified", 1 }

var appealForms = map[string]form{
	"application.appealed/1":       read[ApplicationAppealed],
	"application.appeal_decided/1": read[ApplicationAppealDecided],
	"application.stayed/1":         read[ApplicationStayed],
	"application.stay_lifted/1":    read[ApplicationStayLifted],
	"application.set_aside/1":      read[ApplicationSetAside],
	"application.rectified/1":      read[ApplicationRectified],
}

func (d ApplicationAppealed) change(a *Application, e Event) error {
	a.Appeals = append(slices.Clone(a.Appeals), Appeal{Body: d.Body, Reference: d.Reference, At: e.DecidedAt})
	return nil
}

func (d ApplicationAppealDecided) change(a *Application, e Event) error {
	i := a.appealed(d.Reference)
	if i < 0 {
		return fmt.Errorf("there is no appeal %s", d.Reference)
	}
	a.Appeals = slices.Clone(a.Appeals)
	a.Appeals[i].Outcome, a.Appeals[i].DecidedAt = d.Outcome, e.DecidedAt
	return nil
}

func (d ApplicationStayed) change(a *Application, _ Event) error {
	a.Stays = append(slices.Clone(a.Stays), d.Stay)
	return nil
}

func (ApplicationStayLifted) change(a *Application, e Event) error {
	var left []Stay // those of before end now; what was still to come does not
	for _, s := range a.Stays {
		if s.Until == 0 || s.Until > e.DecidedAt {
			s.Until = e.DecidedAt
		}
		if s.From < s.Until {
			left = append(left, s)
		}
	}
	a.Stays = left
	return nil
}

func (d ApplicationSetAside) change(a *Application, e Event) error {
	switch a.State {
	case NotAccepted:
		a.State = Submitted
	case DecidedRefuse:
		a.State = UnderExamination
	default:
		return fmt.Errorf("nothing was refused")
	}
	if a.Decision != nil {
		past := *a.Decision
		past.SetAsideAt = e.EffectiveAt
		a.Decision = &past
	}
	if a.Request.open() { // nobody is held to its time any more: it is asked anew
		past := *a.Request
		past.LapsedAt = e.DecidedAt
		a.Request = &past
	}
	a.Heard, a.Service, a.Stays = nil, nil, nil
	return nil
}

func (d ApplicationRectified) change(a *Application, _ Event) error {
	if a.Decision == nil {
		return fmt.Errorf("nothing is decided")
	}
	decision := *a.Decision
	said, err := decision.said(d.Field)
	if err != nil {
		return err
	}
	*said, a.Decision = d.New, &decision
	return nil
}

func (d ApplicationAppealed) check() error {
	return first(text("body", d.Body, maxName), text("reference", d.Reference, maxLine), d.Timed.check())
}

func (d ApplicationAppealDecided) check() error {
	return first(text("reference", d.Reference, maxLine), oneOf("outcome", d.Outcome, d.Outcome.Values()...), d.Timed.check())
}

func (d ApplicationStayed) check() error { return first(d.Stay.check(), d.Grounds.check()) }

func (s Stay) check() error {
	if s.Until != 0 {
		if err := instant("until", s.Until); err != nil {
			return err
		}
	}
	return first(code("of", s.Of), oneOf("who", s.Who, s.Who.Values()...), instant("from", s.From))
}

func (d ApplicationStayLifted) check() error { return d.Grounds.check() }

func (d ApplicationSetAside) check() error {
	return first(oneOf("who", d.Who, d.Who.Values()...), d.Grounds.check(), d.Timed.check())
}

func (d ApplicationRectified) check() error {
	var old error
	switch {
	case d.Field == "reasons":
		old = first(prose("old", d.Old, maxReasons), prose("new", d.New, maxReasons))
	case d.Field == "reason":
		old = first(code("old", d.Old), code("new", d.New))
	default:
		old = first(oneOf("field", d.Field, "basis"), text("old", d.Old, maxLine), text("new", d.New, maxLine))
	}
	return first(old, d.Grounds.check())
}
