package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry"
)

// A credential of a suspended component cannot be replaced, and would say the
// old content once the suspension is lifted.
func TestSuspendedIsNotAmended(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(timber)
	got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
	before := nz.size()
	r := registry.AmendAuthorisation{Authorisation: a.Case, Roles: []string{"packer"}, Grounds: grounds, Heard: notHeard, By: "Decider"}
	if _, err := nz.Amend(t.Context(), r); !errors.Is(err, registry.ErrConflict) || !strings.Contains(err.Error(), "suspended") {
		t.Errorf("amended while suspended: %v", err)
	}
	if nz.size() != before {
		t.Error("the refusal reached the log")
	}
}

func TestIssuanceNamesAnOfficer(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.grant(timber)
	for _, by := range []string{"", "scheduler\n"} {
		if _, err := nz.IssueCredential(t.Context(), registry.IssueCredential{Authorisation: a.Case, By: by}); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("issued by %q: %v", by, err)
		}
	}
}

// We sign and execute only what calls us what we are.
func TestAnnexNamesUsRightly(t *testing.T) {
	nz, jp := partners(t)
	doc := draft(t, nz, jp)
	for i := range doc.Parties {
		if doc.Parties[i].Territory == "NZ" {
			doc.Parties[i].Territory = "AU"
		}
	}
	for i := range doc.Recognitions {
		r := &doc.Recognitions[i]
		r.By, r.Of = strings.ReplaceAll(r.By, "NZ", "AU"), strings.ReplaceAll(r.Of, "NZ", "AU")
	}
	must(t, doc.Check())
	sign := registry.SignAnnex{Document: doc, By: "Desk", Second: "Head"}
	if _, err := nz.SignAnnex(t.Context(), sign); !errors.Is(err, registry.ErrInvalid) || !strings.Contains(err.Error(), "we are NZ") {
		t.Errorf("signed as another territory: %v", err)
	}
}

func TestDryRunOfASignatureSignsNothing(t *testing.T) {
	nz, jp := partners(t)
	raw, err := nz.SignAnnex(t.Context(), registry.SignAnnex{Document: draft(t, nz, jp), By: "Desk", Second: "Head", DryRun: true})
	if err != nil || strings.Contains(string(raw), "signature\"") {
		t.Errorf("got %s, %v", raw, err)
	}
	if _, err := nz.CheckAnnex(raw); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("a text nobody signed could be imported: %v", err)
	}
}

// One administration speaks for a territory; a member of a union follows one union.
func TestTerritoryHasOneVoice(t *testing.T) {
	c := newClock()
	nz, jp := found(t, c, "NZ", ""), found(t, c, "JP", "")
	eu, de, fr := found(t, c, "EU", ""), found(t, c, "EU", "DE"), found(t, c, "EU", "FR")
	follow := func(who, whom *office) error {
		_, err := who.AddPeer(t.Context(), registry.AddPeer{Anchor: got(whom.Anchor())(t).Marshal(), By: "Desk"})
		return err
	}
	must(t, follow(nz, jp))
	must(t, follow(eu, de))
	must(t, follow(eu, fr))
	must(t, follow(de, eu))
	if err := follow(de, fr); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("a member follows another as its union: %v", err)
	}
	must(t, follow(nz, eu))
	if err := follow(nz, de); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("two stand for one territory: %v", err)
	}
}
