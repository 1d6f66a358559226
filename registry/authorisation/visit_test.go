package authorisation_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	. "github.com/aeo-registry/aeo/registry/authorisation"
	"pgregory.net/rapid"
)

// Whatever is done to a visit in whatever order: only the team reports, only forms
// that were handed out, only its lead signs off, nothing but a whole report; and the
// events replay to the same state.
func TestHistoriesOfAVisit(t *testing.T) {
	people := []string{"Lead", "Second", "Stranger", "LEAD"}
	items := []VisitItem{{Criterion: "G-1", Site: "HAM"}, {Criterion: "G-1", Site: "BRE"}, {Criterion: "A-1"}}
	rapid.Check(t, func(t *rapid.T) {
		var v Visit
		var history []Event
		for day := range int64(rapid.IntRange(1, 25).Draw(t, "length")) {
			by := By{Case: "DE-VIS-000001", Actor: rapid.SampledFrom(people).Draw(t, "who"), At: start + day}
			form := rapid.SampledFrom([]string{digestOf(1), digestOf(2)}).Draw(t, "form")
			var c Command
			switch rapid.IntRange(0, 6).Draw(t, "act") {
			case 0, 1:
				c = PlanVisit{By: by, Operator: "DE-OP-000001", Subject: "DE-APP-000001", Plan: VisitPlan{Mode: OnSite, Sites: []string{"HAM", "BRE"},
					From: start + 100, Until: start + 200, Team: []string{"Lead", "Second"}, Items: items}}
			case 2:
				c = MoveVisit{By: by, From: start + 300, Until: start + 400, Reason: "snow"}
			case 3:
				c = CancelVisit{By: by, Reason: "given up"}
			case 4:
				c = ExportVisit{By: by, SHA256: form}
			case 5:
				r := VisitReport{SHA256: digestOf(10 + rapid.Int64Range(0, 5).Draw(t, "report")), Form: form, VisitedOn: "2001-01-01"}
				for i, item := range items {
					if rapid.Bool().Draw(t, "reported") || i == 0 {
						result := rapid.SampledFrom([]Result{Met, NotApplicable}).Draw(t, "result")
						r.Findings = append(r.Findings, Finding{Requirement: item.Criterion, Site: item.Site, Result: result, Note: "seen"})
					}
				}
				c = ReportVisit{By: by, Report: r, Replace: rapid.Bool().Draw(t, "replace")}
			case 6:
				c = SignOffVisit{by}
			}
			events, err := v.Decide(c)
			if err != nil {
				var transition *TransitionError
				var input *InputError
				if !errors.As(err, &transition) && !errors.As(err, &input) {
					t.Fatalf("%T: %v", c, err)
				}
				continue
			}
			before := v
			for _, e := range events {
				if v, err = v.Apply(e); err != nil {
					t.Fatal(err)
				}
				history = append(history, e)
			}
			team := by.Actor != "Stranger"
			switch {
			case len(v.Reports) > len(before.Reports) && (!team || !slices.ContainsFunc(before.Exports, func(x VisitExport) bool { return x.SHA256 == form })):
				t.Fatalf("%s reported of form %s", by.Actor, form)
			case v.State == VisitSignedOff && before.State != VisitSignedOff && (len(v.Missing()) > 0 || !v.Made(by) || by.Actor == "Second"):
				t.Fatalf("%s signed off; missing %v", by.Actor, v.Missing())
			case (before.State == VisitSignedOff || before.State == VisitCancelled) && len(events) > 0:
				t.Fatalf("%T after the end", c)
			}
		}
		again, err := Replay[Visit](history)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(v) {
			t.Fatalf("replayed: %v\n%+v\n%+v", err, again, v)
		}
		for _, e := range history {
			raw, err := MarshalEvent(e)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := UnmarshalEvent(raw); err != nil || back.Type() != e.Type() {
				t.Fatal(err)
			}
		}
	})
}

const start = 1_800_000_000

func digestOf(n int64) string { return fmt.Sprintf("%064x", n) }
