package view_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestOperatorIsFoundByNumberAndIdentifier(t *testing.T) {
	l := newLog(t)
	l.must(event("NZ-OP-000001", 10, 10, authorisation.OperatorRegistered{Holder: holder("Orchards", "NZ:ses:1", "NZ:ses:2")}))
	l.must(event("NZ-OP-000002", 11, 11, authorisation.OperatorRegistered{Holder: holder("Timber", "NZ:ses:3")}))
	l.must(event("NZ-OP-000001", 12, 12, authorisation.OperatorAmended{Holder: holder("Orchards", "NZ:ses:2", "NZ:ses:4")}))
	want := map[string]string{"NZ:ses:1": "", "NZ:ses:2": "NZ-OP-000001", "NZ:ses:3": "NZ-OP-000002", "NZ:ses:4": "NZ-OP-000001", "NZ:ses": ""}
	for id, number := range want {
		if got, err := view.ByIdentifier(l.rows, id); got != number || err != nil {
			t.Errorf("%s: %q, %v, want %q", id, got, err, number)
		}
	}
	if o, err := view.Operator(l.rows, "NZ-OP-000001"); err != nil || o.DecidedAt != 12 {
		t.Errorf("operator: %+v, %v", o, err)
	}
	if _, err := view.Operator(l.rows, "NZ-OP-000003"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("an operator that is not there: %v", err)
	}
	if _, err := view.Application(l.rows, "NZ-OP-000001"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("an operator read as an application: %v", err)
	}
	if n, err := view.LastNumber(l.rows, "NZ-OP"); n != 2 || err != nil {
		t.Errorf("last number %d, %v", n, err)
	}
	if all, err := view.Operators(l.rows); err != nil || len(all) != 2 || all[1].Holder.LegalName != "Timber" {
		t.Errorf("operators: %+v, %v", all, err)
	}
}

func numbersOf(cases []view.Waking) (out []string) {
	for _, w := range cases {
		out = append(out, w.Number)
	}
	return out
}

func TestDueFollowsTheState(t *testing.T) {
	l := newLog(t)
	due := func(now int64) []string {
		t.Helper()
		cases, err := view.Due(l.rows, now)
		if err != nil {
			t.Fatal(err)
		}
		return numbersOf(cases)
	}
	l.must(event("NZ-AUT-000001", 100, 500, granted("SES")))
	l.must(event("NZ-AUT-000002", 100, 300, granted("SES")))
	for now, want := range map[int64][]string{299: nil, 300: {"NZ-AUT-000002"}, 500: {"NZ-AUT-000002", "NZ-AUT-000001"}} {
		if got := due(now); !slices.Equal(got, want) {
			t.Errorf("due by %d: %v, want %v", now, got, want)
		}
	}
	l.must(event("NZ-AUT-000002", 300, 300, authorisation.AuthorisationTookEffect{Component: "SES", Act: authorisation.ActTakeEffect}))
	if got := due(1000); !slices.Equal(got, []string{"NZ-AUT-000001"}) {
		t.Errorf("after it took effect: %v", got)
	}
}

func TestCredentialOwnsItsIndex(t *testing.T) {
	l := newLog(t)
	l.must(event("NZ-AUT-000001", 100, 100, granted("SES")))
	digest := strings.Repeat("ab", 32)
	issued := event("NZ-AUT-000001", 100, 100, authorisation.CredentialIssued{Component: "SES", SHA256: digest,
		URI: "https://aeo.nz.example/status/1", Idx: 7, NotBefore: 100, Expires: 900, Sequence: 1})
	payload, err := view.Issued{Event: l.marshal(issued), Credential: "e30.e30.c2ln~"}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.add(transparency.Credential{SHA256: digest}, payload); err != nil {
		t.Fatal(err)
	}
	if row, err := view.Credential(l.rows, digest); err != nil || row != (view.CredentialRow{Leaf: 1, Authorisation: "NZ-AUT-000001"}) {
		t.Errorf("credential row: %+v, %v", row, err)
	}
	for uri, want := range map[string][]int64{"https://aeo.nz.example/status/1": {7}, "https://aeo.nz.example/status/11": nil, "https://aeo.nz.example/status/": nil} {
		if taken, err := view.SlotsTaken(l.rows, uri); !slices.Equal(taken, want) || err != nil {
			t.Errorf("indexes of %s taken: %v, %v; want %v", uri, taken, err, want)
		}
	}
	l.must(event("NZ-AUT-000001", 200, 200, authorisation.AuthorisationSuspended{Components: []string{"SES"},
		Grounds: authorisation.Grounds{Reason: "audit", Basis: "law"}}))
	if numbers, err := view.Due(l.rows, 200); err != nil || len(numbers) != 1 {
		t.Errorf("its status is due to change: %v, %v", numbers, err)
	}
}

func TestNewestArtefactOfAName(t *testing.T) {
	l := newLog(t)
	for _, a := range []view.Artefact{
		{Kind: view.Annex, Name: "JP-NZ/1", Content: "first"}, {Kind: view.Annex, Name: "JP-NZ/2", Content: "second"},
		{Kind: view.Annex, Name: "JP-NZ/1", Content: "first again"}, {Kind: view.Notice, Name: "JP-NZ/NZ/1", Content: "notice"},
	} {
		payload, err := a.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if err := l.add(transparency.Artefact{}, payload); err != nil {
			t.Fatal(err)
		}
	}
	if a, found, err := view.ReadArtefact(l.rows, view.Annex, "JP-NZ/1"); !found || err != nil || a.Content != "first again" {
		t.Errorf("%+v, %v, %v", a, found, err)
	}
	if _, found, err := view.ReadArtefact(l.rows, view.Annex, "JP-NZ"); found || err != nil {
		t.Errorf("a name that only begins like one: %v, %v", found, err)
	}
	if all, err := view.Artefacts(l.rows, view.Annex); err != nil || len(all) != 2 {
		t.Errorf("annexes: %+v, %v", all, err)
	}
}

