package authorisation

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func packDocument() Document {
	return Document{RulesDocument, "EU-AEO", strings.Repeat("ab", 32)}
}

func law(at int64) By { return By{Case: "EU-PRG-000001", Actor: "Rangi", At: at} }

func TestTheLawOfAProgramme(t *testing.T) {
	d := packDocument()
	other := d
	other.SHA256 = strings.Repeat("cd", 32)
	approved := do(t, Programme{}, ApproveDocument{law(100), "Walker", d})
	planned := do(t, approved, ActivateDocument{law(110), "Walker", d.SHA256, 200})
	for name, tc := range map[string]struct {
		state   Programme
		command Command
		kind    any
		why     string
	}{
		"an approval by one person":            {Programme{}, ApproveDocument{law(100), "", d}, ErrFourEyes, "second officer"},
		"an approval by the same person twice": {Programme{}, ApproveDocument{law(100), "rangi", d}, ErrFourEyes, "rangi"},
		"a second approval":                    {approved, ApproveDocument{law(100), "Walker", d}, &TransitionError{}, "approved already"},
		"what nobody approved":                 {approved, ActivateDocument{law(110), "Walker", other.SHA256, 200}, &TransitionError{}, "not approved"},
		"an activation by one person":          {approved, ActivateDocument{law(110), "", d.SHA256, 200}, ErrFourEyes, "second officer"},
		"an activation reaching back":          {approved, ActivateDocument{law(110), "Walker", d.SHA256, 109}, &InputError{}, "earlier"},
		"an instant that has not come":         {planned, EnforceDocument{By{Case: "EU-PRG-000001", Actor: Scheduler, At: 199}}, &TransitionError{}, "nothing comes in force"},
		"a document of no kind":                {Programme{}, ApproveDocument{law(100), "Walker", Document{"law", "X", d.SHA256}}, &InputError{}, "kind"},
	} {
		_, err := tc.state.Decide(tc.command)
		wantRefused(t, name, err, tc.kind, tc.why)
	}
	if at, ok := planned.Wakes(); !ok || at != 200 {
		t.Errorf("wakes at %d, %v", at, ok)
	}
	// The node was off: what came in force at 200 is recorded at 500, as of 200.
	list, err := planned.Decide(EnforceDocument{By{Case: "EU-PRG-000001", Actor: Scheduler, At: 500}})
	if err != nil || list[0].EffectiveAt != 200 || list[0].DecidedAt != 500 {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, ok := applied(t, planned, list).Wakes(); ok {
		t.Error("it wakes once more")
	}
}

// TestLawInAnyOrder: whatever is approved and activated when, each activation comes
// in force once, at its instant, in order.
func TestLawInAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var state Programme
		now := int64(100)
		var in []int64
		step := func(c Command) {
			list, err := state.Decide(c)
			if err != nil {
				if errors.Is(err, ErrFourEyes) {
					rt.Fatal(err)
				}
				return
			}
			for _, e := range list {
				raw, err := MarshalEvent(e)
				if err != nil {
					rt.Fatal(err)
				}
				if e, err = UnmarshalEvent(raw); err != nil {
					rt.Fatal(err)
				}
				if state, err = state.Apply(e); err != nil {
					rt.Fatal(err)
				}
				if _, ok := e.Data.(DocumentInForce); ok {
					if e.EffectiveAt > now {
						rt.Fatalf("in force at %d, now %d", e.EffectiveAt, now)
					}
					in = append(in, e.EffectiveAt)
				}
			}
		}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			now += rapid.Int64Range(0, 50).Draw(rt, "later")
			sha := strings.Repeat(fmt.Sprintf("%02d", rapid.IntRange(0, 5).Draw(rt, "which")), 32)
			switch rapid.IntRange(0, 2).Draw(rt, "do") {
			case 0:
				step(ApproveDocument{law(now), "Walker", Document{RulesDocument, "EU-AEO", sha}})
			case 1:
				step(ActivateDocument{law(now), "Walker", sha, now + rapid.Int64Range(0, 100).Draw(rt, "from")})
			case 2:
				for at, ok := state.Wakes(); ok && at <= now; at, ok = state.Wakes() {
					step(EnforceDocument{By{Case: "EU-PRG-000001", Actor: Scheduler, At: now}})
				}
			}
		}
		done := 0
		for _, a := range state.Activations {
			if a.InForce {
				done++
			}
		}
		if done != len(in) {
			rt.Fatalf("%d activations are in force, %d events say so", done, len(in))
		}
	})
}
