package registry_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

func dueOf(m authorisation.Monitoring, rule string) int64 {
	k, _ := m.Clocks.Open(rule)
	return k.Due
}

func TestMonitoringBeginsWithTheGrant(t *testing.T) {
	for territory, c := range map[string]struct {
		trader trader
		want   []string
		not    []string
	}{
		"NZ": {orchards, []string{"self_assessment", "internal_audit", "recheck"}, []string{"renewal", "first_validation"}},
		"SG": {trader{"Merlion Components Pte Ltd", "AEOSG201912345K01", "STP-PLUS", []string{"exporter"}}, []string{"self_assessment", "renewal"}, nil},
		"US": {trader{"Bay Imports Inc", "12345678", "TIER1", []string{"importer"}}, []string{"first_validation"}, []string{"recheck"}},
	} {
		o := found(t, newClock(), territory, "")
		a := o.grant(c.trader)
		m := got(o.Monitoring(a.Case))(t)
		for _, rule := range c.want {
			if dueOf(m, rule) <= o.clock.Now().Unix() {
				t.Errorf("%s: %s is due %d", territory, rule, dueOf(m, rule))
			}
		}
		for _, rule := range c.not {
			if dueOf(m, rule) != 0 {
				t.Errorf("%s: %s runs", territory, rule)
			}
		}
	}
}

func TestWhatAHolderReportsAndCustomsFinds(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	ctx := t.Context()
	nz.clock.forward(20 * day)
	late := registry.ReportToCustoms{Authorisation: a.Case, Kind: authorisation.ReportChange, Code: "address", Text: "New packing house.",
		HappenedAt: start.Add(day).Unix(), By: orchards.name}
	m := got(nz.Report(ctx, late))(t)
	if !m.Reports[0].Late() {
		t.Errorf("told 19 days after: %+v", m.Reports[0])
	}
	late.Code = "weather"
	if _, err := nz.Report(ctx, late); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("a change of no kind: %v", err)
	}
	before := dueOf(m, "self_assessment")
	m = got(nz.Report(ctx, registry.ReportToCustoms{Authorisation: a.Case, Kind: authorisation.ReportSelfAssessment, Text: "Two gaps.",
		Result: authorisation.ToImprove, By: orchards.name}))(t)
	if after := dueOf(m, "self_assessment"); after <= before {
		t.Errorf("the next self-assessment is due %d, the one before was %d", after, before)
	}
	got(nz.AcknowledgeReport(ctx, registry.AcknowledgeReport{Authorisation: a.Case, Report: 1, Note: "Seen.", By: "Desk"}))(t)
	got(nz.Reassess(ctx, registry.Reassess{Authorisation: a.Case, Cause: "change", By: "Assessor"}))(t)
	m = got(nz.AskAction(ctx, registry.AskAction{Authorisation: a.Case, Criterion: "I-1", Severity: authorisation.Minor, What: "Mend the fence.",
		Owner: "Head of security", By: "Assessor"}))(t)
	if dueOf(m, "corrective_action#CA-1") != m.Actions[0].Due || m.Actions[0].Due == 0 {
		t.Errorf("action: %+v, clocks %+v", m.Actions, m.Clocks)
	}
	m = got(nz.AskAction(ctx, registry.AskAction{Authorisation: a.Case, Close: "CA-1", Note: "Seen.", By: "Assessor"}))(t)
	if dueOf(m, "corrective_action#CA-1") != 0 {
		t.Error("the clock of what was done still runs")
	}
	recheck := dueOf(m, "recheck")
	nz.clock.forward(day)
	m = got(nz.Reassess(ctx, registry.Reassess{Authorisation: a.Case, Result: authorisation.Keep, Told: authorisation.ByPortal, Said: "All is well.", By: "Assessor"}))(t)
	if dueOf(m, "recheck") <= recheck {
		t.Error("the next re-check is not counted from this one")
	}
	sooner := nz.clock.Now().Add(30 * day).Unix()
	m = got(nz.PlanMonitoring(ctx, registry.PlanMonitoring{Authorisation: a.Case, Risk: "high", RecheckBy: sooner, By: "Assessor"}))(t)
	if dueOf(m, "recheck") > sooner+86400 || dueOf(m, "recheck") < sooner || m.Risk != "high" {
		t.Errorf("planned: %+v", m)
	}
	if _, err := nz.PlanMonitoring(ctx, registry.PlanMonitoring{Authorisation: a.Case, RecheckBy: sooner + 3*86400, By: "Assessor"}); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("put off: %v", err)
	}
	got(nz.Revoke(ctx, nz.measure(a.Case)))(t)
	if m = got(nz.Monitoring(a.Case))(t); m.ClosedAt == 0 {
		t.Error("what was revoked is still watched")
	}
}

