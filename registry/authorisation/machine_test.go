package authorisation

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/deadline"
)

var officers = []string{"anna", "Anna", "jan", "rewi", Scheduler}

// officer draws somebody for a step; among them one person under two spellings and
// the clock, who may not do what persons do.
func officer(t *rapid.T) string { return rapid.SampledFrom(officers).Draw(t, "officer") }

// An applicationModel is what four eyes and the table of transitions mean, in few words.
type applicationModel struct {
	assessors []string // lower case
	closed    bool
}

// Whatever sequence of commands comes, nobody decides what they assessed, nothing
// happens after the end, times do not run back, and the events alone give the state.
func TestApplicationsUnderAnySequenceOfCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Application
		var log []Event
		var model applicationModel
		now := int64(1000)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			now += rapid.Int64Range(-1, 3).Draw(t, "pause")
			b := By{Case: "APP-1", Actor: officer(t), At: now}
			c := rapid.SampledFrom([]Command{
				Submit{By: b, Wish: wish()}, Accept{By: b}, Accept{By: b}, NotAccept{b, grounds()}, WithdrawApplication{b},
				Assess{b, findings(Met, Met)}, Assess{b, findings(Met, Partly)}, Assess{b, findings(NotMet)},
				Grant{By: b, Authorisation: "AUT-1", EffectiveAt: now + 5}, Grant{By: b, Authorisation: "AUT-1", EffectiveAt: 0}, Refuse{By: b, Grounds: grounds()},
			}).Draw(t, "command")
			list, err := a.Decide(c)
			if err != nil {
				checkTyped(t, err)
				continue
			}
			if model.closed {
				t.Fatalf("%s after the end", c.name())
			}
			who := spelt(b.Actor)
			switch c.(type) {
			case Assess:
				model.assessors = append(model.assessors, who)
			case Grant, Refuse:
				if len(model.assessors) == 0 || slices.Contains(model.assessors, who) {
					t.Fatalf("%s by %s, assessed by %v", c.name(), who, model.assessors)
				}
			}
			a, log = step(t, a, log, list)
			model.closed = a.State.Final()
		}
		checkReplay(t, a, log)
	})
}

// The same for authorisations, and: an end is final, credentials follow by legal
// transitions, and when all is recorded every credential says what its component is.
func TestAuthorisationsUnderAnySequenceOfCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := Event{Case: "AUT-1", Actor: "jan", DecidedAt: 1000, EffectiveAt: rapid.Int64Range(1000, 1010).Draw(t, "effect"),
			Data: AuthorisationGranted{"APP-1", "OP-1", "EU-AEO", "AEOF", wish().Components, wish().Roles,
				rapid.SampledFrom([]int64{0, 1030}).Draw(t, "expires"), ""}}
		a, log := step(t, Authorisation{}, nil, []Event{start})
		now := int64(1000)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now += rapid.Int64Range(-1, 4).Draw(t, "pause")
			before := a.clone()
			c := anyMeasure(t, a, now)
			list, err := a.Decide(c)
			if err != nil {
				checkTyped(t, err)
				continue
			}
			if second, needed := secondOf(c); needed && (second == "" || spelt(second) == spelt(c.by().Actor)) {
				t.Fatalf("%s by %s and %q", c.name(), c.by().Actor, second)
			}
			a, log = step(t, a, log, list)
			checkEndsAreFinal(t, before, a, list)
			checkSuspensions(t, a, list, now)
			checkResting(t, before, a)
			checkReceipts(t, before, list)
			if len(a.Due(now)) > 0 {
				t.Fatalf("after %s something is still due: %+v", c.name(), a.Components)
			}
		}
		checkReplay(t, a, log)
		checkCredentials(t, a, log, now)
	})
}

