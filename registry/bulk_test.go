package registry_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

func nth(i int) trader {
	return trader{fmt.Sprintf("Trader %d Ltd", i), fmt.Sprintf("NZ:ses:%08dA", i), "SES", []string{"exporter"}}
}

// atOnce does work count times at the same time.
func atOnce(count int, work func(i int) error) error {
	failed := make(chan error, count)
	var group sync.WaitGroup
	for i := range count {
		group.Go(func() { failed <- work(i) })
	}
	group.Wait()
	for range count {
		if err := <-failed; err != nil {
			return err
		}
	}
	return nil
}

func TestCasesOpenedSideBySideHaveNumbersOfTheirOwn(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	const count = 40
	authorisations := make([]string, count)
	must(t, atOnce(count, func(i int) error {
		ctx := t.Context()
		op, err := nz.RegisterOperator(ctx, registry.RegisterOperator{By: "Desk",
			Holder: authorisation.Holder{LegalName: nth(i).name, Identifiers: []string{nth(i).identifier}}})
		if err != nil {
			return err
		}
		a, err := nz.SubmitApplication(ctx, registry.SubmitApplication{Operator: op.Case, Type: "SES", Roles: nth(i).roles, By: "Trader"})
		if err != nil {
			return err
		}
		if _, err := nz.AcceptApplication(ctx, registry.AcceptApplication{Application: a.Case, By: "Desk"}); err != nil {
			return err
		}
		if _, err := nz.AssessApplication(ctx, registry.AssessApplication{Application: a.Case, AllMet: true, By: "Assessor"}); err != nil {
			return err
		}
		a, err = nz.DecideApplication(ctx, registry.DecideApplication{Application: a.Case, Grant: true, By: "Decider"})
		authorisations[i] = a.Authorisation
		return err
	}))
	slices.Sort(authorisations)
	for i, number := range authorisations {
		if want := fmt.Sprintf("NZ-AUT-%06d", i+1); number != want {
			t.Fatalf("authorisations %v; want one number each, and no other than %s there", authorisations, want)
		}
	}
	if found := got(nz.Audit())(t); found.Differing != 0 {
		t.Errorf("audit: %+v", found)
	}
}

func TestOneOfManyRegistersAnIdentifier(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	var mu sync.Mutex
	registered := 0
	must(t, atOnce(20, func(i int) error {
		_, err := nz.RegisterOperator(t.Context(), registry.RegisterOperator{By: "Desk",
			Holder: authorisation.Holder{LegalName: nth(i).name, Identifiers: []string{orchards.identifier, nth(i).identifier}}})
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			registered++
		} else if !isAny(err, registry.ErrConflict) {
			return err
		}
		return nil
	}))
	if registered != 1 {
		t.Errorf("%d operators hold %s", registered, orchards.identifier)
	}
	// A number that was given and not used comes back.
	if o := nz.register(timber); o.Case != "NZ-OP-000002" {
		t.Errorf("the next operator is %s", o.Case)
	}
}

func TestIssueAllIssuesForEverythingInForce(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	var numbers []string
	for i := range 5 {
		numbers = append(numbers, nz.grant(nth(i)).Case)
	}
	got(nz.Suspend(t.Context(), nz.measure(numbers[3])))(t)
	got(nz.Withdraw(t.Context(), nz.measure(numbers[4])))(t)
	before := nz.size()
	if planned := got(nz.IssueAll(t.Context(), registry.IssueAll{By: "Desk", DryRun: true}))(t); planned != (registry.Issued{Authorisations: 3, Credentials: 3}) || nz.size() != before {
		t.Errorf("a dry run: %+v", planned)
	}
	if done := got(nz.IssueAll(t.Context(), registry.IssueAll{By: "Desk", Days: 30}))(t); done != (registry.Issued{Authorisations: 3, Credentials: 3}) {
		t.Errorf("issued %+v", done)
	}
	for i, number := range numbers {
		want := 2
		if i >= 3 {
			want = 1
		}
		if a := got(nz.Authorisation(number))(t); len(a.Credentials) != want {
			t.Errorf("%s has %d credentials, want %d", number, len(a.Credentials), want)
		}
	}
	nz.pass(30 * time.Hour)
	nz.expect("what was issued", nz.export(numbers[0]), federation.OwnProgramme)
	if _, err := nz.IssueAll(t.Context(), registry.IssueAll{}); !isAny(err, registry.ErrInvalid) {
		t.Errorf("nobody issues: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if done, err := nz.IssueAll(ended, registry.IssueAll{By: "Desk"}); !isAny(err, context.Canceled) || done.Credentials != 0 {
		t.Errorf("after its end: %+v, %v", done, err)
	}
}

func TestHealthIsAMatterOfTheLastMinute(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	must(t, nz.Healthy())
	nz.clock.forward(59 * time.Second)
	must(t, nz.Healthy())
	nz.clock.forward(time.Second)
	if err := nz.Healthy(); !isAny(err, registry.ErrConflict) {
		t.Errorf("a minute without a check: %v", err)
	}
	nz.pass(time.Second)
	must(t, nz.Healthy())
}

func TestDirectoryFollowsActsAndRestarts(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(orchards)
	nz.grant(timber)
	nz.release(orchards)
	first := got(nz.DirectoryFile())(t)
	got(nz.IssueCredential(t.Context(), registry.IssueCredential{Authorisation: a.Case, By: "Desk"}))(t)
	second := got(nz.DirectoryFile())(t)
	if string(first) == string(second) {
		t.Error("the directory names a credential that was replaced")
	}
	got(nz.Suspend(t.Context(), nz.measure("NZ-AUT-000002")))(t)
	if string(second) != string(got(nz.DirectoryFile())(t)) {
		t.Error("an act about somebody else made a new directory")
	}
	nz.restart()
	if string(second) != string(got(nz.DirectoryFile())(t)) {
		t.Error("a restart made a new directory")
	}
	got(nz.Withdraw(t.Context(), nz.measure(a.Case)))(t)
	if string(second) == string(got(nz.DirectoryFile())(t)) {
		t.Error("the directory names a holder whose authorisation ended")
	}
}
