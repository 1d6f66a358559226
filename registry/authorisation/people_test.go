package authorisation

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aeo-registry/aeo/registry/access"
)

// someone draws who acts; ACC-2 and ACC-3 are two accounts of one person.
func someone(t *rapid.T, number string, now int64) By {
	b := By{Case: number, Actor: rapid.SampledFrom([]string{"ACC-1", "ACC-2", "ACC-3", "ACC-4"}).Draw(t, "actor"), At: now}
	switch b.Actor {
	case "ACC-2":
		b.Also = []string{"ACC-3"}
	case "ACC-3":
		b.Also = []string{"ACC-2"}
	}
	return b
}

func person(account string) string {
	if account == "ACC-3" {
		return "ACC-2"
	}
	return account
}

// Whatever is asked, nobody gives themselves a role, grave ones take two persons,
// and no account holds what does not go together.
func TestAccountsUnderAnySequenceOfCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Account
		var log []Event
		now := int64(1000)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now += rapid.Int64Range(-1, 3).Draw(t, "pause")
			b := someone(t, "ACC-2", now)
			role := rapid.SampledFrom(access.Roles()).Draw(t, "role")
			operator := rapid.SampledFrom([]string{"", "OP-1"}).Draw(t, "operator")
			second := rapid.SampledFrom([]string{"", "ACC-1", "ACC-2", "ACC-3", "ACC-4"}).Draw(t, "second")
			c := rapid.SampledFrom([]Command{
				OpenAccount{b, "Anna", "p-1", ""}, GiveRole{By: b, Holding: Holding{Role: role, Operator: operator}, Second: second},
				TakeRole{By: b, Role: role, Operator: operator, Second: second}, DisableAccount{By: b, Reason: "x", Second: second}, EnableAccount{By: b, Second: second},
				GiveAttorney{b, Attorney{"OP-1", []string{"applications"}, now, now + 5, "deed"}}, EndAttorney{b, "OP-1"},
				DeclareConflict{b, "OP-1", "kin"}, WithdrawConflict{b, "OP-1"}, NameDeputy{b, Deputy{For: "ACC-4", From: now, Until: now + 5}}, EndDeputy{b, "ACC-4"},
			}).Draw(t, "command")
			list, err := a.Decide(c)
			if err != nil {
				checkTyped(t, err)
				continue
			}
			if g, ok := c.(GiveRole); ok {
				if person(b.Actor) == "ACC-2" || role.Grave() && (g.Second == "" || person(g.Second) == person(b.Actor)) {
					t.Fatalf("%s gives ACC-2 %s with %q", b.Actor, role, g.Second)
				}
			}
			a, log = step(t, a, log, list)
			for i, h := range a.Roles {
				if slices.ContainsFunc(a.Roles[:i], func(o Holding) bool { return !access.Together(o.Role, h.Role) }) {
					t.Fatalf("held together: %+v", a.Roles)
				}
			}
			if a.Disabled && (len(a.RolesAt(now)) > 0 || a.Represents("OP-1", "", now)) {
				t.Fatal("a disabled account may act")
			}
		}
		checkReplay(t, a, log)
	})
}

// No approval is ever given by the person who asked for it, nor after its time, nor
// settled before it was given.
func TestApprovalsUnderAnySequenceOfCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Approval
		var log []Event
		now := int64(1000)
		request := []byte(`{"x":1}`)
		sum := sha256.Sum256(request)
		asked := ApprovalAsked{What: "authorisations/revoke", Request: request, SHA256: hex.EncodeToString(sum[:]), ExpiresAt: 1010}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			now += rapid.Int64Range(-1, 3).Draw(t, "pause")
			b := someone(t, "APR-1", now)
			c := rapid.SampledFrom([]Command{ProposeApproval{b, asked}, GiveApproval{b}, RefuseApproval{b, "no"}, SettleApproval{b, ""},
				SettleApproval{b, "it failed"}, LapseApproval{By{Case: "APR-1", Actor: Scheduler, At: now}}}).Draw(t, "command")
			list, err := a.Decide(c)
			if err != nil {
				checkTyped(t, err)
				continue
			}
			before := a.State
			a, log = step(t, a, log, list)
			switch a.State {
			case ApprovalGiven:
				if person(a.Second) == person(a.By) || now >= a.ExpiresAt {
					t.Fatalf("given at %d: %+v", now, a)
				}
			case ApprovalDone, ApprovalFailed:
				if before != ApprovalGiven {
					t.Fatalf("settled while %s", before)
				}
			}
		}
		checkReplay(t, a, log)
	})
}

// Who decides comes back by two administrators, as they came to decide.
func TestWhoDecidesIsEnabledByTwo(t *testing.T) {
	by := func(at int64) By { return By{Case: "ACC-1", Actor: "ACC-9", At: at} }
	a := do(t, Account{}, OpenAccount{by(1), "Anna", "p-1", ""}, GiveRole{By: by(2), Holding: Holding{Role: access.DecisionMaker}, Second: "ACC-8"}, DisableAccount{By: by(3), Reason: "inquiry"})
	_, err := a.Decide(EnableAccount{By: by(4)})
	wantRefused(t, "by one", err, ErrFourEyes, "enable")
	if a = do(t, a, EnableAccount{By: by(4), Second: "ACC-8"}); a.Disabled {
		t.Error("by two")
	}
}

// A role whose time has run out is given again, and keeps nothing else from being given.
func TestARoleThatRanOutIsGivenAgain(t *testing.T) {
	by := func(at int64) By { return By{Case: "ACC-1", Actor: "ACC-9", At: at} }
	give := func(at int64, role access.Role, until int64) Command {
		return GiveRole{By: by(at), Holding: Holding{Role: role, Until: until}, Alone: true}
	}
	a := do(t, Account{}, OpenAccount{by(1), "Anna", "p-1", ""}, give(2, access.Auditor, 10))
	_, err := a.Decide(give(9, access.Auditor, 20))
	wantRefused(t, "while it is held", err, &TransitionError{}, "already")
	a = do(t, a, give(10, access.Assessor, 20))
	if again := do(t, a, give(20, access.Assessor, 0)); !again.Holds(access.Assessor, "", 99) || len(again.Roles) != 2 {
		t.Errorf("roles: %+v", again.Roles)
	}
}
