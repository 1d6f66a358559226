package registry_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

const secret = "correct horse battery"

// cheap is a password's cost in tests.
var cheap = access.Cost{Time: 1, Memory: 64, Threads: 1}

// A staff is an office in which accounts act.
type staff struct {
	*office
	admin, second string // administrators
}

// staffed is New Zealand with two administrators.
func staffed(t testing.TB) *staff {
	t.Helper()
	s := &staff{office: found(t, newClock(), "NZ", "")}
	s.opts.PasswordCost = cheap
	s.restart()
	s.admin = got(s.OpenAccount(t.Context(), registry.OpenAccount{Name: "Ana Admin", Password: secret, By: "root"}))(t).Case
	s.second = s.person("Bo Admin", access.Administrator)
	return s
}

// as is the context of an account's request.
func (s *staff) as(account string, act ...string) context.Context {
	return registry.WithCaller(s.t.Context(), registry.Caller{Account: account, Act: strings.Join(act, "")})
}

// person opens an account and gives it roles, both administrators agreeing.
func (s *staff) person(name string, roles ...access.Role) string {
	s.t.Helper()
	number := got(s.OpenAccount(s.as(s.admin), registry.OpenAccount{Name: name}))(s.t).Case
	for _, r := range roles {
		_, err := s.ChangeRole(s.as(s.admin), registry.ChangeRole{Account: number, Role: r})
		s.agreed(s.second, err)
	}
	return number
}

// agreed has an account agree to what waits for it, if anything does.
func (s *staff) agreed(account string, err error) {
	s.t.Helper()
	var waits *registry.AwaitsSecond
	if errors.As(err, &waits) {
		_, err = s.Approve(s.as(account), registry.Approve{Approval: waits.Approval.Case})
	}
	must(s.t, err)
}

func (s *staff) operator(by string, tr trader) authorisation.Operator {
	s.t.Helper()
	return got(s.RegisterOperator(s.as(by), registry.RegisterOperator{
		Holder: authorisation.Holder{LegalName: tr.name, Identifiers: []string{tr.identifier}}}))(s.t)
}

