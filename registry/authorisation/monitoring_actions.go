package authorisation

import (
	"fmt"
	"slices"
)

// ActionClock is the name of the clock of a corrective action.
func ActionClock(id string) string { return RuleAction + "#" + id }

// NextAction is the number the next corrective action of the monitoring has.
func (m Monitoring) NextAction() string { return fmt.Sprintf("CA-%d", m.Asked+1) }

type (
	// AskAction asks a holder to put something right; the clock goes with it.
	AskAction struct {
		By
		Action CorrectiveAction // Criterion, Site, Severity, What and Owner
		Timed
	}
	// FinishAction: it was done. Who has to do it does not say so.
	FinishAction struct {
		By
		ID       string
		Note     string
		Evidence []string
		Timed
	}
)

func (AskAction) name() string    { return "ask for a corrective action" }
func (FinishAction) name() string { return "close corrective action" }

func (c AskAction) decide(m Monitoring) ([]Event, error) {
	if open := slices.DeleteFunc(slices.Clone(m.Actions), func(a CorrectiveAction) bool { return a.ClosedAt != 0 }); len(open) >= maxList {
		return nil, &TransitionError{m.words(), c.name(), fmt.Sprintf("%d actions are open already", maxList)}
	}
	a := c.Action
	if a.Due <= c.At {
		return nil, &InputError{"due", "not after now"}
	}
	return one(c.By, c.At, MonitoringActionAsked{m.NextAction(), a.Criterion, a.Site, a.Severity, a.What, a.Owner, a.Due, c.Timed})
}

func (c FinishAction) decide(m Monitoring) ([]Event, error) {
	i := m.action(c.ID)
	if i < 0 || m.Actions[i].ClosedAt != 0 {
		return nil, &TransitionError{m.words(), c.name(), fmt.Sprintf("no action %.40q is open", c.ID)}
	}
	if c.By.is(m.Actions[i].Owner) {
		return nil, fmt.Errorf("%s: %w: %s is its owner", c.name(), ErrFourEyes, c.Actor)
	}
	return one(c.By, c.At, MonitoringActionFinished{c.ID, c.Note, c.Evidence, c.Timed})
}

func (m Monitoring) action(id string) int {
	return slices.IndexFunc(m.Actions, func(a CorrectiveAction) bool { return a.ID == id })
}

type (
	MonitoringActionAsked struct {
		ID        string   `json:"id"`
		Criterion string   `json:"criterion"`
		Site      string   `json:"site,omitzero"`
		Severity  Severity `json:"severity"`
		What      string   `json:"what"`
		Owner     string   `json:"owner"`
		Due       int64    `json:"due"`
		Timed
	}
	MonitoringActionFinished struct {
		ID       string   `json:"id"`
		Note     string   `json:"note"`
		Evidence []string `json:"evidence,omitzero"`
		Timed
	}
)

func (MonitoringActionAsked) event() (string, int64)    { return "monitoring.action_asked", 1 }
func (MonitoringActionFinished) event() (string, int64) { return "monitoring.action_finished", 1 }

// monitor keeps the actions that are open, and those done since the last was asked for.
func (d MonitoringActionAsked) monitor(m *Monitoring, e Event) error {
	m.Asked++
	if d.ID != fmt.Sprintf("CA-%d", m.Asked) {
		return fmt.Errorf("%s follows CA-%d", d.ID, m.Asked-1)
	}
	m.Actions = slices.DeleteFunc(m.Actions, func(a CorrectiveAction) bool { return a.ClosedAt != 0 })
	m.Actions = append(m.Actions, CorrectiveAction{ID: d.ID, Criterion: d.Criterion, Site: d.Site, Severity: d.Severity,
		What: d.What, Owner: d.Owner, Due: d.Due, By: e.Actor, At: e.DecidedAt})
	return nil
}

func (d MonitoringActionFinished) monitor(m *Monitoring, e Event) error {
	i := m.action(d.ID)
	if i < 0 {
		return fmt.Errorf("no action %s", d.ID)
	}
	a := &m.Actions[i]
	a.ClosedAt, a.ClosedBy, a.Note, a.Evidence = e.DecidedAt, e.Actor, d.Note, d.Evidence
	return nil
}

func (d MonitoringActionAsked) check() error {
	as := AssessmentActionRequired{d.ID, d.Criterion, d.Site, d.Severity, d.What, d.Owner, d.Due, false}
	return first(as.check(), d.Timed.check())
}

func (d MonitoringActionFinished) check() error {
	return first(code("id", d.ID), text("note", d.Note, maxNote), digests("evidence", d.Evidence), d.Timed.check())
}
