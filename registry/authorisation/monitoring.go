package authorisation

import (
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// Rules of the clocks of monitoring. A corrective action has its own:
// "corrective_action#3".
const (
	RuleSelfAssessment  = "self_assessment"
	RuleInternalAudit   = "internal_audit"
	RuleRecheck         = "recheck"
	RuleFirstValidation = "first_validation"
	RuleYoungMonitoring = "young_monitoring"
	RuleRenewal         = "renewal"
	RuleAction          = "corrective_action"
)

// keptReports bounds how many reports that are done with are kept in the state; the
// ledger has them all.
const keptReports = 32

// Monitoring is what is watched after a grant, under the number of the authorisation:
// what is due from the holder and from customs, what the holder reported, and what
// re-checks found (UCC Art. 23(2) and (5), DA Art. 15; SAFE group M). The zero
// Monitoring has not begun.
type Monitoring struct {
	Case      string             `json:"case"`
	Operator  string             `json:"operator"`
	Risk      string             `json:"risk,omitzero"` // class, in the words of the administration
	Since     int64              `json:"since"`
	ClosedAt  int64              `json:"closed_at,omitzero"`
	Clocks    deadline.Clocks    `json:"clocks,omitempty"`
	Count     int64              `json:"count"` // of reports ever
	Reports   []Report           `json:"reports,omitempty"`
	Recheck   *Recheck           `json:"recheck,omitzero"` // under way, or the last
	Checks    []Check            `json:"checks,omitempty"` // the newest of each kind
	Asked     int64              `json:"asked,omitzero"`   // how many corrective actions, ever
	Actions   []CorrectiveAction `json:"actions,omitempty"`
	DecidedAt int64              `json:"decided_at"`
}

// A monitoringCommand says what it brings about.
type monitoringCommand interface {
	Command
	decide(Monitoring) ([]Event, error)
}

// A monitoringFact changes the state.
type monitoringFact interface {
	Data
	monitor(*Monitoring, Event) error
}

func (m Monitoring) words() string {
	switch {
	case m.Case == "":
		return "not monitored"
	case m.ClosedAt != 0:
		return "no longer monitored"
	}
	return "monitored"
}

// Wakes is when something is next due, or to be told.
func (m Monitoring) Wakes() (at int64, ok bool) { return m.Clocks.Wakes() }

// Due are the commands that record what the clock brought about by now.
func (m Monitoring) Due(now int64) []Command {
	if len(m.Clocks.Fallen(now)) == 0 || now < m.DecidedAt {
		return nil
	}
	return []Command{WatchTime{By{Case: m.Case, Actor: Scheduler, At: now}}}
}

// Decide answers a command with the events it brings about.
func (m Monitoring) Decide(c Command) ([]Event, error) {
	if err := admit(c, m.words(), m.Case, m.DecidedAt); err != nil {
		return nil, err
	}
	of, ok := c.(monitoringCommand)
	if !ok {
		return nil, &TransitionError{m.words(), c.name(), "not a command for monitoring"}
	}
	_, opens := c.(OpenMonitoring)
	_, reopens := c.(ReopenMonitoring)
	switch {
	case opens != (m.Case == ""):
		return nil, &TransitionError{m.words(), c.name(), "monitoring begins once, and first"}
	case reopens != (m.ClosedAt != 0):
		return nil, &TransitionError{m.words(), c.name(), "the authorisation has ended, or has not"}
	}
	list, err := of.decide(m)
	if err != nil {
		return nil, err
	}
	next := m
	for _, e := range list {
		if next, err = next.Apply(e); err != nil {
			return nil, &TransitionError{m.words(), c.name(), err.Error()}
		}
	}
	return list, nil
}

// Apply returns the state after an event.
func (m Monitoring) Apply(e Event) (Monitoring, error) {
	if err := follows(e, m.Case, m.DecidedAt); err != nil {
		return m, err
	}
	d, ok := e.Data.(monitoringFact)
	if !ok {
		return m, fmt.Errorf("applying %s to monitoring: %w", e.Type(), ErrUnknownEvent)
	}
	before := m
	m.Reports, m.Checks, m.Actions = slices.Clone(m.Reports), slices.Clone(m.Checks), slices.Clone(m.Actions)
	if err := d.monitor(&m, e); err != nil {
		return before, fmt.Errorf("applying %s: %w", e.Type(), err)
	}
	if timed, ok := e.Data.(interface{ changes() []deadline.Change }); ok {
		clocks, err := m.Clocks.Apply(timed.changes()...)
		if err != nil {
			return before, fmt.Errorf("applying %s: %w", e.Type(), err)
		}
		m.Clocks = clocks
	}
	m.DecidedAt = e.DecidedAt
	return m, nil
}

// The commands of the plan. Their clocks are computed from the pack.
type (
	// OpenMonitoring begins it, with the grant or when it is first asked for.
	OpenMonitoring struct {
		By
		Operator string
		Risk     string
		Timed
	}
	// PlanMonitoring changes the risk class and what is due: a re-check sooner.
	PlanMonitoring struct {
		By
		Risk string
		Note string
		Timed
	}
	// ReopenMonitoring goes on with it, once the end of the authorisation was taken back.
	ReopenMonitoring struct {
		By
		Timed
	}
	// CloseMonitoring is the clock's, once the authorisation has ended.
	CloseMonitoring struct{ By }
	// WatchTime is the clock's: see [Monitoring.Due].
	WatchTime struct{ By }
)

func (OpenMonitoring) name() string   { return "open monitoring" }
func (ReopenMonitoring) name() string { return "reopen monitoring" }
func (PlanMonitoring) name() string   { return "plan monitoring" }
func (CloseMonitoring) name() string  { return "close monitoring" }
func (WatchTime) name() string        { return "let time pass" }

func (OpenMonitoring) byClock()   {}
func (ReopenMonitoring) byClock() {}
func (CloseMonitoring) byClock()  {}
func (WatchTime) byClock()        {}

func (c OpenMonitoring) decide(Monitoring) ([]Event, error) {
	return one(c.By, c.At, MonitoringOpened{c.Operator, c.Risk, c.Timed})
}

func (c ReopenMonitoring) decide(Monitoring) ([]Event, error) {
	return one(c.By, c.At, MonitoringReopened{c.Timed})
}

func (c PlanMonitoring) decide(Monitoring) ([]Event, error) {
	return one(c.By, c.At, MonitoringPlanned{c.Risk, c.Note, c.Timed})
}

func (c CloseMonitoring) decide(m Monitoring) ([]Event, error) {
	return one(c.By, c.At, MonitoringClosed{})
}

func (c WatchTime) decide(m Monitoring) ([]Event, error) {
	fallen := m.Clocks.Fallen(c.At)
	if len(fallen) == 0 {
		return nil, &TransitionError{m.words(), c.name(), "nothing is due"}
	}
	var list []Event
	for _, ch := range fallen {
		list = append(list, Event{Case: c.Case, Actor: c.Actor, DecidedAt: c.At, EffectiveAt: ch.At,
			Data: MonitoringTimePassed{Timed{[]deadline.Change{ch}}}})
	}
	return events(list...)
}

// The facts.
type (
	MonitoringOpened struct {
		Operator string `json:"operator"`
		Risk     string `json:"risk,omitzero"`
		Timed
	}
	MonitoringPlanned struct {
		Risk string `json:"risk,omitzero"`
		Note string `json:"note,omitzero"`
		Timed
	}
	// MonitoringTimePassed: somebody is warned, or something is overdue. It takes
	// effect when that was so, whenever it was recorded.
	MonitoringTimePassed struct{ Timed }
	MonitoringClosed     struct{}
	MonitoringReopened   struct{ Timed }
)

func (MonitoringOpened) event() (string, int64)     { return "monitoring.opened", 1 }
func (MonitoringPlanned) event() (string, int64)    { return "monitoring.planned", 1 }
func (MonitoringTimePassed) event() (string, int64) { return "monitoring.time_passed", 1 }
func (MonitoringClosed) event() (string, int64)     { return "monitoring.closed", 1 }
func (MonitoringReopened) event() (string, int64)   { return "monitoring.reopened", 1 }

func (MonitoringOpened) opens() {}

var monitoringForms = map[string]form{
	"monitoring.opened/1":          read[MonitoringOpened],
	"monitoring.planned/1":         read[MonitoringPlanned],
	"monitoring.time_passed/1":     read[MonitoringTimePassed],
	"monitoring.closed/1":          read[MonitoringClosed],
	"monitoring.reopened/1":        read[MonitoringReopened],
	"monitoring.reported/1":        read[MonitoringReported],
	"monitoring.acknowledged/1":    read[MonitoringAcknowledged],
	"monitoring.recheck_opened/1":  read[MonitoringRecheckOpened],
	"monitoring.recheck_closed/1":  read[MonitoringRecheckClosed],
	"monitoring.checked/1":         read[MonitoringChecked],
	"monitoring.action_asked/1":    read[MonitoringActionAsked],
	"monitoring.action_finished/1": read[MonitoringActionFinished],
}

func (d MonitoringOpened) monitor(m *Monitoring, e Event) error {
	m.Case, m.Operator, m.Risk, m.Since = e.Case, d.Operator, d.Risk, e.DecidedAt
	return nil
}

func (d MonitoringPlanned) monitor(m *Monitoring, _ Event) error {
	if d.Risk != "" {
		m.Risk = d.Risk
	}
	return nil
}

func (MonitoringTimePassed) monitor(*Monitoring, Event) error { return nil }

func (MonitoringClosed) monitor(m *Monitoring, e Event) (err error) {
	m.ClosedAt = e.DecidedAt
	m.Clocks, err = m.Clocks.Apply(m.Clocks.EndAll(e.DecidedAt)...)
	return err
}

func (MonitoringReopened) monitor(m *Monitoring, _ Event) error {
	m.ClosedAt = 0
	return nil
}

func (d MonitoringReopened) check() error { return d.Timed.check() }

func (d MonitoringOpened) check() error {
	return first(code("operator", d.Operator), optional("risk", d.Risk, maxCode), d.Timed.check())
}

func (d MonitoringPlanned) check() error {
	return first(optional("risk", d.Risk, maxCode), optional("note", d.Note, maxNote), d.Timed.check())
}

func (d MonitoringTimePassed) check() error {
	if len(d.Clocks) == 0 {
		return &InputError{"clocks", "missing"}
	}
	return d.Timed.check()
}

func (MonitoringClosed) check() error { return nil }