func wants(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestOnlyAccountsActOnceThereIsOne(t *testing.T) {
	o := found(t, newClock(), "NZ", "")
	op := o.register(orchards)
	s := &staff{office: o}
	s.opts.PasswordCost = cheap
	s.restart()
	s.admin = got(s.OpenAccount(t.Context(), registry.OpenAccount{Name: "Ana Admin", Password: secret, By: "root"}))(t).Case
	a := got(s.Account(s.admin))(t)
	if len(a.Roles) != 1 || a.Roles[0].Role != access.Administrator {
		t.Fatalf("the first account: %+v", a.Roles)
	}
	submit := registry.SubmitApplication{Operator: op.Case, Type: "SES", Roles: []string{"exporter"}, By: "Southern Orchards Ltd"}
	_, err := s.SubmitApplication(t.Context(), submit)
	wants(t, "by name", err, registry.ErrUnauthenticated)
	_, err = s.OpenAccount(t.Context(), registry.OpenAccount{Name: "Mallory", By: "root"})
	wants(t, "another account, by the machine's user", err, registry.ErrUnauthenticated)
	submit.By = ""
	_, err = s.SubmitApplication(s.as(s.admin), submit)
	wants(t, "an administrator", err, registry.ErrNotAllowed)
	_, err = s.SubmitApplication(s.as("NZ-ACC-000099"), submit)
	wants(t, "nobody", err, registry.ErrUnauthenticated)
	desk := s.person("Dee Desk", access.Assessor)
	submit.By = "Bo Admin"
	_, err = s.SubmitApplication(s.as(desk), submit)
	wants(t, "under another's name", err, registry.ErrNotAllowed)
	submit.By = desk
	got(s.SubmitApplication(s.as(desk), submit))(t)
	if err := s.Tick(t.Context()); err != nil {
		t.Error(err)
	}
	_, err = s.DisableAccount(t.Context(), registry.DisableAccount{Account: desk, Reason: "its token was stolen"})
	must(t, err)
	_, err = s.SubmitApplication(s.as(desk), submit)
	if err == nil {
		t.Error("a disabled account acts")
	}
	s.restart()
	_, err = s.SubmitApplication(t.Context(), submit)
	wants(t, "by name, after a restart", err, registry.ErrUnauthenticated)
}

func TestRolesTakeTwoAdministrators(t *testing.T) {
	s := staffed(t)
	officer := s.person("Olu Officer", access.Assessor)
	give := registry.ChangeRole{Account: officer, Role: access.DecisionMaker}
	_, err := s.ChangeRole(s.as(s.admin), give)
	var waits *registry.AwaitsSecond
	if !errors.As(err, &waits) {
		t.Fatalf("one administrator alone: %v", err)
	}
	twin := got(s.OpenAccount(s.as(s.admin), registry.OpenAccount{Name: "ANA  ADMIN"}))(t).Case
	_, err = s.ChangeRole(s.as(s.admin), registry.ChangeRole{Account: twin, Role: access.Administrator})
	wants(t, "for a second account of one's own", err, registry.ErrNotAllowed)
	_, err = s.ChangeRole(s.as(s.second), registry.ChangeRole{Account: twin, Role: access.Administrator})
	s.agreed(s.admin, err)
	for who, want := range map[string]error{s.admin: registry.ErrNotAllowed, twin: registry.ErrNotAllowed, officer: registry.ErrNotAllowed} {
		_, err := s.Approve(s.as(who), registry.Approve{Approval: waits.Approval.Case})
		wants(t, who+" agrees", err, want)
	}
	_, err = s.Approve(s.as(s.second), registry.Approve{Approval: waits.Approval.Case, SHA256: strings.Repeat("0", 64)})
	wants(t, "to another request", err, registry.ErrConflict)
	got(s.Approve(s.as(s.second), registry.Approve{Approval: waits.Approval.Case}))(t)
	if a := got(s.Account(officer))(t); !a.Holds(access.DecisionMaker, "", s.clock.Now().Unix()) {
		t.Errorf("after both agreed: %+v", a.Roles)
	}
	_, err = s.Approve(s.as(s.second), registry.Approve{Approval: waits.Approval.Case})
	wants(t, "twice", err, registry.ErrConflict)
	give.Role, give.Second = access.MRAOfficer, s.second
	_, err = s.ChangeRole(s.as(s.admin), give)
	wants(t, "naming the second", err, registry.ErrInvalid)
	give.Role, give.Second = access.Administrator, ""
	_, err = s.ChangeRole(s.as(s.admin), give)
	wants(t, "both officer and administrator", err, registry.ErrConflict)
	other := got(s.OpenAccount(s.as(s.admin), registry.OpenAccount{Name: "O. Officer", Person: "olu officer"}))(t).Case
	_, err = s.ChangeRole(s.as(s.admin), registry.ChangeRole{Account: other, Role: access.Auditor})
	wants(t, "by a second account of the same person", err, registry.ErrConflict)
	_, err = s.DisableAccount(s.as(s.admin), registry.DisableAccount{Account: s.second, Reason: "coup"})
	if !errors.As(err, &waits) {
		t.Errorf("an administrator disables the other: %v", err)
	}
	_, err = s.ChangeRole(s.as(officer), registry.ChangeRole{Account: officer, Role: access.MRAOfficer})
	wants(t, "an officer promotes themselves", err, registry.ErrNotAllowed)
}

func TestWhoAssessedDecidesUnderNoAccount(t *testing.T) {
	s := staffed(t)
	assessor := s.person("Asa Assessor", access.Assessor, access.DecisionMaker)
	again := got(s.OpenAccount(s.as(s.admin), registry.OpenAccount{Name: "Asa A.", Person: "asa assessor"}))(t).Case
	_, err := s.ChangeRole(s.as(s.admin), registry.ChangeRole{Account: again, Role: access.DecisionMaker})
	s.agreed(s.second, err)
	decider := s.person("Dov Decider", access.DecisionMaker)
	o := s.operator(assessor, orchards)
	ctx := s.as(assessor)
	a := got(s.SubmitApplication(ctx, registry.SubmitApplication{Operator: o.Case, Type: "SES", Roles: []string{"exporter"}}))(t)
	got(s.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case}))(t)
	got(s.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, AllMet: true}))(t)
	grant := registry.DecideApplication{Application: a.Case, Grant: true}
	for _, who := range []string{assessor, again} {
		_, err := s.DecideApplication(s.as(who), grant)
		wants(t, who+" decides", err, registry.ErrNotAllowed)
	}
	granted := got(s.DecideApplication(s.as(decider), grant))(t)

	revoke := registry.Measure{Authorisation: granted.Authorisation, Grounds: grounds, Heard: notHeard}
	_, err = s.Revoke(s.as(again), revoke)
	var waits *registry.AwaitsSecond
	if !errors.As(err, &waits) {
		t.Fatalf("revoked by one: %v", err)
	}
	_, err = s.Approve(s.as(assessor), registry.Approve{Approval: waits.Approval.Case})
	wants(t, "the same person's other account agrees", err, registry.ErrNotAllowed)
	got(s.Approve(s.as(decider), registry.Approve{Approval: waits.Approval.Case}))(t)
	if got(s.Authorisation(granted.Authorisation))(t); !got(s.Authorisation(granted.Authorisation))(t).Ended() {
		t.Error("two agreed and it is not revoked")
	}
	if a := got(s.Approval(waits.Approval.Case))(t); a.State != authorisation.ApprovalDone || a.By != again || a.Second != decider {
		t.Errorf("the approval: %+v", a)
	}
}

