package registry_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

func takeBack(number string, who authorisation.Remedy) registry.TakeBackMeasure {
	return registry.TakeBackMeasure{Authorisation: number, Who: who, Grounds: grounds, By: "Judge's clerk"}
}

// What a court restores is in force from its first day on, by another credential: the
// old one stays ended. Partners see no more than an ordinary credential.
func TestARestoredAuthorisation(t *testing.T) {
	nz, jp := partners(t)
	ctx := t.Context()
	a := nz.grant(timber)
	nz.release(timber)
	old := nz.export(a.Case)
	agree(t, nz, jp)
	nz.pass(5 * day)
	got(nz.Annul(ctx, nz.measure(a.Case)))(t)
	nz.pass(5 * day)
	jp.pass(time.Second)
	everybody(t, nz, jp)
	jp.expect("annulled", old, federation.Annulled)
	if _, err := nz.IssueCredential(ctx, registry.IssueCredential{Authorisation: a.Case, By: "Desk"}); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("issued for what had ended: %v", err)
	}

	a = got(nz.SetAsideMeasure(ctx, takeBack(a.Case, authorisation.ByCourt)))(t)
	if c := a.Components[0]; c.State != authorisation.Effective || c.Since != a.EffectiveAt || c.End != "" || len(a.Credentials) != 2 {
		t.Fatalf("set aside: %+v %+v", c, a.Credentials)
	}
	nz.pass(time.Second)
	everybody(t, nz, jp)
	again := nz.export(a.Case)
	for _, o := range []*office{nz, jp} {
		o.expect("the old credential", old, federation.Annulled)
	}
	jp.expect("the new credential", again, federation.ByArrangement)
	d := jp.verifier().Lookup(timber.identifier, federation.Question{Now: jp.clock.Now().Unix()})
	if d.Reason != federation.ByArrangement || d.Holder.EffectiveOn != nz.Pack().LocalDate(time.Unix(a.EffectiveAt, 0)) {
		t.Errorf("the directory: %s %+v", d.Reason, d.Holder)
	}

	// Asked about a day, either says what held then, and what could be known.
	nz.pass(2 * day)
	jp.pass(time.Second)
	everybody(t, nz, jp)
	began := time.Unix(a.EffectiveAt, 0)
	for _, c := range []struct {
		at       time.Time
		then     federation.Reason
		restored bool
	}{
		{began.Add(2 * day), federation.ByArrangement, true}, // nobody knew yet that it would be annulled
		{began.Add(7 * day), federation.Annulled, true},
		{began.Add(11*day + time.Hour), federation.ByArrangement, false},
	} {
		q := federation.Question{Now: jp.clock.Now().Unix(), At: c.at.Unix()}
		d := jp.verifier().Verify(again, q)
		if d.Reason != federation.ByArrangement || d.KnownThen == nil || d.KnownThen.Reason != c.then || warns(d, federation.CaveatRestored) != c.restored {
			t.Errorf("on %s: %s, known then %+v, %+v", c.at, d.Reason, d.KnownThen, d.Caveats)
		}
	}
}

func warns(d *federation.Decision, code string) bool {
	return slices.ContainsFunc(d.Caveats, func(c federation.Caveat) bool { return c.Code == code })
}

// A stay of a revocation brings it back for a while, under a credential that lasts no
// longer; whoever asks about the days between is told which of the two held.
func TestAStayedRevocation(t *testing.T) {
	eu := found(t, newClock(), "EU", "")
	ctx := t.Context()
	brussels := trader{"Brussels Forwarding NV", "BE1234567", "AEOC", []string{"exporter"}}
	a := eu.grant(brussels)
	eu.pass(8 * day)
	got(eu.Revoke(ctx, eu.measure(a.Case)))(t)
	revoked := eu.clock.Now()
	eu.pass(3 * day)
	barred := registry.SubmitApplication{Operator: brussels.identifier, Type: brussels.kind, Roles: brussels.roles, By: "Desk"}
	if _, err := eu.SubmitApplication(ctx, barred); err == nil {
		t.Fatal("no bar after a revocation")
	}
	stay := takeBack(a.Case, authorisation.ByCourt)
	stay.Until = eu.clock.Now().Add(10 * day).Unix()
	got(eu.StayMeasure(ctx, stay))(t)
	eu.pass(time.Hour)
	during := eu.export(a.Case)
	eu.expect("stayed", during, federation.OwnProgramme)
	a = got(eu.Authorisation(a.Case))(t)
	if c := a.Credentials[1]; c.Expires != stay.Until || a.Components[0].Stayed == nil {
		t.Errorf("lasts until %d, the stay until %d: %+v", c.Expires, stay.Until, a.Components[0])
	}
	eu.pass(10 * day) // the stay is over
	eu.expect("no longer stayed", during, federation.Expired)
	a = got(eu.Authorisation(a.Case))(t)
	if c := a.Components[0]; c.State != authorisation.Ended || c.EndedAt != revoked.Unix() || c.Stayed != nil {
		t.Errorf("after the stay: %+v", c)
	}

	byError := takeBack(a.Case, authorisation.ByError)
	if _, err := eu.SetAsideMeasure(ctx, byError); !errors.Is(err, registry.ErrNotAllowed) {
		t.Errorf("by one: %v", err)
	}
	byError.By, byError.Second = "Decider", "Judge's clerk"
	if _, err := eu.SetAsideMeasure(ctx, byError); !errors.Is(err, registry.ErrNotAllowed) {
		t.Errorf("by who decided it: %v", err)
	}
	byError.By, byError.Second = "Judge's clerk", "Decider"
	got(eu.SetAsideMeasure(ctx, byError))(t)
	eu.pass(2 * day)
	file := eu.export(a.Case)
	eu.expect("set aside", file, federation.OwnProgramme)
	for at, then := range map[time.Duration]federation.Reason{
		-time.Hour: federation.OwnProgramme, day: federation.Ended, 5 * day: federation.OwnProgramme, 13*day + 2*time.Hour: federation.Ended,
	} {
		d := eu.verifier().Verify(file, federation.Question{Now: eu.clock.Now().Unix(), At: revoked.Add(at).Unix()})
		if d.Reason != federation.OwnProgramme || d.KnownThen == nil || d.KnownThen.Reason != then {
			t.Errorf("%s after the revocation: %s, known then %+v", at, d.Reason, d.KnownThen)
		}
	}
	if _, err := eu.SubmitApplication(ctx, barred); err != nil {
		t.Errorf("still barred: %v", err)
	}
}

