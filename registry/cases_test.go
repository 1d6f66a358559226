package registry_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
}

func TestDecisionsTakeTwoPeople(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ctx := t.Context()
	a := nz.examined(orchards)
	for _, r := range []registry.DecideApplication{
		{Application: a.Case, Grant: true, By: "Assessor"},
		{Application: a.Case, Grant: true, By: "ASSESSOR"},
		{Application: a.Case, Grounds: grounds, By: "Assessor"},
	} {
		if _, err := nz.DecideApplication(ctx, r); !errors.Is(err, registry.ErrNotAllowed) {
			t.Errorf("%s decides what it assessed: %v", r.By, err)
		}
	}
	a = got(nz.DecideApplication(ctx, registry.DecideApplication{Application: a.Case, Grant: true, By: "Decider"}))(t)
	for name, act := range map[string]func(registry.Measure) error{
		"revoke": func(m registry.Measure) error { _, err := nz.Revoke(ctx, m); return err },
		"annul":  func(m registry.Measure) error { _, err := nz.Annul(ctx, m); return err },
	} {
		for _, second := range []string{"", "Decider", "decider"} {
			m := nz.measure(a.Authorisation)
			m.Second = second
			if err := act(m); !errors.Is(err, registry.ErrNotAllowed) {
				t.Errorf("%s with second officer %q: %v", name, second, err)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ctx := t.Context()
	op := nz.register(orchards)
	a := nz.grant(timber)
	ended := nz.grant(trader{"Harbour Wool Ltd", "NZ:ses:45678901D", "SES", []string{"exporter"}})
	got(nz.Withdraw(ctx, nz.measure(ended.Case)))(t)
	before := nz.size()
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"an identifier twice": {fails(nz.RegisterOperator(ctx, registry.RegisterOperator{By: "Desk",
			Holder: authorisation.Holder{LegalName: "Other Ltd", Identifiers: []string{orchards.identifier}}})), registry.ErrConflict},
		"no identifier": {fails(nz.RegisterOperator(ctx, registry.RegisterOperator{By: "Desk",
			Holder: authorisation.Holder{LegalName: "Other Ltd"}})), registry.ErrInvalid},
		"an unknown operator": {fails(nz.SubmitApplication(ctx, registry.SubmitApplication{Operator: "NZ-OP-999999", Type: "SES",
			Roles: []string{"exporter"}, By: "x"})), registry.ErrNotFound},
		"an unknown type": {fails(nz.SubmitApplication(ctx, registry.SubmitApplication{Operator: op.Case, Type: "AEOX",
			Roles: []string{"exporter"}, By: "x"})), registry.ErrInvalid},
		"an unknown role": {fails(nz.SubmitApplication(ctx, registry.SubmitApplication{Operator: op.Case, Type: "SES",
			Roles: []string{"astronaut"}, By: "x"})), registry.ErrInvalid},
		"reinstating what is in force":  {fails(nz.Reinstate(ctx, nz.measure(a.Case))), registry.ErrConflict},
		"suspending what has ended":     {fails(nz.Suspend(ctx, nz.measure(ended.Case))), registry.ErrConflict},
		"issuing for what has ended":    {fails(nz.IssueCredential(ctx, registry.IssueCredential{Authorisation: ended.Case, By: "Desk"})), registry.ErrConflict},
		"a credential for a century":    {fails(nz.IssueCredential(ctx, registry.IssueCredential{Authorisation: a.Case, Days: 36500, By: "Desk"})), registry.ErrInvalid},
		"a component that is not there": {fails(nz.ExportCredential(registry.ExportCredential{Authorisation: a.Case, Components: []string{"AEOS"}})), registry.ErrNotFound},
		"a preset that is not there":    {fails(nz.ExportCredential(registry.ExportCredential{Authorisation: a.Case, Preset: "loud"})), registry.ErrInvalid},
		"a case named like a lock":      {fails(nz.DecideApplication(ctx, registry.DecideApplication{Application: "series NZ-AUT", Grant: true, By: "x"})), registry.ErrNotFound},
		"a history of no length":        {fails(nz.BuildBundle(ctx, registry.BuildBundle{HistoryDays: -1})), registry.ErrInvalid},
		"a leaf of the future":          {fails(nz.LogProof(1<<40, 0)), registry.ErrNotFound},
		"entries backwards":             {fails(nz.LogEntries(5, 2)), registry.ErrInvalid},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	if nz.size() != before {
		t.Errorf("refused requests reached the log: %d leaves, before %d", nz.size(), before)
	}
}

func fails[V any](_ V, err error) error { return err }

func TestHostileNamesAreRefused(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	before := nz.size()
	for _, name := range []string{
		"", " Orchards", "Orchards\n", "Orch\x00ards", "Orch\x1b[2Jards", "Orch\u202eards", "Orch\u200bards", "Orch\xffards", strings.Repeat("x", 5000),
	} {
		r := registry.RegisterOperator{By: "Desk", Holder: authorisation.Holder{LegalName: name, Identifiers: []string{orchards.identifier}}}
		if _, err := nz.RegisterOperator(t.Context(), r); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("company %q: %v", name, err)
		}
		r = registry.RegisterOperator{By: name, Holder: authorisation.Holder{LegalName: "Orchards", Identifiers: []string{orchards.identifier}}}
		if _, err := nz.RegisterOperator(t.Context(), r); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("officer %q: %v", name, err)
		}
	}
	if nz.size() != before {
		t.Error("a refused name reached the log")
	}
}

func TestDryRunsChangeNothing(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	ctx := t.Context()
	a, open := nz.grant(timber), nz.examined(orchards)
	m := nz.measure(a.Case)
	m.DryRun = true
	before := nz.size()
	for name, err := range map[string]error{
		"register": fails(nz.RegisterOperator(ctx, registry.RegisterOperator{By: "Desk", DryRun: true,
			Holder: authorisation.Holder{LegalName: "Other Ltd", Identifiers: []string{"NZ:ses:99999999Z"}}})),
		"submit":   fails(nz.SubmitApplication(ctx, registry.SubmitApplication{Operator: timber.identifier, Type: "SES", Roles: timber.roles, By: "x", DryRun: true})),
		"assess":   fails(nz.AssessApplication(ctx, registry.AssessApplication{Application: open.Case, AllMet: true, By: "x", DryRun: true})),
		"grant":    fails(nz.DecideApplication(ctx, registry.DecideApplication{Application: open.Case, Grant: true, By: "x", DryRun: true})),
		"refuse":   fails(nz.DecideApplication(ctx, registry.DecideApplication{Application: open.Case, Grounds: grounds, Without: unheard, By: "x", DryRun: true})),
		"suspend":  fails(nz.Suspend(ctx, m)),
		"revoke":   fails(nz.Revoke(ctx, m)),
		"annul":    fails(nz.Annul(ctx, m)),
		"withdraw": fails(nz.Withdraw(ctx, m)),
		"amend":    fails(nz.Amend(ctx, registry.AmendAuthorisation{Authorisation: a.Case, Roles: []string{"packer"}, Grounds: grounds, Heard: notHeard, By: "x", DryRun: true})),
		"issue":    fails(nz.IssueCredential(ctx, registry.IssueCredential{Authorisation: a.Case, By: "x", DryRun: true})),
		"release":  fails(nz.ReleaseOperator(ctx, registry.ReleaseOperator{Operator: timber.identifier, Purpose: authorisation.Publication, Basis: authorisation.ByConsent, By: "x", DryRun: true})),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if nz.size() != before {
		t.Errorf("%d leaves, before %d", nz.size(), before)
	}
	suspended := got(nz.Suspend(ctx, m))(t)
	if suspended.Components[0].State != authorisation.Suspended {
		t.Errorf("a dry run shows %s, not what would be", suspended.Components[0].State)
	}
}

// TestCommandsOnOneCaseTakeTurns: of many officers who decide at once, one is
// first, and the others meet the state it left behind.
func TestCommandsOnOneCaseTakeTurns(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	open := nz.examined(orchards)
	results := make([]error, 8)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() {
			r := registry.DecideApplication{Application: open.Case, Grant: true, By: "Decider"}
			if i%2 == 1 {
				r.Grant, r.Grounds, r.Without = false, grounds, unheard
			}
			_, results[i] = nz.DecideApplication(t.Context(), r)
		})
	}
	wg.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
		} else if !errors.Is(err, registry.ErrConflict) {
			t.Errorf("a loser is told: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d decisions on one application", won)
	}
	if n := len(got(nz.Authorisations())(t)); n > 1 {
		t.Errorf("%d authorisations from one application", n)
	}
}