func TestApprovalsLapseAndAreRefused(t *testing.T) {
	s := staffed(t)
	rotate := registry.RotateKey{Role: "issuer"}
	_, err := s.RotateKey(s.as(s.admin), rotate)
	var first, second *registry.AwaitsSecond
	if !errors.As(err, &first) {
		t.Fatal(err)
	}
	_, err = s.RotateKey(s.as(s.admin), rotate)
	if !errors.As(err, &second) {
		t.Fatal(err)
	}
	refused := got(s.Approve(s.as(s.second), registry.Approve{Approval: first.Approval.Case, Refuse: true, Reason: "not before the holidays"}))(t)
	if refused.Approval.State != authorisation.ApprovalRefused {
		t.Errorf("%+v", refused.Approval)
	}
	s.restart()
	s.pass(8 * day)
	if a := got(s.Approval(second.Approval.Case))(t); a.State != authorisation.ApprovalLapsed {
		t.Errorf("%+v", a)
	}
	_, err = s.Approve(s.as(s.second), registry.Approve{Approval: second.Approval.Case})
	wants(t, "after it lapsed", err, registry.ErrConflict)
	if left := got(s.Approvals(false))(t); len(left) != 0 {
		t.Errorf("open: %+v", left)
	}
	_, err = s.RotateKey(s.as(s.admin), registry.RotateKey{Role: "log"})
	wants(t, "what could not be done anyway", err, registry.ErrConflict)
}

func TestMandateEndsMidCase(t *testing.T) {
	s := staffed(t)
	desk := s.person("Dee Desk", access.Assessor)
	o, other := s.operator(desk, orchards), s.operator(desk, timber)
	rep := s.person("Rae Rep", access.Representative)
	ctx := s.as(rep, "applications")
	submit := registry.SubmitApplication{Operator: o.Case, Type: "SES", Roles: []string{"exporter"}}
	_, err := s.SubmitApplication(ctx, submit)
	wants(t, "before a power of attorney", err, registry.ErrNotFound)
	now := s.clock.Now()
	got(s.GiveAttorney(s.as(desk), registry.GiveAttorney{Account: rep, Operator: o.Case, Acts: []string{"applications"}, Until: now.Add(3 * day).Unix(), Evidence: "deed 12"}))(t)
	a := got(s.SubmitApplication(ctx, submit))(t)
	submit.Operator = other.Case
	_, err = s.SubmitApplication(ctx, submit)
	wants(t, "for another operator", err, registry.ErrNotFound)
	_, err = s.Withdraw(s.as(rep, "authorisations/withdraw"), registry.Measure{Authorisation: a.Case})
	wants(t, "beyond the acts", err, registry.ErrNotFound)
	s.pass(3 * day)
	_, err = s.WithdrawApplication(s.as(rep, "applications/withdraw"), registry.WithdrawApplication{Application: a.Case})
	wants(t, "after its end", err, registry.ErrNotFound)
	if after := got(s.Application(a.Case))(t); after.State == authorisation.ApplicationWithdrew || after.Wish.Operator != o.Case {
		t.Errorf("what was done does not stay: %+v", after)
	}
	_, err = s.GiveAttorney(s.as(rep), registry.GiveAttorney{Account: rep, Operator: o.Case, Until: now.Add(90 * day).Unix(), Evidence: "mine"})
	if err == nil {
		t.Error("a representative renews their own mandate")
	}
}

