package authorisation

import (
	"fmt"
	"slices"
)

// A ReportKind is what a holder reports.
type ReportKind string

// The kinds of reports.
const (
	ReportChange         ReportKind = "change"          // that may affect the status: UCC Art. 23(2)
	ReportIncident       ReportKind = "incident"        // of security
	ReportCargo          ReportKind = "cargo"           // suspicious goods or documents: SAFE group D
	ReportSelfAssessment ReportKind = "self_assessment" // SAFE group M
	ReportInternalAudit  ReportKind = "internal_audit"
	ReportRenewal        ReportKind = "renewal" // asks that the status be renewed
)

// The results of a self-assessment or an internal audit.
const (
	InOrder   Result = "in_order"
	ToImprove Result = "to_improve"
)

// A Report is what the holder told customs.
type Report struct {
	ID         int64      `json:"id"`
	Kind       ReportKind `json:"kind"`
	Code       string     `json:"code,omitzero"` // kind of change, as the pack names it
	Text       string     `json:"text"`
	By         string     `json:"by"`
	At         int64      `json:"at"`
	HappenedAt int64      `json:"happened_at,omitzero"`
	DueAt      int64      `json:"due_at,omitzero"`  // by when it had to be told
	HeldAt     string     `json:"held_at,omitzero"` // where the goods are
	Result     Result     `json:"result,omitzero"`
	Office     string     `json:"office,omitzero"` // that deals with it
	Answers    []Answered `json:"answers,omitempty"`
}

// Late reports whether it was told later than the programme asks.
func (r Report) Late() bool { return r.DueAt != 0 && r.At >= r.DueAt }

// Open reports whether nobody acknowledged it yet.
func (r Report) Open() bool { return len(r.Answers) == 0 }

// A GoodsOrder is what customs says about goods that are held.
type GoodsOrder string

// The orders.
const (
	Hold      GoodsOrder = "hold"
	LetGo     GoodsOrder = "release"
	NoOrder   GoodsOrder = ""
	mostNotes            = 16 // answers to one report
)

// An Answered report: customs acknowledged it, routed it, or said what becomes of the goods.
type Answered struct {
	By    string     `json:"by"`
	At    int64      `json:"at"`
	Goods GoodsOrder `json:"goods,omitzero"`
	Note  string     `json:"note,omitzero"`
}

type (
	// ReportToCustoms is the holder's, or an officer's who took it down. DueAt is by
	// when the programme wants it told; Office the one that deals with it.
	ReportToCustoms struct {
		By
		Report Report
		Timed
	}
	// Acknowledge tells the holder that a report arrived, and who deals with it.
	Acknowledge struct {
		By
		Report int64
		Office string
		Goods  GoodsOrder
		Note   string
	}
)

func (ReportToCustoms) name() string { return "report" }
func (Acknowledge) name() string     { return "acknowledge" }

func (c ReportToCustoms) decide(m Monitoring) ([]Event, error) {
	if open := slices.DeleteFunc(slices.Clone(m.Reports), func(r Report) bool { return !r.Open() }); len(open) >= maxList {
		return nil, &TransitionError{m.words(), c.name(), fmt.Sprintf("%d reports wait for an answer", maxList)}
	}
	if c.Report.HappenedAt > c.At {
		return nil, &InputError{"happened_at", "in the future"}
	}
	r := c.Report
	return one(c.By, c.At, MonitoringReported{m.Count + 1, r.Kind, r.Code, r.Text, r.HappenedAt, r.DueAt, r.HeldAt, r.Result, r.Office, c.Timed})
}

func (c Acknowledge) decide(m Monitoring) ([]Event, error) {
	i := m.report(c.Report)
	if i < 0 {
		return nil, &TransitionError{m.words(), c.name(), fmt.Sprintf("no report %d is kept", c.Report)}
	}
	if r := m.Reports[i]; len(r.Answers) >= mostNotes {
		return nil, &TransitionError{m.words(), c.name(), fmt.Sprintf("report %d has %d answers", c.Report, mostNotes)}
	} else if c.Goods != NoOrder && r.HeldAt == "" {
		return nil, &TransitionError{m.words(), c.name(), fmt.Sprintf("report %d is about no goods", c.Report)}
	}
	return one(c.By, c.At, MonitoringAcknowledged{c.Report, c.Office, c.Goods, c.Note})
}

