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
