package programme

import "slices"

// Monitoring is what happens after a grant. The rules are ids of deadlines; empty
// where the programme knows none.
type Monitoring struct {
	Changes         []ChangeKind `json:"changes"` // what a holder must tell
	SelfAssessment  string       `json:"self_assessment"`
	InternalAudit   string       `json:"internal_audit"`
	Recheck         string       `json:"recheck"`
	FirstValidation string       `json:"first_validation"` // after a grant on documents
	Young           string       `json:"young"`            // the time a young company is watched closely
	Renewal         string       `json:"renewal"`
	Risk            []string     `json:"risk"` // what brings a re-check forward
	Source          string       `json:"source"`
	Unsure          string       `json:"unsure,omitempty"`
}

// A ChangeKind is a kind of change a holder must tell.
type ChangeKind struct {
	Code   string `json:"code"`
	Title  string `json:"title"`
	Rule   string `json:"rule"` // the deadline of the notice
	Source string `json:"source"`
	Unsure string `json:"unsure,omitempty"`
}

// A Certificate is one of another body that may be taken as evidence, so that what
// it covers need not be checked anew.
type Certificate struct {
	Code   string   `json:"code"`
	Title  string   `json:"title"`
	Covers []string `json:"covers"` // codes of criteria
	Source string   `json:"source"`
	Unsure string   `json:"unsure,omitempty"`
}

// ChangeKind is the kind of change of that code; false where the programme has none.
func (p *Pack) ChangeKind(code string) (ChangeKind, bool) {
	i := slices.IndexFunc(p.Monitoring.Changes, func(k ChangeKind) bool { return k.Code == code })
	if i < 0 {
		return ChangeKind{}, false
	}
	return p.Monitoring.Changes[i], true
}

// Certificate is the certificate of that code; false where the programme accepts none such.
func (p *Pack) Certificate(code string) (Certificate, bool) {
	i := slices.IndexFunc(p.Certificates, func(c Certificate) bool { return c.Code == code })
	if i < 0 {
		return Certificate{}, false
	}
	return p.Certificates[i], true
}

// The ids of deadlines this software acts on. A pack has a rule for each, or says
// under `without` that its programme knows none.
const (
	RuleAcceptance       = "acceptance"
	RuleInformation      = "information"
	RuleDecision         = "decision"
	RuleConsultation     = "consultation"
	RuleHearing          = "hearing"
	RuleService          = "service"
	RuleAppeal           = "appeal"
	RuleUrgentSuspension = "urgent_suspension"
	RuleSuspensionDoubt  = "suspension_doubt"
	RuleRemedy           = "remedy"
	RuleRemedyCheck      = "remedy_check"
	RuleCorrectiveAction = "corrective_action"
	RuleChangeNotice     = "change_notice"
	RuleSelfAssessment   = "self_assessment"
	RuleInternalAudit    = "internal_audit"
	RuleRecheck          = "recheck"
	RuleFirstValidation  = "first_validation"
	RuleYoungMonitoring  = "young_monitoring"
	RuleRenewal          = "renewal"
	RuleDeferral         = "deferral"
)

// RuleIDs lists them.
func RuleIDs() []string {
	return []string{
		RuleAcceptance, RuleInformation, RuleDecision, RuleConsultation, RuleHearing, RuleService, RuleAppeal,
		RuleUrgentSuspension, RuleSuspensionDoubt, RuleRemedy, RuleRemedyCheck, RuleCorrectiveAction, RuleChangeNotice,
		RuleSelfAssessment, RuleInternalAudit, RuleRecheck, RuleFirstValidation, RuleYoungMonitoring, RuleRenewal, RuleDeferral,
	}
}

// An Absence says that a programme has no deadline of an id.
type Absence struct {
	Rule   string `json:"rule"`
	Source string `json:"source"`
	Unsure string `json:"unsure,omitempty"`
}