func anyMeasure(t *rapid.T, a Authorisation, now int64) Command {
	b := By{Case: "AUT-1", Actor: officer(t), At: now}
	on := rapid.SampledFrom([][]string{nil, {"AEOC"}, {"AEOS"}, {"AEOC", "AEOS"}}).Draw(t, "components")
	from := rapid.SampledFrom([]int64{0, now, now + 3, now + 9}).Draw(t, "from")
	second := rapid.SampledFrom([]string{"", "anna", "jan"}).Draw(t, "second")
	idx := int64(len(a.Credentials))
	component := rapid.SampledFrom([]string{"AEOC", "AEOS"}).Draw(t, "component")
	issue := credential(component, idx, 1, 0)
	issue.NotBefore, issue.Expires = max(now, a.EffectiveAt), max(now, a.EffectiveAt)+rapid.Int64Range(1, 40).Draw(t, "life")
	for _, c := range a.Credentials {
		if c.Component == component {
			issue.Sequence = c.Sequence + 1
		}
	}
	commands := []Command{
		Suspend{By: b, Components: on, From: from, Second: second, Grounds: grounds()}, Reinstate{b, on, from}, Withdraw{b, on, from}, Amend{By: b, Roles: []string{"importer"}, Grounds: grounds()},
		Revoke{By: b, Components: on, From: from, Second: second, Grounds: grounds()}, Annul{By: b, Components: on, Second: second, Grounds: grounds()},
		TakeEffect{By{Case: "AUT-1", Actor: Scheduler, At: now}}, IssueCredential{b, issue}, SetStatus{b, a.StatusDue(now)},
	}
	commands = append(commands, anySuspension(t, a, b, on, from, second)...)
	commands = append(commands, anyWayBack(t, b, on, second)...)
	commands = append(commands, Renew{b, a.ExpiresAt + rapid.Int64Range(-1, 9).Draw(t, "longer"), second}, ReportRemedy{By: b, Components: on, Text: "done"})
	posted := Service{Channel: ByPost, SentAt: now - rapid.Int64Range(0, 3).Draw(t, "sent ago")}
	received := posted
	received.ReceivedAt = now - rapid.Int64Range(0, 2).Draw(t, "received ago")
	commands = append(commands, ServeMeasure{By: b, Components: on, Service: posted, DeemedAt: now + 4}, ServeMeasure{By: b, Components: on, Service: received},
		Revoke{By: b, Components: on, From: now + 4, Second: second, Grounds: grounds(), OnReceipt: true},
		Suspend{By: b, Components: on, From: now + 4, Ground: OnDoubt, Grounds: grounds(), OnReceipt: true},
		Annul{By: b, Components: on, From: now + 4, Second: second, Grounds: grounds(), OnReceipt: true})
	commands = append(commands, RegisterDecision{b, rapid.SampledFrom([]string{"D-1", "D-2"}).Draw(t, "id"), "waiver", "another", rapid.SampledFrom([]string{"", "AEOC"}).Draw(t, "rests on")},
		TellAuthorities{By: b}, EndDecision{By: b, ID: "D-1", Outcome: "revoked", OnAEO: true})
	if idx > 1 {
		commands = append(commands, SupersedeCredential{b, a.Credentials[idx-2].SHA256, a.Credentials[idx-1].SHA256})
	}
	return rapid.SampledFrom(commands).Draw(t, "command")
}

// anySuspension are commands about suspensions with grounds and clocks.
func anySuspension(t *rapid.T, a Authorisation, b By, on []string, from int64, second string) []Command {
	start := func(rule, outcome string, days int64) deadline.Change {
		return deadline.Change{Rule: rule, Do: deadline.Start, At: max(b.At, from), Due: max(b.At, from) + days, Outcome: outcome, Basis: "law"}
	}
	outcome := rapid.SampledFrom([]string{"lift", "ask"}).Draw(t, "on lapse")
	ground := rapid.SampledFrom([]Ground{OnDoubt, ForRemedy, OnRequest}).Draw(t, "ground")
	clocks := []deadline.Change{start("rule", outcome, rapid.Int64Range(1, 9).Draw(t, "days"))}
	list := []Command{Suspend{By: b, Components: on, From: from, Ground: ground, Second: second, Clocks: clocks, Grounds: grounds()}, Confirm{b, on},
		Suspend{By: b, Components: on, Ground: OnDoubt, Urgent: true, Clocks: append(clocks[:1:1], start(RuleUrgent, "lift", 3)), Grounds: grounds()}}
	for _, k := range a.Clocks {
		if k.EndedAt == 0 && k.Due > 0 {
			list = append(list, ChangeClocks{b, []deadline.Change{{Rule: k.Rule, Do: deadline.Extend, At: b.At, Due: k.Due + 2, By: &deadline.Period{N: 2, Unit: deadline.Days}, For: "agreed"}}})
		}
	}
	return list
}

