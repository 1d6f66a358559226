package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation"
)

// decided is a decision with everything a hostile holder could fill in.
func decided(r federation.Reason) *federation.Decision {
	recognition := "unknown"
	if r.Verdict() == federation.Recognised {
		recognition = "recognised"
	}
	return &federation.Decision{
		Schema: "aeo.decision/1", Verdict: r.Verdict(), Reason: r, Status: "in_force", Recognition: recognition,
		Basis: federation.PresentedCopy, As: "JP", At: built, Now: built + 60, StatusAsOf: built - 3*daySeconds, StatusSince: built,
		Holder: &federation.Holder{
			LegalName: "Evil\x1b]0;x\x07 Ltd\nRECOGNISED", Identifiers: []string{"NZ:ses:12345678A"}, Type: "AEO\x1b", Programme: "NZ-SES",
		},
		Issuer:        &federation.IssuerRef{EntityID: "https://aeo.customs.nz.example", Territory: "NZ", Authority: "NZ", Name: "\u202eCustoms"},
		RecognisedFor: []federation.Scope{{Role: "exporter", Direction: "import", As: "AEO\texporter", Benefits: []string{"x\n\ny"}}},
		Contacts:      []federation.Contact{{Of: "NZ", Mailbox: "a@b\r"}, {Of: "JP", Mailbox: "c@d"}},
		MRA:           &federation.MRARef{ID: "JP-NZ", Version: 1},
		Bundle:        &federation.BundleRef{Territory: "JP", Seq: 1, Iat: built},
		Caveats:       []federation.Caveat{{Code: "stale", Text: "old\x1b"}},
		KnownThen:     &federation.Answers{},
		Checks:        []federation.Check{{ID: "status", Result: federation.Failed, Detail: "since 1772409600\x1b, NZ:ses:1772409600"}},
	}
}

func TestEveryReasonIsPresentedInFewAndPlainLines(t *testing.T) {
	for _, r := range federation.Reasons() {
		d := decided(r)
		if n := len(facts(d)); n > 8 {
			t.Errorf("%s: %d facts, at most 8", r, n)
		}
		var out bytes.Buffer
		(&app{}).present(&out, d)
		text := out.String()
		if strings.ContainsAny(text, "\x1b\x07\r\u202e") {
			t.Errorf("%s: what the holder wrote can steer the terminal: %q", r, text)
		}
		if lines := strings.Count(text, "\n"); lines > 1+8+1+1 {
			t.Errorf("%s: %d lines: %s", r, lines, text)
		}
		if !strings.HasPrefix(text, lookOf(d).word+" "+lookOf(d).glyph+"  Evil") {
			t.Errorf("%s begins with %q", r, strings.SplitN(text, "\n", 2)[0])
		}
		if good := strings.HasPrefix(text, "RECOGNISED ") || strings.HasPrefix(text, "IN FORCE ✓"); good != r.Verdict().Good() {
			t.Errorf("%s reads as if it were good or bad: %s", r, text)
		}
		if !r.Verdict().Good() && !strings.Contains(text, r.Text()) {
			t.Errorf("%s does not say what it means", r)
		}
	}
}

func TestInstantsInDetailsAreReadable(t *testing.T) {
	got := readable("since 1772409600, NZ:ses:1772409600 at 1772409600; 17724096001")
	if want := "since 2026-03-02 00:00 UTC, NZ:ses:1772409600 at 2026-03-02 00:00 UTC; 17724096001"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestColourIsOnlyForTerminals(t *testing.T) {
	d := decided(federation.StatusSuspended)
	for colour, want := range map[bool]string{
		true:  "\x1b[1;33mNOT IN FORCE AT PRESENT (SUSPENDED) ‖\x1b[0m  Evil",
		false: "NOT IN FORCE AT PRESENT (SUSPENDED) ‖  Evil",
	} {
		var out bytes.Buffer
		(&app{colour: colour}).present(&out, d)
		if !strings.HasPrefix(out.String(), want) {
			t.Errorf("colour %v: %q", colour, out.String())
		}
	}
}

func TestAgo(t *testing.T) {
	for seconds, want := range map[int64]string{
		-5: "just now", 0: "just now", 119: "just now", 120: "2 minutes ago", 7199: "119 minutes ago",
		7200: "2 hours ago", 172799: "47 hours ago", 172800: "2 days ago",
	} {
		if got := ago(seconds); got != want {
			t.Errorf("%d seconds: %q, want %q", seconds, got, want)
		}
	}
}
