package authorisation

import (
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry/deadline"
	"pgregory.net/rapid"
)

// begin starts clocks that do not run yet.
func begin(a Application, at int64, outcome string, names ...string) (t Timed) {
	for _, name := range names {
		if _, running := a.Clocks.Open(name); !running {
			t.Clocks = append(t.Clocks, deadline.Change{Rule: name, Do: deadline.Start, At: at, Due: at + 3, Outcome: outcome})
		}
	}
	return t
}

// over ends clocks that run.
func over(a Application, at int64, names ...string) (t Timed) {
	for _, name := range names {
		if ch, err := a.Clocks.Ends(name, at); err == nil {
			t.Clocks = append(t.Clocks, ch)
		}
	}
	return t
}

func both(a, b Timed) Timed { return Timed{slices.Concat(a.Clocks, b.Clocks)} }

func anyStep(t *rapid.T, a Application, now int64) Command {
	b := By{Case: "APP-1", Actor: officer(t), At: now}
	needs := Needs{Hearing: true, Consult: []string{"FR"}}
	way := Without{Hearing: rapid.SampledFrom([]string{"", "", "DA Art. 10"}).Draw(t, "unheard")}
	commands := []Command{
		SaveDraft{b, wish()},
		Submit{By: b, Wish: wish(), Timed: begin(a, now, DeemedAccepted, RuleAcceptance), Bars: rapid.SampledFrom([][]Bar{nil, {{"AUT-0", "annulment", now + 2, ""}}, {{"AUT-0", "annulment", now, ""}}}).Draw(t, "bars")},
		RequestInformation{b, []string{"accounts"}, begin(a, now, NoAnswer, RuleInformation)},
		GiveInformation{b, "sent", over(a, now, RuleInformation)},
		Accept{By: b, EffectiveAt: a.CompleteAt, Timed: both(over(a, now, RuleAcceptance), begin(a, now, "", RuleDecision))},
		NotAccept{b, grounds()}, WithdrawApplication{b},
		Assess{b, findings(Met, Met)}, Assess{b, findings(Met, Met)},
		Consult{By: b, Consulted: "FR", Mandatory: true, Binding: true, Timed: begin(a, now, NoObjection, RuleConsultation+"#FR")},
		AnswerConsultation{By: b, Consulted: "FR", Answer: AgreesConsultation, Timed: over(a, now, RuleConsultation+"#FR")},
		AnswerConsultation{By: b, Consulted: "FR", Answer: Objects, Documents: []string{strings.Repeat("a", 64)}, Timed: over(a, now, RuleConsultation+"#FR")},
		SendGrounds{b, grounds(), "We intend to refuse.", begin(a, now, "", RuleHearing)},
		Reply{b, "No.", over(a, now, RuleHearing)},
		Grant{By: b, Authorisation: "AUT-1", Needs: needs}, Grant{By: b, Authorisation: "AUT-1", Components: []string{"AEOC"}, Grounds: grounds(), Needs: needs, Without: way},
		Refuse{By: b, Grounds: grounds(), Needs: needs, Without: way, BarUntil: now + 5},
		Serve{b, Service{Channel: ByPost, SentAt: now}, begin(a, now, DeemedReceived, RuleService)},
		LodgeAppeal{By: b, Body: "court", Reference: "1"},
		SetAsideDecision{By: b, Who: ByCourt, Grounds: grounds()}, StayDecision{By: b, Who: ByCourt, Grounds: grounds()}, LiftDecisionStay{b, grounds()},
		Assign{By: b, Officer: "anna", Office: "HH"},
	}
	if fallen := a.Clocks.Fallen(now); len(fallen) > 0 {
		by := By{Case: "APP-1", Actor: Scheduler, At: now}
		c := PassTime{By: by, Change: fallen[0], AcceptedAt: a.CompleteAt}
		if fallen[0].Do == deadline.Lapse && fallen[0].Outcome != NoAnswer {
			if next, err := a.Clocks.Apply(fallen[0]); err == nil {
				c.Timed = over(Application{Clocks: next}, fallen[0].At, fallen[0].Rule)
			}
		}
		for range 12 { // most often time passes first
			commands = append(commands, c)
		}
	}
	return rapid.SampledFrom(commands).Draw(t, "command")
}

// Whatever sequence of steps and silences comes: nobody decides what they assessed, a
// bar is respected, nothing is refused unheard without a ground, nothing granted over
// a mandatory consultation, silence accepts exactly at the end of its time and as of
// the last data, a closed case has no clock of the procedure, and the events alone
// give the state.
func TestProceduresUnderAnySequenceOfSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Application
		var log []Event
		now := int64(1000)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now += rapid.Int64Range(0, 2).Draw(t, "pause")
			before, c := a, anyStep(t, a, now)
			list, err := a.Decide(c)
			if err != nil {
				checkTyped(t, err)
				continue
			}
			a, log = step(t, a, log, list)
			checkStep(t, before, a, c, list)
		}
		checkReplay(t, a, log)
	})
}

func checkStep(t *rapid.T, before, after Application, c Command, list []Event) {
	t.Helper()
	now := c.by().At
	switch c := c.(type) {
	case Submit:
		if slices.ContainsFunc(c.Bars, func(b Bar) bool { return b.Until > now }) {
			t.Fatal("submitted under a bar")
		}
	case Refuse:
		if !before.Heard.Done() && c.Without.Hearing == "" {
			t.Fatal("refused unheard")
		}
	case Grant:
		last := before.Consultations[len(before.Consultations)-1]
		if last.Answer == "" || last.Answer == Objects {
			t.Fatalf("granted while FR says %q", last.Answer)
		}
		if len(c.Components) > 0 && !before.Heard.Done() && c.Without.Hearing == "" {
			t.Fatal("refused in part unheard")
		}
	case PassTime:
		k, _ := before.Clocks.Open(c.Change.Rule)
		if list[0].EffectiveAt != k.Due || list[0].EffectiveAt > now {
			t.Fatalf("silence took effect at %d, it was due %d", list[0].EffectiveAt, k.Due)
		}
		if after.Deemed && after.State == Accepted && !before.Deemed && after.AcceptedAt != before.CompleteAt {
			t.Fatalf("deemed accepted as of %d, the last data came in at %d", after.AcceptedAt, before.CompleteAt)
		}
	}
	switch c.(type) {
	case Grant, Refuse:
		if slices.ContainsFunc(before.Assessors, func(s string) bool { return spelt(s) == spelt(c.by().Actor) }) {
			t.Fatalf("decided by %s, assessed by %v", c.by().Actor, before.Assessors)
		}
	}
	if after.State.Final() && !before.State.Final() {
		for _, k := range after.Clocks {
			if k.EndedAt == 0 {
				t.Fatalf("closed, and the clock of %s runs", k.Rule)
			}
		}
	}
}
