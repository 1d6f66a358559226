package authorisation

import (
	"fmt"
	"slices"
)

// A Recheck looks again whether the conditions are met (DA Art. 15): at the end of a
// period, because of what the holder or another authority told, or a change of law.
type Recheck struct {
	Cause    string    `json:"cause"`
	Note     string    `json:"note,omitzero"`
	By       string    `json:"by"`
	OpenedAt int64     `json:"opened_at"`
	ClosedAt int64     `json:"closed_at,omitzero"`
	ClosedBy string    `json:"closed_by,omitzero"`
	Result   Proposal  `json:"result,omitzero"`
	Findings []Finding `json:"findings,omitempty"`
	Told     Channel   `json:"told,omitzero"` // how the holder was told the result
	Said     string    `json:"said,omitzero"` // to the holder
}

// A Proposal is what a re-check ends with. Nothing follows from it by itself: the
// measure it proposes is decided as such, with its own rights of the holder.
type Proposal string

// The proposals.
const (
	Keep           Proposal = "keep"
	ProposeAmend   Proposal = "amend"
	ProposeSuspend Proposal = "suspend"
	ProposeRevoke  Proposal = "revoke"
)

// The causes of a re-check.
var causes = []string{"periodic", "first_validation", "young", "change", "incident", "information", "law", "monitoring", "renewal"}

// A Check is the finding of one look into a register of others. The extract itself is
// not kept: of criminal records it is the finding that counts (domain f.7).
type Check struct {
	What    string `json:"what"`
	Finding string `json:"finding"` // clear, doubt
	Source  string `json:"source"`
	At      int64  `json:"at"`
	By      string `json:"by"`
	Note    string `json:"note,omitzero"`
}

type (
	OpenRecheck struct {
		By
		Cause, Note string
		Timed
	}
	// CloseRecheck is told to the holder.
	CloseRecheck struct {
		By
		Result   Proposal
		Findings []Finding
		Told     Channel
		Said     string
		Timed
	}
	// RecordCheck keeps what a register of others said.
	RecordCheck struct {
		By
		Check Check
	}
)

func (OpenRecheck) name() string  { return "open re-check" }
func (CloseRecheck) name() string { return "close re-check" }
func (RecordCheck) name() string  { return "record check" }

func (m Monitoring) rechecking() bool { return m.Recheck != nil && m.Recheck.ClosedAt == 0 }

func (c OpenRecheck) decide(m Monitoring) ([]Event, error) {
	if m.rechecking() {
		return nil, &TransitionError{m.words(), c.name(), "a re-check is under way"}
	}
	return one(c.By, c.At, MonitoringRecheckOpened{c.Cause, c.Note, c.Timed})
}

func (c CloseRecheck) decide(m Monitoring) ([]Event, error) {
	if !m.rechecking() {
		return nil, &TransitionError{m.words(), c.name(), "no re-check is under way"}
	}
	bad := slices.ContainsFunc(c.Findings, func(f Finding) bool { return f.Result == NotMet })
	if bad && c.Result == Keep {
		return nil, &TransitionError{m.words(), c.name(), "a requirement is not met: propose what follows"}
	}
	return one(c.By, c.At, MonitoringRecheckClosed{c.Result, c.Findings, c.Told, c.Said, c.Timed})
}

func (c RecordCheck) decide(Monitoring) ([]Event, error) {
	return one(c.By, c.At, MonitoringChecked{c.Check.What, c.Check.Finding, c.Check.Source, c.Check.Note})
}

type (
	MonitoringRecheckOpened struct {
		Cause string `json:"cause"`
		Note  string `json:"note,omitzero"`
		Timed
	}
	MonitoringRecheckClosed struct {
		Result   Proposal  `json:"result"`
		Findings []Finding `json:"findings,omitzero"`
		Told     Channel   `json:"told"`
		Said     string    `json:"said"`
		Timed
	}
	MonitoringChecked struct {
		What    string `json:"what"`
		Finding string `json:"finding"`
		Source  string `json:"source"`
		Note    string `json:"note,omitzero"`
	}
)

func (MonitoringRecheckOpened) event() (string, int64) { return "monitoring.recheck_opened", 1 }
func (MonitoringRecheckClosed) event() (string, int64) { return "monitoring.recheck_closed", 1 }
func (MonitoringChecked) event() (string, int64)       { return "monitoring.checked", 1 }

func (d MonitoringRecheckOpened) monitor(m *Monitoring, e Event) error {
	m.Recheck = &Recheck{Cause: d.Cause, Note: d.Note, By: e.Actor, OpenedAt: e.DecidedAt}
	return nil
}

func (d MonitoringRecheckClosed) monitor(m *Monitoring, e Event) error {
	if !m.rechecking() {
		return fmt.Errorf("no re-check is under way")
	}
	r := *m.Recheck
	r.ClosedAt, r.ClosedBy, r.Result, r.Findings, r.Told, r.Said = e.DecidedAt, e.Actor, d.Result, d.Findings, d.Told, d.Said
	m.Recheck = &r
	return nil
}

func (d MonitoringChecked) monitor(m *Monitoring, e Event) error {
	m.Checks = slices.DeleteFunc(m.Checks, func(c Check) bool { return c.What == d.What })
	m.Checks = append(m.Checks, Check{d.What, d.Finding, d.Source, e.DecidedAt, e.Actor, d.Note})
	return nil
}

func (d MonitoringRecheckOpened) check() error {
	return first(oneOf("cause", d.Cause, causes...), optional("note", d.Note, maxNote), d.Timed.check())
}

func (d MonitoringRecheckClosed) check() error {
	if d.Findings != nil {
		if err := checkFindings(d.Findings); err != nil {
			return err
		}
	}
	return first(oneOf("result", d.Result, d.Result.Values()...),
		oneOf("told", d.Told, d.Told.Values()...), text("said", d.Said, maxNote), d.Timed.check())
}

func (d MonitoringChecked) check() error {
	return first(oneOf("what", d.What, "criminal_record", "infringements", "insolvency", "arrears", "sanctions"), oneOf("finding", d.Finding, "clear", "doubt"),
		text("source", d.Source, maxLine), optional("note", d.Note, maxNote))
}
