package registry_test

import (
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

func lasts(a authorisation.Authorisation, name string) int64 {
	k, _ := a.Clocks.Open(name)
	return k.Due
}

// A suspension of the EU by DA Art. 16 and 17: its time is prolonged, the remedy is
// reported and verified; a doubt about an offence stands still until it is settled.
func TestHowLongASuspensionLasts(t *testing.T) {
	eu := found(t, newClock(), "EU", "")
	ctx := t.Context()
	a := eu.grant(rhein)
	eu.pass(6 * day)
	m := eu.measure(a.Case)
	m.Ground, m.Days, m.Second = authorisation.ForRemedy, 40, ""
	a = got(eu.Suspend(ctx, m))(t)
	was := lasts(a, "remedy#AEOC")
	longer := registry.ExtendSuspension{Authorisation: a.Case, Components: []string{"AEOC"}, Days: 10, Reason: "the fence is on order", By: "Decider"}
	a = got(eu.ExtendSuspension(ctx, longer))(t)
	if d := lasts(a, "remedy#AEOC") - was; d != 10*86400 || lasts(a, "remedy#AEOS") != was {
		t.Errorf("ten days longer are %d s", d)
	}
	until := longer
	until.Days, until.Components, until.Until = 0, nil, was+30*86400
	a = got(eu.ExtendSuspension(ctx, until))(t)
	if lasts(a, "remedy#AEOC") != until.Until || lasts(a, "remedy#AEOS") != until.Until {
		t.Errorf("until %d: %+v", until.Until, a.Clocks)
	}
	eu.pass(day)
	a = got(eu.ReportRemedy(ctx, registry.ReportRemedy{Authorisation: a.Case, Text: "It stands.", By: rhein.name}))(t)
	if lasts(a, "remedy#AEOC") != 0 || lasts(a, "remedy_check#AEOC") == 0 || a.Components[0].State != authorisation.Suspended {
		t.Errorf("reported: %+v", a)
	}
	for name, c := range map[string]struct {
		change func(*registry.ExtendSuspension)
		want   error
	}{
		"what the law bounds":  {func(*registry.ExtendSuspension) {}, registry.ErrConflict},
		"without a reason":     {func(r *registry.ExtendSuspension) { r.Reason = "" }, registry.ErrInvalid},
		"in two ways":          {func(r *registry.ExtendSuspension) { r.Until = until.Until }, registry.ErrInvalid},
		"to an earlier day":    {func(r *registry.ExtendSuspension) { r.Days, r.Until = 0, was-40*86400 }, registry.ErrInvalid},
		"what does not exist":  {func(r *registry.ExtendSuspension) { r.Components = []string{"AEOX"} }, registry.ErrConflict},
		"what does not stand":  {func(r *registry.ExtendSuspension) { r.Days, r.Resume = 0, true }, registry.ErrConflict},
		"for what is no cause": {func(r *registry.ExtendSuspension) { r.For = "mercy" }, registry.ErrConflict},
	} {
		r := longer
		c.change(&r)
		if _, err := eu.ExtendSuspension(ctx, r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a = got(eu.Reinstate(ctx, registry.Measure{Authorisation: a.Case, By: "Decider"}))(t)

	doubt := eu.measure(a.Case)
	doubt.Components, doubt.Second = []string{"AEOC"}, ""
	got(eu.Suspend(ctx, doubt))(t)
	still := registry.ExtendSuspension{Authorisation: a.Case, For: "criminal_proceedings", Reason: "public prosecutor", By: "Decider"}
	got(eu.ExtendSuspension(ctx, still))(t)
	eu.clock.forward(100 * day)
	eu.Tick(ctx) // keys run out meanwhile; the law takes its course
	if a = got(eu.Authorisation(a.Case))(t); a.Components[0].Suspension.Overdue != 0 || lasts(a, "suspension_doubt#AEOC") != 0 {
		t.Errorf("it stood still: %+v", a.Clocks)
	}
	still.Resume, still.Reason = true, "acquitted"
	if a = got(eu.ExtendSuspension(ctx, still))(t); lasts(a, "suspension_doubt#AEOC") < eu.clock.Now().Add(29*day).Unix() {
		t.Errorf("thirty days were left: %+v", a.Clocks)
	}
}

// A doubt the authority of a member does not settle is over after thirty days (DA Art.
// 17(1) and 18(1)), unless it means to end the authorisation and says so in time (17(3)).
func TestADoubtEndsByTheClockUnlessItIsToBeTheEnd(t *testing.T) {
	eu := found(t, newClock(), "EU", "")
	a := eu.grant(rhein)
	eu.pass(6 * day)
	m := eu.measure(a.Case)
	m.Components, m.Second = []string{"AEOC"}, ""
	got(eu.Suspend(t.Context(), m))(t)
	m.Components = []string{"AEOS"}
	got(eu.Suspend(t.Context(), m))(t)
	got(eu.ExtendSuspension(t.Context(), registry.ExtendSuspension{Authorisation: a.Case, Components: []string{"AEOS"}, For: "ending",
		Reason: "heard before it is revoked", By: "Decider"}))(t)
	eu.clock.forward(40 * day)
	eu.Tick(t.Context()) // keys may have run out meanwhile; the law takes its course
	a = got(eu.Authorisation(a.Case))(t)
	if c := a.Components[0]; c.State != authorisation.Effective || c.Suspension != nil {
		t.Errorf("a doubt after forty days: %+v", c)
	}
	if c := a.Components[1]; c.State != authorisation.Suspended || c.Suspension.Overdue != 0 {
		t.Errorf("one to be revoked after forty days: %+v", c)
	}
}