func TestProjectionRefusals(t *testing.T) {
	register := event("NZ-OP-000001", 10, 10, authorisation.OperatorRegistered{Holder: holder("Orchards", "NZ:ses:1")})
	for name, add := range map[string]func(*log) error{
		"an event that is no JSON":              func(l *log) error { return l.add(transparency.Case{}, []byte("{")) },
		"a document that is no JSON":            func(l *log) error { return l.add(transparency.Artefact{}, []byte("{")) },
		"a document with an unknown member":     func(l *log) error { return l.add(transparency.Artefact{}, []byte(`{"kind":"mra","loud":1}`)) },
		"a credential without its event":        func(l *log) error { return l.add(transparency.Credential{}, []byte(`{"credential":"x"}`)) },
		"an event of another kind at that leaf": func(l *log) error { return l.add(transparency.Credential{}, issuedWith(l.marshal(register))) },
		"a case number that is in no series":    func(l *log) error { e := register; e.Case = "first"; return l.event(e) },
		"an amendment of what is not registered": func(l *log) error {
			return l.event(event("NZ-AUT-000001", 1, 1, authorisation.AuthorisationSuspended{Components: []string{"SES"}, Grounds: authorisation.Grounds{Reason: "audit", Basis: "law"}}))
		},
	} {
		if l := newLog(t); add(l) == nil {
			t.Errorf("%s was projected: %v", name, l.rows)
		}
	}
}

func issuedWith(event []byte) []byte {
	raw, _ := view.Issued{Event: event, Credential: "x"}.Marshal()
	return raw
}

func TestErasedPayloadsProjectNothing(t *testing.T) {
	l := newLog(t)
	for _, entry := range []transparency.Leaf{transparency.Case{}, transparency.Credential{}, transparency.Artefact{}} {
		if err := l.add(entry, nil); err != nil {
			t.Errorf("%T: %v", entry, err)
		}
	}
	if len(l.rows) > 0 {
		t.Errorf("rows: %v", l.rows)
	}
}

// TestRowsAreAFunctionOfTheRecords: whatever happened, projecting the records
// again gives the same rows, and the rows hold what folding the events gives.
func TestRowsAreAFunctionOfTheRecords(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLog(t)
		states := map[string]authorisation.Authorisation{}
		now := int64(1000)
		for range rapid.IntRange(1, 40).Draw(rt, "events") {
			now += rapid.Int64Range(0, 50).Draw(rt, "pause")
			number := rapid.SampledFrom([]string{"NZ-AUT-000001", "NZ-AUT-000002"}).Draw(rt, "case")
			for _, e := range happening(rt, states[number], number, now) {
				next, err := states[number].Apply(e)
				if err != nil {
					rt.Fatal(err)
				}
				l.must(e)
				states[number] = next
			}
		}
		again := rows{}
		for _, r := range l.records {
			if err := (view.Projector{}).Project(again, r); err != nil {
				rt.Fatal(err)
			}
		}
		if diff := cmp.Diff(l.rows, again); diff != "" {
			rt.Errorf("replayed (-first +again):\n%s", diff)
		}
		for number, want := range states {
			if got, err := view.Authorisation(l.rows, number); want.Case != "" && (err != nil || !cmp.Equal(got, want, cmpopts.EquateEmpty())) {
				rt.Errorf("%s (-folded +row):\n%s%v", number, cmp.Diff(want, got, cmpopts.EquateEmpty()), err)
			}
			due, err := view.Due(l.rows, now+1000)
			if _, waits := want.NextDue(); err != nil || slices.Contains(numbersOf(due), number) != waits {
				rt.Errorf("%s waits: %v, due: %v, %v", number, waits, due, err)
			}
		}
	})
}

// happening is what an officer or the clock may bring about now, if anything.
func happening(rt *rapid.T, a authorisation.Authorisation, number string, now int64) []authorisation.Event {
	by := authorisation.By{Case: number, Actor: "Desk", At: now}
	if a.Case == "" {
		return []authorisation.Event{event(number, now, now+rapid.Int64Range(0, 100).Draw(rt, "wait"), granted("AEOC", "AEOS"))}
	}
	from := now + rapid.Int64Range(0, 100).Draw(rt, "from")
	grounds := authorisation.Grounds{Reason: "audit", Basis: "law"}
	events, err := a.Decide(rapid.SampledFrom([]authorisation.Command{
		authorisation.Suspend{By: by, From: from, Grounds: grounds}, authorisation.Reinstate{By: by, From: from},
		authorisation.Suspend{By: by, Components: []string{"AEOS"}, Grounds: grounds},
		authorisation.Withdraw{By: by, From: from},
		authorisation.TakeEffect{By: authorisation.By{Case: number, Actor: authorisation.Scheduler, At: now}},
	}).Draw(rt, "command"))
	if err != nil {
		return nil // not in this state
	}
	return events
}