// checkSuspensions holds what the law says of suspensions against a history: an urgent
// one that nobody confirmed is over when its time is, and one that lifts itself is
// lifted at its very due.
func checkSuspensions(t *rapid.T, a Authorisation, list []Event, now int64) {
	t.Helper()
	for _, c := range a.Components {
		urgent, waits := a.Clocks.Open(ClockName(RuleUrgent, c.Code))
		if s := c.Suspension; s.unconfirmed() && c.State == Suspended && !c.awaits(ActRevoke, ActAnnul) && (!waits || urgent.Due <= now) {
			t.Fatalf("%s is suspended by %s alone, by %d: %+v", c.Code, s.By, now, a.Clocks)
		}
		if c.State != Suspended && c.Suspension != nil && !c.awaits(ActSuspend) && !c.stayed(ActSuspend) {
			t.Fatalf("%s is %s and has a suspension", c.Code, c.State)
		}
		for _, k := range a.Clocks {
			if _, of := clockOf(k.Rule); of == c.Code && k.EndedAt == 0 && c.Suspension == nil {
				t.Fatalf("clock %s runs and %s is %s", k.Rule, c.Code, c.State)
			}
		}
	}
	for _, e := range list {
		if fell, ok := e.Data.(AuthorisationFellDue); ok && fell.Change.Do == deadline.Lapse && (e.EffectiveAt != fell.Change.Due || e.Actor != Scheduler) {
			t.Fatalf("due at %d, lapsed at %d by %s", fell.Change.Due, e.EffectiveAt, e.Actor)
		}
		if e.EffectiveAt < e.DecidedAt && e.Actor != Scheduler &&
			!slices.Contains([]string{"authorisation.annulled", "authorisation.served", "authorisation.stayed", "authorisation.set_aside", "authorisation.rectified"}, e.Type()) {
			t.Fatalf("%s takes effect at %d and was decided at %d", e.Type(), e.EffectiveAt, e.DecidedAt)
		}
	}
}

// anyWayBack are commands that stay measures and set them aside.
func anyWayBack(t *rapid.T, b By, on []string, second string) []Command {
	of := rapid.SampledFrom([]Act{"", ActSuspend, ActRevoke, ActAnnul, ActWithdraw}).Draw(t, "of")
	who := rapid.SampledFrom([]Remedy{ByCourt, ByReview, ByError}).Draw(t, "who")
	since := rapid.SampledFrom([]int64{0, b.At, b.At - 3, 1000}).Draw(t, "since")
	until := rapid.SampledFrom([]int64{0, b.At + 1, b.At + 6, b.At - 1}).Draw(t, "until")
	return []Command{
		AppealMeasure{b, of, on, "court", "4 K 1", until}, DecideMeasureAppeal{b, "4 K 1", Upheld},
		RectifyAuthorisation{b, of, on, "basis", grounds().Basis, "UCC Art. 27", grounds()},
		RectifyAuthorisation{By: b, Field: "roles", Old: "exporter", New: "exporter,importer", Grounds: grounds()},
		StayMeasure{By: b, Of: of, Components: on, Who: who, From: since, Until: until, Second: second, Grounds: grounds()}, LiftStay{b, on, grounds()},
		SetAsideMeasure{By: b, Of: of, Components: on, Who: who, From: since, Second: second, Grounds: grounds()},
	}
}

// checkResting: whoever's decision rests on a component that turned is to be told, and
// nobody's end of one touches the status.
func checkResting(t *rapid.T, before, after Authorisation) {
	t.Helper()
	for i, r := range after.Resting {
		for j, c := range after.Components {
			was := before.Components[j].State
			turned := was != c.State && !(was == PendingEffect && c.State == Effective) && i < len(before.Resting)
			if turned && r.touches(c.Code) && r.Tell == nil && r.ToldAt != after.DecidedAt {
				t.Fatalf("%s was %s, is %s, and %s is not to be told: %+v", c.Code, was, c.State, r.Authority, r)
			}
		}
		if r.Ended != nil && r.Tell != nil {
			t.Fatalf("%s ended, and is to be told: %+v", r.ID, r)
		}
	}
}

// checkReceipts: a measure takes effect when it was received, and never before it was decided.
func checkReceipts(t *rapid.T, before Authorisation, list []Event) {
	t.Helper()
	for _, e := range list {
		d, ok := e.Data.(AuthorisationServed)
		if !ok {
			continue
		}
		for _, code := range d.Components {
			c, _ := before.Component(code)
			if m, known := c.taken(d.Of); known && (e.EffectiveAt < m.DecidedAt || e.EffectiveAt < e.DecidedAt && e.EffectiveAt != d.ReceivedAt) {
				t.Fatalf("%s of %s decided at %d, received at %d, takes effect at %d", d.Of, code, m.DecidedAt, d.ReceivedAt, e.EffectiveAt)
			}
		}
	}
}

func secondOf(c Command) (string, bool) {
	switch c := c.(type) {
	case Revoke:
		return c.Second, true
	case Annul:
		return c.Second, true
	case SetAsideMeasure:
		return c.Second, c.Who != ByCourt
	case StayMeasure:
		return c.Second, c.Who != ByCourt
	case Renew:
		return c.Second, true
	}
	return "", false
}

// wayBack are the components that events bring back.
func wayBack(list []Event) (on []string) {
	for _, e := range list {
		switch d := e.Data.(type) {
		case AuthorisationStayed:
			on = append(on, d.Components...)
		case AuthorisationSetAside:
			on = append(on, d.Components...)
		}
	}
	return on
}

