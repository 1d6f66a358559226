package authorisation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aeo-registry/aeo/registry/deadline"
)

func by(actor string, d int64) By { return By{Case: "APP-1", Actor: actor, At: d * day} }

// at is an application in each of its states.
func applicationIn(t *testing.T, state ApplicationState) Application {
	t.Helper()
	paths := map[ApplicationState][]Command{
		NotSubmitted:        {},
		Submitted:           {Submit{By: by("trader", 1), Wish: wish()}},
		Accepted:            {Submit{By: by("trader", 1), Wish: wish()}, Accept{By: by("clerk", 2)}},
		NotAccepted:         {Submit{By: by("trader", 1), Wish: wish()}, NotAccept{by("clerk", 2), grounds()}},
		UnderExamination:    {Submit{By: by("trader", 1), Wish: wish()}, Accept{By: by("clerk", 2)}, Assess{by("assessor", 3), findings(Met, Partly)}},
		ApplicationWithdrew: {Submit{By: by("trader", 1), Wish: wish()}, WithdrawApplication{by("trader", 2)}},
	}
	paths[DecidedGrant] = append(slices.Clone(paths[UnderExamination]), Grant{By: by("decider", 4), Authorisation: "AUT-1", EffectiveAt: 9 * day})
	paths[DecidedRefuse] = append(slices.Clone(paths[UnderExamination]), Refuse{By: by("decider", 4), Grounds: grounds()})
	a := do(t, Application{}, paths[state]...)
	if a.State != state {
		t.Fatalf("state is %q, want %q", a.State, state)
	}
	return a
}

func TestEveryTransitionOfAnApplication(t *testing.T) {
	commands := []Command{
		Submit{By: by("trader", 5), Wish: wish()}, Accept{By: by("clerk", 5)}, NotAccept{by("clerk", 5), grounds()},
		Assess{by("assessor", 5), findings(Met, Met)}, Grant{By: by("decider", 5), Authorisation: "AUT-1"},
		Refuse{By: by("decider", 5), Grounds: grounds()}, WithdrawApplication{by("trader", 5)}, Suspend{By: by("decider", 5), Grounds: grounds()},
	}
	allowed := map[ApplicationState][]string{
		NotSubmitted:     {"submit"},
		Submitted:        {"accept", "not accept", "withdraw application"},
		Accepted:         {"assess", "withdraw application"},
		UnderExamination: {"assess", "grant", "refuse", "withdraw application"},
	}
	for _, state := range []ApplicationState{NotSubmitted, Submitted, Accepted, UnderExamination, NotAccepted, DecidedGrant, DecidedRefuse, ApplicationWithdrew} {
		a := applicationIn(t, state)
		for _, c := range commands {
			list, err := a.Decide(c)
			if slices.Contains(allowed[state], c.name()) {
				if err != nil {
					t.Errorf("%q: %s refused: %v", state, c.name(), err)
				} else if next := applied(t, a, list); next.State == state && c.name() != "assess" {
					t.Errorf("%q: %s changed nothing", state, c.name())
				}
				continue
			}
			wantRefused(t, string(state)+" "+c.name(), err, &TransitionError{}, "is not possible while")
		}
	}
}

