package deadline

import (
	"errors"
	"testing"
	"time"
)

func TestWhenAPeriodEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		rule    Rule
		at, due string
	}{
		"thirty days, the day of the event not counted":      {Rule{Period: Period{30, Days}}, "2026-01-12T15:00:00+01:00", "2026-02-12 00:00 +0100"},
		"an event late in the evening is of that day":        {Rule{Period: Period{30, Days}}, "2026-01-12T22:59:59Z", "2026-02-12 00:00 +0100"},
		"and after midnight of the next":                     {Rule{Period: Period{30, Days}}, "2026-01-12T23:00:00Z", "2026-02-13 00:00 +0100"},
		"over the change to summer time":                     {Rule{Period: Period{30, Days}}, "2026-03-10T09:00:00Z", "2026-04-10 00:00 +0200"},
		"a last day on Saturday, rolled over Easter Monday":  {Rule{Period: Period{4, Days}, Roll: true}, "2026-03-31T09:00:00Z", "2026-04-08 00:00 +0200"},
		"the same where the rule does not roll":              {Rule{Period: Period{4, Days}}, "2026-03-31T09:00:00Z", "2026-04-05 00:00 +0200"},
		"working days leave out Easter":                      {Rule{Period: Period{3, WorkingDays}}, "2026-04-01T09:00:00Z", "2026-04-09 00:00 +0200"},
		"a month from the 31st ends with the month":          {Rule{Period: Period{1, Months}}, "2026-01-31T09:00:00Z", "2026-03-01 00:00 +0100"},
		"a year from the leap day ends with February":        {Rule{Period: Period{1, Years}}, "2024-02-29T09:00:00Z", "2025-03-01 00:00 +0100"},
		"four years from the leap day end on the next":       {Rule{Period: Period{4, Years}}, "2024-02-29T09:00:00Z", "2028-03-01 00:00 +0100"},
		"hours are exact over the change to summer time":     {Rule{Period: Period{72, Hours}}, "2026-03-28T12:00:00+01:00", "2026-03-31 13:00 +0200"},
		"six months before a day, not rolled on a Saturday":  {Rule{Period: Period{6, Months}, Before: true}, "2026-10-11T00:00:00+02:00", "2026-04-12 00:00 +0200"},
		"five working days before Easter Tuesday":            {Rule{Period: Period{5, WorkingDays}, Before: true}, "2026-04-07T09:00:00Z", "2026-03-28 00:00 +0100"},
		"in a year without holidays the weekend still rolls": {Rule{Period: Period{1, Days}, Roll: true}, "2031-01-03T09:00:00Z", "2031-01-07 00:00 +0100"},
	} {
		tc.rule.ID, tc.rule.Title, tc.rule.Source = "x", "x", "x"
		c := berlin(t)
		if err := (Rules{tc.rule}).Check(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		ch, err := Planner{Rules{tc.rule}, c}.Start("x", instant(t, tc.at))
		if err != nil || due(ch.Due, c) != tc.due {
			t.Errorf("%s: %s, %v, want %s", name, due(ch.Due, c), err, tc.due)
		}
	}
}

// A step of a story: what is asked of the planner, and when the clock is then due.
type step struct {
	at   string
	do   func(Planner, Clocks, time.Time) (Change, error)
	want string // a day, "stands", or "refused"
}

func stop(why string) func(Planner, Clocks, time.Time) (Change, error) {
	return func(p Planner, c Clocks, at time.Time) (Change, error) {
		return p.Stop(c, "decision", at, Why{For: why, Reason: "asked", Basis: "DA Art. 13"})
	}
}

func resume(why string) func(Planner, Clocks, time.Time) (Change, error) {
	return func(p Planner, c Clocks, at time.Time) (Change, error) {
		return p.Resume(c, "decision", at, Why{For: why})
	}
}

func extend(why string, by *Period) func(Planner, Clocks, time.Time) (Change, error) {
	return func(p Planner, c Clocks, at time.Time) (Change, error) {
		return p.Extend(c, "decision", at, by, Why{For: why})
	}
}