func TestConflictsOfInterestAndDeputies(t *testing.T) {
	s := staffed(t)
	desk, other := s.person("Dee Desk", access.Assessor), s.person("Ola Other", access.Assessor)
	o := s.operator(desk, orchards)
	a := got(s.SubmitApplication(s.as(desk), registry.SubmitApplication{Operator: o.Case, Type: "SES", Roles: []string{"exporter"}}))(t)
	got(s.DeclareConflict(s.as(desk), registry.DeclareConflict{Account: desk, Operator: o.Case, Reason: "my brother is its director"}))(t)
	accept := registry.AcceptApplication{Application: a.Case}
	_, err := s.AcceptApplication(s.as(desk), accept)
	wants(t, "after a conflict was declared", err, registry.ErrNotAllowed)
	_, err = s.DeclareConflict(s.as(desk), registry.DeclareConflict{Account: desk, Operator: o.Case, Withdraw: true})
	wants(t, "withdrawn by themselves", err, registry.ErrNotAllowed)
	got(s.AcceptApplication(s.as(other), accept))(t)

	clerk := s.person("Cy Clerk", access.Validator)
	assess := registry.IssueAll{}
	_, err = s.IssueAll(s.as(clerk), assess)
	wants(t, "a validator issues", err, registry.ErrNotAllowed)
	got(s.NameDeputy(s.as(s.admin), registry.NameDeputy{Account: clerk, For: other, Until: s.clock.Now().Add(2 * day).Unix()}))(t)
	got(s.IssueAll(s.as(clerk), assess))(t)
	s.pass(2 * day)
	_, err = s.IssueAll(s.as(clerk), assess)
	wants(t, "after the deputising", err, registry.ErrNotAllowed)
}

