package authorisation

import (
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// Timed are the changes of clocks that an act brings with it, as the rules of the
// programme compute them. An act that ends the procedure ends every clock by itself.
type Timed struct {
	Clocks []deadline.Change `json:"clocks,omitzero"`
}

func (t Timed) changes() []deadline.Change { return t.Clocks }

// version is that of a form whose first version knew no clocks.
func (t Timed) version() int64 {
	if t.Clocks == nil {
		return 1
	}
	return 2
}

func (t Timed) check() error {
	if t.Clocks != nil && len(t.Clocks) == 0 || len(t.Clocks) > maxList {
		return &InputError{"clocks", fmt.Sprintf("want 1 to %d, or none", maxList)}
	}
	for _, c := range t.Clocks {
		if err := c.Check(); err != nil {
			return &InputError{"clocks", err.Error()}
		}
	}
	return nil
}

// A Site is a place where an operator works.
type Site struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Address Address `json:"address,omitzero"`
}

// A Request is for information an applicant owes.
type Request struct {
	Items      []string `json:"items"`
	By         string   `json:"by"`
	At         int64    `json:"at"`
	AnsweredAt int64    `json:"answered_at,omitzero"`
	Answer     string   `json:"answer,omitzero"`
	LapsedAt   int64    `json:"lapsed_at,omitzero"` // no answer came in time
}

func (r *Request) open() bool { return r.unanswered() && r.LapsedAt == 0 }

func (r *Request) unanswered() bool { return r != nil && r.AnsweredAt == 0 }

// A Bar keeps an operator from applying again for some time: after a refusal, a
// revocation or an annulment, as the programme says; never after a withdrawal.
type Bar struct {
	Case  string `json:"case"`  // the decision it follows from
	After string `json:"after"` // revocation, annulment or refusal
	Until int64  `json:"until"`
	Basis string `json:"basis,omitzero"`
}

// The commands by which an application comes in. Clocks are what the programme lets
// run, stop or end with each.
type (
	// SaveDraft opens a draft, or replaces what it says.
	SaveDraft struct {
		By
		Wish Wish
	}
	// Submit opens an application or sends in a draft. Bars are those of the operator
	// for what it applies for.
	Submit struct {
		By
		Wish Wish
		Pack string
		Bars []Bar
		Timed
	}
	RequestInformation struct {
		By
		Items []string
		Timed
	}
	GiveInformation struct {
		By
		Answer string
		Timed
	}
	// Accept takes effect when the last data came in where the programme says so
	// (IA 2015/2447 Art. 12(1)); 0 means at once.
	Accept struct {
		By
		EffectiveAt int64
		Timed
	}
	NotAccept struct {
		By
		Grounds Grounds
	}
	WithdrawApplication struct{ By }
)

func (SaveDraft) name() string           { return "save draft" }
func (Submit) name() string              { return "submit" }
func (RequestInformation) name() string  { return "request information" }
func (GiveInformation) name() string     { return "give information" }
func (Accept) name() string              { return "accept" }
func (NotAccept) name() string           { return "not accept" }
func (WithdrawApplication) name() string { return "withdraw application" }

func (SaveDraft) in() []ApplicationState { return []ApplicationState{NotSubmitted, Draft} }
func (Submit) in() []ApplicationState    { return []ApplicationState{NotSubmitted, Draft} }
func (RequestInformation) in() []ApplicationState {
	return []ApplicationState{Submitted, Accepted, UnderExamination}
}
func (GiveInformation) in() []ApplicationState {
	return []ApplicationState{InfoRequested, Accepted, UnderExamination, Hearing}
}
func (Accept) in() []ApplicationState              { return []ApplicationState{Submitted} }
func (NotAccept) in() []ApplicationState           { return []ApplicationState{Submitted, InfoRequested} }
func (WithdrawApplication) in() []ApplicationState { return append(slices.Clone(undecided), Draft) }

func (c SaveDraft) decide(a Application) ([]Event, error) {
	if a.State == NotSubmitted {
		return one(c.By, c.At, ApplicationDrafted{c.Wish})
	}
	if c.Wish.Operator != a.Wish.Operator {
		return nil, &InputError{"operator", "a draft stays with its operator"}
	}
	return one(c.By, c.At, ApplicationRedrafted{c.Wish})
}

