package authorisation

import (
	"testing"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// Not to accept is a decision like others: who took it does not take it back, it is
// served after it was taken, and what takes it back begins no earlier.
func TestThatAnApplicationWasNotAcceptedIsADecision(t *testing.T) {
	refused := applicationIn(t, NotAccepted) // by the clerk on day 2
	for name, c := range map[string]struct {
		put  Command
		kind any
		why  string
	}{
		"set aside by who took it":        {SetAsideDecision{By: by("Clerk", 3), Who: ByReview, Grounds: grounds()}, ErrFourEyes, "took the decision"},
		"set aside from before it":        {SetAsideDecision{By: by("head", 3), Who: ByReview, From: 1 * day, Grounds: grounds()}, &InputError{}, "between the decision and now"},
		"served before it was taken":      {Serve{By: by("clerk", 3), Service: Service{Channel: ByPost, SentAt: 1 * day}}, &InputError{}, "before the decision"},
		"a word put right that is not it": {RectifyDecision{by("clerk", 3), "basis", "UCC Art. 1", "UCC Art. 22(2)", grounds()}, &TransitionError{}, "does not say that"},
	} {
		_, err := refused.Decide(c.put)
		wantRefused(t, name, err, c.kind, c.why)
	}
	a := do(t, refused, RectifyDecision{by("clerk", 3), "basis", grounds().Basis, "UCC Art. 22(2)", grounds()},
		SetAsideDecision{By: by("clerk", 4), Who: ByCourt, Grounds: grounds()})
	if a.State != Submitted || a.Decision == nil || a.Decision.Grounds.Basis != "UCC Art. 22(2)" || a.Decision.SetAsideAt != 4*day {
		t.Errorf("%s: %+v", a.State, a.Decision)
	}
}

// Whoever was not answered in the first procedure is asked anew in the second.
func TestWhatWasAskedBeforeTheDecisionIsAskedAnew(t *testing.T) {
	ask := func(d int64) Command { return RequestInformation{By: by("clerk", d), Items: []string{"the accounts"}} }
	a := do(t, applicationIn(t, Submitted), ask(2), NotAccept{by("clerk", 3), grounds()},
		SetAsideDecision{By: by("head", 4), Who: ByReview, Grounds: grounds()}, ask(5), GiveInformation{By: by("trader", 6), Answer: "here"})
	if a.State != Submitted || a.CompleteAt != 6*day {
		t.Errorf("%s, complete on day %d", a.State, a.CompleteAt/day)
	}
}

// The time for an appeal is the same for the second as for the first.
func TestASecondAppealHasNoMoreTime(t *testing.T) {
	starts := Timed{[]deadline.Change{{Rule: RuleAppeal, Do: deadline.Start, At: 10 * day, Due: 40 * day}}}
	served := do(t, applicationIn(t, DecidedRefuse), Serve{by("clerk", 10), Service{Channel: ByHand, SentAt: 10 * day, ReceivedAt: 10 * day}, starts})
	appealed := do(t, served, LodgeAppeal{by("trader", 12), "court", "1", over(served, 12*day, RuleAppeal)})
	do(t, appealed, LodgeAppeal{By: by("trader", 39), Body: "court", Reference: "2"})
	_, err := appealed.Decide(LodgeAppeal{By: by("trader", 40), Body: "court", Reference: "2"})
	wantRefused(t, "after its time", err, &TransitionError{}, "the time for an appeal is over")
	again := do(t, appealed, SetAsideDecision{By: by("head", 50), Who: ByCourt, Grounds: grounds()}, Refuse{By: by("decider", 60), Grounds: grounds()})
	do(t, again, LodgeAppeal{By: by("trader", 61), Body: "court", Reference: "3"}) // of the second decision nobody was told yet
}

// What somebody was heard on is what a decision rests on.
func TestARefusalRestsOnWhatTheApplicantWasHeardOn(t *testing.T) {
	heard := do(t, applicationIn(t, UnderExamination), SendGrounds{By: by("decider", 4), Grounds: grounds(), Text: "We intend to refuse."}, Reply{By: by("trader", 5), Text: "No."})
	refuse := Refuse{By: by("decider", 6), Grounds: Grounds{"insolvency", "UCC Art. 39(c)"}, Needs: Needs{Hearing: true}}
	_, err := heard.Decide(refuse)
	wantRefused(t, "on other grounds", err, &TransitionError{}, "heard on security-doubt, not on insolvency")
	part := Grant{By: by("decider", 6), Authorisation: "AUT-1", Components: []string{"AEOC"}, Grounds: refuse.Grounds, Needs: refuse.Needs}
	_, err = heard.Decide(part)
	wantRefused(t, "in part", err, &TransitionError{}, "heard on security-doubt, not on insolvency")
	refuse.Grounds = grounds()
	do(t, heard, refuse)
}

// A stay until further notice ends when that is given: the bar counts again.
func TestAStayOfARefusalIsLifted(t *testing.T) {
	refused := do(t, applicationIn(t, UnderExamination), Refuse{By: by("decider", 4), Grounds: grounds(), BarUntil: 400 * day})
	_, err := refused.Decide(LiftDecisionStay{by("head", 5), grounds()})
	wantRefused(t, "where nothing is stayed", err, &TransitionError{}, "nothing is stayed")
	a := do(t, refused, StayDecision{By: by("head", 5), Who: ByCourt, Grounds: grounds()})
	lifted := do(t, a, LiftDecisionStay{by("head", 50), grounds()})
	for at, want := range map[int64]bool{5: false, 49: false, 50: true, 399: true, 400: false} {
		if _, barred := lifted.BarredUntil(at * day); barred != want {
			t.Errorf("on day %d: barred %t", at, barred)
		}
	}
	later := do(t, refused, StayDecision{By: by("head", 5), Who: ByCourt, From: 60 * day, Grounds: grounds()}, LiftDecisionStay{by("head", 50), grounds()})
	if _, barred := later.BarredUntil(70 * day); !barred || len(later.Stays) != 0 {
		t.Errorf("one that was still to come: %+v", later.Stays)
	}
}