func TestLogins(t *testing.T) {
	s := staffed(t)
	ctx := t.Context()
	session := got(s.Login(ctx, registry.Login{Name: "ana admin", Password: secret}))(t)
	caller := got(s.Authenticate(session.Token))(t)
	if caller.Account != s.admin {
		t.Fatalf("%+v", caller)
	}
	_, wrong := s.Login(ctx, registry.Login{Name: s.admin, Password: "something else"})
	_, unknown := s.Login(ctx, registry.Login{Name: "nobody", Password: "something else"})
	if wrong == nil || unknown == nil || wrong.Error() != unknown.Error() {
		t.Errorf("wrong: %v; unknown: %v", wrong, unknown)
	}
	for range 10 {
		s.Login(ctx, registry.Login{Name: "nobody", Password: "guess"})
	}
	_, err := s.Login(ctx, registry.Login{Name: "nobody", Password: "guess"})
	wants(t, "guessing", err, registry.ErrTooMany)
	s.restart()
	_, err = s.Login(ctx, registry.Login{Name: "Nobody ", Password: "guess"})
	wants(t, "guessing after a restart", err, registry.ErrTooMany)
	got(s.Authenticate(session.Token))(t)
	s.clock.forward(13 * time.Hour)
	_, err = s.Authenticate(session.Token)
	wants(t, "after its time", err, registry.ErrUnauthenticated)
	program := got(s.MakeToken(s.as(s.admin), registry.MakeToken{Label: "queue screen", Seconds: 30 * 24 * 3600}))(t)
	tokens := got(s.Tokens(s.as(s.admin), ""))(t)
	got(s.RevokeToken(s.as(s.admin), registry.RevokeToken{ID: tokens[len(tokens)-1].ID}))(t)
	_, err = s.Authenticate(program.Token)
	wants(t, "after it was revoked", err, registry.ErrUnauthenticated)
	_, err = s.SetPassword(s.as(s.admin), registry.SetPassword{Old: "wrong", Password: "a longer password"})
	wants(t, "without the old password", err, registry.ErrUnauthenticated)
	session = got(s.Login(ctx, registry.Login{Name: s.admin, Password: secret}))(t)
	got(s.SetPassword(ctx, registry.SetPassword{Account: s.admin, Password: "set on the machine", By: "root"}))(t)
	_, err = s.Authenticate(session.Token)
	wants(t, "after the password was reset", err, registry.ErrUnauthenticated)
	got(s.Login(ctx, registry.Login{Name: s.admin, Password: "set on the machine"}))(t)
	for range 6 {
		s.Login(ctx, registry.Login{Name: "nobody", Password: "guess"})
	}
	must(t, os.WriteFile(filepath.Join(s.opts.Dir, "guesses.json"), []byte("{"), 0o600))
	s.restart() // what is damaged there keeps nobody out
	got(s.Login(ctx, registry.Login{Name: s.admin, Password: "set on the machine"}))(t)
	decider := s.person("Dov Decider", access.DecisionMaker)
	got(s.SetPassword(s.as(s.admin), registry.SetPassword{Account: decider, Password: "the first of all"}))(t)
	s.restart()
	if session = got(s.Login(ctx, registry.Login{Name: decider, Password: "the first of all"}))(t); !session.Given {
		t.Error("that an administrator knows the password is not said")
	}
	got(s.SetPassword(s.as(decider), registry.SetPassword{Old: "the first of all", Password: "the decider's own"}))(t)
	if session = got(s.Login(ctx, registry.Login{Name: decider, Password: "the decider's own"}))(t); session.Given {
		t.Error("the decider's own password is said to be an administrator's")
	}
	_, err = s.SetPassword(s.as(s.admin), registry.SetPassword{Account: decider, Password: "the administrator's"})
	wants(t, "an administrator takes over who decides", err, registry.ErrNotAllowed)
}

func TestBusyAccountsAreNoticed(t *testing.T) {
	s := staffed(t)
	desk := s.person("Dee Desk", access.Assessor)
	for range 201 {
		_, _ = s.IssueAll(s.as(desk), registry.IssueAll{DryRun: true})
	}
	if busy := s.Busy(); len(busy) != 1 || busy[0].Account != desk || busy[0].Acts != 201 {
		t.Errorf("%+v", busy)
	}
	s.clock.forward(time.Hour)
	if busy := s.Busy(); len(busy) != 0 {
		t.Errorf("an hour later: %+v", busy)
	}
}

// A deputy for the cases of one office acts in no others.
func TestADeputyForOneOffice(t *testing.T) {
	s := staffed(t)
	desk, away := s.person("Dee Desk", access.Assessor), s.person("Ola Other", access.Assessor)
	deputy := s.person("Cy Clerk", access.Validator)
	var apps []authorisation.Application
	for i, tr := range []trader{orchards, timber} {
		o := s.operator(desk, tr)
		a := got(s.SubmitApplication(s.as(desk), registry.SubmitApplication{Operator: o.Case, Type: "SES", Roles: []string{"exporter"}}))(t)
		office := []string{"AKL", "WLG"}[i]
		if known := s.Pack().Procedure.Offices; len(known) > 0 {
			office = known[i].Code
		}
		apps = append(apps, got(s.AssignApplication(s.as(desk), registry.AssignApplication{Application: a.Case, Officer: desk, Office: office}))(t))
	}
	until := s.clock.Now().Add(2 * day).Unix()
	got(s.NameDeputy(s.as(s.admin), registry.NameDeputy{Account: deputy, For: away, Office: apps[0].Office, Until: until}))(t)
	_, err := s.AcceptApplication(s.as(deputy), registry.AcceptApplication{Application: apps[1].Case})
	wants(t, "a case of another office", err, registry.ErrNotAllowed)
	got(s.AcceptApplication(s.as(deputy), registry.AcceptApplication{Application: apps[0].Case}))(t)
}