// What fell due while the node was off is recorded with the instant it did.
func TestOverdueDuringDowntime(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	m := got(nz.Monitoring(a.Case))(t)
	when := dueOf(m, "self_assessment")
	must(t, nz.Close())
	nz.clock.forward(500 * day)
	nz.open()
	nz.Tick(t.Context()) // keys have run out; the law takes its course
	m = got(nz.Monitoring(a.Case))(t)
	if k, _ := m.Clocks.Open("self_assessment"); k.LapsedAt != when {
		t.Errorf("overdue since %d, want %d", k.LapsedAt, when)
	}
}

func TestARenewedAuthorisationGoesOnWithANewCredential(t *testing.T) {
	sg := found(t, newClock(), "SG", "")
	a := sg.grant(trader{"Merlion Components Pte Ltd", "AEOSG201912345K01", "STP-PLUS", []string{"exporter"}})
	until, had := a.ExpiresAt, len(a.Credentials)
	ctx := t.Context()
	asked := registry.ReportToCustoms{Authorisation: a.Case, Kind: authorisation.ReportRenewal, Text: "We ask for renewal.", By: "Merlion"}
	due := dueOf(got(sg.Monitoring(a.Case))(t), "renewal")
	if due == 0 || due > until-80*86400 {
		t.Errorf("renewal is asked for by %d, it ends at %d", due, until)
	}
	m := got(sg.Report(ctx, asked))(t)
	if m.Reports[0].DueAt != due || m.Reports[0].Late() || dueOf(m, "renewal") != 0 {
		t.Errorf("asked in time: %+v", m)
	}
	a = got(sg.Renew(t.Context(), registry.Measure{Authorisation: a.Case, By: "Decider", Second: "Second"}))(t)
	if _, err := sg.Renew(ctx, registry.Measure{Authorisation: a.Case, By: "Decider", Second: "Second"}); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("renewed once more at once: %v", err)
	}
	if a.ExpiresAt <= until || len(a.Credentials) != had+1 {
		t.Errorf("renewed: until %d, %d credentials", a.ExpiresAt, len(a.Credentials))
	}
	m = got(sg.Monitoring(a.Case))(t)
	again := dueOf(m, "renewal")
	if again <= due || again >= a.ExpiresAt {
		t.Errorf("the next is asked for by %d, it ends at %d", again, a.ExpiresAt)
	}
	sg.clock.forward(time.Unix(again, 0).Sub(sg.clock.Now()) + day)
	sg.Tick(ctx) // keys run out meanwhile; the law takes its course
	if k, _ := got(sg.Monitoring(a.Case))(t).Clocks.Open("renewal"); k.LapsedAt != again {
		t.Errorf("nobody asked: overdue since %d, want %d", k.LapsedAt, again)
	}
	if m = got(sg.Report(ctx, asked))(t); !m.Reports[1].Late() || dueOf(m, "renewal") != 0 {
		t.Errorf("asked late: %+v", m.Reports)
	}
	nz := found(t, newClock(), "NZ", "")
	b := nz.grant(orchards)
	if _, err := nz.Renew(t.Context(), registry.Measure{Authorisation: b.Case, By: "Decider", Second: "Second"}); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("renewed what is unlimited: %v", err)
	}
}

// TestWhatComesBackIsWatchedAgain, as long as it lasts.
func TestWhatComesBackIsWatchedAgain(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	got(nz.Report(t.Context(), registry.ReportToCustoms{Authorisation: a.Case, Kind: authorisation.ReportIncident, Text: "A seal is broken.", By: orchards.name}))(t)
	got(nz.Annul(t.Context(), nz.measure(a.Case)))(t)
	if m := got(nz.Monitoring(a.Case))(t); m.ClosedAt == 0 {
		t.Error("what was annulled is watched")
	}
	nz.pass(300 * day)
	stay := takeBack(a.Case, authorisation.ByCourt)
	stay.Until = nz.clock.Now().Add(10 * day).Unix()
	got(nz.StayMeasure(t.Context(), stay))(t)
	m := got(nz.Monitoring(a.Case))(t)
	if due := dueOf(m, "self_assessment"); m.ClosedAt != 0 || due < nz.clock.Now().Unix() || len(m.Reports) != 1 {
		t.Errorf("stayed: %+v", m)
	}
	nz.clock.forward(11 * day)
	nz.Tick(t.Context())
	if m := got(nz.Monitoring(a.Case))(t); m.ClosedAt == 0 {
		t.Error("what has ended again is watched")
	}
	got(nz.SetAsideMeasure(t.Context(), takeBack(a.Case, authorisation.ByCourt)))(t)
	if m := got(nz.Monitoring(a.Case))(t); m.ClosedAt != 0 {
		t.Error("what was set aside is not watched")
	}
}
