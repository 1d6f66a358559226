package registry_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// What goes wrong in an office has a defined outcome, and loses nothing. (A mandate
// that ends in mid-case is in people_test.go, cells that begin with = in
// federation/sheet and registry/visit.)

func TestTwoOfficersAtOnce(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.examined(orchards)
	version := got(nz.Version(a.Case))(t)
	before := nz.size()
	var both sync.WaitGroup
	errs := make([]error, 2)
	for i, by := range []string{"Decider", "Another"} {
		both.Go(func() {
			_, errs[i] = nz.DecideApplication(t.Context(), registry.DecideApplication{Application: a.Case, Grant: true, By: by})
		})
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), registry.ErrConflict) {
		t.Fatalf("two at once: %v", errs)
	}
	if got(nz.Version(a.Case))(t) == version || nz.size() == before {
		t.Error("nothing was recorded")
	}
	if list := got(nz.Authorisations())(t); len(list) != 1 {
		t.Errorf("%d authorisations", len(list))
	}
}

func TestADecisionAfterItsDeadlineCountsAndSaysSo(t *testing.T) {
	de := found(t, newClock(), "EU", "DE")
	a := de.examined(rhein)
	de.pass(200 * 24 * time.Hour) // 120 days and then some
	a = got(de.DecideApplication(t.Context(), registry.DecideApplication{Application: a.Case, Grant: true, Without: unvisited, By: "Decider"}))(t)
	if a.State != authorisation.DecidedGrant || !a.Decision.Late {
		t.Errorf("%s, late %v", a.State, a.Decision.Late)
	}
}

func TestAClockThatJumpsADayBack(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.examined(orchards)
	before := nz.size()
	nz.clock.forward(-24 * time.Hour)
	if _, err := nz.DecideApplication(t.Context(), registry.DecideApplication{Application: a.Case, Grant: true, By: "Decider"}); err == nil || nz.size() != before {
		t.Errorf("decided before it was assessed: %v; the log grew by %d", err, nz.size()-before)
	}
	nz.clock.forward(24*time.Hour + time.Second)
	got(nz.DecideApplication(t.Context(), registry.DecideApplication{Application: a.Case, Grant: true, By: "Decider"}))(t)
}

func TestEvidenceThatIsNoPDF(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	a := nz.submitted(orchards)
	var bomb bytes.Buffer
	bomb.WriteString("%PDF-1.7\n")
	z := zip.NewWriter(&bomb)
	w := got(z.Create("page"))(t)
	got(w.Write(make([]byte, 8<<20)))(t)
	must(t, z.Close())
	before := nz.size()
	_, err := nz.AddEvidence(t.Context(), registry.AddEvidence{Application: a.Case, Title: "accounts", Criteria: []string{"C"}, By: "M. Hemi"}, bomb.Bytes())
	if !errors.Is(err, registry.ErrInvalid) || nz.size() != before {
		t.Errorf("a bomb that begins like a PDF: %v; the log grew by %d", err, nz.size()-before)
	}
	nz.evidence(a.Case, sealLog)
}

func TestNamesAsPeopleWriteThem(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	nz.register(orchards)
	before := nz.size()
	for what, name := range map[string]string{
		"right-to-left override": "Orchards \u202edtL", "zero width": "South\u200bern", "a control": "a\x07b",
		"ten thousand letters": strings.Repeat("n", 10_000), "not UTF-8": "\xff", "nothing": "",
	} {
		_, err := nz.RegisterOperator(t.Context(), registry.RegisterOperator{By: "Desk", Holder: authorisation.Holder{LegalName: name, Identifiers: []string{"NZ:ses:23456789B"}}})
		if !errors.Is(err, registry.ErrInvalid) || !strings.Contains(err.Error(), "legal_name") || nz.size() != before {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, id := range []string{"2345\u202e6789B", "2345\u200b6789B", "２３４５６７８９B"} {
		if _, err := nz.RegisterOperator(t.Context(), registry.RegisterOperator{By: "Desk", Holder: authorisation.Holder{LegalName: "Ltd", Identifiers: []string{id}}}); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("identifier %q: %v", id, err)
		}
	}
	fake := "Ѕоuthern Orchards Ltd" // begins with two Cyrillic letters
	alike := got(nz.Lookalikes(fake))(t)
	if len(alike) != 2 || alike[0].Why != "the name mixes Cyrillic and Latin letters" || alike[1].Operator != "NZ-OP-000001" {
		t.Errorf("%q looks like %+v", fake, alike)
	}
	o := got(nz.RegisterOperator(t.Context(), registry.RegisterOperator{By: "Desk", // a warning blocks nothing
		Holder: authorisation.Holder{LegalName: "Ca\u0301fe\u0301 Ltd", Identifiers: []string{"NZ:ses:23456789B"}}}))(t)
	if o.Holder.LegalName != "C\u00e1f\u00e9 Ltd" {
		t.Errorf("kept as %q", o.Holder.LegalName)
	}
	nz.restart()
	if alike := got(nz.Lookalikes("Cáfé LTD"))(t); len(alike) != 1 {
		t.Errorf("after a restart: %+v", alike)
	}
}

// What fell due while the node was down takes effect when it is back, as of its time.
func TestAnEffectiveTimeInDowntime(t *testing.T) {
	c := newClock()
	de := found(t, c, "EU", "DE")
	a := de.examined(rhein)
	a = got(de.DecideApplication(t.Context(), registry.DecideApplication{Application: a.Case, Grant: true, Without: unvisited, By: "Decider"}))(t)
	if auth := got(de.Authorisation(a.Authorisation))(t); auth.Components[0].State == authorisation.Effective {
		t.Fatal("a grant was in force before its fifth day")
	}
	must(t, de.Close())
	c.forward(10 * 24 * time.Hour)
	de.open()
	de.pass(time.Second)
	auth := got(de.Authorisation(a.Authorisation))(t)
	if k := auth.Components[0]; k.State != authorisation.Effective || auth.EffectiveAt >= c.Now().Unix()-4*86400 {
		t.Errorf("after the downtime: %+v", k)
	}
}
