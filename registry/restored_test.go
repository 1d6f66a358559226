package registry_test

import (
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// TestWhatIsRestoredKeepsItsPast: an annulment that was set aside reached back over a
// suspension; the suspension was all the same.
func TestWhatIsRestoredKeepsItsPast(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ctx := t.Context()
	a := nz.grant(orchards)
	nz.pass(10 * day)
	got(nz.Suspend(ctx, nz.measure(a.Case)))(t)
	nz.pass(10 * day)
	got(nz.Reinstate(ctx, nz.measure(a.Case)))(t)
	nz.pass(10 * day)
	got(nz.Annul(ctx, nz.measure(a.Case)))(t)
	nz.pass(10 * day)
	got(nz.SetAsideMeasure(ctx, takeBack(a.Case, authorisation.ByCourt)))(t)
	nz.pass(time.Second)
	file := nz.export(a.Case)
	nz.expect("restored", file, federation.OwnProgramme)
	for days, want := range map[time.Duration]federation.Reason{
		5: federation.OwnProgramme, 15: federation.StatusSuspended, 25: federation.OwnProgramme, 35: federation.OwnProgramme,
	} {
		if reason := nz.reason(file, start.Add(days*day)); reason != want {
			t.Errorf("on day %d: %s, want %s", days, reason, want)
		}
	}
}

// TestAStayThatASettingAsideFollows: the credential of the stay says since when that
// was; the one after it, that there never was an end.
func TestAStayThatASettingAsideFollows(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	nz.pass(10 * day)
	got(nz.Annul(t.Context(), nz.measure(a.Case)))(t)
	nz.pass(10 * day)
	b := got(nz.StayMeasure(t.Context(), takeBack(a.Case, authorisation.ByCourt)))(t)
	if len(b.Credentials) != 2 || b.Credentials[1].NotBefore != nz.clock.Now().Unix() {
		t.Fatalf("stayed: %+v", b.Credentials)
	}
	nz.pass(10 * day)
	if b = got(nz.SetAsideMeasure(t.Context(), takeBack(a.Case, authorisation.ByCourt)))(t); len(b.Credentials) != 3 || b.Credentials[2].NotBefore != a.EffectiveAt {
		t.Fatalf("set aside: %+v", b.Credentials)
	}
	nz.pass(time.Second)
	file := nz.export(a.Case)
	for _, days := range []time.Duration{5, 15, 25} {
		if reason := nz.reason(file, start.Add(days*day)); reason != federation.OwnProgramme {
			t.Errorf("on day %d: %s", days, reason)
		}
	}
}
