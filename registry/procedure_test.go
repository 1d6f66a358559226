package registry_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
)

func (o *office) applied(tr trader, sites ...authorisation.Site) authorisation.Application {
	o.t.Helper()
	op := o.register(tr)
	return got(o.SubmitApplication(o.t.Context(), registry.SubmitApplication{Operator: op.Case, Type: tr.kind, Roles: tr.roles, Sites: sites, By: tr.name}))(o.t)
}

func (o *office) application(number string) registry.ApplicationFile {
	o.t.Helper()
	return got(o.ApplicationFile(number))(o.t)
}

// due is the day a clock of an application is due, in Berlin.
func due(t testing.TB, a authorisation.Application, rule string) string {
	t.Helper()
	k, ok := a.Clocks.Open(rule)
	if !ok {
		t.Fatalf("no clock %s in %+v", rule, a.Clocks)
	}
	if k.Due == 0 {
		return "stands still"
	}
	zone := got(time.LoadLocation("Europe/Berlin"))(t)
	return time.Unix(k.Due, 0).In(zone).Format("2006-01-02 15:04")
}

// Nobody answers, and the office sleeps through the day: the application is accepted
// as of its submission, from the first instant after the thirtieth day, and all days count.
func TestSilenceAccepts(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	a := de.applied(rhein)
	if at := due(t, a, "acceptance"); at != "2026-04-02 00:00" {
		t.Errorf("acceptance is due %s", at)
	}
	de.clock.forward(100 * day)
	de.restart()
	must(t, de.Tick(t.Context()))
	f := de.application(a.Case)
	if f.State != authorisation.Accepted || !f.Deemed || f.AcceptedAt != start.Unix() {
		t.Errorf("%s, deemed %t, accepted %d", f.State, f.Deemed, f.AcceptedAt)
	}
	// 120 days from 2 March: 30 June is the last.
	if at := due(t, f.Application, "decision"); at != "2026-07-01 00:00" {
		t.Errorf("the decision is due %s", at)
	}
	de.clock.forward(30 * day)
	_, err := de.AcceptApplication(t.Context(), registry.AcceptApplication{Application: a.Case, Refuse: true, Grounds: grounds, By: "Desk"})
	if !errors.Is(err, registry.ErrConflict) {
		t.Errorf("not accepted after silence: %v", err)
	}
	if since, overdue := de.application(a.Case).Overdue(); !overdue || since == 0 {
		t.Error("the decision is not overdue")
	}
	got(de.AppealApplication(t.Context(), registry.AppealApplication{Application: a.Case, Body: "Finanzgericht Hamburg", Reference: "4 K 1/26", By: rhein.name}))(t)
	got(de.AssessApplication(t.Context(), registry.AssessApplication{Application: a.Case, AllMet: true, By: "Assessor"}))(t)
	late := got(de.DecideApplication(t.Context(), registry.DecideApplication{Application: a.Case, Grant: true, Without: unvisited, By: "Decider"}))(t)
	if late.State != authorisation.DecidedGrant || !late.Decision.Late {
		t.Errorf("a late grant: %+v", late.Decision)
	}
}

// What silence means takes effect whether the clock or an officer comes first.
func TestAnOfficerComesAfterSilence(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	a := de.applied(rhein)
	de.clock.forward(40 * day)
	_, err := de.AcceptApplication(t.Context(), registry.AcceptApplication{Application: a.Case, Refuse: true, Grounds: grounds, By: "Desk"})
	if !errors.Is(err, registry.ErrConflict) || !de.application(a.Case).Deemed {
		t.Errorf("not accepted ten days after silence accepted: %v", err)
	}
}