// TestADecisionThatTakesItsTime: accepted on 5 January 2026, 120 days are over with 5 May.
func TestADecisionThatTakesItsTime(t *testing.T) {
	days := func(n int) *Period { return &Period{n, Days} }
	for name, steps := range map[string][]step{
		"a request that took four days moves it by four": {
			{"2026-02-03T09:00:00Z", stop("information"), "stands"},
			{"2026-02-07T09:00:00Z", resume("information"), "2026-05-12"}, // the 9th is a Saturday
		},
		"within one day it moves by none": {
			{"2026-02-03T09:00:00Z", stop("information"), "stands"},
			{"2026-02-03T19:00:00Z", resume("information"), "2026-05-06"},
		},
		"two reasons at once stand still as long as one of them": {
			{"2026-02-03T09:00:00Z", stop("information"), "stands"},
			{"2026-02-05T09:00:00Z", stop("hearing"), "stands"},
			{"2026-02-07T09:00:00Z", resume("information"), "stands"},
			{"2026-02-10T09:00:00Z", resume("hearing"), "2026-05-13"},
		},
		"sixty days more, in two parts, and not one more": {
			{"2026-04-01T09:00:00Z", extend("authority", days(40)), "2026-06-16"}, // the 14th is a Sunday
			{"2026-04-02T09:00:00Z", extend("authority", days(21)), "refused"},
			{"2026-04-02T09:00:00Z", extend("authority", days(20)), "2026-07-07"}, // the 4th is a Saturday
			{"2026-04-03T09:00:00Z", extend("authority", days(1)), "refused"},
			{"2026-04-03T09:00:00Z", extend("applicant", days(90)), "2026-10-03"},
		},
		"criminal proceedings have no end known before": {
			{"2026-02-03T09:00:00Z", extend("criminal", days(10)), "refused"},
			{"2026-02-03T09:00:00Z", extend("criminal", nil), "stands"},
			{"2026-02-04T09:00:00Z", extend("criminal", nil), "refused"},
			{"2027-02-03T09:00:00Z", resume("criminal"), "2027-05-06"},
		},
		"an extension while it stands still": {
			{"2026-02-03T09:00:00Z", stop("information"), "stands"},
			{"2026-02-04T09:00:00Z", extend("authority", days(10)), "stands"},
			{"2026-02-05T09:00:00Z", resume("information"), "2026-05-19"}, // the 17th is a Sunday
		},
		"what the rule does not name": {
			{"2026-02-03T09:00:00Z", stop("holiday"), "refused"},
			{"2026-02-03T09:00:00Z", extend("courtesy", days(1)), "refused"},
			{"2026-02-03T09:00:00Z", resume("information"), "refused"},
			{"2026-02-03T09:00:00Z", extend("authority", &Period{1, Hours}), "refused"},
			{"2026-02-03T09:00:00Z", extend("authority", &Period{1, Months}), "refused"},
			{"2026-02-03T09:00:00Z", extend("authority", days(-1)), "refused"},
		},
		"too late": {
			{"2026-05-06T00:00:00+02:00", extend("authority", days(1)), "refused"},
			{"2026-05-06T00:00:00+02:00", stop("information"), "refused"},
			{"2026-05-05T23:59:59+02:00", extend("authority", days(1)), "2026-05-07"},
		},
	} {
		p := Planner{union(), berlin(t)}
		first, err := p.Start("decision", instant(t, "2026-01-05T09:00:00Z"))
		if err != nil {
			t.Fatal(err)
		}
		clocks, err := Clocks{}.Apply(first)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range steps {
			got := "refused"
			ch, err := s.do(p, clocks, instant(t, s.at))
			if err == nil {
				if clocks, err = clocks.Apply(ch); err != nil {
					t.Fatalf("%s, %d: %v", name, i, err)
				}
				if got = "stands"; ch.Due != 0 {
					got = DateOf(time.Unix(ch.Due, 0), p.Calendar.Zone()).String()
				}
			}
			if got != s.want {
				t.Errorf("%s, step %d: %s, want %s (%v)", name, i, got, s.want, err)
			}
		}
	}
}

