package programme

import (
	"slices"
	"testing"
)

func TestConsultationsAreDated(t *testing.T) {
	eu := load(t, "EU", "DE")
	for day, want := range map[string]string{"2016-04-30": "", "2016-05-01": SilenceNoObjection, "2025-05-18": SilenceNoObjection, "2025-05-19": SilenceMustAnswer, "2030-01-01": SilenceMustAnswer} {
		got := ""
		for _, c := range eu.ConsultationsOn(day) {
			got += c.Silence
		}
		if got != want {
			t.Errorf("%s: silence means %q, want %q", day, got, want)
		}
	}
}

func TestBarsByTypeAndEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		territory, after, typ string
		years                 int
	}{
		"in the EU after annulment":              {"EU", AfterAnnulment, "AEOF", 3},
		"in the EU after a refusal":              {"EU", AfterRefusal, "AEOF", 0},
		"in India after revocation of T1":        {"IN", AfterRevocation, "T1", 1},
		"in India after revocation of T3":        {"IN", AfterRevocation, "T3", 3},
		"in India after revocation of logistics": {"IN", AfterRevocation, "LO", 3},
	} {
		bar, ok := load(t, tc.territory, "").Bar(tc.after, tc.typ)
		if bar.Years != tc.years || ok != (tc.years > 0) {
			t.Errorf("%s: %d years (%v), want %d", name, bar.Years, ok, tc.years)
		}
	}
}

func TestTheTimeForAnAppealFollowsWhatItIsAgainst(t *testing.T) {
	us := load(t, "US", "")
	if by := us.AppealTime(AfterAnnulment); by == nil || by.String() != "30 days" {
		t.Errorf("against an annulment: %v", by)
	}
	if by := us.AppealTime(AfterRevocation); by != nil {
		t.Errorf("against a revocation: %v, and not the deadline's", by)
	}
}

func TestTypesMayLastOtherwise(t *testing.T) {
	in := load(t, "IN", "")
	for typ, want := range map[string]string{"T1": "2027-03-06", "T3": "2029-03-06", "LO": "2029-03-06"} {
		until, limited := in.ValidUntil(typ, at(t, "2024-03-06T10:00:00+05:30"))
		if !limited || in.LocalDate(until) != want {
			t.Errorf("%s ends %s (%v), want %s", typ, until, limited, want)
		}
	}
}

// Every deadline the software acts on has a rule, or the pack says there is none;
// whole packs have no rule that is unsure for want of looking alone.
func TestEveryDeadlineIsThereOrSaidToBeAbsent(t *testing.T) {
	for _, territory := range Territories() {
		p := load(t, territory, "")
		for _, id := range RuleIDs() {
			_, err := p.Deadlines.Rule(id)
			absent := slices.ContainsFunc(p.Without, func(a Absence) bool { return a.Rule == id })
			if (err == nil) == absent {
				t.Errorf("%s: %s: there %v, absent %v", territory, id, err == nil, absent)
			}
		}
		for _, always := range []string{RuleInformation, RuleDecision, RuleHearing, RuleAppeal, RuleUrgentSuspension, RuleRemedy, RuleCorrectiveAction} {
			if _, err := p.Deadlines.Rule(always); err != nil {
				t.Errorf("%s: %v", territory, err)
			}
		}
	}
}

// What the law of the union says, article by article (domain b.1).
func TestTheUnionsDeadlines(t *testing.T) {
	eu := load(t, "EU", "DE")
	for id, want := range map[string]struct{ period, outcome string }{
		RuleAcceptance: {"30 days", "deemed_accepted"}, RuleInformation: {"30 days", "not_accepted"}, RuleDecision: {"120 days", "appeal_open"},
		RuleConsultation: {"80 days", ""}, RuleHearing: {"30 days", "no_reply"}, RuleSuspensionDoubt: {"30 days", "lift"},
		RuleRemedyCheck: {"30 days", ""}, RuleYoungMonitoring: {"1 year", ""}, RuleDeferral: {"1 year", ""}, RuleUrgentSuspension: {"72 hours", "lapses"},
	} {
		r, err := eu.Deadlines.Rule(id)
		if err != nil || r.Period.String() != want.period || r.Outcome != want.outcome {
			t.Errorf("%s: %s, %q, want %+v: %v", id, r.Period, r.Outcome, want, err)
		}
	}
	decision, err := eu.Deadlines.Rule(RuleDecision)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range decision.Extensions {
		switch {
		case e.OpenEnded:
			got[e.ID] = "until it is over"
		case e.Most.N > 0:
			got[e.ID] = e.Most.String()
		default:
			got[e.ID] = "as agreed"
		}
	}
	for id, want := range map[string]string{"authority": "60 days", "information": "360 days", "hearing": "60 days", "applicant": "as agreed", "criminal_proceedings": "until it is over", "investigation": "9 months"} {
		if got[id] != want {
			t.Errorf("decision extended for %s: %q, want %q", id, got[id], want)
		}
	}
}

func TestCertificatesAndChanges(t *testing.T) {
	eu := load(t, "EU", "DE")
	for _, code := range []string{"ISO-28000", "ISPS", "RA", "KC", "TAPA"} {
		if c, ok := eu.Certificate(code); !ok || len(c.Covers) == 0 {
			t.Errorf("%s: %+v, %v", code, c, ok)
		}
	}
	if _, ok := eu.Certificate("ISO-14001"); ok {
		t.Error("a certificate the pack does not have")
	}
	if k, ok := eu.ChangeKind("site_opened"); !ok || k.Rule != RuleChangeNotice {
		t.Errorf("a site is opened: %+v, %v", k, ok)
	}
}