// Who lodges an appeal does not say what became of it, who binds the administration
// abroad does not assess, and nobody is given a case by name that is kept from them.
func TestWhoSaysWhatInACase(t *testing.T) {
	s := staffed(t)
	desk, decider, abroad := s.person("Dee Desk", access.Assessor), s.person("Dov Decider", access.DecisionMaker), s.person("Mia Abroad", access.MRAOfficer)
	o := s.operator(desk, orchards)
	holder := got(s.OpenAccount(s.as(s.admin), registry.OpenAccount{Name: "Hoani Holder"}))(t).Case
	got(s.ChangeRole(s.as(s.admin), registry.ChangeRole{Account: holder, Role: access.Applicant, Operator: o.Case}))(t)
	a := got(s.SubmitApplication(s.as(holder), registry.SubmitApplication{Operator: o.Case, Type: "SES", Roles: []string{"exporter"}}))(t)
	got(s.AcceptApplication(s.as(desk), registry.AcceptApplication{Application: a.Case}))(t)
	_, err := s.AssessApplication(s.as(abroad), registry.AssessApplication{Application: a.Case, AllMet: true})
	wants(t, "assessed by an MRA officer", err, registry.ErrNotAllowed)
	got(s.DeclareConflict(s.as(decider), registry.DeclareConflict{Account: decider, Operator: o.Case, Reason: "kin"}))(t)
	_, err = s.AssignApplication(s.as(desk), registry.AssignApplication{Application: a.Case, Officer: "dov decider"})
	wants(t, "assigned by name to who has a conflict", err, registry.ErrNotAllowed)
	got(s.AssessApplication(s.as(desk), registry.AssessApplication{Application: a.Case, AllMet: true}))(t)
	other := s.person("Else Decider", access.DecisionMaker)
	got(s.DecideApplication(s.as(other), registry.DecideApplication{Application: a.Case, Grounds: grounds, Without: unheard}))(t)
	got(s.AppealApplication(s.as(holder), registry.AppealApplication{Application: a.Case, Body: "court", Reference: "1"}))(t)
	_, err = s.AppealApplication(s.as(holder), registry.AppealApplication{Application: a.Case, Reference: "1", Outcome: authorisation.Upheld})
	wants(t, "upheld by the appellant", err, registry.ErrNotAllowed)
	got(s.AppealApplication(s.as(other), registry.AppealApplication{Application: a.Case, Reference: "1", Outcome: authorisation.Dismissed}))(t)
}

// TestABackupBringsThePeopleBack: who could log in can, what waits for a second person
// waits, who read what is known, and no token that was revoked since comes back.
func TestABackupBringsThePeopleBack(t *testing.T) {
	s := staffed(t)
	session := got(s.Login(t.Context(), registry.Login{Name: s.admin, Password: secret}))(t)
	decider := s.person("Dov Decider", access.DecisionMaker)
	_, err := s.ImportRegister(s.as(decider), registry.ImportRegister{Register: "old", Format: "csv", File: []byte(
		"identifiers,legal_name,reference,authorisation_type,roles,granted_on,expires_on\n12345678A," + strings.Repeat("Southern Orchards ", 30) + ",R-1,SES,exporter,2023-03-10,2027-03-09\n" +
			strings.Repeat("\n", authorisation.MaxRequest))})
	var waits *registry.AwaitsSecond
	if !errors.As(err, &waits) || waits.Approval.Request != nil {
		t.Fatalf("%v", err)
	}
	must(t, s.MayRead(s.as(decider), "/x", s.operator(decider, orchards).Case))
	node, subjects := saved(t, s.office)
	opts := s.elsewhere()
	got(registry.Restore(opts, registry.RestoreRequest{Node: bytes.NewReader(node), SubjectKeys: bytes.NewReader(subjects)}))(t)
	for _, kept := range []string{"passwords/" + s.admin + ".json", "approvals/" + waits.Approval.SHA256, "reads/" + start.Format(time.DateOnly) + ".jsonl"} {
		if _, err := os.Stat(filepath.Join(opts.Dir, kept)); err != nil {
			t.Error(err)
		}
	}
	must(t, s.Close())
	s.opts = opts
	s.opts.PasswordCost = cheap
	s.open()
	_, err = s.Authenticate(session.Token)
	wants(t, "a token of before", err, registry.ErrUnauthenticated)
	if _, err := s.Login(t.Context(), registry.Login{Name: s.admin, Password: "another password"}); !errors.Is(err, registry.ErrUnauthenticated) {
		t.Errorf("another password: %v", err)
	}
}