func (c Submit) decide(a Application) ([]Event, error) {
	for _, b := range c.Bars {
		if b.Until > c.At {
			return nil, &TransitionError{a.State.words(), c.name(), fmt.Sprintf(
				"%s of %s bars the operator until %s", b.After, b.Case, time.Unix(b.Until, 0).UTC().Format("2006-01-02 15:04 UTC"))}
		}
	}
	if a.State == NotSubmitted {
		return one(c.By, c.At, ApplicationSubmitted{c.Wish, c.Pack, c.Timed})
	}
	if c.Wish.Operator != a.Wish.Operator {
		return nil, &InputError{"operator", "a draft stays with its operator"}
	}
	return one(c.By, c.At, ApplicationFiled{c.Wish, c.Pack, c.Timed})
}

func (c RequestInformation) decide(a Application) ([]Event, error) {
	if a.Request.open() {
		return nil, &TransitionError{a.State.words(), c.name(), "an earlier request is not answered"}
	}
	return one(c.By, c.At, ApplicationInformationRequested{c.Items, c.Timed})
}

// decide takes an answer after its time too, as long as nothing followed from that.
func (c GiveInformation) decide(a Application) ([]Event, error) {
	if !a.Request.unanswered() {
		return nil, &TransitionError{a.State.words(), c.name(), "nothing is asked"}
	}
	return one(c.By, c.At, ApplicationInformationGiven{c.Answer, c.Timed})
}

func (c Accept) decide(a Application) ([]Event, error) {
	effective := from(c.By, c.EffectiveAt)
	if effective > c.At || effective < a.SubmittedAt {
		return nil, &InputError{"effective_at", "an application is accepted between its submission and now"}
	}
	return one(c.By, effective, ApplicationAccepted{Timed: c.Timed})
}

func (c NotAccept) decide(a Application) ([]Event, error) {
	return one(c.By, c.At, ApplicationNotAccepted{c.Grounds, a.ends(c.At)})
}

func (c WithdrawApplication) decide(a Application) ([]Event, error) {
	return one(c.By, c.At, ApplicationWithdrawn{a.ends(c.At)})
}

// ends are the changes that end every clock, with what closes the case.
func (a Application) ends(at int64) Timed { return Timed{a.Clocks.EndAll(at)} }

// Facts about how an application came in.
type (
	ApplicationDrafted   struct{ Wish }
	ApplicationRedrafted struct{ Wish }
	ApplicationSubmitted struct {
		Wish
		Pack string `json:"pack,omitzero"`
		Timed
	}
	// ApplicationFiled is the submission of a draft.
	ApplicationFiled struct {
		Wish
		Pack string `json:"pack,omitzero"`
		Timed
	}
	ApplicationInformationRequested struct {
		Items []string `json:"items"`
		Timed
	}
	ApplicationInformationGiven struct {
		Answer string `json:"answer"`
		Timed
	}
	// ApplicationAccepted is deemed where nobody answered in time: the clock accepts.
	ApplicationAccepted struct {
		Deemed bool `json:"deemed,omitzero"`
		Timed
	}
	ApplicationNotAccepted struct {
		Grounds
		Timed
	}
	ApplicationWithdrawn struct{ Timed }
)

func (d ApplicationDrafted) event() (string, int64) { return "application.drafted", d.since(1, 2) }
func (d ApplicationRedrafted) event() (string, int64) {
	return "application.redrafted", d.since(1, 2)
}
func (d ApplicationSubmitted) event() (string, int64) {
	if d.SuccessorOf != "" || d.Sites != nil || d.Pack != "" || d.Clocks != nil {
		return "application.submitted", d.since(3, 4)
	}
	return "application.submitted", withAuthority(d.Authority)
}
func (d ApplicationFiled) event() (string, int64) { return "application.filed", d.since(1, 2) }
func (ApplicationInformationRequested) event() (string, int64) {
	return "application.information_requested", 1
}
func (ApplicationInformationGiven) event() (string, int64) {
	return "application.information_given", 1
}
func (d ApplicationAccepted) event() (string, int64) {
	if d.Deemed {
		return "application.accepted", 2
	}
	return "application.accepted", d.version()
}
func (d ApplicationNotAccepted) event() (string, int64) {
	return "application.not_accepted", d.version()
}
func (d ApplicationWithdrawn) event() (string, int64) { return "application.withdrawn", d.version() }

var intakeForms = map[string]form{
	"application.drafted/1":               read[ApplicationDrafted],
	"application.redrafted/1":             read[ApplicationRedrafted],
	"application.drafted/2":               read[ApplicationDrafted],
	"application.redrafted/2":             read[ApplicationRedrafted],
	"application.submitted/4":             read[ApplicationSubmitted],
	"application.filed/2":                 read[ApplicationFiled],
	"application.submitted/1":             read[ApplicationSubmitted],
	"application.submitted/2":             read[ApplicationSubmitted],
	"application.submitted/3":             read[ApplicationSubmitted],
	"application.filed/1":                 read[ApplicationFiled],
	"application.information_requested/1": read[ApplicationInformationRequested],
	"application.information_given/1":     read[ApplicationInformationGiven],
	"application.accepted/1":              read[ApplicationAccepted],
	"application.accepted/2":              read[ApplicationAccepted],
	"application.not_accepted/1":          read[ApplicationNotAccepted],
	"application.not_accepted/2":          read[ApplicationNotAccepted],
	"application.withdrawn/1":             read[ApplicationWithdrawn],
	"application.withdrawn/2":             read[ApplicationWithdrawn],
}

