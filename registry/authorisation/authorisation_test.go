package authorisation

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aeo-registry/aeo/credential/statuslist"
)

// authorisationIn has both components in a state, at day 200.
func authorisationIn(t *testing.T, s State) Authorisation {
	t.Helper()
	switch s {
	case PendingEffect:
		return granted(t, 300)
	case Suspended:
		return do(t, granted(t, 105), Suspend{By: on(190), Grounds: grounds()})
	case Ended:
		return do(t, granted(t, 105), Revoke{By: on(190), Second: "second", Grounds: grounds()})
	}
	return do(t, granted(t, 105), TakeEffect{By{Case: "AUT-1", Actor: Scheduler, At: 105 * day}})
}

func TestEveryTransitionOfAnAuthorisation(t *testing.T) {
	suspend := Suspend{By: on(200), Grounds: grounds()}
	revoke := Revoke{By: on(200), Second: "second", Grounds: grounds()}
	later := revoke
	later.From = 250 * day
	annul := Annul{By: on(200), Second: "second", Grounds: grounds()}
	amend := Amend{By: on(200), Roles: []string{"importer"}, Grounds: grounds()}
	const no = "refused"
	for name, tc := range map[string]struct {
		command Command
		want    map[State]string // of both components afterwards
	}{
		"suspending":         {suspend, map[State]string{PendingEffect: no, Effective: "suspended suspended", Suspended: no, Ended: no}},
		"reinstating":        {Reinstate{By: on(200)}, map[State]string{PendingEffect: no, Effective: no, Suspended: "effective effective", Ended: no}},
		"revoking":           {revoke, map[State]string{PendingEffect: "ended ended", Effective: "ended ended", Suspended: "ended ended", Ended: no}},
		"revoking for later": {later, map[State]string{PendingEffect: "pending_effect pending_effect", Effective: "effective effective", Suspended: "suspended suspended", Ended: no}},
		"annulling":          {annul, map[State]string{PendingEffect: "ended ended", Effective: "ended ended", Suspended: "ended ended", Ended: no}},
		"withdrawing":        {Withdraw{By: on(200)}, map[State]string{PendingEffect: "ended ended", Effective: "ended ended", Suspended: "ended ended", Ended: no}},
		"amending":           {amend, map[State]string{PendingEffect: "pending_effect pending_effect", Effective: "effective effective", Suspended: "suspended suspended", Ended: no}},
		"the clock, idle":    {TakeEffect{By{Case: "AUT-1", Actor: Scheduler, At: 200 * day}}, map[State]string{PendingEffect: no, Effective: no, Suspended: no, Ended: no}},
		"accepting":          {Accept{By: on(200)}, map[State]string{PendingEffect: no, Effective: no, Suspended: no, Ended: no}},
	} {
		for state, want := range tc.want {
			a := authorisationIn(t, state)
			list, err := a.Decide(tc.command)
			if want == no {
				wantRefused(t, name+" while "+string(state), err, &TransitionError{}, "is not possible while AEOC "+string(state))
				continue
			}
			if err != nil {
				t.Errorf("%s while %s: %v", name, state, err)
				continue
			}
			if got := states(applied(t, a, list)); got != want {
				t.Errorf("%s while %s: %s, want %s", name, state, got, want)
			}
		}
	}
}

