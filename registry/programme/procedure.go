package programme

import "github.com/aeo-registry/aeo/registry/deadline"

// When an applicant is heard about an adverse decision.
const (
	HearingBefore = "before"
	HearingAfter  = "after"
	HearingNone   = "none"
)

// Whether the sites of an applicant are visited before a grant.
const (
	VisitRequired  = "required"
	VisitRiskBased = "risk_based"
	VisitNone      = "none"
)

// What the silence of somebody who was consulted means.
const (
	SilenceNoObjection = "no_objection"
	SilenceMustAnswer  = "must_answer"
)

// From what the effect of a decision derives.
const (
	EffectOfDecision = "decision"
	EffectOfService  = "service"
)

// What becomes of a suspension whose time is over.
const (
	LapseLift = "lift" // it ends by itself
	LapseAsk  = "ask"  // it goes on until an officer says
)

// After what an operator is barred from applying again.
const (
	AfterRevocation = "revocation"
	AfterAnnulment  = "annulment"
	AfterRefusal    = "refusal"
	AfterWithdrawal = "withdrawal" // of an application by the applicant, or of the status by its holder
)

// From when an application counts as accepted, and the time for its decision runs.
const (
	AcceptedComplete   = "complete"   // the day the last of its data came in
	AcceptedAcceptance = "acceptance" // that of the acceptance, or of the silence that means it
)

// Which rules a running case keeps when a pack is replaced.
const (
	TransitionKeep = "keep" // those of the day it began
	TransitionNew  = "new"
)

// A Procedure is how applications and authorisations are dealt with.
type Procedure struct {
	Hearing       string            `json:"hearing"`
	Visit         map[string]string `json:"visit"` // by component
	Consultations []Consultation    `json:"consultations"`
	EffectOf      EffectOf          `json:"effect_of"`
	// AcceptedFrom is AcceptedComplete where a pack of before it was asked says nothing.
	AcceptedFrom string `json:"accepted_from,omitempty"`
	UrgentHours  int    `json:"urgent_hours"` // a suspension by one officer lapses unless a second confirms it
	OnLapse      string `json:"on_lapse"`
	Bars         []Bar  `json:"bars"`
	// AppealAfter are the times for an appeal that differ from the deadline's, by what
	// it is against: "annulment" or "revocation".
	AppealAfter map[string]deadline.Period `json:"appeal_after,omitempty"`
	// YoungYears is the age below which a company is young: judged on the
	// alternative bases, and watched after the grant. 0: the programme knows none.
	YoungYears int `json:"young_years"`
	// AlternativeBases is on what a young company's compliance is judged instead:
	// "other_records", "representative", "investor" (SAFE Standard on compliance).
	AlternativeBases     []string `json:"alternative_bases"`
	SecondScoringPercent int      `json:"second_scoring_percent"` // of assessments scored again, blind
	Transitional         string   `json:"transitional"`
	Offices              []Office `json:"offices"`
	// Partial names by component the requirements whose failing ends that component alone.
	Partial map[string][]string `json:"partial"`
	// Sources says by member where each rule comes from.
	Sources map[string]Cite `json:"sources"`
}

// A Cite is where a rule comes from, and what is unsure about it.
type Cite struct {
	Source string `json:"source"`
	Unsure string `json:"unsure,omitempty"`
}

// EffectOf is from what the effect of a grant and of an adverse decision derives.
type EffectOf struct {
	Grant   string `json:"grant"`
	Adverse string `json:"adverse"`
}

// A Consultation is who else is asked before a decision.
type Consultation struct {
	Who       string `json:"who"`
	Mandatory bool   `json:"mandatory"` // the decision waits for it
	Rule      string `json:"rule"`      // the deadline of the answer
	Silence   string `json:"silence"`
	From      string `json:"from,omitempty"`  // 2006-01-02, the first day the rule applies
	Until     string `json:"until,omitempty"` // the first day it no longer does
	Source    string `json:"source"`
	Unsure    string `json:"unsure,omitempty"`
}

// A Bar keeps an operator from applying again.
type Bar struct {
	After  string   `json:"after"`
	Years  int      `json:"years"`
	Types  []string `json:"types,omitempty"` // of what ended; empty: of any
	Source string   `json:"source"`
	Unsure string   `json:"unsure,omitempty"`
}

// An Office is a place where cases are dealt with.
type Office struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Accepted is as of when an application counts as accepted whose last data came in at
// one instant, and which was accepted at another.
func (p *Pack) Accepted(complete, acceptance int64) int64 {
	if p.Procedure.AcceptedFrom == AcceptedAcceptance {
		return acceptance
	}
	return complete
}

// ConsultationsOn are the rules of consultation of a day (2006-01-02).
func (p *Pack) ConsultationsOn(day string) []Consultation {
	var out []Consultation
	for _, c := range p.Procedure.Consultations {
		if (c.From == "" || c.From <= day) && (c.Until == "" || day < c.Until) {
			out = append(out, c)
		}
	}
	return out
}

// AppealTime is the time for an appeal against what ended an authorisation so; nil where it
// is that of the deadline.
func (p *Pack) AppealTime(after string) *deadline.Period {
	if by, ok := p.Procedure.AppealAfter[after]; ok {
		return &by
	}
	return nil
}

// Bar is the bar that follows when an authorisation of a type, or an application
// for it, ended so; false where none does. Of several the longest counts.
func (p *Pack) Bar(after, typ string) (bar Bar, ok bool) {
	for _, b := range p.Procedure.Bars {
		of := len(b.Types) == 0
		for _, t := range b.Types {
			of = of || t == typ
		}
		if of && b.After == after && b.Years > bar.Years {
			bar, ok = b, true
		}
	}
	return bar, ok
}