func TestOfSeveralClocksOfOneRule(t *testing.T) {
	p := Planner{union(), berlin(t)}
	var clocks Clocks
	for _, name := range []string{"answer#1", "answer#2"} {
		ch, err := p.Start(name, instant(t, "2026-01-05T09:00:00Z"))
		if err != nil {
			t.Fatal(err)
		}
		if clocks, err = clocks.Apply(ch); err != nil {
			t.Fatal(err)
		}
	}
	ch, err := clocks.Ends("answer#1", instant(t, "2026-01-06T09:00:00Z").Unix())
	if err != nil {
		t.Fatal(err)
	}
	if clocks, err = clocks.Apply(ch); err != nil {
		t.Fatal(err)
	}
	if _, open := clocks.Open("answer#1"); open {
		t.Error("what was ended is open")
	}
	if _, open := clocks.Open("answer#2"); !open {
		t.Error("the other ended too")
	}
	if _, err := p.Start("unheard", time.Unix(1, 0)); err == nil {
		t.Error("a clock of no rule was started")
	}
	if _, err := p.Stop(clocks, "answer#1", time.Unix(1, 0), Why{For: "information"}); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a clock that ended was stopped: %v", err)
	}
}

// TestALateHolidayMovesOpenClocksOnlyByAChange: the due date stays what the events
// say until a move says otherwise.
func TestALateHolidayMovesOpenClocksOnlyByAChange(t *testing.T) {
	p := Planner{union(), berlin(t)}
	ch, err := p.Start("acceptance", instant(t, "2026-01-12T09:00:00Z")) // over with Wednesday, 11 February
	if err != nil {
		t.Fatal(err)
	}
	clocks, err := Clocks{}.Apply(ch)
	if err != nil {
		t.Fatal(err)
	}
	late := german()
	late.Days = append([]Holiday{late.Days[0], {"2026-02-11", "a day of mourning"}}, late.Days[1:]...)
	if p.Calendar, err = NewCalendar(p.Calendar.Zone(), german(), late); err != nil {
		t.Fatal(err)
	}
	why := Why{For: "holidays", Reason: "holidays of 2026 as published on 20 January", Basis: "Reg. 1182/71 Art. 3(4)"}
	moved, ok, err := p.Moved(clocks[0], instant(t, "2026-01-20T09:00:00Z"), why)
	if err != nil || !ok {
		t.Fatalf("%v, %v", ok, err)
	}
	if got, want := due(moved.Due, p.Calendar), "2026-02-13 00:00 +0100"; got != want || due(clocks[0].Due, p.Calendar) != "2026-02-12 00:00 +0100" {
		t.Errorf("moved to %s, want %s; was %s", got, want, due(clocks[0].Due, p.Calendar))
	}
	if clocks, err = clocks.Apply(moved); err != nil {
		t.Fatal(err)
	}
	if _, again, _ := p.Moved(clocks[0], instant(t, "2026-01-21T09:00:00Z"), why); again {
		t.Error("it moves once more")
	}
}

func TestAPeriodSetForTheCase(t *testing.T) {
	p := Planner{Rules{{ID: "remedy", Title: "x", Period: Period{30, Days}, Source: "x", Extensions: []Extension{{ID: "holder", Source: "x"}}}}, berlin(t)}
	at := instant(t, "2026-03-02T14:00:00+01:00")
	ch, err := p.StartFor("remedy", at, &Period{60, Days})
	if err != nil || ch.Due != instant(t, "2026-05-02T00:00:00+02:00").Unix() {
		t.Fatalf("due %s: %v", time.Unix(ch.Due, 0).In(p.Calendar.Zone()), err)
	}
	clocks, err := Clocks(nil).Apply(ch)
	if err != nil {
		t.Fatal(err)
	}
	longer, err := p.Extend(clocks, "remedy", at, &Period{10, Days}, Why{For: "holder"})
	if err != nil || longer.Due != instant(t, "2026-05-12T00:00:00+02:00").Unix() {
		t.Errorf("extended to %s: %v", time.Unix(longer.Due, 0).In(p.Calendar.Zone()), err)
	}
	if _, err := p.StartFor("remedy", at, &Period{60, Hours}); err == nil {
		t.Error("days were set in hours")
	}
}
