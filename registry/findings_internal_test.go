package registry

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/programme"
)

func TestFindingsAreSpelledOut(t *testing.T) {
	eu, err := programme.Load("EU", "DE")
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	criteria, err := eu.CriteriaFor("AEOF", []string{"exporter"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range criteria {
		asked = append(asked, c.Code)
	}
	partly := authorisation.Finding{Requirement: "G", Result: authorisation.Partly, Note: "seals are logged by hand"}
	sealed := authorisation.Finding{Requirement: "G-2", Result: authorisation.NotMet, Note: "no seals", Severity: authorisation.Major}
	advised := authorisation.Finding{Requirement: "L-2", Result: authorisation.NotMet, Note: "no exercise"}
	got, err := spelledOut(eu, asked, nil, []authorisation.Finding{partly, sealed, advised}, true)
	if err != nil || len(got) != len(asked) {
		t.Fatalf("%d findings for %d criteria: %v", len(got), len(asked), err)
	}
	of := map[string]authorisation.Finding{}
	for _, f := range got {
		of[f.Requirement] = f
	}
	for code, want := range map[string]authorisation.Finding{
		"G-1": {Result: authorisation.Partly, Note: partly.Note},
		"G-3": {Result: authorisation.Partly, Note: partly.Note},
		"G-2": {Result: authorisation.NotMet, Severity: authorisation.Major, Note: sealed.Note, Weight: authorisation.Grave},
		"L-2": {Result: authorisation.NotMet, Note: advised.Note, Weight: authorisation.Should},
		"X-1": {Result: authorisation.Met},
	} {
		if f := of[code]; f.Result != want.Result || f.Note != want.Note || f.Severity != want.Severity || f.Weight != want.Weight {
			t.Errorf("%s: %+v, want %+v", code, f, want)
		}
	}
	for _, code := range []string{"G-9", "N", "39F", ""} {
		if _, err := spelledOut(eu, asked, nil, []authorisation.Finding{{Requirement: code, Result: authorisation.Met}}, true); !errors.Is(err, ErrInvalid) {
			t.Errorf("a finding for %q: %v", code, err)
		}
	}
	// An application of before there were criteria is judged by its groups.
	old := []string{"39A", "39E"}
	got, err = spelledOut(eu, old, nil, []authorisation.Finding{{Requirement: "39E", Result: authorisation.Partly, Note: "gates"}}, true)
	if err != nil || len(got) != 2 || got[0].Requirement != "39E" || got[1].Requirement != "39A" {
		t.Errorf("an old application: %+v, %v", got, err)
	}
}

// What is judged per site is found at each, whether the assessor names the criterion, its
// group or nothing.
func TestFindingsAreSpelledOutForEverySite(t *testing.T) {
	eu, err := programme.Load("EU", "DE")
	if err != nil {
		t.Fatal(err)
	}
	sites, asked := []string{"HAM", "KIE"}, []string{"A-1", "G-2", "G-3", "I-1", "I-2"} // A-1 is not judged per site
	given := []authorisation.Finding{
		{Requirement: "G-2", Site: "HAM", Result: authorisation.NotMet, Note: "no seals"}, {Requirement: "I-1", Result: authorisation.Partly, Note: "a low fence"},
		{Requirement: "G", Result: authorisation.Partly, Note: "by hand"}, {Requirement: "G", Site: "KIE", Result: authorisation.Exceeds, Note: "by machine"},
		{Requirement: "I-2", Result: authorisation.NotApplicable, Note: "no gates"},
	}
	list, err := spelledOut(eu, asked, sites, given, true)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]authorisation.Result{}
	for _, f := range list {
		got[f.Requirement+"@"+f.Site] = f.Result
	}
	want := map[string]authorisation.Result{"A-1@": authorisation.Met, "G-2@HAM": authorisation.NotMet, "G-2@KIE": authorisation.Exceeds,
		"G-3@HAM": authorisation.Partly, "G-3@KIE": authorisation.Exceeds, "I-1@HAM": authorisation.Partly, "I-1@KIE": authorisation.Partly, "I-2@": authorisation.NotApplicable}
	if diff := cmp.Diff(want, got); diff != "" || len(list) != len(want) {
		t.Errorf("%d findings (-want +got):\n%s", len(list), diff)
	}
}