func TestInformationIsAskedForAndGivenOrNot(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	a := de.applied(rhein)
	de.pass(10 * day)
	ask := registry.RequestInformation{Application: a.Case, Items: []string{"the accounts of 2025"}, By: "Desk"}
	a = got(de.RequestInformation(ctx, ask))(t)
	if k, runs := a.Clocks.Open("acceptance"); a.State != authorisation.InfoRequested || runs {
		t.Fatalf("%s, and the time for the acceptance runs: %+v", a.State, k)
	}
	de.pass(29 * day) // the acceptance was due on the way; silence of ours while they owe accepts nothing
	if f := de.application(a.Case); f.State != authorisation.InfoRequested {
		t.Fatalf("while we wait: %s", f.State)
	}
	a = got(de.GiveInformation(ctx, registry.GiveInformation{Application: a.Case, Answer: "they are in the file", By: rhein.name}))(t)
	answered := de.clock.Now().Unix()
	if at := due(t, a, "acceptance"); at != "2026-05-12 00:00" { // the thirty days after 10 April end on a Sunday
		t.Errorf("once they answered the acceptance is due %s", at)
	}
	a = got(de.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}))(t)
	if a.AcceptedAt != answered || a.SubmittedAt != start.Unix() {
		t.Errorf("accepted as of %d, the last data came in at %d", a.AcceptedAt, answered)
	}
	before := due(t, a, "decision")
	ask.By = "Assessor"
	a = got(de.RequestInformation(ctx, ask))(t)
	if after := due(t, a, "decision"); after <= before {
		t.Errorf("the time for the decision did not grow by that of the answer: %s, %s", before, after)
	}
	de.pass(40 * day)
	if f := de.application(a.Case); f.State != authorisation.Accepted || f.Request.LapsedAt == 0 {
		t.Errorf("no answer after acceptance: %s, %+v", f.State, f.Request)
	}

	other := rhein
	other.identifier, other.name = "DE7654321", "Elbe Logistik GmbH"
	b := de.applied(other)
	ask.Application = b.Case
	got(de.RequestInformation(ctx, ask))(t)
	de.pass(40 * day)
	if f := de.application(b.Case); f.State != authorisation.NotAccepted || len(f.Clocks) == 0 {
		t.Errorf("no answer before acceptance: %s", f.State)
	} else if k, ok := f.Clocks.Open("acceptance"); ok {
		t.Errorf("a closed case has an open clock: %+v", k)
	}
}

// Silence after an answer accepts as well, as of the answer.
func TestSilenceAfterAnAnswerAccepts(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	a := de.applied(rhein)
	got(de.RequestInformation(t.Context(), registry.RequestInformation{Application: a.Case, Items: []string{"the accounts of 2025"}, By: "Desk"}))(t)
	de.pass(20 * day)
	got(de.GiveInformation(t.Context(), registry.GiveInformation{Application: a.Case, Answer: "here", By: rhein.name}))(t)
	answered := de.clock.Now().Unix()
	de.pass(60 * day)
	if f := de.application(a.Case); !f.Deemed || f.AcceptedAt != answered {
		t.Errorf("%s, deemed %t, accepted as of %d, answered at %d", f.State, f.Deemed, f.AcceptedAt, answered)
	}
}

var inLyon = authorisation.Site{ID: "FR-1", Name: "Lyon", Address: authorisation.Address{Country: "FR"}}

// A member where the applicant has a site must be asked, and must answer (regime of
// 2025); an objection with documents obliges to refuse.
func TestOtherMembersAreConsulted(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	a := de.applied(rhein, inLyon)
	got(de.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}))(t)
	got(de.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, AllMet: true, By: "Assessor"}))(t)
	grant := registry.DecideApplication{Application: a.Case, Grant: true, Without: unvisited, By: "Decider"}
	refused := func(why string) {
		t.Helper()
		_, err := de.DecideApplication(ctx, grant)
		if !errors.Is(err, registry.ErrConflict) || !strings.Contains(err.Error(), why) {
			t.Errorf("granted: %v, want %q", err, why)
		}
	}
	refused("FR is to be consulted first")
	if f := de.application(a.Case); !slices.Contains(f.Missing, "FR is to be consulted first") {
		t.Errorf("missing: %q", f.Missing)
	}
	a = got(de.Consult(ctx, registry.Consult{Application: a.Case, Who: "FR", By: "Assessor"}))(t)
	refused("FR was consulted and has not answered")
	de.pass(100 * day)
	refused("FR was consulted and has not answered")
	answer := registry.AnswerConsultation{Application: a.Case, Who: "FR", Answer: authorisation.Objects,
		Documents: []string{strings.Repeat("a", 64)}, By: "Desk"}
	got(de.AnswerConsultation(ctx, answer))(t)
	refused("obliges to refuse")
	_, err := de.AnswerConsultation(ctx, answer)
	if !errors.Is(err, registry.ErrConflict) {
		t.Errorf("answered twice: %v", err)
	}
}

