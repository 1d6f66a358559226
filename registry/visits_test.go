package registry_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/visit"
)

var twoSites = []authorisation.Site{{ID: "HAM", Name: "Werk Hamburg"}, {ID: "BRE", Name: "Lager Bremen"}}

// planned is a visit to both sites of an application that was accepted.
func (o *office) planned() (authorisation.Application, authorisation.Visit) {
	o.t.Helper()
	ctx := o.t.Context()
	op := o.register(rhein)
	a := got(o.SubmitApplication(ctx, registry.SubmitApplication{Operator: op.Case, Type: rhein.kind, Roles: rhein.roles, Sites: twoSites, By: rhein.name}))(o.t)
	got(o.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}))(o.t)
	day := o.clock.Now().Format("2006-01-02")
	v := got(o.PlanVisit(ctx, registry.PlanVisit{For: a.Case, From: day, Team: []string{"V. Lead", "V. Second"}, By: "Desk"}))(o.t)
	return a, v
}

// taken is the file of a visit, with every line met but those given.
func (o *office) taken(v authorisation.Visit, by string, otherwise ...visit.Answer) []byte {
	o.t.Helper()
	h := got(o.ExportVisit(o.t.Context(), registry.ExportVisit{Visit: v.Case, By: by}))(o.t)
	file, form, err := visit.Parse(h.File)
	must(o.t, err)
	file.VisitedOn = o.clock.Now().Format("2006-01-02")
	for _, l := range form.Lines {
		file.Answer(visit.Answer{Line: l.Line, Result: authorisation.Met})
	}
	for _, a := range otherwise {
		file.Answer(a)
	}
	return got(file.Marshal())(o.t)
}

func TestAVisitFromThePlanToTheFindings(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	app, v := de.planned()
	if len(v.Plan.Sites) != 2 || len(v.Plan.Items) < 10 || v.Plan.Items[0].Site != "HAM" {
		t.Fatalf("the plan is %+v", v.Plan)
	}
	partly := visit.Answer{Line: 2, Result: authorisation.Partly, Severity: authorisation.Minor, Note: "the fence has a gap"}
	file := de.taken(v, "V. Second", partly)

	refused := func(what string, want error, words string, r registry.ImportVisit) {
		t.Helper()
		before := de.size()
		_, err := de.ImportVisit(ctx, r)
		if !errors.Is(err, want) || !strings.Contains(err.Error(), words) || de.size() != before {
			t.Errorf("%s: %v; the log grew by %d", what, err, de.size()-before)
		}
	}
	refused("somebody else's report", registry.ErrConflict, "is not of the team", registry.ImportVisit{Visit: v.Case, File: file, By: "M. Rangi"})
	refused("another visit", registry.ErrInvalid, "the file is of visit", registry.ImportVisit{Visit: "DE-VIS-000009", File: file, By: "V. Second"})
	other := found(t, newClock(), "EU", "FR")
	_, theirs := other.planned()
	foreign := strings.ReplaceAll(theirs.Case, "FR-", "DE-")
	forged := other.taken(theirs, "V. Second")
	refused("a form of another office", registry.ErrInvalid, "the file is of visit", registry.ImportVisit{Visit: foreign, File: forged, By: "V. Second"})
	_, form, err := visit.Parse(file)
	must(t, err)
	form.Lines[0].Question = "Is there a gate?" // and everything else as it was
	key, err := keys.NewSigner(got(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t))
	must(t, err)
	altered := got(visit.New(form, key))(t)
	altered.VisitedOn = "2026-01-05"
	altered.Answer(visit.Answer{Line: 1, Result: authorisation.Met})
	refused("altered questions", registry.ErrInvalid, "it was not handed out here, or was altered since",
		registry.ImportVisit{Visit: v.Case, File: got(altered.Marshal())(t), By: "V. Second"})
	nowhere := visit.Answer{Line: 1, Result: authorisation.Met, Evidence: []string{strings.Repeat("a", 64)}}
	refused("a photograph nobody entered", registry.ErrInvalid, "row 1: evidence of G-1", registry.ImportVisit{Visit: v.Case, File: de.taken(v, "V. Second", nowhere), By: "V. Second"})
	bad := de.taken(v, "V. Second", visit.Answer{Line: 1, Result: "splendid"}, visit.Answer{Line: 3, Result: authorisation.NotMet}, visit.Answer{Line: 999, Result: authorisation.Met})
	for _, words := range []string{"row 1:", "row 3:", "row 999:"} { // all at once
		refused("bad answers", registry.ErrInvalid, words, registry.ImportVisit{Visit: v.Case, File: bad, By: "V. Second"})
	}

	v = got(de.ImportVisit(ctx, registry.ImportVisit{Visit: v.Case, File: file, By: "V. Second"}))(t)
	before := de.size()
	again := got(de.ImportVisit(ctx, registry.ImportVisit{Visit: v.Case, File: file, By: "V. Second"}))(t)
	if de.size() != before || len(again.Reports) != 1 {
		t.Error("the same file again changed something")
	}
	otherwise := de.taken(v, "V. Lead")
	refused("a colleague's finding", registry.ErrConflict, "an earlier report says otherwise of "+v.Plan.Items[1].String()+" (partly)", registry.ImportVisit{Visit: v.Case, File: otherwise, By: "V. Lead"})

	if _, err := de.SignOffVisit(ctx, registry.SignOffVisit{Visit: v.Case, By: "V. Second"}); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("signed off by who does not lead: %v", err)
	}
	v = got(de.SignOffVisit(ctx, registry.SignOffVisit{Visit: v.Case, By: "V. Lead"}))(t)
	app = got(de.Application(app.Case))(t)
	if v.State != authorisation.VisitSignedOff || len(app.Findings) != len(v.Plan.Items) || app.Findings[0].Assessor != "V. Lead" {
		t.Fatalf("%s; %d findings of %d, by %s", v.State, len(app.Findings), len(v.Plan.Items), app.Findings[0].Assessor)
	}
	got(de.AssessApplication(ctx, registry.AssessApplication{Application: app.Case, AllMet: true, Findings: []authorisation.Finding{app.Findings[0].Finding}, By: "Assessor"}))(t)
	grant := registry.DecideApplication{Application: app.Case, Grant: true, DryRun: true, By: "V. Second"}
	if _, err := de.DecideApplication(ctx, grant); !errors.Is(err, registry.ErrNotAllowed) {
		t.Errorf("decided by who visited: %v", err)
	}
	grant.By = "Decider"
	got(de.DecideApplication(ctx, grant))(t) // every site was visited
	de.restart()
	if same := got(de.Visit(v.Case))(t); len(same.Reports) != 1 || same.SignedBy != "V. Lead" {
		t.Errorf("after a restart: %+v", same)
	}
}

