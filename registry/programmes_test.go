package registry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// edited is the pack in force with one thing changed.
func (o *office) edited(old, new string) string {
	o.t.Helper()
	raw := string(got(o.ExportProgramme("", 0))(o.t))
	if !strings.Contains(raw, old) {
		o.t.Fatalf("the pack does not say %s", old)
	}
	return strings.Replace(raw, old, new, 1)
}

func (o *office) approve(content string) string {
	o.t.Helper()
	s := got(o.ApproveProgramme(o.t.Context(), registry.ApproveDocument{Content: content, By: "Rangi", Second: "Walker"}))(o.t)
	return s.Documents[len(s.Documents)-1].SHA256
}

// TestRulesComeInForceOnTheirDay: two approve, the day is local, what comes in force
// while the node is off is in force as of its instant, and running cases keep
// what they began under.
func TestRulesComeInForceOnTheirDay(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	template := got(nz.ProgrammeStatus())(t)
	if !template.Template || len(template.Documents) != 0 {
		t.Fatalf("%+v", template)
	}
	next := nz.edited(`"Secure Exports Scheme"`, `"Safer Exports Scheme"`)
	if _, err := nz.ApproveProgramme(t.Context(), registry.ApproveDocument{Content: next, By: "Rangi", Second: "rangi"}); !errors.Is(err, registry.ErrNotAllowed) {
		t.Fatalf("approved by one person: %v", err)
	}
	sha256 := nz.approve(next)
	if _, err := nz.ApproveProgramme(t.Context(), registry.ApproveDocument{Content: next, By: "Rangi", Second: "Walker"}); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("approved twice: %v", err)
	}
	for name, r := range map[string]registry.ActivateDocument{
		"yesterday":          {Document: sha256, From: "2026-03-02", By: "Rangi", Second: "Walker"}, // in New Zealand it is the 3rd
		"a day that is none": {Document: sha256, From: "2026-02-30", By: "Rangi", Second: "Walker"},
		"another digest":     {Document: template.SHA256, From: "2026-04-01", By: "Rangi", Second: "Walker"},
		"too short":          {Document: sha256[:5], From: "2026-04-01", By: "Rangi", Second: "Walker"},
		"alone":              {Document: sha256, From: "2026-04-01", By: "Rangi"},
	} {
		if _, err := nz.ActivateProgramme(t.Context(), r); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	s := got(nz.ActivateProgramme(t.Context(), registry.ActivateDocument{Document: sha256[:8], From: "2026-03-10", By: "Rangi", Second: "Walker"}))(t)
	if s.SHA256 != template.SHA256 || s.Activations[0].InForce {
		t.Fatalf("in force before its day: %+v", s)
	}
	// 10 March begins in New Zealand at 11:00 UTC of the 9th.
	if at := time.Unix(s.Activations[0].From, 0).UTC(); !at.Equal(time.Date(2026, 3, 9, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("from %s", at)
	}
	must(t, nz.Close())
	nz.clock.forward(20 * day)
	nz.open()
	s = got(nz.ProgrammeStatus())(t)
	if s.SHA256 != sha256 || s.Template || !s.Activations[0].InForce || nz.Pack().Title != "Safer Exports Scheme" {
		t.Fatalf("after downtime: %+v", s)
	}
	profile := got(nz.ProgrammeProfile(nz.Pack().Code))(t)
	if !bytes.Equal(profile, nz.Pack().Profile()) {
		t.Error("partners are shown another programme than is in force")
	}
}

// TestLawThatIsGoneIsNotReplacedByTheTemplate: without the file of what is in force,
// or with another in its place, the node does not start.
func TestLawThatIsGoneIsNotReplacedByTheTemplate(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	sha256 := nz.approve(nz.edited(`"Secure Exports Scheme"`, `"Safer Exports Scheme"`))
	got(nz.ActivateProgramme(t.Context(), registry.ActivateDocument{Document: sha256, From: "2026-03-03", By: "Rangi", Second: "Walker"}))(t)
	if nz.Pack().Title != "Safer Exports Scheme" {
		t.Fatal("today is not now")
	}
	must(t, nz.Close())
	name := filepath.Join(nz.opts.Dir, "programme", sha256+".jws")
	signed := got(os.ReadFile(name))(t)
	files := got(filepath.Glob(filepath.Join(nz.opts.Dir, "programme", "*.jws")))(t)
	if len(files) != 2 {
		t.Fatalf("kept: %v", files)
	}
	for what, spoil := range map[string]func() error{
		"gone": func() error { return os.Remove(name) },
		"replaced by another that was kept": func() error {
			for _, f := range files {
				if f != name {
					return os.WriteFile(name, got(os.ReadFile(f))(t), 0o600)
				}
			}
			return nil
		},
		"cut short": func() error { return os.WriteFile(name, signed[:len(signed)/2], 0o600) },
	} {
		must(t, spoil())
		if n, err := registry.Open(t.Context(), nz.opts); err == nil {
			n.Close()
			t.Errorf("%s: the node started", what)
		}
	}
	must(t, os.WriteFile(name, signed, 0o600))
	nz.open()
}

// TestLawIsRestored: a backup brings the rules in force with it.
func TestLawIsRestored(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	sha256 := nz.approve(nz.edited(`"Secure Exports Scheme"`, `"Safer Exports Scheme"`))
	got(nz.ActivateProgramme(t.Context(), registry.ActivateDocument{Document: sha256, From: "2026-03-03", By: "Rangi", Second: "Walker"}))(t)
	node, subjects := saved(t, nz)
	opts := nz.elsewhere()
	got(registry.Restore(opts, registry.RestoreRequest{Node: bytes.NewReader(node), SubjectKeys: bytes.NewReader(subjects)}))(t)
	n := got(registry.Open(t.Context(), opts))(t)
	defer n.Close()
	if n.Pack().Title != "Safer Exports Scheme" {
		t.Errorf("restored to %q", n.Pack().Title)
	}
}

// TestHolidaysArePublishedAsDocuments: an administration puts its own in the place
// of the template.
func TestHolidaysArePublishedAsDocuments(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	var h map[string]any
	must(t, json.Unmarshal(got(nz.ExportProgramme("", 2026))(t), &h))
	h["source"] = "New Zealand Gazette"
	h["days"] = append(h["days"].([]any), map[string]any{"date": "2026-12-31", "name": "a day of mourning"})
	content := string(got(json.Marshal(h))(t))
	c := got(nz.CheckProgramme(t.Context(), registry.CheckDocument{Content: content}))(t)
	if c.Kind != authorisation.HolidaysDocument || c.Name != "NZ-2026" || len(c.Changes) != 3 {
		t.Errorf("%+v", c)
	}
	sha256 := nz.approve(content)
	got(nz.ActivateProgramme(t.Context(), registry.ActivateDocument{Document: sha256, From: "2026-03-03", By: "Rangi", Second: "Walker"}))(t)
	nz.restart()
	if now := got(nz.ExportProgramme("", 2026))(t); !bytes.Contains(now, []byte("a day of mourning")) {
		t.Errorf("%s", now)
	}
	if p := nz.Pack(); p.SHA256() == [32]byte{} || !got(nz.ProgrammeStatus())(t).Template {
		t.Error("holidays changed the pack")
	}
	for what, bad := range map[string]string{
		"of a stranger": strings.Replace(content, `"NZ"`, `"AU"`, 1),
		"malformed":     strings.Replace(content, `2026-12-31`, `2026-13-31`, 1),
		"another pack":  strings.Replace(string(got(nz.ExportProgramme("", 0))(t)), `"NZ"`, `"XX"`, 1),
		"no document":   "[]",
	} {
		if c := got(nz.CheckProgramme(t.Context(), registry.CheckDocument{Content: bad}))(t); len(c.Problems) == 0 {
			t.Errorf("%s: no problem", what)
		}
		if _, err := nz.ApproveProgramme(t.Context(), registry.ApproveDocument{Content: bad, By: "Rangi", Second: "Walker"}); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestLawThatIsLostIsNotReplacedByTheTemplate: whoever goes on without the keys that say
// which rules were in force has a node that signs nothing until that was said.
func TestLawThatIsLostIsNotReplacedByTheTemplate(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	sha256 := nz.approve(nz.edited(`"Secure Exports Scheme"`, `"Safer Exports Scheme"`))
	got(nz.ActivateProgramme(t.Context(), registry.ActivateDocument{Document: sha256, From: "2026-03-03", By: "Rangi", Second: "Walker"}))(t)
	node, _ := saved(t, nz)
	opts := nz.elsewhere()
	got(registry.Restore(opts, registry.RestoreRequest{Node: bytes.NewReader(node)}))(t)
	recover := registry.RecoverRequest{Heads: []string{filepath.Join(nz.opts.Dir, "log-head", "head")}}
	if _, err := registry.Recover(opts, recover); !errors.Is(err, ledger.ErrMissingKeys) {
		t.Fatalf("without keys: %v", err)
	}
	recover.Forget = true
	got(registry.Recover(opts, recover))(t)
	register := registry.RegisterOperator{By: "Desk", Holder: authorisation.Holder{LegalName: orchards.name, Identifiers: []string{orchards.identifier}}}
	for range 2 { // and once more after a restart
		n := got(registry.Open(t.Context(), opts))(t)
		size := n.Ledger().Head().Size
		_, err := n.RegisterOperator(t.Context(), register)
		if s := got(n.Status())(t); !errors.Is(err, registry.ErrLawLost) || !s.LawLost || s.Unproven || n.Ledger().Head().Size != size {
			t.Errorf("%v; %+v", err, s)
		}
		must(t, n.Close())
	}
	opts.TemplateLaw = true
	n := got(registry.Open(t.Context(), opts))(t)
	got(n.RegisterOperator(t.Context(), register))(t)
	content := string(got(n.ExportProgramme("", 0))(t))
	got(n.ApproveProgramme(t.Context(), registry.ApproveDocument{Content: content, By: "Rangi", Second: "Walker"}))(t)
	must(t, n.Close())
	opts.TemplateLaw = false
	n = got(registry.Open(t.Context(), opts))(t)
	must(t, n.Ledger().ReadOnly())
	must(t, n.Close())
}
