package authorisation

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func importing(acts ...PastAct) Import {
	return Import{By: By{Case: "AUT-1", Actor: "anna", At: 400 * day}, Imported: Imported{"AEO database", "R-7", "jan"},
		Operator: "OP-1", Programme: "EU-AEO", Type: "AEOF", Components: wish().Components, Roles: wish().Roles,
		GrantedAt: 100 * day, EffectiveAt: 105 * day, Acts: acts}
}

func TestAnImportedAuthorisationIsWhatBecameOfIt(t *testing.T) {
	expiring := importing()
	expiring.ExpiresAt = 300 * day
	for name, tc := range map[string]struct {
		c     Import
		state State
		since int64
		end   Act
	}{
		"in force":          {importing(), Effective, 105, ""},
		"was suspended":     {importing(PastAct{ActSuspend, 120 * day}, PastAct{ActReinstate, 130 * day}), Effective, 130, ""},
		"is suspended":      {importing(PastAct{ActSuspend, 120 * day}), Suspended, 120, ""},
		"revoked":           {importing(PastAct{ActSuspend, 120 * day}, PastAct{ActRevoke, 130 * day}), Ended, 130, ActRevoke},
		"withdrawn":         {importing(PastAct{ActWithdraw, 130 * day}), Ended, 130, ActWithdraw},
		"annulled, as ever": {importing(PastAct{ActAnnul, 130 * day}), Ended, 105, ActAnnul},
		"expired":           {expiring, Ended, 300, ActExpire},
	} {
		a := do(t, Authorisation{}, tc.c)
		if a.Imported == nil || a.Imported.Reference != "R-7" || a.GrantedBy != "anna" || a.GrantedAt != 100*day || a.Application != "" {
			t.Errorf("%s: %+v", name, a)
		}
		for _, c := range a.Components {
			if c.State != tc.state || c.Since != tc.since*day || c.End != tc.end {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
}

func TestWhatIsNotImported(t *testing.T) {
	edit := func(f func(*Import)) Import { c := importing(); f(&c); return c }
	for name, c := range map[string]Import{
		"by one officer":                edit(func(c *Import) { c.Second = "Anna" }),
		"granted in the future":         edit(func(c *Import) { c.GrantedAt, c.EffectiveAt = 500*day, 500*day }),
		"effective before its grant":    edit(func(c *Import) { c.EffectiveAt = 99 * day }),
		"over before it began":          edit(func(c *Import) { c.ExpiresAt = 105 * day }),
		"an act to come":                importing(PastAct{ActSuspend, 401 * day}),
		"suspended before it was valid": importing(PastAct{ActSuspend, 101 * day}),
		"lifted and never suspended":    importing(PastAct{ActReinstate, 120 * day}),
		"after its end":                 importing(PastAct{ActWithdraw, 120 * day}, PastAct{ActSuspend, 130 * day}),
		"back in time":                  importing(PastAct{ActSuspend, 130 * day}, PastAct{ActReinstate, 120 * day}),
		"the clock's":                   importing(PastAct{ActTakeEffect, 130 * day}),
		"from nowhere":                  edit(func(c *Import) { c.Register = "" }),
	} {
		if _, err := (Authorisation{}).Decide(c); err == nil {
			t.Errorf("%s: taken over", name)
		}
	}
	if _, err := do(t, Authorisation{}, importing()).Decide(importing()); !errors.As(err, new(*TransitionError)) {
		t.Errorf("imported twice: %v", err)
	}
}

// Whatever a register says, what is taken over kept the rules of the machine: its events
// give the state, nothing is valid before its day or while suspended, nothing follows
// an end, and officers go on from there.
func TestAnyImportedHistoryKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := importing()
		c.EffectiveAt = c.GrantedAt + rapid.Int64Range(0, 10).Draw(t, "effective")*day
		c.ExpiresAt = rapid.SampledFrom([]int64{0, 150 * day, 500 * day}).Draw(t, "expires")
		at := c.GrantedAt
		for range rapid.IntRange(0, 6).Draw(t, "acts") {
			at += rapid.Int64Range(-1, 40).Draw(t, "pause") * day
			c.Acts = append(c.Acts, PastAct{rapid.SampledFrom([]Act{ActSuspend, ActReinstate, ActRevoke, ActAnnul, ActWithdraw}).Draw(t, "act"), at})
		}
		list, err := Authorisation{}.Decide(c)
		if err != nil {
			checkTyped(t, err)
			return
		}
		a, log := step(t, Authorisation{}, nil, list)
		checkReplay(t, a, log)
		if len(a.Due(c.At)) > 0 {
			t.Fatalf("something is due at once: %+v", a.Components)
		}
		for _, k := range a.Components {
			if k.State == Effective && k.Since < c.EffectiveAt || k.State == PendingEffect && c.EffectiveAt <= c.At {
				t.Fatalf("%+v", k)
			}
		}
		if !a.Ended() {
			now := By{Case: "AUT-1", Actor: "rewi", At: c.At}
			step(t, a, log, got(a.Decide(Revoke{By: now, Second: "jan", Grounds: grounds()}))(t))
		}
	})
}

func got[V any](v V, err error) func(*rapid.T) V {
	return func(t *rapid.T) V {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
