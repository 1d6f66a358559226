package authorisation

import "testing"

func TestARenewalMovesTheEnd(t *testing.T) {
	limited := applied(t, Authorisation{}, []Event{{Case: "AUT-1", Actor: "decider", DecidedAt: 100 * day, EffectiveAt: 100 * day,
		Data: AuthorisationGranted{"APP-1", "OP-1", "SG-STP", "STP", []string{"STP"}, []string{"exporter"}, 400 * day, ""}}})
	a := do(t, limited, Renew{on(300), 700 * day, "second"})
	if a = tick(t, a, 500); a.Ended() || a.ExpiresAt != 700*day {
		t.Errorf("after the end it had: %+v", a.Components)
	}
	ended := tick(t, a, 700)
	if !ended.Ended() {
		t.Errorf("after the end it has: %+v", ended.Components)
	}
	for name, c := range map[string]struct {
		state Authorisation
		put   Command
		kind  any
		why   string
	}{
		"by one officer":  {limited, Renew{on(300), 700 * day, ""}, ErrFourEyes, "second"},
		"to end earlier":  {limited, Renew{on(300), 399 * day, "second"}, &InputError{}, "later"},
		"what ended":      {ended, Renew{on(701), 900 * day, "second"}, &TransitionError{}, "ended"},
		"what never does": {authorisationIn(t, Effective), Renew{on(300), 700 * day, "second"}, &TransitionError{}, "unlimited"},
	} {
		_, err := c.state.Decide(c.put)
		wantRefused(t, name, err, c.kind, c.why)
	}
}