func TestWhatAnAuthorisationRefuses(t *testing.T) {
	a := authorisationIn(t, Effective)
	half := do(t, a, Suspend{By: on(190), Components: []string{"AEOS"}, Grounds: grounds()})
	revoking := do(t, a, Revoke{By: on(190), From: 250 * day, Second: "second", Grounds: grounds()})
	for name, tc := range map[string]struct {
		state   Authorisation
		command Command
		kind    any
		why     string
	}{
		"a revocation by one officer":             {a, Revoke{By: on(200), Grounds: grounds()}, ErrFourEyes, "second officer"},
		"a revocation by the same officer twice":  {a, Revoke{By: on(200), Second: "Decider", Grounds: grounds()}, ErrFourEyes, "Decider"},
		"a revocation with the clock as second":   {a, Revoke{By: on(200), Second: Scheduler, Grounds: grounds()}, ErrFourEyes, "scheduler"},
		"an annulment by one officer":             {a, Annul{By: on(200), Grounds: grounds()}, ErrFourEyes, "second officer"},
		"a suspension by the same officer twice":  {a, Suspend{By: on(200), Second: "decider", Grounds: grounds()}, ErrFourEyes, "decider"},
		"a suspension by the clock":               {a, Suspend{By: By{Case: "AUT-1", Actor: Scheduler, At: 200 * day}, Grounds: grounds()}, &InputError{}, "person"},
		"a suspension without grounds":            {a, Suspend{By: on(200)}, &InputError{}, "reason"},
		"a suspension in the past":                {a, Suspend{By: on(200), From: 199 * day, Grounds: grounds()}, &InputError{}, "earlier"},
		"a revocation in the past":                {a, Revoke{By: on(200), From: 199 * day, Second: "second", Grounds: grounds()}, &InputError{}, "earlier"},
		"a component it does not have":            {a, Suspend{By: on(200), Components: []string{"AEOX"}, Grounds: grounds()}, &TransitionError{}, "AEOX"},
		"one component of two that cannot":        {half, Suspend{By: on(200), Components: []string{"AEOC", "AEOS"}, Grounds: grounds()}, &TransitionError{}, "AEOS is not in effect"},
		"withdrawing what is to be revoked":       {revoking, Withdraw{By: on(200)}, &TransitionError{}, "to be revoked"},
		"an amendment without roles":              {a, Amend{By: on(200), Grounds: grounds()}, &InputError{}, "roles"},
		"an amendment of what ended":              {authorisationIn(t, Ended), Amend{By: on(200), Roles: []string{"importer"}, Grounds: grounds()}, &TransitionError{}, "ended"},
		"an act before there is an authorisation": {Authorisation{}, Withdraw{By: on(200)}, &TransitionError{}, "a grant opens"},
		"an act decided before the last one":      {half, Withdraw{By: on(189)}, &TransitionError{}, "earlier"},
		"an act on another authorisation":         {a, Withdraw{By: By{Case: "AUT-2", Actor: "decider", At: 200 * day}}, &TransitionError{}, "AUT-1"},
	} {
		_, err := tc.state.Decide(tc.command)
		wantRefused(t, name, err, tc.kind, tc.why)
	}
}

func TestPartialMeasuresTouchOneComponent(t *testing.T) {
	a := do(t, authorisationIn(t, Effective), Suspend{By: on(200), Components: []string{"AEOC"}, Grounds: grounds()})
	if got := states(a); got != "suspended effective" {
		t.Errorf("after suspending AEOC: %s", got)
	}
	a = do(t, a, Suspend{By: on(201), Grounds: grounds()})
	if got := states(a); got != "suspended suspended" {
		t.Errorf("after suspending what is left: %s", got)
	}
	a = do(t, a, Revoke{By: on(202), Components: []string{"AEOC"}, Second: "second", Grounds: grounds()}, Reinstate{By: on(203)})
	if got := states(a); got != "ended effective" || a.Ended() {
		t.Errorf("after revoking AEOC and reinstating the rest: %s", got)
	}
	if a = do(t, a, Withdraw{By: on(204)}); !a.Ended() {
		t.Errorf("after withdrawing the rest: %s", states(a))
	}
	c, _ := a.Component("AEOS")
	if c.End != ActWithdraw || c.Since != 204*day {
		t.Errorf("AEOS ended as %s at %d", c.End, c.Since/day)
	}
}

func TestActsTakeEffectWhenTheirTimeComes(t *testing.T) {
	a := granted(t, 105)
	if due := a.Due(105*day - 1); due != nil {
		t.Errorf("due before its time: %v", due)
	}
	if a = do(t, a, a.Due(105*day)...); states(a) != "effective effective" {
		t.Errorf("on the fifth day: %s", states(a))
	}
	a = do(t, a,
		Suspend{By: on(110), From: 120 * day, Components: []string{"AEOS"}, Grounds: grounds()},
		Reinstate{By: on(111), From: 130 * day, Components: []string{"AEOS"}},
		Revoke{By: on(112), From: 140 * day, Second: "second", Grounds: grounds()},
	)
	for _, tc := range []struct {
		day  int64
		want string
	}{{119, "effective effective"}, {120, "effective suspended"}, {130, "effective effective"}, {139, "effective effective"}, {140, "ended ended"}} {
		if a = do(t, a, a.Due(tc.day*day)...); states(a) != tc.want {
			t.Errorf("day %d: %s, want %s", tc.day, states(a), tc.want)
		}
	}
	if _, ok := a.NextDue(); ok {
		t.Error("something awaits its time after the end")
	}
}

