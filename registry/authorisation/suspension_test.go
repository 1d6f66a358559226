package authorisation

import (
	"testing"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// starting is the start of a clock as a pack's planner makes it.
func starting(rule, outcome string, at, days int64, warn ...int) deadline.Change {
	return deadline.Change{Rule: rule, Do: deadline.Start, At: at * day, Due: (at + days) * day, Outcome: outcome, Basis: "DA Art. 17", Warn: warn}
}

// doubted is a suspension of day 200 that lifts itself after thirty days.
func doubted(outcome string) Suspend {
	return Suspend{By: on(200), Ground: OnDoubt, Grounds: grounds(), Clocks: []deadline.Change{starting(RuleDoubt, outcome, 200, 30, 10, 3, 1)}}
}

func urgent() Suspend {
	s := doubted("ask")
	s.Urgent, s.Clocks = true, append(s.Clocks, starting(RuleUrgent, Lift, 200, 3))
	return s
}

// tick lets the clock do what fell due by a day.
func tick(t *testing.T, a Authorisation, d int64) Authorisation {
	t.Helper()
	return do(t, a, a.Due(d*day)...)
}

func TestASuspensionRunsOut(t *testing.T) {
	effective := authorisationIn(t, Effective)
	for name, c := range map[string]struct {
		suspend Suspend
		then    []Command
		on      int64 // day the clock is looked at
		want    string
		since   int64
	}{
		"a day before":               {doubted(Lift), nil, 229, "suspended suspended", 200},
		"at its time":                {doubted(Lift), nil, 230, "effective effective", 230},
		"looked at a year later":     {doubted(Lift), nil, 600, "effective effective", 230},
		"where it waits for a word":  {doubted("ask"), nil, 600, "suspended suspended", 200},
		"urgent and not confirmed":   {urgent(), nil, 203, "effective effective", 203},
		"urgent and confirmed":       {urgent(), []Command{Confirm{By: By{Case: "AUT-1", Actor: "second", At: 201 * day}}}, 600, "suspended suspended", 200},
		"urgent, confirmed in part":  {urgent(), []Command{Confirm{By{Case: "AUT-1", Actor: "second", At: 201 * day}, []string{"AEOS"}}}, 600, "effective suspended", 203},
		"when a revocation is to be": {doubted(Lift), []Command{Revoke{By: on(210), From: 300 * day, Second: "second", Grounds: grounds()}}, 299, "suspended suspended", 200},
		"and then it is revoked":     {doubted(Lift), []Command{Revoke{By: on(210), From: 300 * day, Second: "second", Grounds: grounds()}}, 300, "ended ended", 300},
		"reinstated before":          {doubted(Lift), []Command{Reinstate{By: on(210)}}, 600, "effective effective", 210},
		"reinstated in part":         {doubted("ask"), []Command{Reinstate{By: on(210), Components: []string{"AEOS"}}}, 600, "suspended effective", 200},
		"to be reinstated after it lifts": {doubted(Lift), []Command{Reinstate{By: on(210), From: 240 * day}}, 600,
			"effective effective", 230},
		"prolonged": {doubted(Lift), []Command{ChangeClocks{on(220), []deadline.Change{{Rule: "suspension_doubt#AEOC", Do: deadline.Extend, At: 220 * day,
			Due: 250 * day, By: &deadline.Period{N: 20, Unit: deadline.Days}, For: "offence"}}}}, 249, "suspended effective", 200},
		"proved, with time to remedy": {doubted(Lift), []Command{Suspend{By: on(220), Ground: ForRemedy, Grounds: grounds(),
			Clocks: []deadline.Change{starting(RuleRemedy, "ask", 220, 60)}}}, 600, "suspended suspended", 200},
	} {
		t.Run(name, func(t *testing.T) {
			a := do(t, effective, c.suspend)
			a = tick(t, do(t, a, c.then...), c.on)
			if got := states(a); got != c.want || a.Components[0].Since != c.since*day {
				t.Errorf("on day %d: %s since day %d, want %s since day %d", c.on, got, a.Components[0].Since/day, c.want, c.since)
			}
		})
	}
}

func TestAClockWarnsAndSaysWhatSilenceMeans(t *testing.T) {
	a := do(t, authorisationIn(t, Effective), doubted("ask"))
	if at, ok := a.Wakes(); !ok || at > 220*day {
		t.Fatalf("wakes at %d", at/day)
	}
	var told []string
	for d := int64(201); d < 240; d++ {
		for _, c := range a.Due(d * day) {
			list, err := a.Decide(c)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				if fell, ok := e.Data.(AuthorisationFellDue); ok && fell.Change.Rule == "suspension_doubt#AEOS" {
					told = append(told, fell.Change.Do)
					if e.EffectiveAt != d*day {
						t.Errorf("%s on day %d, seen on day %d", fell.Change.Do, e.EffectiveAt/day, d)
					}
				}
			}
			a = applied(t, a, list)
		}
	}
	if len(told) != 4 || told[3] != deadline.Lapse || told[2] != deadline.Warn {
		t.Errorf("told %v", told)
	}
	if s := a.Components[0].Suspension; s.Overdue != 230*day {
		t.Errorf("waits for a decision since day %d", s.Overdue/day)
	}
	later := do(t, a, Suspend{By: on(241), Ground: ForRemedy, Grounds: grounds(), Clocks: []deadline.Change{starting(RuleRemedy, "ask", 241, 60)}})
	if s := later.Components[0].Suspension; s.Overdue != 0 || s.Ground != ForRemedy {
		t.Errorf("on another ground: %+v", s)
	}
	if open := len(later.Clocks) - 2; open != 2 {
		t.Errorf("clocks: %+v", later.Clocks)
	}
}

