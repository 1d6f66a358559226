package authorisation

import (
	"fmt"
	"slices"
)

// A CorrectiveAction is what an applicant has to put right, by whom and when.
type CorrectiveAction struct {
	ID        string   `json:"id"` // CA-1, counted within the case
	Criterion string   `json:"criterion"`
	Site      string   `json:"site,omitzero"`
	Severity  Severity `json:"severity"`
	What      string   `json:"what"`
	Owner     string   `json:"owner"`
	Due       int64    `json:"due"`
	// Condition: a grant does not wait for it. Never of what is major.
	Condition bool     `json:"condition,omitzero"`
	By        string   `json:"by"`
	At        int64    `json:"at"`
	OverdueAt int64    `json:"overdue_at,omitzero"`
	ClosedAt  int64    `json:"closed_at,omitzero"`
	ClosedBy  string   `json:"closed_by,omitzero"`
	Evidence  []string `json:"evidence,omitzero"`
	Note      string   `json:"note,omitzero"`
}

const maxActions = 512 // of one case

// Commands about corrective actions. A due date that is not given by hand comes
// from the pack's rule.
type (
	RequireAction struct {
		By
		Criterion string
		Site      string
		Severity  Severity
		What      string
		Owner     string
		Due       int64
		Condition bool
	}
	ExtendAction struct {
		By
		ID      string
		Due     int64
		Grounds Grounds
	}
	CloseAction struct {
		By
		ID       string
		Evidence []string
		Note     string
	}
	// PassDue is the clock's: it says of what was due that it is overdue.
	PassDue struct{ By }
)

// Facts about corrective actions.
type (
	AssessmentActionRequired struct {
		ID        string   `json:"id"`
		Criterion string   `json:"criterion"`
		Site      string   `json:"site,omitzero"`
		Severity  Severity `json:"severity"`
		What      string   `json:"what"`
		Owner     string   `json:"owner"`
		Due       int64    `json:"due"`
		Condition bool     `json:"condition,omitzero"`
	}
	AssessmentActionExtended struct {
		ID  string `json:"id"`
		Due int64  `json:"due"`
		Grounds
	}
	AssessmentActionClosed struct {
		ID       string   `json:"id"`
		Evidence []string `json:"evidence"`
		Note     string   `json:"note,omitzero"`
	}
	AssessmentActionOverdue struct {
		ID  string `json:"id"`
		Due int64  `json:"due"`
	}
)

func (RequireAction) name() string { return "require corrective action" }
func (ExtendAction) name() string  { return "extend corrective action" }
func (CloseAction) name() string   { return "close corrective action" }
func (PassDue) name() string       { return "pass due date" }
func (PassDue) byClock()           {}

func (AssessmentActionRequired) event() (string, int64) { return "assessment.action_required", 1 }
func (AssessmentActionExtended) event() (string, int64) { return "assessment.action_extended", 1 }
func (AssessmentActionClosed) event() (string, int64)   { return "assessment.action_closed", 1 }
func (AssessmentActionOverdue) event() (string, int64)  { return "assessment.action_overdue", 1 }

func (c RequireAction) decide(a Assessment) ([]Event, error) {
	if len(a.Actions) == maxActions {
		return nil, &TransitionError{a.words(), c.name(), fmt.Sprintf("there are %d already", maxActions)}
	}
	if err := a.concerns("criterion", c.Criterion, c.Site); err != nil {
		return nil, err
	}
	if c.Due <= c.At {
		return nil, &InputError{"due", "not after now"}
	}
	return one(c.By, c.At, AssessmentActionRequired{fmt.Sprintf("CA-%d", len(a.Actions)+1), c.Criterion, c.Site, c.Severity, c.What, c.Owner, c.Due, c.Condition})
}

func (c ExtendAction) decide(a Assessment) ([]Event, error) {
	i, err := a.action(c, c.ID)
	if err != nil {
		return nil, err
	}
	if c.Due <= a.Actions[i].Due || c.Due <= c.At {
		return nil, &InputError{"due", "not later than it is"}
	}
	return one(c.By, c.At, AssessmentActionExtended{c.ID, c.Due, c.Grounds})
}

// decide: who has to put something right does not say that it is done.
func (c CloseAction) decide(a Assessment) ([]Event, error) {
	i, err := a.action(c, c.ID)
	if err != nil {
		return nil, err
	}
	if c.By.is(a.Actions[i].Owner) {
		return nil, fmt.Errorf("%s: %w: %s is its owner", c.name(), ErrFourEyes, c.Actor)
	}
	if err := a.holds("evidence", c.Evidence); err != nil {
		return nil, err
	}
	return one(c.By, c.At, AssessmentActionClosed{c.ID, c.Evidence, c.Note})
}