func TestNumbersAreGivenOnce(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	numbers := make([]string, 8)
	var wg sync.WaitGroup
	for i := range numbers {
		wg.Go(func() {
			op, err := nz.RegisterOperator(t.Context(), registry.RegisterOperator{By: "Desk", Holder: authorisation.Holder{
				LegalName: "Company Ltd", Identifiers: []string{"NZ:ses:1000000" + string(rune('0'+i)) + "A"}}})
			if err != nil {
				t.Error(err)
			}
			numbers[i] = op.Case
		})
	}
	wg.Wait()
	slices.Sort(numbers)
	if n := len(slices.Compact(numbers)); n != 8 {
		t.Errorf("%d numbers for 8 operators: %v", n, numbers)
	}
}

// TestOnlyReleasedNamesArePublished reads the bytes of everything public.
func TestOnlyReleasedNamesArePublished(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	nz.grant(timber)
	listed := nz.grant(orchards)
	nz.release(orchards)
	nz.pass(day) // a directory tells days, not hours
	public := func() []byte {
		raw, _, err := nz.Bundle()
		must(t, err)
		must(t, nz.Ledger().Entries(0, nz.size(), func(_ int64, leaf []byte) error {
			raw = append(raw, leaf...)
			return nil
		}))
		if d, err := nz.DirectoryFile(); err == nil {
			raw = append(raw, d...)
		}
		return raw
	}
	for _, secret := range []string{timber.name, "23456789B"} {
		if bytes.Contains(public(), []byte(secret)) {
			t.Errorf("%q is public", secret)
		}
	}
	q := federation.Question{Now: nz.clock.Now().Unix()}
	if r := nz.verifier().Lookup(orchards.identifier, q).Reason; r != federation.OwnProgramme {
		t.Errorf("the released company: %s", r)
	}
	for _, hidden := range []string{timber.identifier, "NZ:ses:99999999Z"} {
		if r := nz.verifier().Lookup(hidden, q).Reason; r != federation.NotListed {
			t.Errorf("%s: %s", hidden, r)
		}
	}
	withdrawal := registry.ReleaseOperator{Operator: orchards.identifier, Purpose: authorisation.Publication, Withdraw: true, By: "Desk"}
	got(nz.ReleaseOperator(t.Context(), withdrawal))(t)
	nz.pass(time.Second)
	if r := nz.verifier().Lookup(orchards.identifier, federation.Question{Now: nz.clock.Now().Unix()}).Reason; r != federation.NotListed {
		t.Errorf("after the withdrawal: %s", r)
	}
	nz.expect("its credential", nz.export(listed.Case), federation.OwnProgramme)
}

// TestPersonalNumbersAreNeverListed: a union's members build some numbers from
// tax numbers of natural persons.
func TestPersonalNumbersAreNeverListed(t *testing.T) {
	eu := found(t, newClock(), "EU", "")
	eu.grant(trader{"Anna Muster", "EU:eori-np:DE7654321", "AEOC", []string{"exporter"}})
	eu.release(trader{identifier: "EU:eori-np:DE7654321"})
	if d, err := eu.DirectoryFile(); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("a directory lists her: %v\n%s", err, d)
	}
}
