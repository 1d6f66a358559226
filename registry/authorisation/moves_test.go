package authorisation

import (
	"testing"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// TestNewRulesMoveAndDoNothingElse: the clock's own command ends no period, and
// touches none that has ended.
func TestNewRulesMoveAndDoNothingElse(t *testing.T) {
	start := deadline.Change{Rule: RuleAcceptance, Do: deadline.Start, At: 100 * day, Due: 130 * day}
	a := do(t, Application{}, Submit{By: By{"APP-1", "Orchards", 100 * day, nil}, Wish: wish(), Timed: Timed{[]deadline.Change{start}}})
	clock := By{"APP-1", Scheduler, 110 * day, nil}
	move := deadline.Change{Rule: RuleAcceptance, Do: deadline.Move, At: 105 * day, Due: 131 * day, For: "holidays"}
	for name, ch := range map[string]deadline.Change{
		"an end":             {Rule: RuleAcceptance, Do: deadline.End, At: 105 * day, Due: 130 * day},
		"an extension":       {Rule: RuleAcceptance, Do: deadline.Extend, At: 105 * day, Due: 140 * day, By: &deadline.Period{N: 10, Unit: deadline.Days}, For: "authority"},
		"of what never was":  {Rule: RuleHearing, Do: deadline.Move, At: 105 * day, Due: 131 * day},
		"to before it began": {Rule: RuleAcceptance, Do: deadline.Move, At: 99 * day, Due: 131 * day},
	} {
		if list, err := a.Decide(MoveDeadlines{clock, Timed{[]deadline.Change{ch}}}); err == nil {
			t.Errorf("%s: %+v", name, list)
		}
	}
	moved := do(t, a, MoveDeadlines{clock, Timed{[]deadline.Change{move}}})
	if k, _ := moved.Clocks.Open(RuleAcceptance); k.Due != 131*day {
		t.Errorf("due on day %d", k.Due/day)
	}
	if _, err := (Monitoring{}).Decide(MoveWatched{clock, Timed{[]deadline.Change{move}}}); err == nil {
		t.Error("nobody is monitored, and a deadline moves")
	}
}
