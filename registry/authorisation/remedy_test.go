package authorisation

import (
	"testing"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// remedying is a suspension of day 200 with sixty days to remedy, and the change that
// comes with the report that it is remedied.
func remedying() Suspend {
	return Suspend{By: on(200), Ground: ForRemedy, Grounds: grounds(), Clocks: []deadline.Change{starting(RuleRemedy, "ask", 200, 60)}}
}

func checking(component string, at int64) []deadline.Change {
	name := ClockName(RuleRemedy, component)
	return []deadline.Change{{Rule: name, Do: deadline.End, At: at * day, Due: 260 * day}, starting(ClockName(RuleRemedyCheck, component), "ask", at, 30)}
}

func TestARemedyIsReportedAndVerified(t *testing.T) {
	a := do(t, authorisationIn(t, Effective), remedying())
	half := do(t, a, ReportRemedy{on(220), []string{"AEOC"}, "The fence stands.", Timed{checking("AEOC", 220)}})
	if s := half.Components[0].Suspension; s.Remedied.Text != "The fence stands." || states(half) != "suspended suspended" || half.Components[1].Suspension.Remedied != nil {
		t.Errorf("reported: %+v", half.Components)
	}
	if on := half.Remediable(nil); len(on) != 1 || on[0] != "AEOS" {
		t.Errorf("may still be remedied: %v", on)
	}
	overdue := tick(t, half, 255)
	if s := overdue.Components[0].Suspension; s.Overdue != 250*day || overdue.Components[1].Suspension.Overdue != 0 {
		t.Errorf("to be verified by day 250: %+v", overdue.Components)
	}
	if a := do(t, half, Reinstate{By: on(230), Components: []string{"AEOC"}}); states(a) != "effective suspended" || len(a.Tasks()) != 1 {
		t.Errorf("verified: %s, %+v", states(a), a.Tasks())
	}
	late := do(t, tick(t, a, 261), ReportRemedy{By: on(262), Text: "Late."})
	if s := late.Components[0].Suspension; s.Overdue != 260*day || s.Remedied == nil {
		t.Errorf("reported late: %+v", s)
	}
	for name, c := range map[string]struct {
		state Authorisation
		put   Command
		kind  any
		why   string
	}{
		"twice":                  {half, ReportRemedy{By: on(221), Components: []string{"AEOC"}, Text: "Again."}, &TransitionError{}, "reported before"},
		"of what is in effect":   {authorisationIn(t, Effective), ReportRemedy{By: on(221), Text: "x"}, &TransitionError{}, "not suspended"},
		"of a doubt":             {do(t, authorisationIn(t, Effective), doubted("ask")), ReportRemedy{By: on(221), Text: "x"}, &TransitionError{}, "not suspended"},
		"with another's clock":   {a, ReportRemedy{on(221), []string{"AEOC"}, "x", Timed{checking("AEOS", 221)}}, &InputError{}, "clocks"},
		"without a word":         {a, ReportRemedy{By: on(221)}, &InputError{}, "text"},
		"by the clock":           {a, ReportRemedy{By: By{Case: "AUT-1", Actor: Scheduler, At: 221 * day}, Text: "x"}, &InputError{}, "person"},
		"with a clock prolonged": {a, ReportRemedy{on(221), nil, "x", Timed{[]deadline.Change{{Rule: "remedy#AEOC", Do: deadline.Extend, At: 221 * day, Due: 300 * day, For: "holder", By: &deadline.Period{N: 40, Unit: deadline.Days}}}}}, &InputError{}, "clocks"},
	} {
		_, err := c.state.Decide(c.put)
		wantRefused(t, name, err, c.kind, c.why)
	}
}