func TestAGrantOpensAnAuthorisation(t *testing.T) {
	list, err := applicationIn(t, UnderExamination).Decide(Grant{By: by("decider", 4), Authorisation: "AUT-1", EffectiveAt: 9 * day, ExpiresAt: 1000 * day})
	if err != nil {
		t.Fatal(err)
	}
	want := []Event{
		{Case: "APP-1", Actor: "decider", DecidedAt: 4 * day, EffectiveAt: 9 * day, Data: ApplicationGranted{Authorisation: "AUT-1"}},
		{Case: "AUT-1", Actor: "decider", DecidedAt: 4 * day, EffectiveAt: 9 * day, Data: AuthorisationGranted{
			Application: "APP-1", Operator: "OP-1", Programme: "EU-AEO", Type: "AEOF",
			Components: []string{"AEOC", "AEOS"}, Roles: []string{"exporter"}, ExpiresAt: 1000 * day,
		}},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestWhatAnApplicationRefuses(t *testing.T) {
	accepted, examined := applicationIn(t, Accepted), applicationIn(t, UnderExamination)
	half := do(t, accepted, Assess{by("assessor", 3), findings(Met)})
	failed := do(t, accepted, Assess{by("assessor", 3), findings(Met, NotMet)})
	shared := do(t, half, Assess{by("colleague", 4), findings(Met, Met)[1:]})
	overruled := do(t, examined, Assess{by("colleague", 4), findings(Met, Met)})
	noBasis := Grounds{Reason: "security-doubt"}
	for name, tc := range map[string]struct {
		state   Application
		command Command
		kind    any
		why     string
	}{
		"a grant by the assessor":                         {examined, Grant{By: by("assessor", 5), Authorisation: "AUT-1"}, ErrFourEyes, "assessor"},
		"a grant by the assessor in capitals":             {examined, Grant{By: by("ASSESSOR", 5), Authorisation: "AUT-1"}, ErrFourEyes, "ASSESSOR"},
		"a grant by one of two assessors":                 {shared, Grant{By: by("colleague", 5), Authorisation: "AUT-1"}, ErrFourEyes, "colleague"},
		"a grant by an assessor whose findings are older": {overruled, Grant{By: by("assessor", 5), Authorisation: "AUT-1"}, ErrFourEyes, "assessor"},
		"a refusal by the assessor":                       {examined, Refuse{By: by("assessor", 5), Grounds: grounds()}, ErrFourEyes, "assessor"},
		"a grant with a requirement open":                 {half, Grant{By: by("decider", 5), Authorisation: "AUT-1"}, &TransitionError{}, "39E is not assessed"},
		"a grant with a requirement not met":              {failed, Grant{By: by("decider", 5), Authorisation: "AUT-1"}, &TransitionError{}, "39E is not met"},
		"a grant effective before it is decided":          {examined, Grant{By: by("decider", 5), Authorisation: "AUT-1", EffectiveAt: 4 * day}, &InputError{}, "before it is decided"},
		"a grant that ends before it begins":              {examined, Grant{By: by("decider", 5), Authorisation: "AUT-1", EffectiveAt: 9 * day, ExpiresAt: 9 * day}, &InputError{}, "not after"},
		"a grant without a number":                        {examined, Grant{By: by("decider", 5), Authorisation: ""}, &InputError{}, "authorisation"},
		"a grant under the application's number":          {examined, Grant{By: by("decider", 5), Authorisation: "APP-1"}, &InputError{}, "own number"},
		"a grant by the clock":                            {examined, Grant{By: by(Scheduler, 5), Authorisation: "AUT-1"}, &InputError{}, "person"},
		"a refusal without legal basis":                   {examined, Refuse{By: by("decider", 5), Grounds: noBasis}, &InputError{}, "basis"},
		"a non-acceptance without reason":                 {applicationIn(t, Submitted), NotAccept{by("clerk", 2), Grounds{}}, &InputError{}, "reason"},
		"a finding outside the application":               {accepted, Assess{by("assessor", 3), []Finding{{Requirement: "39D", Result: Met}}}, &InputError{}, "39D"},
		"a finding named twice":                           {accepted, Assess{by("assessor", 3), append(findings(Met), findings(Met)...)}, &InputError{}, "twice"},
		"an assessment without findings":                  {accepted, Assess{by("assessor", 3), nil}, &InputError{}, "findings"},
		"a shortcoming without a note":                    {accepted, Assess{by("assessor", 3), []Finding{{Requirement: "39A", Result: Partly}}}, &InputError{}, "note of 39A"},
		"a result nobody defined":                         {accepted, Assess{by("assessor", 3), []Finding{{Requirement: "39A", Result: "good"}}}, &InputError{}, "good"},
		"an act decided before the last":                  {examined, Grant{By: by("decider", 2), Authorisation: "AUT-1"}, &TransitionError{}, "earlier"},
		"an act of another case":                          {examined, Grant{By: By{Case: "APP-2", Actor: "decider", At: 5 * day}, Authorisation: "AUT-1"}, &TransitionError{}, "APP-1"},
		"an act of nobody":                                {examined, Grant{By: by("", 5), Authorisation: "AUT-1"}, &InputError{}, "actor"},
		"an act at no time":                               {examined, Grant{By: by("decider", 0), Authorisation: "AUT-1"}, &InputError{}, "at"},
		"a name that turns the text around":               {examined, Grant{By: by("decider\u202e", 5), Authorisation: "AUT-1"}, &InputError{}, "control"},
		"an application without roles":                    {Application{}, Submit{By: by("trader", 1), Wish: Wish{Operator: "OP-1", Programme: "P", Type: "T", Components: []string{"T"}, Requirements: []string{"A"}}}, &InputError{}, "roles"},
		"no command at all that it knows":                 {examined, Register{By: by("clerk", 5)}, &TransitionError{}, "not a command for an application"},
	} {
		_, err := tc.state.Decide(tc.command)
		wantRefused(t, name, err, tc.kind, tc.why)
	}
}

func TestNewFindingsReplaceOlderOnes(t *testing.T) {
	a := do(t, applicationIn(t, Accepted),
		Assess{by("assessor", 3), findings(Met, NotMet)}, Assess{by("colleague", 4), findings(Met, Met)[1:]})
	want := []Assessed{
		{Finding{Requirement: "39A", Result: Met}, "assessor", 3 * day},
		{Finding{Requirement: "39E", Result: Met}, "colleague", 4 * day},
	}
	if diff := cmp.Diff(want, a.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if granted := do(t, a, Grant{By: by("decider", 5), Authorisation: "AUT-1"}); granted.Authorisation != "AUT-1" {
		t.Errorf("granted %q", granted.Authorisation)
	}
}

// What is judged per site is found at each site before a grant, and more findings than
// an event holds are several events.
func TestAGrantWantsEverySiteJudged(t *testing.T) {
	w := wish()
	w.Sites = []Site{{ID: "HAM", Name: "Hamburg"}, {ID: "KIE", Name: "Kiel"}}
	at := func(site string, r Result) Finding {
		return Finding{Requirement: "39E", Site: site, Result: r, Note: "seen"}
	}
	a := do(t, Application{}, Submit{By: by("trader", 1), Wish: w}, Accept{By: by("clerk", 2)}, Assess{by("assessor", 3), append(findings(Met, Met), at("HAM", Met))})
	grant := Grant{By: by("decider", 9), Authorisation: "AUT-1", Needs: Needs{PerSite: []string{"39E"}}}
	_, err := a.Decide(grant)
	wantRefused(t, "one site of two", err, &TransitionError{}, "39E is not assessed at site KIE")
	nowhere := Finding{Requirement: "39E", Result: NotApplicable, Note: "no cargo"}
	do(t, do(t, a, Assess{by("assessor", 4), []Finding{nowhere}}), grant)
	do(t, do(t, a, Assess{by("assessor", 4), []Finding{at("KIE", Partly)}}), grant)

	w.Requirements = nil
	var many []Finding
	for i := range maxRequirements {
		w.Requirements = append(w.Requirements, fmt.Sprint("C-", i))
		many = append(many, Finding{Requirement: fmt.Sprint("C-", i), Site: "HAM", Result: Met}, Finding{Requirement: fmt.Sprint("C-", i), Site: "KIE", Result: Partly, Note: strings.Repeat("x", 400)})
	}
	b := do(t, Application{}, Submit{By: by("trader", 1), Wish: w}, Accept{By: by("clerk", 2)})
	list, err := b.Decide(Assess{by("assessor", 3), many})
	if err != nil || len(list) < 3 {
		t.Fatalf("%d events: %v", len(list), err)
	}
	if b = applied(t, b, list); len(b.Findings) != len(many) {
		t.Errorf("%d of %d findings", len(b.Findings), len(many))
	}
}

// Where nothing follows from the silence of who owes information, an answer is taken late.
func TestALateAnswerIsTaken(t *testing.T) {
	due := Timed{[]deadline.Change{{Rule: RuleInformation, Do: deadline.Start, At: 2 * day, Due: 5 * day}}}
	a := do(t, applicationIn(t, Submitted), RequestInformation{by("clerk", 2), []string{"accounts"}, due})
	fallen := a.Clocks.Fallen(6 * day)[0]
	a = do(t, a, PassTime{By: By{Case: "APP-1", Actor: Scheduler, At: 6 * day}, Change: fallen})
	if a.State != InfoRequested || a.Request.LapsedAt != 5*day {
		t.Fatalf("%s: %+v", a.State, a.Request)
	}
	a = do(t, a, GiveInformation{By: by("trader", 7), Answer: "here"})
	if a.State != Submitted || a.CompleteAt != 7*day {
		t.Errorf("%s, complete on day %d", a.State, a.CompleteAt/day)
	}
	_, err := a.Decide(GiveInformation{By: by("trader", 8), Answer: "once more"})
	wantRefused(t, "twice", err, &TransitionError{}, "is not possible")
}
