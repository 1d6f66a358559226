package deadline

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatTheClockOfTheWallBringsAbout(t *testing.T) {
	const day = secondsPerDay
	start := Change{Rule: "acceptance", Do: Start, At: 100 * day, Due: 130 * day, Outcome: "deemed_accepted", Warn: []int{10, 3, 1}}
	apply := func(t *testing.T, c Clocks, ch ...Change) Clocks {
		t.Helper()
		c, err := c.Apply(ch...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	fresh := apply(t, nil, start)
	short := start
	short.At = 125 * day
	stopped := apply(t, fresh, Change{Rule: "acceptance", Do: Stop, At: 110 * day, For: "information"})
	warned := apply(t, fresh, Change{Rule: "acceptance", Do: Warn, At: 120 * day, Due: 130 * day})
	lapsed := apply(t, fresh, Change{Rule: "acceptance", Do: Lapse, At: 130 * day, Due: 130 * day, Outcome: "deemed_accepted"})
	lapse := Change{Rule: "acceptance", Do: Lapse, At: 130 * day, Due: 130 * day, Outcome: "deemed_accepted"}
	warn := func(at int64) Change { return Change{Rule: "acceptance", Do: Warn, At: at * day, Due: 130 * day} }
	for name, tc := range map[string]struct {
		clocks Clocks
		now    int64
		wakes  int64
		want   []Change
	}{
		"nothing before the first warning":             {fresh, 119, 120, nil},
		"ten days before":                              {fresh, 120, 120, []Change{warn(120)}},
		"the last of two warnings missed in downtime":  {fresh, 128, 120, []Change{warn(127)}},
		"three days before, after the first":           {warned, 127, 127, []Change{warn(127)}},
		"what silence means, and no warning after all": {fresh, 500, 120, []Change{lapse}},
		"a period that began too late for a warning":   {apply(t, nil, short), 126, 127, nil},
		"nothing while it stands still":                {stopped, 500, 0, nil},
		"nothing once it lapsed":                       {lapsed, 500, 0, nil},
	} {
		if diff := cmp.Diff(tc.want, tc.clocks.Fallen(tc.now*day)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if at, ok := tc.clocks.Wakes(); at != tc.wakes*day || ok != (tc.wakes != 0) {
			t.Errorf("%s: wakes at %d, %v, want %d", name, at/day, ok, tc.wakes)
		}
	}
}

func TestChangesThatCannotFollow(t *testing.T) {
	running, err := Clocks{}.Apply(Change{Rule: "decision", Do: Start, At: 100, Due: 200})
	if err != nil {
		t.Fatal(err)
	}
	for name, ch := range map[string]Change{
		"a second start":                      {Rule: "decision", Do: Start, At: 110, Due: 210},
		"a start without an end":              {Rule: "hearing", Do: Start, At: 110},
		"a clock that is not there":           {Rule: "hearing", Do: End, At: 110},
		"time running backwards":              {Rule: "decision", Do: Stop, At: 99, For: "information"},
		"an extension that makes it shorter":  {Rule: "decision", Do: Extend, At: 110, Due: 199, By: &Period{1, Days}, For: "authority"},
		"an extension by a negative period":   {Rule: "decision", Do: Extend, At: 110, Due: 300, By: &Period{-1, Days}, For: "authority"},
		"an extension without a ground":       {Rule: "decision", Do: Extend, At: 110, Due: 300, By: &Period{1, Days}},
		"a stop that is still due":            {Rule: "decision", Do: Stop, At: 110, Due: 200, For: "information"},
		"a resumption of what runs":           {Rule: "decision", Do: Resume, At: 110, Due: 200, For: "information"},
		"a warning that moves it":             {Rule: "decision", Do: Warn, At: 110, Due: 300},
		"a lapse before it is due":            {Rule: "decision", Do: Lapse, At: 199, Due: 200},
		"a word nobody knows":                 {Rule: "decision", Do: "pause", At: 110, Due: 200},
		"a rule that is a path":               {Rule: "../decision", Do: End, At: 110},
		"an item that is empty":               {Rule: "decision#", Do: Start, At: 110, Due: 200},
		"a reason of two lines":               {Rule: "decision", Do: Stop, At: 110, For: "information", Reason: "a\nb"},
		"a reason that reads from the right":  {Rule: "decision", Do: Stop, At: 110, For: "information", Reason: "a\u202eb"},
		"a move that leaves it without a due": {Rule: "decision", Do: Move, At: 110},
	} {
		if got, err := running.Apply(ch); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if _, err := running.Apply(make([]Change, 1)...); err == nil {
		t.Error("an empty change was applied")
	}
}
