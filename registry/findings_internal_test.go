package registry

import (
	"errors"
	"testing"

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
	got, err := spelledOut(eu, asked, []authorisation.Finding{partly, sealed, advised}, true)
	if err != nil || len(got) != len(asked) {
		t.Fatalf("%d findings for %d criteria: %v", len(got), len(asked), err)
	}
	of := map[string]authorisation.Finding{}
	for _, f := range got {
		of[f.Requirement] = f
	}
	for code, want := range map[string]authorisation.Finding{
		"G-1": {Result: authorisation.Partly, Note: partly.Note},
		"G-2": {Result: authorisation.NotMet, Severity: authorisation.Major, Note: sealed.Note, Weight: authorisation.Grave},
		"L-2": {Result: authorisation.NotMet, Note: advised.Note, Weight: authorisation.Should},
		"X-1": {Result: authorisation.Met},
	} {
		if f := of[code]; f.Result != want.Result || f.Note != want.Note || f.Severity != want.Severity || f.Weight != want.Weight {
			t.Errorf("%s: %+v, want %+v", code, f, want)
		}
	}
	for _, code := range []string{"G-9", "N", "39F", ""} {
		if _, err := spelledOut(eu, asked, []authorisation.Finding{{Requirement: code, Result: authorisation.Met}}, true); !errors.Is(err, ErrInvalid) {
			t.Errorf("a finding for %q: %v", code, err)
		}
	}
	// An application of before there were criteria is judged by its groups.
	old := []string{"39A", "39E"}
	got, err = spelledOut(eu, old, []authorisation.Finding{{Requirement: "39E", Result: authorisation.Partly, Note: "gates"}}, true)
	if err != nil || len(got) != 2 || got[0].Requirement != "39E" || got[1].Requirement != "39A" {
		t.Errorf("an old application: %+v, %v", got, err)
	}
}
