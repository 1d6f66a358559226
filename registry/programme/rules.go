package programme

import (
	"fmt"
	"slices"
	"time"
)

// checkCriteria refuses criteria of the pack that stand nowhere or are incomplete,
// and a requirement under which nothing is asked.
func (p *Pack) checkCriteria() error {
	if _, err := readCatalogue(); err != nil {
		return err
	}
	if err := checkCriteria(p.Criteria); err != nil {
		return err
	}
	for _, c := range p.Criteria {
		if _, ok := p.Criterion(c.Code); !ok {
			return fmt.Errorf("criterion %s: there is no requirement %q", c.Code, c.Group)
		}
		if i := slices.IndexFunc(c.Types, func(t string) bool { return !slices.Contains(p.components(), t) }); i >= 0 {
			return fmt.Errorf("criterion %s: types: %q is not a component", c.Code, c.Types[i])
		}
	}
	total := 0
	for i, r := range p.Requirements {
		if len(p.asked[i]) == 0 {
			return fmt.Errorf("requirement %s: no criteria", r.Code)
		}
		total += len(p.asked[i])
	}
	if total > MaxCriteria {
		return fmt.Errorf("criteria: %d, more than %d", total, MaxCriteria)
	}
	return nil
}

// outcomes are the words by which the silence of a rule has a meaning; a rule may
// always have none, and then only falls due.
var outcomes = map[string][]string{
	RuleAcceptance:       {"deemed_accepted"},
	RuleInformation:      {"not_accepted", "lapsed"},
	RuleDecision:         {"appeal_open"},
	RuleConsultation:     {SilenceNoObjection},
	RuleHearing:          {"no_reply"},
	RuleService:          {"deemed_received"},
	RuleAppeal:           {"final"},
	RuleUrgentSuspension: {"lapses"},
	RuleSuspensionDoubt:  {LapseLift, LapseAsk},
	RuleRemedy:           {LapseLift, LapseAsk},
	RuleRemedyCheck:      {LapseLift, LapseAsk},
}

// checkDeadlines holds the rules against the ids the software acts on: each has a
// rule or is said to have none.
func (p *Pack) checkDeadlines() error {
	if err := p.Deadlines.Check(); err != nil {
		return err
	}
	for _, r := range p.Deadlines {
		if !slices.Contains(RuleIDs(), r.ID) {
			return fmt.Errorf("deadline %s: nothing acts on it (known: %q)", r.ID, RuleIDs())
		}
		if r.Outcome != "" && !slices.Contains(outcomes[r.ID], r.Outcome) {
			return fmt.Errorf("deadline %s: nothing comes of the outcome %q (known: %q)", r.ID, r.Outcome, outcomes[r.ID])
		}
	}
	for _, a := range p.Without {
		if !slices.Contains(RuleIDs(), a.Rule) || a.Source == "" {
			return fmt.Errorf("without %q: no such deadline, or source missing", a.Rule)
		}
	}
	for _, id := range RuleIDs() {
		n := 0
		for _, a := range p.Without {
			if a.Rule == id {
				n++
			}
		}
		if _, err := p.Deadlines.Rule(id); err == nil {
			n++
		}
		if n != 1 {
			return fmt.Errorf("deadline %s: want it either among the deadlines or once among those the programme is without", id)
		}
	}
	return nil
}

// rule admits the id of a deadline the pack has, or none.
func (p *Pack) rule(where, id string) error {
	if id == "" {
		return nil
	}
	if _, err := p.Deadlines.Rule(id); err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}

func (p *Pack) checkProcedure() error {
	q := p.Procedure
	for _, word := range []struct {
		member, value string
		known         []string
	}{
		{"hearing", q.Hearing, []string{HearingBefore, HearingAfter, HearingNone}},
		{"effect_of", q.EffectOf.Grant, []string{EffectOfDecision, EffectOfService}},
		{"effect_of", q.EffectOf.Adverse, []string{EffectOfDecision, EffectOfService}},
		{"on_lapse", q.OnLapse, []string{LapseLift, LapseAsk}},
		{"transitional", q.Transitional, []string{TransitionKeep, TransitionNew}},
	} {
		if !slices.Contains(word.known, word.value) {
			return fmt.Errorf("procedure: %s: %q is not one of %q", word.member, word.value, word.known)
		}
	}
	if q.AcceptedFrom != "" && (!slices.Contains([]string{AcceptedComplete, AcceptedAcceptance}, q.AcceptedFrom) || q.Sources["accepted_from"].Source == "") {
		return fmt.Errorf("procedure: accepted_from: no rule %q, or source is missing", q.AcceptedFrom)
	}
	for _, member := range []string{"hearing", "visit", "effect_of", "urgent_hours", "on_lapse", "young_years", "second_scoring_percent", "transitional"} {
		if q.Sources[member].Source == "" {
			return fmt.Errorf("procedure: %s: source is missing", member)
		}
	}
	if len(q.Visit) != len(p.components()) {
		return fmt.Errorf("procedure: visit: want one entry for each of %q", p.components())
	}
	for _, c := range p.components() {
		if !slices.Contains([]string{VisitRequired, VisitRiskBased, VisitNone}, q.Visit[c]) {
			return fmt.Errorf("procedure: visit of %s: no rule %q", c, q.Visit[c])
		}
	}
	if hours, err := p.Deadlines.Rule(RuleUrgentSuspension); err == nil && q.UrgentHours != hours.Period.N || err != nil && q.UrgentHours != 0 {
		return fmt.Errorf("procedure: urgent_hours: %d is not what the deadline %s says", q.UrgentHours, RuleUrgentSuspension)
	}
	if q.YoungYears < 0 || q.YoungYears > 10 || q.SecondScoringPercent < 0 || q.SecondScoringPercent > 100 {
		return fmt.Errorf("procedure: young_years or second_scoring_percent out of bounds")
	}
	if (q.YoungYears > 0) != (len(q.AlternativeBases) > 0) {
		return fmt.Errorf("procedure: young companies need alternative bases, and only they")
	}
	for _, b := range q.AlternativeBases {
		if !slices.Contains([]string{"other_records", "representative", "investor"}, b) {
			return fmt.Errorf("procedure: alternative_bases: unknown %q", b)
		}
	}
	for after, by := range q.AppealAfter {
		if !slices.Contains([]string{AfterAnnulment, AfterRevocation}, after) || by.Check() != nil || q.Sources["appeal_after"].Source == "" {
			return fmt.Errorf("procedure: appeal_after: %q unknown, its period none, or source missing", after)
		}
		if err := p.rule("procedure: appeal_after", RuleAppeal); err != nil {
			return err
		}
	}
	return p.checkConsultations()
}