// The time for an appeal against a measure counts from its receipt, known or deemed; a
// suspension that is over is set aside as if it had never been.
func TestAnAppealAgainstAMeasureHasItsTime(t *testing.T) {
	eu := found(t, newClock(), "EU", "")
	ctx := t.Context()
	a := eu.grant(trader{"Brussels Forwarding NV", "BE1234567", "AEOS", []string{"exporter"}})
	eu.pass(8 * day)
	m := eu.measure(a.Case)
	m.Second = ""
	got(eu.Suspend(ctx, m))(t)
	told := eu.clock.Now()
	if f := got(eu.AuthorisationFile(a.Case))(t); len(f.Appealable) != 0 {
		t.Errorf("nobody knows that it was received: %+v", f.Appealable)
	}
	got(eu.ServeMeasure(ctx, registry.ServeMeasure{Authorisation: a.Case, Channel: authorisation.ByHand, By: "Desk"}))(t)
	f := got(eu.AuthorisationFile(a.Case))(t)
	if len(f.Appealable) != 1 || f.Appealable[0].Of != authorisation.ActSuspend || f.Appealable[0].Until < told.Add(27*day).Unix() {
		t.Fatalf("%+v", f.Appealable)
	}
	eu.pass(5 * day)
	got(eu.Reinstate(ctx, registry.Measure{Authorisation: a.Case, By: "Decider"}))(t)
	appeal := registry.AppealMeasure{Authorisation: a.Case, Of: authorisation.ActSuspend, Body: "court", Reference: "1", By: "Brussels"}
	got(eu.AppealMeasure(ctx, appeal))(t)
	eu.pass(day)
	before := eu.export(a.Case)
	if r := eu.reason(before, told.Add(day)); r != federation.StatusSuspended {
		t.Errorf("while it was suspended: %s", r)
	}
	aside := takeBack(a.Case, authorisation.ByCourt)
	aside.Of = authorisation.ActSuspend
	if a = got(eu.SetAsideMeasure(ctx, aside))(t); len(a.Credentials) != 2 {
		t.Fatalf("set aside: %+v", a.Credentials)
	}
	eu.pass(time.Second)
	after := eu.export(a.Case)
	for _, at := range []time.Duration{-day, day, 6 * day} {
		if r := eu.reason(after, told.Add(at)); r != federation.OwnProgramme {
			t.Errorf("%s after it was told: %s", at, r)
		}
	}

	m.Served = authorisation.ByPortal
	got(eu.Suspend(ctx, m))(t)
	eu.clock.forward(time.Duration(got(eu.AuthorisationFile(a.Case))(t).Appealable[0].Until-eu.clock.Now().Unix()) * time.Second)
	appeal.Reference = "2"
	if _, err := eu.AppealMeasure(ctx, appeal); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("after its time: %v", err)
	}
}

// In the United States whoever is expelled for false information has thirty days to
// appeal, and not the ninety of other decisions (6 U.S.C. 967(c)).
func TestTheTimeForAnAppealIsThatOfWhatItIsAgainst(t *testing.T) {
	us := found(t, newClock(), "US", "")
	bay := trader{"Bay Imports Inc", "12345678", "TIER1", []string{"importer"}}
	for name, tc := range map[string]struct {
		end  func(context.Context, registry.Measure) (authorisation.Authorisation, error)
		days int
	}{"annulled": {us.Annul, 30}, "revoked": {us.Revoke, 90}} {
		tr := bay
		tr.name, tr.identifier = name+" Inc", strconv.Itoa(12345678+tc.days)
		a := us.grant(tr)
		m := us.measure(a.Case)
		m.Served = authorisation.ByHand
		got(tc.end(t.Context(), m))(t)
		told := us.clock.Now()
		f := got(us.AuthorisationFile(a.Case))(t)
		if len(f.Appealable) != 1 {
			t.Fatalf("%s: %+v", name, f.Appealable)
		}
		if days := int(time.Unix(f.Appealable[0].Until, 0).Sub(told) / day); days != tc.days {
			t.Errorf("%s: %d days to appeal", name, days)
		}
	}
}