func TestWhatWasMissedIsCaughtUpInOrder(t *testing.T) {
	a := do(t, granted(t, 105), Suspend{By: on(106), From: 120 * day, Grounds: grounds()}, Reinstate{By: on(107), From: 130 * day})
	list, err := a.Decide(Withdraw{By: on(150), Components: []string{"AEOC"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		act := e.Type()
		if d, ok := e.Data.(AuthorisationTookEffect); ok {
			act = d.Component + " " + string(d.Act)
		}
		got = append(got, act)
		if e.DecidedAt != 150*day {
			t.Errorf("%s decided on day %d", act, e.DecidedAt/day)
		}
	}
	want := []string{"AEOC suspend", "AEOS suspend", "AEOC reinstate", "AEOS reinstate", "authorisation.withdrawn"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := states(applied(t, a, list)); got != "ended effective" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestPlansCanBeMovedAndCalledOff(t *testing.T) {
	effective := authorisationIn(t, Effective)
	plan := func(d int64) Suspend { return Suspend{By: on(110), From: d * day, Grounds: grounds()} }
	at := func(a Authorisation, d int64) string { return states(do(t, a, a.Due(d*day)...)) }

	moved := do(t, effective, plan(120), plan(125))
	if at(moved, 124) != "effective effective" || at(moved, 125) != "suspended suspended" {
		t.Error("a suspension did not move to its later date")
	}
	off := do(t, effective, plan(120), Reinstate{By: on(111)})
	if at(off, 300) != "effective effective" {
		t.Error("a suspension that was called off took effect")
	}
	sooner := do(t, effective, plan(120), Reinstate{By: on(111), From: 140 * day}, Suspend{By: on(115), Grounds: grounds()})
	if at(sooner, 300) != "suspended suspended" {
		t.Error("an older plan to reinstate outlived a new suspension")
	}
	harder := do(t, effective, Withdraw{By: on(110), From: 140 * day}, Revoke{By: on(111), From: 150 * day, Second: "second", Grounds: grounds()})
	ended := do(t, harder, harder.Due(300*day)...)
	if c, _ := ended.Component("AEOC"); c.End != ActRevoke || c.Since != 150*day {
		t.Errorf("a withdrawal escaped revocation: %+v", c)
	}
}

func TestAnAnnulmentReachesBackToTheOriginalDate(t *testing.T) {
	a := do(t, authorisationIn(t, Effective), Annul{By: on(200), Second: "second", Grounds: grounds()})
	c, _ := a.Component("AEOS")
	if c.End != ActAnnul || c.Since != 105*day {
		t.Errorf("annulled as %s from day %d, want day 105", c.End, c.Since/day)
	}
}

func TestAnAuthorisationExpires(t *testing.T) {
	var a Authorisation
	a = applied(t, a, []Event{{Case: "AUT-1", Actor: "decider", DecidedAt: 100 * day, EffectiveAt: 100 * day,
		Data: AuthorisationGranted{"APP-1", "OP-1", "SG-STP", "STP", []string{"STP"}, []string{"exporter"}, 400 * day, ""}}})
	if a = do(t, a, a.Due(400*day)...); !a.Ended() || a.Components[0].End != ActExpire {
		t.Errorf("after its term: %+v", a.Components)
	}
}

func TestAStateIsNotChangedByWhatFollows(t *testing.T) {
	a := granted(t, 105)
	before := a.clone()
	do(t, a, Suspend{By: on(200), Grounds: grounds()}, Annul{By: on(201), Second: "second", Grounds: grounds()})
	if diff := cmp.Diff(before, a); diff != "" {
		t.Errorf("the older state changed:\n%s", diff)
	}

	fork := do(t, a, Suspend{By: on(200), Grounds: grounds()}, Reinstate{By: on(201)}, Suspend{By: on(202), Grounds: grounds()})
	reinstated := do(t, fork, Reinstate{By: on(203)})
	do(t, fork, Annul{By: on(203), Second: "second", Grounds: grounds()})
	if got := reinstated.Credentials[0].Due[3].Value; got != statuslist.Valid {
		t.Errorf("what followed in one line made the other %s", got)
	}
}

func TestEventsOfAnotherCaseOrTimeAreNotApplied(t *testing.T) {
	a := authorisationIn(t, Effective)
	suspended := AuthorisationSuspended{Components: []string{"AEOC"}, Grounds: grounds()}
	for name, e := range map[string]Event{
		"another case":             {Case: "AUT-2", Actor: "x", DecidedAt: 200 * day, EffectiveAt: 200 * day, Data: suspended},
		"a time before the last":   {Case: "AUT-1", Actor: "x", DecidedAt: day, EffectiveAt: day, Data: suspended},
		"no data":                  {Case: "AUT-1", Actor: "x", DecidedAt: 200 * day, EffectiveAt: 200 * day},
		"an event of an applicant": {Case: "AUT-1", Actor: "x", DecidedAt: 200 * day, EffectiveAt: 200 * day, Data: ApplicationAccepted{}},
		"a second grant":           {Case: "AUT-1", Actor: "x", DecidedAt: 200 * day, EffectiveAt: 200 * day, Data: AuthorisationGranted{"A", "O", "P", "T", []string{"T"}, []string{"r"}, 0, ""}},
		"a component not there":    {Case: "AUT-1", Actor: "x", DecidedAt: 200 * day, EffectiveAt: 200 * day, Data: AuthorisationSuspended{Components: []string{"X"}, Grounds: grounds()}},
		"an effect out of order":   {Case: "AUT-1", Actor: "x", DecidedAt: 200 * day, EffectiveAt: 200 * day, Data: AuthorisationReinstated{[]string{"AEOC"}}},
	} {
		if _, err := a.Apply(e); err == nil {
			t.Errorf("%s: applied", name)
		}
	}
}

// A suspension that is over can be appealed against and set aside, where it is named: it
// never was, and a credential that does not tell of it is owed.
func TestASuspensionThatIsOverIsSetAside(t *testing.T) {
	over := do(t, authorisationIn(t, Effective), doubted(Lift), Reinstate{By: on(210)})
	aside := SetAsideMeasure{By: on(220), Of: ActSuspend, Who: ByCourt, Grounds: grounds()}
	for name, c := range map[string]struct {
		put Command
		why string
	}{
		"what is not named":          {SetAsideMeasure{By: on(220), Who: ByCourt, Grounds: grounds()}, "no such measure"},
		"a stay of it":               {StayMeasure{By: on(220), Of: ActSuspend, Who: ByCourt, Grounds: grounds()}, "no such measure"},
		"an appeal out of time":      {AppealMeasure{By: on(220), Of: ActSuspend, Body: "court", Reference: "1", Until: 220 * day}, "time for an appeal is over"},
		"setting aside a revocation": {SetAsideMeasure{By: on(220), Of: ActRevoke, Who: ByCourt, Grounds: grounds()}, "no such measure"},
	} {
		_, err := over.Decide(c.put)
		wantRefused(t, name, err, &TransitionError{}, c.why)
	}
	a := do(t, over, AppealMeasure{By: on(219), Of: ActSuspend, Body: "court", Reference: "1", Until: 220 * day}, aside)
	if states(a) != "effective effective" || a.Components[0].Since != over.Components[0].Since || len(a.Components[0].Measures) != 0 || len(a.Unissued()) != 2 {
		t.Errorf("set aside: %+v, owed %v", a.Components[0], a.Unissued())
	}
	_, err := a.Decide(aside)
	wantRefused(t, "twice", err, &TransitionError{}, "no such measure")
	revoked := do(t, over, Revoke{By: on(215), Second: "second", Grounds: grounds()}, aside)
	if states(revoked) != "ended ended" || len(revoked.Unissued()) != 0 {
		t.Errorf("of what ended since: %s, owed %v", states(revoked), revoked.Unissued())
	}
}

// To let what had ended be in force again takes two, of whom the first did not end it,
// for a time as for good; a court's word is one officer's to carry out.
func TestAStayThatNoCourtOrderedTakesTwo(t *testing.T) {
	ended := do(t, authorisationIn(t, Effective), Revoke{By: on(200), Second: "second", Grounds: grounds()})
	stay := func(actor, second string, who Remedy) StayMeasure {
		return StayMeasure{By: By{Case: "AUT-1", Actor: actor, At: 210 * day}, Who: who, Second: second, Grounds: grounds()}
	}
	for name, c := range map[string]StayMeasure{
		"by one": stay("third", "", ByReview), "by who decided": stay("decider", "third", ByReview), "by who was the second": stay("Second", "third", ByError),
	} {
		_, err := ended.Decide(c)
		wantRefused(t, name, err, ErrFourEyes, "stay")
	}
	for _, c := range []StayMeasure{stay("third", "decider", ByReview), stay("third", "", ByCourt)} {
		if a := do(t, ended, c); states(a) != "effective effective" {
			t.Errorf("by %s: %s", c.Who, states(a))
		}
	}
}