// TestACaseIsWithAnOffice: who is of another office reads it, and acts on it only where
// it was given to them, or where they deputise.
func TestACaseIsWithAnOffice(t *testing.T) {
	s := staffed(t)
	officer := func(name, office string, role access.Role) string {
		number := got(s.OpenAccount(s.as(s.admin), registry.OpenAccount{Name: name, Office: office}))(t).Case
		_, err := s.ChangeRole(s.as(s.admin), registry.ChangeRole{Account: number, Role: role})
		s.agreed(s.second, err)
		return number
	}
	here, there, head := officer("Hana", "AKL", access.Assessor), officer("Tane", "WLG", access.Assessor), officer("Dov", "", access.DecisionMaker)
	elsewhere := officer("Eru", "WLG", access.DecisionMaker)
	op := s.operator(here, orchards)
	a := got(s.SubmitApplication(s.as(here), registry.SubmitApplication{Operator: op.Case, Type: "SES", Roles: orchards.roles}))(t)
	got(s.AcceptApplication(s.as(there), registry.AcceptApplication{Application: a.Case}))(t) // it is with no office yet
	assign := func(by, officer, office string) error {
		_, err := s.AssignApplication(s.as(by), registry.AssignApplication{Application: a.Case, Officer: officer, Office: office})
		return err
	}
	must(t, assign(here, here, "AKL"))
	assess := func(by string) error {
		_, err := s.AssessApplication(s.as(by), registry.AssessApplication{Application: a.Case, AllMet: true, DryRun: true})
		return err
	}
	wants(t, "assessed by another office", assess(there), registry.ErrNotAllowed)
	wants(t, "taken by another office", assign(there, there, "WLG"), registry.ErrNotAllowed)
	if inside := got(s.Inside(s.as(there)))(t); !inside {
		t.Error("another office does not read it")
	}
	until := s.clock.Now().Add(time.Hour).Unix()
	got(s.NameDeputy(s.as(s.admin), registry.NameDeputy{Account: there, For: here, Until: until}))(t)
	must(t, assess(there))
	s.clock.forward(2 * time.Hour)
	wants(t, "after the deputising", assess(there), registry.ErrNotAllowed)
	must(t, assign(head, there, "AKL")) // who is of no office gives it to anybody
	must(t, assess(there))
	got(s.AssessApplication(s.as(there), registry.AssessApplication{Application: a.Case, AllMet: true}))(t)
	decide := func(by string) error {
		_, err := s.DecideApplication(s.as(by), registry.DecideApplication{Application: a.Case, Grant: true, DryRun: true})
		return err
	}
	wants(t, "decided by another office", decide(elsewhere), registry.ErrNotAllowed)
	must(t, decide(head))
}

func TestWhoDecidesIsEnabledByTwoAdministrators(t *testing.T) {
	s := staffed(t)
	decider, clerk := s.person("Dov Decider", access.DecisionMaker), s.person("Cy Clerk", access.Validator)
	for _, who := range []string{decider, clerk} {
		got(s.DisableAccount(s.as(s.admin), registry.DisableAccount{Account: who, Reason: "inquiry"}))(t)
	}
	got(s.DisableAccount(s.as(s.admin), registry.DisableAccount{Account: clerk, Enable: true}))(t)
	_, err := s.DisableAccount(s.as(s.admin), registry.DisableAccount{Account: decider, Enable: true})
	if a := got(s.Account(decider))(t); !a.Disabled || err == nil {
		t.Errorf("by one: %v", err)
	}
	s.agreed(s.second, err)
	if got(s.Account(decider))(t).Disabled {
		t.Error("two agreed and it is still disabled")
	}
}
