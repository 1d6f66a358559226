package authorisation

import (
	"fmt"
	"slices"
)

// A VisitState is where a validation visit stands.
type VisitState string

// The states of a visit.
const (
	NotPlanned     VisitState = ""
	VisitPlanned   VisitState = "planned"
	VisitReported  VisitState = "reported"   // somebody of the team handed in what was found
	VisitSignedOff VisitState = "signed_off" // the lead says that the report is whole and right
	VisitCancelled VisitState = "cancelled"
)

// How a visit is made.
const (
	OnSite = "on_site"
	Remote = "remote"
	Joint  = "joint" // with officers of a partner administration
)

// VisitPlan is what a visit is to look at, when, and by whom.
type VisitPlan struct {
	Mode  string      `json:"mode"`
	Sites []string    `json:"sites"` // of the application; empty: the premises, where it names no sites
	From  int64       `json:"from"`
	Until int64       `json:"until"`            // the end of the last day
	Team  []string    `json:"team"`             // validators, the lead first
	Items []VisitItem `json:"items"`            // criteria, at each site where they are judged per site
	With  *VisitGuest `json:"partner,omitzero"` // of a joint visit
}

// A VisitItem is a criterion looked at, at a site.
type VisitItem struct {
	Criterion string `json:"criterion"`
	Site      string `json:"site,omitzero"`
}

// A VisitGuest is the officer of a partner administration in a joint visit.
type VisitGuest struct {
	Territory string `json:"territory"`
	Officer   string `json:"officer"`
}

// A VisitExport says that a form of the visit was handed out.
type VisitExport struct {
	SHA256 string `json:"sha256"` // of the form
	By     string `json:"by"`
	At     int64  `json:"at"`
}

// A VisitSample is what became of a row of the sample: what the papers said
// compared with what is there.
type VisitSample struct {
	Row    int64  `json:"row"`
	Result string `json:"result"` // agrees, differs or missing
	Note   string `json:"note,omitzero"`
}

// A VisitReport is what one of the team found.
type VisitReport struct {
	SHA256    string        `json:"sha256"`     // of what was handed in: the same again is no second report
	Form      string        `json:"form"`       // digest of the form that was filled in
	VisitedOn string        `json:"visited_on"` // 2006-01-02
	Findings  []Finding     `json:"findings"`
	Samples   []VisitSample `json:"samples"`
	By        string        `json:"by"`
	At        int64         `json:"at"`
}

// A Visit is the state of a validation visit. It is a case of its own, beside the
// application (or authorisation, where it is checked again) it is made for.
type Visit struct {
	Case      string        `json:"case"`
	State     VisitState    `json:"state"`
	Operator  string        `json:"operator"`
	Subject   string        `json:"subject"` // number of the application or authorisation
	Plan      VisitPlan     `json:"plan"`
	Exports   []VisitExport `json:"exports"`
	Reports   []VisitReport `json:"reports"`
	SignedBy  string        `json:"signed_by,omitzero"`
	SignedAt  int64         `json:"signed_at,omitzero"`
	Reason    string        `json:"reason,omitzero"` // of the last move, or why it was cancelled
	DecidedAt int64         `json:"decided_at"`
}

// Bounds of one visit.
const (
	maxVisitReports = 32
	maxVisitExports = 32
	// MaxVisitSamples bounds the sample of one visit.
	MaxVisitSamples = 200
)

// Commands about a visit.
type (
	PlanVisit struct {
		By
		Operator, Subject string
		Plan              VisitPlan
	}
	MoveVisit struct {
		By
		From, Until int64
		Team        []string // empty: as before
		Reason      string
	}
	CancelVisit struct {
		By
		Reason string
	}
	ExportVisit struct {
		By
		SHA256 string
	}
	// ReportVisit hands in what was found. What differs from an earlier report needs
	// Replace, so that nobody overwrites a colleague unseen.
	ReportVisit struct {
		By
		Report  VisitReport // By and At are the command's
		Replace bool
	}
	SignOffVisit struct{ By }
)

