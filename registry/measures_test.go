package registry_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// An urgent suspension that nobody confirmed is over when its time is, though the node
// was switched off then: the act says when, and what verifiers are told as well.
func TestAnUrgentSuspensionLapsesDuringDowntime(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	file := nz.export(a.Case)
	m := registry.Measure{Authorisation: a.Case, Grounds: grounds, Urgent: true, By: "Decider"}
	a = got(nz.Suspend(t.Context(), m))(t)
	since := nz.clock.Now()
	nz.pass(time.Hour)
	nz.expect("suspended", file, federation.StatusSuspended)

	must(t, nz.Close())
	nz.clock.forward(10 * day)
	nz.open()
	must(t, nz.Tick(t.Context()))
	a = got(nz.Authorisation(a.Case))(t)
	if c := a.Components[0]; c.State != authorisation.Effective || c.Since != since.Add(72*time.Hour).Unix() || c.Suspension != nil {
		t.Fatalf("after ten days: %+v", c)
	}
	nz.expect("lapsed", file, federation.OwnProgramme)
	for at, want := range map[time.Duration]federation.Reason{71 * time.Hour: federation.StatusSuspended, 73 * time.Hour: federation.OwnProgramme} {
		if r := nz.reason(file, since.Add(at)); r != want {
			t.Errorf("on the day %s after: %s, want %s", at, r, want)
		}
	}
}

func TestAnUrgentSuspensionConfirmedStands(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	m := registry.Measure{Authorisation: a.Case, Grounds: grounds, Urgent: true, By: "Decider"}
	got(nz.Suspend(t.Context(), m))(t)
	if _, err := nz.ConfirmSuspension(t.Context(), registry.Measure{Authorisation: a.Case, By: "decider"}); !errors.Is(err, registry.ErrNotAllowed) {
		t.Errorf("confirmed by the same officer: %v", err)
	}
	got(nz.ConfirmSuspension(t.Context(), registry.Measure{Authorisation: a.Case, By: "Second"}))(t)
	nz.pass(10 * day)
	a = got(nz.Authorisation(a.Case))(t)
	if c := a.Components[0]; c.State != authorisation.Suspended || c.Suspension.Confirmed != "Second" {
		t.Errorf("after ten days: %+v", c)
	}
	nz.clock.forward(30 * day)
	nz.Tick(t.Context()) // keys may have run out meanwhile; the law takes its course
	if c := got(nz.Authorisation(a.Case))(t).Components[0]; c.Suspension.Overdue == 0 {
		t.Errorf("after forty days no decision is due: %+v", c.Suspension)
	}
}

func TestMeasuresHaveTheirLaw(t *testing.T) {
	eu, de := union(t, newClock())
	_ = eu
	a := de.grant(rhein)
	de.pass(6 * day)
	deaf := de.measure(a.Case)
	deaf.Heard = authorisation.Heard{}
	late := de.measure(a.Case)
	late.From = de.clock.Now().Add(400 * day).Unix()
	doubt := de.measure(a.Case)
	doubt.Days = 90
	unknown := de.measure(a.Case)
	unknown.Failed = []string{"39Q"}
	for name, try := range map[string]func() error{
		"a suspension without a hearing": func() error { _, err := de.Suspend(t.Context(), deaf); return err },
		"a revocation without a hearing": func() error { _, err := de.Revoke(t.Context(), deaf); return err },
		"an annulment without a hearing": func() error { _, err := de.Annul(t.Context(), deaf); return err },
		"a revocation deferred too long": func() error { _, err := de.Revoke(t.Context(), late); return err },
		"days for a doubt":               func() error { _, err := de.Suspend(t.Context(), doubt); return err },
		"a requirement that is none":     func() error { _, err := de.Suspend(t.Context(), unknown); return err },
	} {
		if err := try(); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	competence := de.measure(a.Case)
	competence.Failed, competence.Ground, competence.Days = []string{"39D"}, authorisation.ForRemedy, 60
	a = got(de.Suspend(t.Context(), competence))(t)
	if a.Components[0].State != authorisation.Suspended || a.Components[1].State != authorisation.Effective {
		t.Errorf("competence failed: %+v", a.Components)
	}
	k, _ := a.Clocks.Open("remedy#AEOC")
	if days := (k.Due - de.clock.Now().Unix()) / 86400; days < 60 || days > 64 {
		t.Errorf("sixty days are %d", days)
	}
	records := de.measure(a.Case)
	records.Failed = []string{"39B"}
	a = got(de.Revoke(t.Context(), records))(t)
	if !a.Ended() {
		t.Errorf("records failed: %+v", a.Components)
	}
}

// What is sent takes effect when it was received and no earlier, an annulment too; what
// cannot wait does not wait for the post.
func TestWhatIsPostedWaitsForThePost(t *testing.T) {
	de := found(t, newClock(), "EU", "")
	ctx := t.Context()
	a := de.grant(trader{"Brussels Forwarding NV", "BE1234567", "AEOF", []string{"exporter"}})
	de.pass(6 * day)
	file := de.export(a.Case, "AEOC")
	hasty := de.measure(a.Case)
	hasty.Served, hasty.From = authorisation.ByPost, de.clock.Now().Add(time.Hour).Unix()
	if _, err := de.Revoke(ctx, hasty); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("in effect before it is received: %v", err)
	}
	annul := de.measure(a.Case)
	annul.Served, annul.From = authorisation.ByPost, de.clock.Now().Unix()
	if _, err := de.Annul(ctx, annul); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("an annulment from some day on: %v", err)
	}
	annul.From, annul.Failed = 0, []string{"39D"}
	decided := de.clock.Now()
	a = got(de.Annul(ctx, annul))(t)
	if a.Components[0].State != authorisation.Effective || len(a.Components[0].Pending) != 1 || len(a.Components[1].Pending) != 0 {
		t.Fatalf("posted, of what failed alone: %+v", a.Components)
	}
	urgent := registry.Measure{Authorisation: a.Case, Components: []string{"AEOS"}, Grounds: grounds, Urgent: true, By: "Decider"}
	urgent.Served = authorisation.ByPost
	if c := got(de.Suspend(ctx, urgent))(t).Components[1]; c.State != authorisation.Suspended || c.Since != decided.Unix() {
		t.Errorf("urgent, and told by post: %+v", c)
	}
	de.pass(day)
	de.expect("on its way", file, federation.OwnProgramme)
	de.pass(10 * day)
	de.expect("received", file, federation.Annulled)
	if r := de.reason(file, decided.Add(-time.Hour)); r != federation.Annulled {
		t.Errorf("before it was decided: %s", r)
	}
	for what, err := range map[string]error{
		"reinstated by what failed": func() error { _, err := de.Reinstate(ctx, annul); return err }(),
		"withdrawn by what failed":  func() error { _, err := de.Withdraw(ctx, annul); return err }(),
	} {
		if !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A doubt that proved true is told by post, and the suspension goes on.
func TestASuspensionGoesOnOnAnotherGroundByPost(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	a := de.grant(rhein)
	de.pass(6 * day)
	m := de.measure(a.Case)
	m.Second = ""
	got(de.Suspend(t.Context(), m))(t)
	de.pass(5 * day)
	m.Ground, m.Days, m.Served = authorisation.ForRemedy, 60, authorisation.ByPost
	a = got(de.Suspend(t.Context(), m))(t)
	if c := a.Components[0]; c.State != authorisation.Suspended || c.Suspension.Ground != authorisation.ForRemedy || len(c.Pending) != 0 {
		t.Errorf("%+v", c)
	}
}
