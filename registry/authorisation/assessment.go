package authorisation

import (
	"fmt"
	"slices"
)

// An Asked criterion is what an application is examined on, as the pack said when
// the assessment was opened.
type Asked struct {
	Code    string `json:"code"`
	Group   string `json:"group"`
	Weight  Weight `json:"weight,omitzero"`
	PerSite bool   `json:"per_site,omitzero"`
}

// An Assessment is what is gathered beside an application, under its number: the
// applicant's answers, the register of evidence, certificates of others, second
// scores and corrective actions. The findings themselves are the application's.
type Assessment struct {
	Case         string             `json:"case"`
	Operator     string             `json:"operator"`
	Criteria     []Asked            `json:"criteria"`
	Sites        []string           `json:"sites"`
	OpenedAt     int64              `json:"opened_at"`
	DecidedAt    int64              `json:"decided_at"` // of the last act
	Sections     []Section          `json:"sections"`
	Responses    []Responded        `json:"responses"` // newest for each criterion and site
	Evidence     []Evidence         `json:"evidence"`
	Certificates []HeldCertificate  `json:"certificates"`
	Young        *Young             `json:"young,omitzero"`
	Sample       *Sample            `json:"sample,omitzero"`
	Second       []Assessed         `json:"second"` // scores of the sample by another assessor
	Actions      []CorrectiveAction `json:"actions"`
}

// OpenAssessment begins an assessment with what the pack asks.
type OpenAssessment struct {
	By
	Operator string
	Criteria []Asked
	Sites    []string
}

// AssessmentOpened is the first fact of an assessment.
type AssessmentOpened struct {
	Operator string   `json:"operator"`
	Criteria []Asked  `json:"criteria"`
	Sites    []string `json:"sites"`
}

func (OpenAssessment) name() string             { return "open assessment" }
func (AssessmentOpened) event() (string, int64) { return "assessment.opened", 1 }
func (AssessmentOpened) opens()                 {}

func (c OpenAssessment) decide(Assessment) ([]Event, error) {
	return one(c.By, c.At, AssessmentOpened{c.Operator, c.Criteria, slices.Concat([]string{}, c.Sites)})
}

func (d AssessmentOpened) check() error {
	var list []string
	for _, q := range d.Criteria {
		list = append(list, q.Code)
		if err := first(code("criteria", q.Group), oneOf("weight", q.Weight, append(q.Weight.Values(), Must)...)); err != nil {
			return err
		}
	}
	return first(code("operator", d.Operator), several("criteria", list, 1, maxRequirements), codes("sites", d.Sites, 0))
}

func (d AssessmentOpened) change(a *Assessment, e Event) error {
	*a = Assessment{Case: e.Case, Operator: d.Operator, Criteria: d.Criteria, Sites: d.Sites, OpenedAt: e.DecidedAt,
		Sections: []Section{}, Responses: []Responded{}, Evidence: []Evidence{}, Certificates: []HeldCertificate{},
		Second: []Assessed{}, Actions: []CorrectiveAction{}}
	return nil
}

// assessmentForms are the facts of an assessment.
var assessmentForms = map[string]form{
	"assessment.opened/1":                 read[AssessmentOpened],
	"assessment.section_assigned/1":       read[AssessmentSectionAssigned],
	"assessment.answered/1":               read[AssessmentAnswered],
	"assessment.evidence_added/1":         read[AssessmentEvidenceAdded],
	"assessment.evidence_read/1":          read[AssessmentEvidenceRead],
	"assessment.certificate_registered/1": read[AssessmentCertificateRegistered],
	"assessment.young/1":                  read[AssessmentYoung],
	"assessment.sampled/1":                read[AssessmentSampled],
	"assessment.second_scored/1":          read[AssessmentSecondScored],
	"assessment.action_required/1":        read[AssessmentActionRequired],
	"assessment.action_extended/1":        read[AssessmentActionExtended],
	"assessment.action_closed/1":          read[AssessmentActionClosed],
	"assessment.action_overdue/1":         read[AssessmentActionOverdue],
}

type assessmentCommand interface {
	Command
	decide(Assessment) ([]Event, error)
}

type assessmentFact interface {
	Data
	change(*Assessment, Event) error
}

func (a Assessment) words() string {
	if a.Case == "" {
		return "not opened"
	}
	return "open"
}

// Decide answers a command with the events it brings about.
func (a Assessment) Decide(c Command) ([]Event, error) {
	if err := admit(c, a.words(), a.Case, a.DecidedAt); err != nil {
		return nil, err
	}
	of, ok := c.(assessmentCommand)
	if !ok {
		return nil, &TransitionError{a.words(), c.name(), "not a command for an assessment"}
	}
	if _, opening := c.(OpenAssessment); opening != (a.Case == "") {
		return nil, &TransitionError{a.words(), c.name(), "an assessment is opened once, and first"}
	}
	return of.decide(a)
}

// Apply returns the state after an event.
func (a Assessment) Apply(e Event) (Assessment, error) {
	if err := follows(e, a.Case, a.DecidedAt); err != nil {
		return a, err
	}
	fact, ok := e.Data.(assessmentFact)
	if !ok {
		return a, fmt.Errorf("applying %s to an assessment: %w", e.Type(), ErrUnknownEvent)
	}
	if err := fact.change(&a, e); err != nil {
		return a, fmt.Errorf("applying %s: %w", e.Type(), err)
	}
	a.DecidedAt = e.DecidedAt
	return a, nil
}

// asked is the criterion of that code.
func (a Assessment) asked(code string) (Asked, bool) {
	i := slices.IndexFunc(a.Criteria, func(q Asked) bool { return q.Code == code })
	if i < 0 {
		return Asked{}, false
	}
	return a.Criteria[i], true
}

// concerns admits a criterion and, where it is judged per site, one of the sites.
func (a Assessment) concerns(field, criterion, site string) error {
	q, ok := a.asked(criterion)
	switch {
	case !ok:
		return &InputError{field, fmt.Sprintf("%.60q is no criterion of this application", criterion)}
	case site == "" && q.PerSite && len(a.Sites) > 0:
		return &InputError{field, fmt.Sprintf("%s is judged for each site: name one of %v", criterion, a.Sites)}
	case site != "" && !slices.Contains(a.Sites, site):
		return &InputError{field, fmt.Sprintf("%.60q is no site of this application", site)}
	}
	return nil
}

// Obstacles say why a grant is not possible yet, as far as the assessment goes: of
// the application and its findings, at an instant.
func (a Assessment) Obstacles(app Application, at int64) (out []string) {
	if a.Young != nil && a.Young.Basis == "" && a.Young.Until > at {
		out = append(out, "the company is young, and no alternative basis for its compliance is recorded")
	}
	for _, place := range a.outstanding(app) {
		out = append(out, "the second score of "+place+" is outstanding")
	}
	for _, c := range a.Actions {
		if c.ClosedAt == 0 && !c.Condition {
			out = append(out, "corrective action "+c.ID+" is open")
		}
	}
	for _, f := range app.Findings {
		if err := a.Supports(f.Finding, at); err != nil {
			out = append(out, err.Error())
		}
	}
	return out
}