func (m Monitoring) report(id int64) int {
	return slices.IndexFunc(m.Reports, func(r Report) bool { return r.ID == id })
}

type (
	MonitoringReported struct {
		ID         int64      `json:"id"`
		Kind       ReportKind `json:"kind"`
		Code       string     `json:"code,omitzero"`
		Text       string     `json:"text"`
		HappenedAt int64      `json:"happened_at,omitzero"`
		DueAt      int64      `json:"due_at,omitzero"`
		HeldAt     string     `json:"held_at,omitzero"`
		Result     Result     `json:"result,omitzero"`
		Office     string     `json:"office,omitzero"`
		Timed
	}
	MonitoringAcknowledged struct {
		Report int64      `json:"report"`
		Office string     `json:"office,omitzero"`
		Goods  GoodsOrder `json:"goods,omitzero"`
		Note   string     `json:"note,omitzero"`
	}
)

func (MonitoringReported) event() (string, int64)     { return "monitoring.reported", 1 }
func (MonitoringAcknowledged) event() (string, int64) { return "monitoring.acknowledged", 1 }

func (d MonitoringReported) monitor(m *Monitoring, e Event) error {
	if d.ID != m.Count+1 {
		return fmt.Errorf("report %d follows %d", d.ID, m.Count)
	}
	m.Count = d.ID
	m.Reports = append(m.Reports, Report{ID: d.ID, Kind: d.Kind, Code: d.Code, Text: d.Text, By: e.Actor, At: e.DecidedAt,
		HappenedAt: d.HappenedAt, DueAt: d.DueAt, HeldAt: d.HeldAt, Result: d.Result, Office: d.Office})
	m.forgetReports()
	return nil
}

// forgetReports leaves, of the reports that were answered, the last.
func (m *Monitoring) forgetReports() {
	done := 0
	for _, r := range m.Reports {
		if !r.Open() {
			done++
		}
	}
	m.Reports = slices.DeleteFunc(m.Reports, func(r Report) bool {
		if r.Open() || done <= keptReports {
			return false
		}
		done--
		return true
	})
}

func (d MonitoringAcknowledged) monitor(m *Monitoring, e Event) error {
	i := m.report(d.Report)
	if i < 0 {
		return fmt.Errorf("no report %d", d.Report)
	}
	r := &m.Reports[i]
	r.Answers = append(slices.Clone(r.Answers), Answered{e.Actor, e.DecidedAt, d.Goods, d.Note})
	if d.Office != "" {
		r.Office = d.Office
	}
	m.forgetReports()
	return nil
}

func (d MonitoringReported) check() error {
	err := first(
		instant("id", d.ID), oneOf("kind", d.Kind, d.Kind.Values()...),
		optional("code", d.Code, maxCode), text("text", d.Text, maxNote), optional("held_at", d.HeldAt, maxLine), optional("office", d.Office, maxCode), d.Timed.check(),
	)
	audit := d.Kind == ReportSelfAssessment || d.Kind == ReportInternalAudit
	switch {
	case err != nil:
		return err
	case audit:
		err = oneOf("result", d.Result, InOrder, ToImprove)
	case d.Result != "":
		err = &InputError{"result", "of a self-assessment or an internal audit only"}
	case d.Kind == ReportChange:
		err = code("code", d.Code)
	case d.Kind == ReportCargo && d.HeldAt == "":
		err = &InputError{"held_at", "say where the goods are"}
	}
	if err == nil && d.HappenedAt != 0 {
		err = instant("happened_at", d.HappenedAt)
	}
	if err == nil && d.DueAt != 0 {
		err = instant("due_at", d.DueAt)
	}
	return err
}

func (d MonitoringAcknowledged) check() error {
	return first(instant("report", d.Report), optional("office", d.Office, maxCode),
		oneOf("goods", d.Goods, append(d.Goods.Values(), NoOrder)...), optional("note", d.Note, maxNote))
}