func (ApplicationDrafted) opens()   {}
func (ApplicationSubmitted) opens() {}

func (d ApplicationDrafted) change(a *Application, e Event) error {
	a.Case, a.Wish, a.State = e.Case, d.Wish, Draft
	return nil
}

func (d ApplicationRedrafted) change(a *Application, _ Event) error {
	a.Wish = d.Wish
	return nil
}

func (d ApplicationSubmitted) change(a *Application, e Event) error {
	a.Case = e.Case
	a.submitted(d.Wish, d.Pack, e)
	return nil
}

func (d ApplicationFiled) change(a *Application, e Event) error {
	a.submitted(d.Wish, d.Pack, e)
	return nil
}

func (a *Application) submitted(w Wish, pack string, e Event) {
	a.State, a.Wish, a.Pack, a.SubmittedAt, a.CompleteAt = Submitted, w, pack, e.DecidedAt, e.DecidedAt
}

func (d ApplicationInformationRequested) change(a *Application, e Event) error {
	if a.State == Submitted {
		a.State = InfoRequested
	}
	a.Request = &Request{Items: d.Items, By: e.Actor, At: e.DecidedAt}
	return nil
}

func (d ApplicationInformationGiven) change(a *Application, e Event) error {
	if !a.Request.unanswered() {
		return fmt.Errorf("nothing is asked")
	}
	if a.State == InfoRequested {
		a.State, a.CompleteAt = Submitted, e.DecidedAt
	}
	answered := *a.Request
	answered.AnsweredAt, answered.Answer = e.DecidedAt, d.Answer
	a.Request = &answered
	return nil
}

func (d ApplicationAccepted) change(a *Application, e Event) error {
	a.State, a.AcceptedAt, a.Deemed = Accepted, e.EffectiveAt, d.Deemed
	return nil
}

func (d ApplicationNotAccepted) change(a *Application, e Event) error {
	a.State = NotAccepted
	a.Decision, a.Service = &Decision{By: e.Actor, At: e.DecidedAt, Grounds: d.Grounds}, nil
	return nil
}

func (ApplicationWithdrawn) change(a *Application, _ Event) error {
	a.State = ApplicationWithdrew
	return nil
}

func (d ApplicationDrafted) check() error   { return d.Wish.check() }
func (d ApplicationRedrafted) check() error { return d.Wish.check() }
func (d ApplicationSubmitted) check() error {
	return first(d.Wish.check(), pack(d.Pack), d.Timed.check())
}
func (d ApplicationFiled) check() error { return first(d.Wish.check(), pack(d.Pack), d.Timed.check()) }

func pack(digestOf string) error {
	if digestOf == "" {
		return nil
	}
	return digest("pack", digestOf)
}

func (d ApplicationInformationRequested) check() error {
	return first(lines("items", d.Items, 1), d.Timed.check())
}

func (d ApplicationInformationGiven) check() error {
	return first(text("answer", d.Answer, maxNote), d.Timed.check())
}

func (d ApplicationAccepted) check() error { return d.Timed.check() }

func (d ApplicationNotAccepted) check() error { return first(d.Grounds.check(), d.Timed.check()) }

func (d ApplicationWithdrawn) check() error { return d.Timed.check() }

// lines are sentences for people, each of one line.
func lines(field string, list []string, least int) error {
	if len(list) < least || len(list) > maxList {
		return &InputError{field, fmt.Sprintf("want %d to %d entries", least, maxList)}
	}
	for _, s := range list {
		if err := text(field, s, maxLine); err != nil {
			return err
		}
	}
	return nil
}

func sites(list []Site) error {
	if list != nil && len(list) == 0 || len(list) > maxList {
		return &InputError{"sites", fmt.Sprintf("want 1 to %d, or none", maxList)}
	}
	for i, s := range list {
		if err := first(code("sites", s.ID), text("sites", s.Name, maxName), s.Address.check()); err != nil {
			return err
		}
		if slices.ContainsFunc(list[:i], func(o Site) bool { return o.ID == s.ID }) {
			return &InputError{"sites", "site " + s.ID + " is named twice"}
		}
	}
	return nil
}