func (p *Pack) checkConsultations() error {
	for i, c := range p.Procedure.Consultations {
		where := fmt.Sprintf("procedure: consultations[%d]", i)
		if c.Who == "" || c.Source == "" || c.Rule == "" || !slices.Contains([]string{SilenceNoObjection, SilenceMustAnswer}, c.Silence) {
			return fmt.Errorf("%s: who, rule, source or silence missing or unknown", where)
		}
		if err := p.rule(where, c.Rule); err != nil {
			return err
		}
		for _, day := range []string{c.From, c.Until} {
			if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
				return fmt.Errorf("%s: %q is not a date", where, day)
			}
		}
		if c.From != "" && c.Until != "" && c.From >= c.Until {
			return fmt.Errorf("%s: until is not after from", where)
		}
	}
	return nil
}

// checkConsequences refuses bars, offices and partial measures about what the pack does not have.
func (p *Pack) checkConsequences() error {
	for i, b := range p.Procedure.Bars {
		if !slices.Contains([]string{AfterRevocation, AfterAnnulment, AfterRefusal, AfterWithdrawal}, b.After) || b.Years < 1 || b.Years > 20 || b.Source == "" {
			return fmt.Errorf("procedure: bars[%d]: after or years unknown, or source missing", i)
		}
		for _, t := range b.Types {
			if _, err := p.Type(t); err != nil {
				return fmt.Errorf("procedure: bars[%d]: %w", i, err)
			}
		}
	}
	var seen []string
	for _, o := range p.Procedure.Offices {
		if !typeCode.MatchString(o.Code) || o.Name == "" || slices.Contains(seen, o.Code) {
			return fmt.Errorf("procedure: office %q: code malformed or repeated, or name missing", o.Code)
		}
		seen = append(seen, o.Code)
	}
	for component, groups := range p.Procedure.Partial {
		if !slices.Contains(p.components(), component) || len(groups) == 0 {
			return fmt.Errorf("procedure: partial: %q is not a component, or nothing ends it", component)
		}
		for _, g := range groups {
			i := slices.IndexFunc(p.Requirements, func(r Requirement) bool { return r.Code == g })
			if i < 0 || !slices.Contains(p.Requirements[i].Types, component) {
				return fmt.Errorf("procedure: partial of %s: %q is no requirement of it alone", component, g)
			}
		}
	}
	if len(p.Procedure.Partial) > 0 && p.Procedure.Sources["partial"].Source == "" {
		return fmt.Errorf("procedure: partial: source is missing")
	}
	return nil
}

func (p *Pack) checkMonitoring() error {
	m := p.Monitoring
	if m.Source == "" {
		return fmt.Errorf("monitoring: source is missing")
	}
	for _, r := range []struct{ member, got, id string }{
		{"self_assessment", m.SelfAssessment, RuleSelfAssessment}, {"internal_audit", m.InternalAudit, RuleInternalAudit},
		{"recheck", m.Recheck, RuleRecheck}, {"first_validation", m.FirstValidation, RuleFirstValidation},
		{"young", m.Young, RuleYoungMonitoring}, {"renewal", m.Renewal, RuleRenewal},
	} {
		want := r.id
		if _, err := p.Deadlines.Rule(r.id); err != nil {
			want = ""
		}
		if r.got != want {
			return fmt.Errorf("monitoring: %s is %q, want %q as among the deadlines", r.member, r.got, want)
		}
	}
	if (m.Young != "") != (p.Procedure.YoungYears > 0) {
		return fmt.Errorf("monitoring: young: companies are young only where they are watched, and the other way round")
	}
	var seen []string
	for _, k := range m.Changes {
		if !changeCode.MatchString(k.Code) || slices.Contains(seen, k.Code) || k.Title == "" || k.Source == "" || k.Rule == "" {
			return fmt.Errorf("monitoring: change %q: code malformed or repeated, or title, rule or source missing", k.Code)
		}
		seen = append(seen, k.Code)
		if err := p.rule("monitoring: change "+k.Code, k.Rule); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pack) checkCertificates() error {
	var seen []string
	for _, c := range p.Certificates {
		if !typeCode.MatchString(c.Code) || slices.Contains(seen, c.Code) || c.Title == "" || c.Source == "" || len(c.Covers) == 0 {
			return fmt.Errorf("certificate %q: code malformed or repeated, or title, source or what it covers missing", c.Code)
		}
		seen = append(seen, c.Code)
		for _, code := range c.Covers {
			if _, ok := p.Criterion(code); !ok {
				return fmt.Errorf("certificate %s: there is no criterion %q", c.Code, code)
			}
		}
	}
	return nil
}

// components are the codes of what is authorised separately.
func (p *Pack) components() []string {
	var codes []string
	for _, t := range p.Types {
		if len(t.Components) == 0 {
			codes = append(codes, t.Code)
		}
	}
	return codes
}
