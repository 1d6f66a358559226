package authorisation

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var aDigest = strings.Repeat("ab", 32)

func TestWhatAFindingMeansForAGrant(t *testing.T) {
	for name, tc := range map[string]struct {
		findings []Finding // of 39E; 39A is met
		why      string    // "" = a grant is possible
	}{
		"more than is asked":                      {[]Finding{{Requirement: "39E", Result: Exceeds, Note: "own canine unit"}}, ""},
		"partly, with a minor finding":            {[]Finding{{Requirement: "39E", Result: Partly, Severity: Minor, Note: "log by hand"}}, ""},
		"a major finding where that is no bar":    {[]Finding{{Requirement: "39E", Result: Partly, Severity: Major, Note: "no log"}}, ""},
		"a major finding where it bars a grant":   {[]Finding{{Requirement: "39E", Result: Partly, Severity: Major, Note: "no log", Weight: Grave}}, "39E has a major finding"},
		"a should that is not met":                {[]Finding{{Requirement: "39E", Result: NotMet, Note: "none", Weight: Should}}, ""},
		"not met at one of two sites":             {[]Finding{{Requirement: "39E", Result: Met, Site: "S-1"}, {Requirement: "39E", Result: NotMet, Note: "open gate", Site: "S-2"}}, "39E is not met at site S-2"},
		"met, resting on a certificate and files": {[]Finding{{Requirement: "39E", Result: Met, Certificate: "ISO28000-771", Evidence: []string{aDigest}}}, ""},
	} {
		a := do(t, applicationIn(t, Accepted), Assess{by("assessor", 3), append(findings(Met), tc.findings...)})
		_, err := a.Decide(Grant{By: by("decider", 5), Authorisation: "AUT-1"})
		if tc.why == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		wantRefused(t, name, err, &TransitionError{}, tc.why)
	}
}

func TestFindingsThatAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		finding Finding
		why     string
	}{
		"a severity nobody defined":         {Finding{Requirement: "39E", Result: Partly, Note: "x", Severity: "fatal"}, "severity"},
		"a shortcoming that does not apply": {Finding{Requirement: "39E", Result: NotApplicable, Note: "x", Severity: Major}, "no shortcoming"},
		"an observation without a note":     {Finding{Requirement: "39E", Result: Met, Severity: Observation}, "note"},
		"evidence that is no digest":        {Finding{Requirement: "39E", Result: Met, Evidence: []string{"seal-log.pdf"}}, "digest"},
		"evidence named twice":              {Finding{Requirement: "39E", Result: Met, Evidence: []string{aDigest, aDigest}}, "twice"},
		"an empty list of evidence":         {Finding{Requirement: "39E", Result: Met, Evidence: []string{}}, "digests"},
		"a site that is a path":             {Finding{Requirement: "39E", Result: Met, Site: "../S"}, "site"},
		"a weight nobody defined":           {Finding{Requirement: "39E", Result: Met, Weight: "heavy"}, "weight"},
	} {
		_, err := applicationIn(t, Accepted).Decide(Assess{by("assessor", 3), []Finding{tc.finding}})
		wantRefused(t, name, err, &InputError{}, tc.why)
	}
}

// TestOldFindingsAreOfTheFirstVersion: what the first form could say is written in
// it still, and what it could not is not read in it.
func TestOldFindingsAreOfTheFirstVersion(t *testing.T) {
	e := Event{Case: "APP-1", Actor: "assessor", DecidedAt: 100, EffectiveAt: 100, Data: ApplicationAssessed{findings(Met, Partly)}}
	raw, err := MarshalEvent(e)
	if err != nil || e.Version() != 1 {
		t.Fatalf("version %d, %v", e.Version(), err)
	}
	want := `{"actor":"assessor","case":"APP-1","data":{"findings":[{"requirement":"39A","result":"met"},` +
		`{"note":"as seen on the spot","requirement":"39E","result":"partly"}]},"decided_at":100,"effective_at":100,"type":"application.assessed","version":1}`
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	list := findings(Met, Partly)
	for _, edit := range []func(*Finding){
		func(f *Finding) { f.Result = Exceeds }, func(f *Finding) { f.Severity = Minor }, func(f *Finding) { f.Site = "S-1" },
		func(f *Finding) { f.Evidence = []string{aDigest} }, func(f *Finding) { f.Certificate = "ISO-1" }, func(f *Finding) { f.Weight = Should },
	} {
		second := slices.Clone(list)
		edit(&second[1])
		e.Data = ApplicationAssessed{second}
		raw, err := MarshalEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := UnmarshalEvent(raw); err != nil || again.Version() != 2 || cmp.Diff(e, again) != "" {
			t.Errorf("%s became %+v, %v", raw, again, err)
		}
		if _, err := UnmarshalEvent([]byte(strings.Replace(string(raw), `"version":2`, `"version":1`, 1))); err == nil {
			t.Errorf("%s was read in the first version", raw)
		}
	}
}