// A refusal: grounds, no reply, decision, service by post, deemed receipt, appeal,
// setting aside, another decision.
func TestARefusalAndTheWayBack(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	a := de.applied(rhein)
	got(de.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}))(t)
	got(de.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, By: "Assessor",
		AllMet: true, Findings: []authorisation.Finding{{Requirement: a.Wish.Requirements[0], Result: authorisation.NotMet, Note: "two penalties"}}}))(t)
	refuse := registry.DecideApplication{Application: a.Case, Grounds: grounds, Reasons: "Two penalties in 2025.\nSee there.", By: "Decider"}
	if _, err := de.DecideApplication(ctx, refuse); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("refused without hearing: %v", err)
	}
	f := de.application(a.Case)
	before := due(t, f.Application, "decision")
	a = got(de.HearApplicant(ctx, registry.HearApplicant{Application: a.Case, Grounds: grounds, Text: "We intend to refuse.", By: "Assessor"}))(t)
	if a.State != authorisation.Hearing || due(t, a, "decision") <= before {
		t.Errorf("hearing: %s, decision due %s, before %s", a.State, due(t, a, "decision"), before)
	}
	if _, err := de.DecideApplication(ctx, refuse); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("refused while the applicant may still reply: %v", err)
	}
	de.pass(40 * day)
	a = got(de.DecideApplication(ctx, refuse))(t)
	if a.State != authorisation.DecidedRefuse || a.Decision.Late || len(a.Decision.Refused) != 2 {
		t.Errorf("%s %+v", a.State, a.Decision)
	}
	a = got(de.ServeDecision(ctx, registry.ServeDecision{Application: a.Case, Channel: authorisation.ByPost, Proof: "RR 1", By: "Desk"}))(t)
	de.pass(10 * day)
	f = de.application(a.Case)
	if !f.Service.Deemed || f.Service.ReceivedAt == 0 {
		t.Fatalf("service: %+v", f.Service)
	}
	due(t, f.Application, "appeal")
	got(de.AppealApplication(ctx, registry.AppealApplication{Application: a.Case, Body: "court", Reference: "1", By: rhein.name}))(t)
	got(de.AppealApplication(ctx, registry.AppealApplication{Application: a.Case, Reference: "1", Outcome: authorisation.Upheld, By: "Desk"}))(t)
	fix := registry.TakeBack{Application: a.Case, Field: "basis", Old: grounds.Basis, New: "UCC Art. 39(a)", Grounds: grounds, By: "Decider"}
	if a = got(de.RectifyApplication(ctx, fix))(t); a.Decision.Grounds.Basis != fix.New {
		t.Errorf("rectified: %+v", a.Decision)
	}
	back := registry.TakeBack{Application: a.Case, Who: authorisation.ByReview, Grounds: grounds, By: "decider"}
	if _, err := de.SetAsideApplication(ctx, back); !errors.Is(err, registry.ErrNotAllowed) {
		t.Errorf("set aside by who decided: %v", err)
	}
	back.Who = authorisation.ByCourt
	a = got(de.SetAsideApplication(ctx, back))(t)
	if a.State != authorisation.UnderExamination || a.Decision.SetAsideAt == 0 {
		t.Errorf("set aside: %s %+v", a.State, a.Decision)
	}
	got(de.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, AllMet: true, By: "Assessor"}))(t)
	a = got(de.DecideApplication(ctx, registry.DecideApplication{Application: a.Case, Grant: true, Without: unvisited, By: "Decider"}))(t)
	if a.State != authorisation.DecidedGrant {
		t.Errorf("decided anew: %s", a.State)
	}
}

func TestAnAppealAfterItsTimeIsRefused(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	a := de.applied(rhein)
	got(de.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, Refuse: true, Grounds: grounds, By: "Desk"}))(t)
	got(de.ServeDecision(ctx, registry.ServeDecision{Application: a.Case, Channel: authorisation.ByPortal, ReceivedAt: de.clock.Now().Unix(), By: "Desk"}))(t)
	de.pass(60 * day)
	_, err := de.AppealApplication(ctx, registry.AppealApplication{Application: a.Case, Body: "court", Reference: "1", By: rhein.name})
	if !errors.Is(err, registry.ErrConflict) || !strings.Contains(err.Error(), "time for an appeal is over") {
		t.Errorf("appeal: %v", err)
	}
}

func TestAPartIsGranted(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	a := de.applied(rhein)
	got(de.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}))(t)
	got(de.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, By: "Assessor", AllMet: true,
		Findings: []authorisation.Finding{{Requirement: a.Wish.Requirements[len(a.Wish.Requirements)-1], Result: authorisation.NotMet, Note: "no fence"}}}))(t)
	r := registry.DecideApplication{Application: a.Case, Grant: true, Components: []string{"AEOC"}, Grounds: grounds, Without: unvisited, By: "Decider"}
	if _, err := de.DecideApplication(ctx, r); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("a part refused without hearing: %v", err)
	}
	r.Without.Hearing = unheard.Hearing
	a = got(de.DecideApplication(ctx, r))(t)
	auth := got(de.Authorisation(a.Authorisation))(t)
	if auth.Type != "AEOC" || len(auth.Components) != 1 || !slices.Equal(a.Decision.Refused, []string{"AEOS"}) {
		t.Errorf("granted %s %+v, refused %q", auth.Type, auth.Components, a.Decision.Refused)
	}
}

