package authorisation

import "slices"

// A HearingRecord is how the applicant was heard on the grounds of an adverse decision.
type HearingRecord struct {
	Grounds
	Text      string `json:"text"`
	SentAt    int64  `json:"sent_at"`
	RepliedAt int64  `json:"replied_at,omitzero"`
	Reply     string `json:"reply,omitzero"`
	OverAt    int64  `json:"over_at,omitzero"` // the time for a reply is over
}

// Done reports whether the applicant had its say, or let the time for it pass.
func (h *HearingRecord) Done() bool { return h != nil && (h.RepliedAt != 0 || h.OverAt != 0) }

// The commands of the right to be heard (UCC Art. 22(6), DA 2015/2446 Art. 8). Where
// the programme hears after the decision they are possible then.
type (
	SendGrounds struct {
		By
		Grounds Grounds
		Text    string
		Timed
	}
	Reply struct {
		By
		Text string
		Timed
	}
)

func (SendGrounds) name() string { return "send grounds" }
func (Reply) name() string       { return "reply" }
func (SendGrounds) in() []ApplicationState {
	return []ApplicationState{Accepted, UnderExamination, DecidedRefuse}
}
func (Reply) in() []ApplicationState {
	return []ApplicationState{Hearing, UnderExamination, DecidedRefuse}
}

func (c SendGrounds) decide(a Application) ([]Event, error) {
	if a.Heard != nil && !a.Heard.Done() {
		return nil, &TransitionError{a.State.words(), c.name(), "the applicant is being heard"}
	}
	return one(c.By, c.At, ApplicationGroundsSent{c.Grounds, c.Text, c.Timed})
}

// decide takes a reply after its time too, as long as nothing is decided: what was
// said is on the file.
func (c Reply) decide(a Application) ([]Event, error) {
	if a.Heard == nil || a.Heard.RepliedAt != 0 {
		return nil, &TransitionError{a.State.words(), c.name(), "no grounds were sent, or there is a reply to them"}
	}
	return one(c.By, c.At, ApplicationReplied{c.Text, c.Timed})
}

// heard changes the record of the hearing, and lets the examination go on once it is done.
func (a *Application) heard(change func(*HearingRecord)) {
	if a.Heard == nil {
		return
	}
	h := *a.Heard
	change(&h)
	a.Heard = &h
	if a.State == Hearing && h.Done() {
		a.State = UnderExamination
	}
}

// Facts about the hearing.
type (
	ApplicationGroundsSent struct {
		Grounds
		Text string `json:"text"`
		Timed
	}
	ApplicationReplied struct {
		Text string `json:"text"`
		Timed
	}
)

func (ApplicationGroundsSent) event() (string, int64) { return "application.grounds_sent", 1 }
func (ApplicationReplied) event() (string, int64)     { return "application.replied", 1 }

var hearingForms = map[string]form{
	"application.grounds_sent/1": read[ApplicationGroundsSent],
	"application.replied/1":      read[ApplicationReplied],
}

func (d ApplicationGroundsSent) change(a *Application, e Event) error {
	a.Heard = &HearingRecord{Grounds: d.Grounds, Text: d.Text, SentAt: e.DecidedAt}
	if !a.State.Final() {
		a.State = Hearing
	}
	return nil
}

func (d ApplicationReplied) change(a *Application, e Event) error {
	a.heard(func(h *HearingRecord) { h.RepliedAt, h.Reply = e.DecidedAt, d.Text })
	return nil
}

func (d ApplicationGroundsSent) check() error {
	return first(d.Grounds.check(), prose("text", d.Text, maxNote), d.Timed.check())
}

func (d ApplicationReplied) check() error {
	return first(prose("text", d.Text, maxNote), d.Timed.check())
}

// assignable are the states in which somebody has the case.
var assignable = append(slices.Clone(undecided), NotAccepted, DecidedGrant, DecidedRefuse)

// Assign gives a case to an officer of an office, or to another. Reason says why it
// goes to another office (DA 2015/2446 Art. 12).
type Assign struct {
	By
	Officer string
	Office  string
	Reason  string
}

func (Assign) name() string           { return "assign" }
func (Assign) in() []ApplicationState { return assignable }

func (c Assign) decide(a Application) ([]Event, error) {
	if samePerson(c.Officer, Scheduler) {
		return nil, &InputError{"officer", "want a person"}
	}
	if c.Officer == a.Officer && c.Office == a.Office {
		return nil, &TransitionError{a.State.words(), c.name(), c.Officer + " has the case"}
	}
	if a.Office != "" && c.Office != a.Office && c.Reason == "" {
		return nil, &InputError{"reason", "say why the case goes to another office"}
	}
	return one(c.By, c.At, ApplicationAssigned{c.Officer, c.Office, c.Reason})
}

// ApplicationAssigned says who has the case from now on.
type ApplicationAssigned struct {
	Officer string `json:"officer"`
	Office  string `json:"office,omitzero"`
	Reason  string `json:"reason,omitzero"`
}

func (ApplicationAssigned) event() (string, int64) { return "application.assigned", 1 }

var assignForms = map[string]form{"application.assigned/1": read[ApplicationAssigned]}

func (d ApplicationAssigned) change(a *Application, _ Event) error {
	a.Officer, a.Office = d.Officer, d.Office
	return nil
}

func (d ApplicationAssigned) check() error {
	return first(text("officer", d.Officer, maxName), optionalCode("office", d.Office), optional("reason", d.Reason, maxLine))
}