func TestAVisitIsMovedAndCancelledWithAReason(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	_, v := de.planned()
	if _, err := de.MoveVisit(ctx, registry.MoveVisit{Visit: v.Case, From: "2027-01-04", By: "Desk"}); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("moved without a reason: %v", err)
	}
	v = got(de.MoveVisit(ctx, registry.MoveVisit{Visit: v.Case, From: "2027-01-04", Until: "2027-01-05", Reason: "snow", By: "Desk"}))(t)
	if v.Plan.Until-v.Plan.From != 2*86400 || len(v.Plan.Team) != 2 {
		t.Errorf("moved to %+v", v.Plan)
	}
	v = got(de.CancelVisit(ctx, registry.CancelVisit{Visit: v.Case, Reason: "the site was given up", By: "Desk"}))(t)
	if _, err := de.ExportVisit(ctx, registry.ExportVisit{Visit: v.Case, By: "V. Lead"}); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("a cancelled visit was handed out: %v", err)
	}
}

func TestAGrantWaitsForVisits(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	app, v := de.planned()
	got(de.AssessApplication(ctx, registry.AssessApplication{Application: app.Case, AllMet: true, By: "Assessor"}))(t)
	grant := registry.DecideApplication{Application: app.Case, Grant: true, DryRun: true, By: "Decider"}
	refused := func(words string) {
		t.Helper()
		if _, err := de.DecideApplication(ctx, grant); !errors.Is(err, registry.ErrConflict) || !strings.Contains(err.Error(), words) {
			t.Errorf("%v, want %s", err, words)
		}
	}
	refused("visit " + v.Case + " is not signed off")
	got(de.CancelVisit(ctx, registry.CancelVisit{Visit: v.Case, Reason: "snow", By: "Desk"}))(t)
	refused("site HAM was not visited")
	grant.Without = unvisited
	got(de.DecideApplication(ctx, grant))(t)
}

// A visit that was reported when the application was withdrawn is signed off all the
// same: what it found stays with it.
func TestAVisitOutlivesItsApplication(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	app, v := de.planned()
	got(de.ImportVisit(ctx, registry.ImportVisit{Visit: v.Case, File: de.taken(v, "V. Second"), By: "V. Second"}))(t)
	got(de.WithdrawApplication(ctx, registry.WithdrawApplication{Application: app.Case, By: rhein.name}))(t)
	v = got(de.SignOffVisit(ctx, registry.SignOffVisit{Visit: v.Case, By: "V. Lead"}))(t)
	if app = got(de.Application(app.Case))(t); v.State != authorisation.VisitSignedOff || len(app.Findings) != 0 {
		t.Errorf("%s, with findings %+v", v.State, app.Findings)
	}
}