// Facts about a visit.
type (
	VisitWasPlanned struct {
		Operator string    `json:"operator"`
		Subject  string    `json:"subject"`
		Plan     VisitPlan `json:"plan"`
	}
	VisitMoved struct {
		From   int64    `json:"from"`
		Until  int64    `json:"until"`
		Team   []string `json:"team"`
		Reason string   `json:"reason"`
	}
	VisitWasCancelled struct {
		Reason string `json:"reason"`
	}
	VisitExported struct {
		SHA256 string `json:"sha256"`
	}
	VisitWasReported struct {
		SHA256    string        `json:"sha256"`
		Form      string        `json:"form"`
		VisitedOn string        `json:"visited_on"`
		Findings  []Finding     `json:"findings"`
		Samples   []VisitSample `json:"samples"`
	}
	VisitWasSignedOff struct{}
)

func (PlanVisit) name() string    { return "plan visit" }
func (MoveVisit) name() string    { return "move visit" }
func (CancelVisit) name() string  { return "cancel visit" }
func (ExportVisit) name() string  { return "export visit" }
func (ReportVisit) name() string  { return "report visit" }
func (SignOffVisit) name() string { return "sign off visit" }

func (VisitWasPlanned) event() (string, int64)   { return "visit.planned", 1 }
func (VisitMoved) event() (string, int64)        { return "visit.moved", 1 }
func (VisitWasCancelled) event() (string, int64) { return "visit.cancelled", 1 }
func (VisitExported) event() (string, int64)     { return "visit.exported", 1 }
func (VisitWasReported) event() (string, int64)  { return "visit.reported", 1 }
func (VisitWasSignedOff) event() (string, int64) { return "visit.signed_off", 1 }

func (VisitWasPlanned) opens() {}

var visitForms = map[string]form{
	"visit.planned/1":    read[VisitWasPlanned],
	"visit.moved/1":      read[VisitMoved],
	"visit.cancelled/1":  read[VisitWasCancelled],
	"visit.exported/1":   read[VisitExported],
	"visit.reported/1":   read[VisitWasReported],
	"visit.signed_off/1": read[VisitWasSignedOff],
}

// Open reports whether a visit is still to be made or signed off.
func (v Visit) Open() bool { return v.State == VisitPlanned || v.State == VisitReported }

// Lead is who signs off.
func (v Visit) Lead() string { return v.Plan.Team[0] }

// Made reports whether who acts is of the team, or handed in a report: they never
// decide the case.
func (v Visit) Made(by By) bool {
	return slices.ContainsFunc(v.Plan.Team, by.is) || slices.ContainsFunc(v.Reports, func(r VisitReport) bool { return by.is(r.By) })
}

// Findings are the newest of all reports for each criterion and site, in the order
// of the plan.
func (v Visit) Findings() []Finding {
	var newest []Finding
	for _, r := range v.Reports {
		newest = slices.DeleteFunc(newest, func(old Finding) bool {
			return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.place() == old.place() })
		})
		newest = append(newest, r.Findings...)
	}
	slices.SortStableFunc(newest, func(x, y Finding) int { return v.item(x) - v.item(y) })
	return newest
}

// Missing are the items nothing was reported of.
func (v Visit) Missing() (out []VisitItem) {
	found := v.Findings()
	for _, i := range v.Plan.Items {
		if !slices.ContainsFunc(found, func(f Finding) bool { return f.Requirement == i.Criterion && f.Site == i.Site }) {
			out = append(out, i)
		}
	}
	return out
}

// Conflicts are the findings of a report that differ from what another of the team
// reported of the same.
func (v Visit) Conflicts(r VisitReport) (out []Finding) {
	for _, old := range v.Findings() {
		for _, f := range r.Findings {
			if f.place() == old.place() && (f.Result != old.Result || f.Severity != old.Severity || f.Note != old.Note) {
				out = append(out, old)
			}
		}
	}
	return out
}

// Has reports whether the same was handed in before.
func (v Visit) Has(report string) bool {
	return slices.ContainsFunc(v.Reports, func(r VisitReport) bool { return r.SHA256 == report })
}

func (v Visit) item(f Finding) int {
	return slices.Index(v.Plan.Items, VisitItem{f.Requirement, f.Site})
}

func (i VisitItem) String() string {
	if i.Site == "" {
		return i.Criterion
	}
	return fmt.Sprintf("%s at %s", i.Criterion, i.Site)
}
