package registry_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// A revocation sent by post takes effect when it is deemed received (UCC Art. 28(4)),
// or when it was, if that is known before; verifiers are told the same.
func TestAMeasureTakesEffectWhenItIsReceived(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ctx := t.Context()
	a := nz.grant(orchards)
	file := nz.export(a.Case)
	nz.pass(day)
	m := nz.measure(a.Case)
	m.Served = authorisation.ByPost
	sent := nz.clock.Now()
	a = got(nz.Revoke(ctx, m))(t)
	if p := a.Components[0].Pending; len(p) != 1 || time.Unix(p[0].From, 0).Sub(sent) < 3*day {
		t.Fatalf("deemed received three days after: %+v", p)
	}
	nz.pass(36 * time.Hour)
	nz.expect("on its way", file, federation.OwnProgramme)
	received := sent.Add(24 * time.Hour)
	serve := registry.ServeMeasure{Authorisation: a.Case, Channel: authorisation.ByPost, SentAt: sent.Unix(), ReceivedAt: received.Unix(), Proof: "RR 1 NZ", By: "Desk"}
	early := serve
	early.SentAt = sent.Unix() - 10
	if _, err := nz.ServeMeasure(ctx, early); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("sent before it was decided: %v", err)
	}
	a = got(nz.ServeMeasure(ctx, serve))(t)
	if c := a.Components[0]; c.State != authorisation.Ended || c.Since != received.Unix() || c.Measures[0].Service.Proof != "RR 1 NZ" {
		t.Errorf("received: %+v", c)
	}
	nz.pass(time.Second)
	nz.expect("received", file, federation.Ended)
	for at, want := range map[time.Time]federation.Reason{received.Add(-time.Hour): federation.OwnProgramme, received.Add(time.Hour): federation.Ended} {
		if r := nz.reason(file, at); r != want {
			t.Errorf("at %s: %s, want %s", at, r, want)
		}
	}
	if report := got(nz.Audit())(t); report.Differing != 0 {
		t.Errorf("the log gives other rows: %+v", report.Differences)
	}
}

// The time a holder has counts from the receipt, too.
func TestTheTimeOfASuspensionCountsFromItsReceipt(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ctx := t.Context()
	a := nz.grant(orchards)
	nz.pass(day)
	m := nz.measure(a.Case)
	m.Ground, m.Days, m.Second, m.Served = authorisation.ForRemedy, 40, "", authorisation.ByPost
	sent := nz.clock.Now()
	a = got(nz.Suspend(ctx, m))(t)
	was := lasts(a, "remedy#SES")
	nz.pass(2 * day)
	anew := registry.ServeMeasure{Authorisation: a.Case, Channel: authorisation.ByPost, By: "Desk"}
	a = got(nz.ServeMeasure(ctx, anew))(t)
	if from := a.Components[0].Pending[0].From; from-sent.Unix() < 5*86400 || lasts(a, "remedy#SES")-was != 2*86400 {
		t.Errorf("sent anew two days later: from %d, due %d after", from, lasts(a, "remedy#SES")-was)
	}
	nz.pass(day)
	a = got(nz.ServeMeasure(ctx, registry.ServeMeasure{Authorisation: a.Case, Channel: authorisation.ByHand, By: "Desk"}))(t)
	now := nz.clock.Now()
	if c := a.Components[0]; c.State != authorisation.Suspended || c.Since != now.Unix() {
		t.Errorf("handed over: %+v", c)
	}
	if days := time.Unix(lasts(a, "remedy#SES"), 0).Sub(now).Hours() / 24; days < 40 || days > 41 {
		t.Errorf("of forty days there are %.1f", days)
	}
	nz.pass(time.Second)
	if report := got(nz.Audit())(t); report.Differing != 0 {
		t.Errorf("the log gives other rows: %+v", report.Differences)
	}
}