// checkEndsAreFinal holds of everything but the way back, and that leads only from
// what may be taken back; the credentials of an end stay ended whatever happens.
func checkEndsAreFinal(t *rapid.T, before, after Authorisation, list []Event) {
	t.Helper()
	for i, c := range before.Credentials {
		if c.Ended() && !after.Credentials[i].Ended() {
			t.Fatalf("credential %d came back from its end", c.Idx)
		}
	}
	back := wayBack(list)
	for i, c := range before.Components {
		if c.State != Ended {
			continue
		}
		if slices.Contains(back, c.Code) {
			if c.End == ActExpire {
				t.Fatalf("%s had expired and came back: %+v", c.Code, after.Components[i])
			}
			continue
		}
		if !cmp.Equal(c, after.Components[i], cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Component{}, "Measures")) { // their words and their service are told later
			t.Fatalf("%s came back from its end: %+v", c.Code, after.Components[i])
		}
	}
}

// checkCredentials records all that is due, then compares every credential with its component.
func checkCredentials(t *rapid.T, a Authorisation, log []Event, now int64) {
	t.Helper()
	far := max(now, a.DecidedAt) + 100
	settled, _ := step(t, a, log, decided(t, a, By{Case: "AUT-1", Actor: Scheduler, At: far}))
	for len(settled.StatusDue(far)) > 0 {
		for _, change := range settled.StatusDue(far) {
			i := slices.IndexFunc(settled.Credentials, func(c Credential) bool { return c.URI == change.URI && c.Idx == change.Idx })
			if old := settled.Credentials[i].Value; !old.May(change.Value) {
				t.Fatalf("index %d from %s to %s", change.Idx, old, change.Value)
			}
		}
		list, err := settled.Decide(SetStatus{By{Case: "AUT-1", Actor: Scheduler, At: far}, settled.StatusDue(far)})
		if err != nil {
			t.Fatal(err)
		}
		settled, _ = step(t, settled, nil, list)
	}
	for _, c := range settled.Credentials {
		component, _ := settled.Component(c.Component)
		want := map[State]statuslist.Value{Effective: statuslist.Valid, Suspended: statuslist.Suspended, Ended: statuslist.Ended}[component.State]
		if c.Newer != "" && component.State != Ended {
			want = statuslist.Superseded
		}
		if c.Ended() && component.State != Ended && slices.Contains(wayBack(log), c.Component) {
			continue // it stays so though its component came back
		}
		if expired := c.Expires <= max(component.Since, component.EndedAt, a.DecidedAt); c.Value != want && !expired {
			t.Fatalf("credential %d is %s while %s is %s", c.Idx, c.Value, component.Code, component.State)
		}
	}
}

// decided lets the clock settle what is due by then, if anything is.
func decided(t *rapid.T, a Authorisation, b By) []Event {
	t.Helper()
	list, err := a.Decide(TakeEffect{b})
	if err != nil {
		checkTyped(t, err)
	}
	return list
}

func step[S Machine[S]](t *rapid.T, state S, log, list []Event) (S, []Event) {
	t.Helper()
	for _, e := range list {
		if e.Case != list[0].Case {
			continue
		}
		if len(log) > 0 && e.DecidedAt < log[len(log)-1].DecidedAt {
			t.Fatalf("%s decided before the event before it", e.Type())
		}
		next, err := state.Apply(e)
		if err != nil {
			t.Fatalf("%s was decided and does not apply: %v", e.Type(), err)
		}
		state, log = next, append(log, e)
	}
	return state, log
}

// checkReplay compares the state with what the bytes of its events give, and with
// itself after having been stored.
func checkReplay[S Machine[S]](t *rapid.T, state S, log []Event) {
	t.Helper()
	var again []Event
	for _, e := range log {
		raw, err := MarshalEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		read, err := UnmarshalEvent(raw)
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, read)
	}
	replayed, err := Replay[S](again)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(state, replayed, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("replay differs:\n%s", diff)
	}
	raw, err := jcs.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	var stored S
	if err := jcs.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(state, stored, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("stored state differs:\n%s", diff)
	}
}

// checkTyped demands that every refusal can be told apart by a caller.
func checkTyped(t *rapid.T, err error) {
	t.Helper()
	var transition *TransitionError
	var input *InputError
	if !errors.As(err, &transition) && !errors.As(err, &input) && !errors.Is(err, ErrFourEyes) {
		t.Fatalf("untyped refusal: %v", err)
	}
}

func spelt(name string) string {
	if name == "Anna" {
		return "anna"
	}
	return name
}
