package registry_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry/ledger"
)

// A clock that jumps a year while the node runs signs nothing: not an act, and
// not a published head under which everything would have expired.
func TestNodeWhoseClockJumpsSignsNothing(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	must(t, nz.Close())
	nz.opts.Elapsed = func() time.Duration { return 0 }
	nz.open()
	nz.grant(orchards)
	before := nz.size()
	nz.clock.forward(365 * 24 * time.Hour)
	if _, err := nz.Suspend(t.Context(), nz.measure("NZ-AUT-000001")); !errors.Is(err, ledger.ErrClock) {
		t.Errorf("suspended a year ahead: %v", err)
	}
	if err := nz.Tick(t.Context()); !errors.Is(err, ledger.ErrClock) {
		t.Errorf("published a year ahead: %v", err)
	}
	nz.clock.forward(-365 * 24 * time.Hour)
	got(nz.Suspend(t.Context(), nz.measure("NZ-AUT-000001")))(t)
	if nz.size() == before {
		t.Error("nothing was written after the clock was set right")
	}
}