func TestSuspensionsThatAreRefused(t *testing.T) {
	effective := authorisationIn(t, Effective)
	suspended := do(t, effective, urgent())
	later := urgent()
	later.From = 210 * day
	with := urgent()
	with.Second = "second"
	deaf := doubted(Lift)
	deaf.Heard = Heard{HeardAt: 201 * day}
	both := doubted(Lift)
	both.Heard = Heard{HeardAt: 199 * day, Without: "DA Art. 10(d)"}
	early := doubted(Lift)
	early.Clocks[0].Do = deadline.End
	unknown := doubted(Lift)
	unknown.Ground = "mood"
	again := doubted(Lift)
	again.At = 201 * day
	for name, c := range map[string]struct {
		state Authorisation
		put   Command
		kind  any
		why   string
	}{
		"urgent, later":                 {effective, later, &InputError{}, "at once"},
		"urgent, by two":                {effective, with, &InputError{}, "one officer"},
		"heard after the decision":      {effective, deaf, &InputError{}, "later"},
		"heard and not heard":           {effective, both, &InputError{}, "was heard"},
		"a clock that ends":             {effective, early, &InputError{}, "clocks"},
		"an unknown ground":             {effective, unknown, &InputError{}, "ground"},
		"the same ground twice":         {suspended, again, &TransitionError{}, "not in effect"},
		"confirmed by the same officer": {suspended, Confirm{By: By{Case: "AUT-1", Actor: "Decider", At: 201 * day}}, ErrFourEyes, "decider suspended it"},
		"confirmed by the clock":        {suspended, Confirm{By: By{Case: "AUT-1", Actor: Scheduler, At: 201 * day}}, &InputError{}, "person"},
		"confirming nothing":            {effective, Confirm{By: By{Case: "AUT-1", Actor: "second", At: 201 * day}}, &TransitionError{}, "urgent"},
		"confirming after it lapsed":    {suspended, Confirm{By: By{Case: "AUT-1", Actor: "second", At: 203 * day}}, &TransitionError{}, "urgent"},
		"an urgency made longer": {suspended, ChangeClocks{on(201), []deadline.Change{{Rule: "urgent_suspension#AEOC", Do: deadline.Extend, At: 201 * day,
			Due: 250 * day, By: &deadline.Period{N: 20, Unit: deadline.Days}, For: "offence"}}}, &InputError{}, "urgency"},
		"a clock that does not run": {effective, ChangeClocks{on(201), []deadline.Change{{Rule: "remedy#AEOC", Do: deadline.End, At: 201 * day}}},
			&TransitionError{}, "not running"},
	} {
		_, err := c.state.Decide(c.put)
		wantRefused(t, name, err, c.kind, c.why)
	}
}

// An urgent suspension is one officer's word for a short time: it is limited, it does
// not take the place of another, and the same officer does not say it again.
func TestAnUrgentSuspensionStaysShort(t *testing.T) {
	effective := authorisationIn(t, Effective)
	endless := urgent()
	endless.Clocks = endless.Clocks[:1]
	asked := do(t, effective, Suspend{By: on(190), Ground: OnRequest, Grounds: grounds(), Clocks: []deadline.Change{starting(RuleRemedy, "ask", 190, 60)}})
	lapsed := tick(t, do(t, effective, urgent()), 210)
	again := urgent()
	again.By, again.Clocks = on(211), []deadline.Change{starting(RuleDoubt, "ask", 211, 30), starting(RuleUrgent, Lift, 211, 3)}
	other := again
	other.Actor = "second"
	for name, c := range map[string]struct {
		state Authorisation
		put   Suspend
		kind  any
		why   string
	}{
		"without end":                    {effective, endless, &InputError{}, "until when"},
		"in the place of what was asked": {asked, urgent(), &TransitionError{}, "not in effect"},
		"said again by the same":         {lapsed, again, ErrFourEyes, "another decides"},
	} {
		_, err := c.state.Decide(c.put)
		wantRefused(t, name, err, c.kind, c.why)
	}
	if a := do(t, lapsed, other); states(a) != "suspended suspended" {
		t.Errorf("by another: %s", states(a))
	}
}