func (c PassDue) decide(a Assessment) (list []Event, err error) {
	for _, act := range a.Actions {
		if !act.waits() || act.Due > c.At {
			continue
		}
		more, err := one(c.By, c.At, AssessmentActionOverdue{act.ID, act.Due})
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

// action is the place of an open action.
func (a Assessment) action(c Command, id string) (int, error) {
	i := slices.IndexFunc(a.Actions, func(act CorrectiveAction) bool { return act.ID == id })
	if i < 0 {
		return 0, &InputError{"id", fmt.Sprintf("%.60q is no corrective action of this case", id)}
	}
	if a.Actions[i].ClosedAt != 0 {
		return 0, &TransitionError{a.words(), c.name(), id + " is closed"}
	}
	return i, nil
}

// waits: it is open, and nobody was told that it is overdue.
func (act CorrectiveAction) waits() bool { return act.ClosedAt == 0 && act.OverdueAt == 0 }

// Wakes is when the next corrective action becomes overdue.
func (a Assessment) Wakes() (at int64, ok bool) {
	for _, act := range a.Actions {
		if act.waits() && (!ok || act.Due < at) {
			at, ok = act.Due, true
		}
	}
	return at, ok
}

// Tasks are the corrective actions that are open, and the second scores of a sample
// nobody has given yet.
func (a Assessment) Tasks() (out []Task) {
	for _, act := range a.Actions {
		if act.ClosedAt == 0 {
			out = append(out, Task{What: "corrective_action", Due: act.Due, Warned: act.OverdueAt != 0})
		}
	}
	if a.Sample != nil && slices.ContainsFunc(a.Sample.Criteria, func(code string) bool { return !a.scored(code) }) {
		out = append(out, Task{What: "score"})
	}
	return out
}

func (d AssessmentActionRequired) check() error {
	if d.Condition && d.Severity == Major {
		return &InputError{"condition", "what is major is put right before a grant"}
	}
	return first(code("id", d.ID), code("criterion", d.Criterion), optionalCode("site", d.Site), oneOf("severity", d.Severity, d.Severity.Values()...),
		text("what", d.What, maxNote), text("owner", d.Owner, maxName), instant("due", d.Due))
}

func (d AssessmentActionExtended) check() error {
	return first(code("id", d.ID), instant("due", d.Due), d.Grounds.check())
}

func (d AssessmentActionClosed) check() error {
	if len(d.Evidence) == 0 {
		return &InputError{"evidence", "an action is closed with evidence"}
	}
	return first(code("id", d.ID), digests("evidence", d.Evidence), optional("note", d.Note, maxNote))
}

func (d AssessmentActionOverdue) check() error {
	return first(code("id", d.ID), instant("due", d.Due))
}

func (d AssessmentActionRequired) change(a *Assessment, e Event) error {
	a.Actions = append(slices.Clone(a.Actions), CorrectiveAction{ID: d.ID, Criterion: d.Criterion, Site: d.Site, Severity: d.Severity,
		What: d.What, Owner: d.Owner, Due: d.Due, Condition: d.Condition, By: e.Actor, At: e.DecidedAt})
	return nil
}

func (d AssessmentActionExtended) change(a *Assessment, _ Event) error {
	return a.changeAction(d.ID, func(act *CorrectiveAction) { act.Due, act.OverdueAt = d.Due, 0 })
}

func (d AssessmentActionClosed) change(a *Assessment, e Event) error {
	return a.changeAction(d.ID, func(act *CorrectiveAction) {
		act.ClosedAt, act.ClosedBy, act.Evidence, act.Note = e.DecidedAt, e.Actor, d.Evidence, d.Note
	})
}

func (d AssessmentActionOverdue) change(a *Assessment, e Event) error {
	return a.changeAction(d.ID, func(act *CorrectiveAction) { act.OverdueAt = e.DecidedAt })
}

func (a *Assessment) changeAction(id string, change func(*CorrectiveAction)) error {
	next := slices.Clone(a.Actions)
	i := slices.IndexFunc(next, func(act CorrectiveAction) bool { return act.ID == id })
	if i < 0 {
		return fmt.Errorf("no corrective action %s", id)
	}
	change(&next[i])
	a.Actions = next
	return nil
}