// Whoever lost a status by annulment does not apply again for three years; whoever
// gave it back may at once.
func TestABarIsRespected(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	first := de.grant(rhein)
	again := registry.SubmitApplication{Operator: rhein.identifier, Type: "AEOS", Roles: rhein.roles, By: rhein.name}
	got(de.SubmitApplication(ctx, again))(t)
	got(de.Annul(ctx, de.measure(first.Case)))(t)
	if _, err := de.SubmitApplication(ctx, again); !errors.Is(err, registry.ErrConflict) || !strings.Contains(err.Error(), first.Case) {
		t.Errorf("applied under a bar: %v", err)
	}
	draft := got(de.DraftApplication(ctx, again))(t)
	de.clock.forward(3 * 366 * day)
	again.Application = draft.Case
	if a := got(de.SubmitApplication(ctx, again))(t); a.State != authorisation.Submitted || a.Case != draft.Case {
		t.Errorf("after the bar: %s %s", a.Case, a.State)
	}

}

// China bars whoever withdrew an application, or gave the status up, for a year: where
// the pack names it, a withdrawal bars as a refusal does.
func TestAWithdrawalBarsWhereTheProgrammeSaysSo(t *testing.T) {
	cn := found(t, newClock(), "CN", "")
	ctx := t.Context()
	pearl := trader{"Pearl River Tools Co Ltd", "AEOCN1101260123", "ADVANCED", []string{"exporter"}}
	a := cn.applied(pearl)
	got(cn.WithdrawApplication(ctx, registry.WithdrawApplication{Application: a.Case, By: pearl.name}))(t)
	again := registry.SubmitApplication{Operator: pearl.identifier, Type: "ADVANCED", Roles: pearl.roles, By: pearl.name}
	if _, err := cn.SubmitApplication(ctx, again); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("on the day after: %v", err)
	}
	silk := trader{"Silk Road Instruments Co Ltd", "AEOCN1101260124", "ADVANCED", []string{"exporter"}}
	given := cn.grant(silk)
	got(cn.Withdraw(ctx, cn.measure(given.Case)))(t)
	again.Operator, again.By = silk.identifier, silk.name
	if _, err := cn.SubmitApplication(ctx, again); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("after it gave the status up: %v", err)
	}
	cn.clock.forward(366 * day)
	again.Operator, again.By = pearl.identifier, pearl.name
	got(cn.SubmitApplication(ctx, again))(t)
}

func TestAWithdrawalBarsNothing(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	given := de.grant(rhein)
	got(de.Withdraw(ctx, de.measure(given.Case)))(t)
	again := registry.SubmitApplication{Operator: rhein.identifier, Type: "AEOF", Roles: rhein.roles, By: rhein.name}
	got(de.SubmitApplication(ctx, again))(t)
}

// The time for a decision is extended before it is over, by what the programme allows,
// and stands still for criminal proceedings.
func TestPeriodsAreChanged(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	a := de.applied(rhein)
	a = got(de.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}))(t)
	r := registry.ChangePeriod{Application: a.Case, For: "authority", Period: &deadline.Period{N: 61, Unit: deadline.Days}, Reason: "sites in five places", By: "Desk"}
	if _, err := de.ChangePeriod(ctx, r); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("longer than the law allows: %v", err)
	}
	r.Period.N = 60
	if at := due(t, got(de.ChangePeriod(ctx, r))(t), "decision"); at != "2026-08-29 00:00" && at != "2026-09-01 00:00" {
		t.Errorf("180 days from 2 March are over %s", at)
	}
	stop := registry.ChangePeriod{Application: a.Case, For: "criminal_proceedings", Reason: "public prosecutor", By: "Desk"}
	if at := due(t, got(de.ChangePeriod(ctx, stop))(t), "decision"); at != "stands still" {
		t.Errorf("in criminal proceedings: %s", at)
	}
	de.clock.forward(400 * day)
	stop.Resume = true
	if at := due(t, got(de.ChangePeriod(ctx, stop))(t), "decision"); at < "2027-09" {
		t.Errorf("400 days later: %s", at)
	}
}

func TestACaseIsAssigned(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	ctx := t.Context()
	a := de.applied(rhein)
	r := registry.AssignApplication{Application: a.Case, Officer: "Anna", Office: "HH", By: "Desk"}
	a = got(de.AssignApplication(ctx, r))(t)
	if a.Officer != "Anna" || a.Office != "HH" {
		t.Errorf("%+v", a)
	}
	r.Office = "M"
	if _, err := de.AssignApplication(ctx, r); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("moved without reason: %v", err)
	}
	r.Reason = "accounts are kept in Munich"
	got(de.AssignApplication(ctx, r))(t)
}
