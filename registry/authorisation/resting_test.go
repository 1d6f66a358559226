package authorisation

import "testing"

// What rests on a component is told of when that turns, whoever or whatever turns it.
func TestWhoIsToBeTold(t *testing.T) {
	register := func(id, component string) RegisterDecision {
		return RegisterDecision{on(200), id, "guarantee_waiver", "HZA Bremen", component}
	}
	a := do(t, authorisationIn(t, Effective), register("GW-1", "AEOC"), register("PC-1", ""), register("SD-1", "AEOS"))
	partly := doubted(Lift)
	partly.Components = []string{"AEOC"}
	suspended := do(t, a, partly)
	if ids := suspended.Untold(); len(ids) != 2 || ids[0] != "GW-1" || ids[1] != "PC-1" || suspended.Resting[0].Tell.Act != ActSuspend {
		t.Errorf("AEOC is suspended: to be told %v", ids)
	}
	if tasks := suspended.Tasks(); len(tasks) != 2 || tasks[1].What != "tell_authorities" || tasks[1].Due != 200*day {
		t.Errorf("tasks: %+v", tasks)
	}
	told := do(t, suspended, TellAuthorities{on(201), []string{"GW-1"}}, TellAuthorities{By: on(202)})
	if r := told.Resting[1]; len(told.Untold()) != 0 || r.Told.Act != ActSuspend || r.ToldAt != 202*day {
		t.Errorf("told: %+v", told.Resting)
	}
	lapsed := tick(t, told, 300) // the suspension lifted itself: that is told as well
	if r := lapsed.Resting[0]; r.Tell.Act != ActReinstate || r.Tell.From != 230*day {
		t.Errorf("lifted: %+v", r)
	}
	annulled := do(t, told, EndDecision{on(203), "GW-1", "revoked", "arrears", true}, Annul{By: on(204), Second: "second", Grounds: grounds()})
	if r := annulled.Resting[0]; r.Tell != nil || !r.Ended.OnAEO {
		t.Errorf("ended before: %+v", r)
	}
	if r := annulled.Resting[1]; r.Tell.Act != ActAnnul || len(r.Tell.Components) != 2 || r.Tell.From != annulled.EffectiveAt || r.Tell.Since != 204*day {
		t.Errorf("annulled: %+v", r)
	}
	noticed := do(t, suspended, register("GW-2", ""))
	if ids := noticed.Untold(); len(ids) != 3 {
		t.Errorf("registered while suspended: to be told %v", ids)
	}
	for name, c := range map[string]struct {
		state Authorisation
		put   Command
		kind  any
		why   string
	}{
		"registered twice":           {a, register("GW-1", ""), &TransitionError{}, "is registered"},
		"resting on nothing":         {a, register("GW-9", "AEOX"), &TransitionError{}, "no component"},
		"resting on what ended":      {annulled, RegisterDecision{on(205), "GW-9", "x", "y", ""}, &TransitionError{}, "ended"},
		"told when there is nothing": {a, TellAuthorities{By: on(201)}, &TransitionError{}, "nobody is to be told"},
		"told of another":            {suspended, TellAuthorities{on(201), []string{"SD-1"}}, &TransitionError{}, "SD-1"},
		"ended twice":                {annulled, EndDecision{on(205), "GW-1", "ended", "", false}, &TransitionError{}, "rests"},
		"ended somehow":              {a, EndDecision{on(205), "GW-1", "lost", "", false}, &InputError{}, "outcome"},
	} {
		_, err := c.state.Decide(c.put)
		wantRefused(t, name, err, c.kind, c.why)
	}
}
