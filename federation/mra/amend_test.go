package mra_test

import (
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestAmendmentLeavesTheDaysBeforeAlone: whatever rule an amendment adds or
// ends, every answer about a day before its own day is the one before it.
func TestAmendmentLeavesTheDaysBeforeAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		first := jpnz(t, rule("JP", "NZ", "2026-02-01"), rule("NZ", "JP", "2026-02-01"))
		first.Recognitions[0].Roles = []string{"carrier", "exporter"}
		on := date(rapid.IntRange(1, 200).Draw(rt, "on"))
		second := first.Amend("2026-02-15")
		if rapid.Bool().Draw(rt, "ceases") {
			if n := second.Cease("JP", "NZ", "", on); n != 1 {
				rt.Fatalf("ended %d rules", n)
			}
		}
		if rapid.Bool().Draw(rt, "recognises") {
			r := rule("JP", "NZ", on)
			r.Roles, r.As = []string{rapid.SampledFrom([]string{"exporter", "importer"}).Draw(rt, "role")}, "AEO-2"
			second.Recognise(r)
		}
		if err := second.Check(); err != nil {
			rt.Fatal(err)
		}
		before, after := register(t, []*mra.Annex{complete(t, first)}), register(t, []*mra.Annex{complete(t, first), complete(t, *second)})
		turn := midnight(t, on, "Asia/Tokyo")
		for at := instant(t, "2026-01-15T03:00:00Z"); at.Year() < 2027; at = at.Add(36 * time.Hour) {
			for _, by := range []string{"JP", "NZ"} {
				q := asks(t, "2026-01-01T00:00:00Z")
				q.At = at
				if by == "NZ" {
					q.By, q.Of = "NZ", "JP"
				}
				if a, b := before.Evaluate(q).Failure, after.Evaluate(q).Failure; a != b && (by == "NZ" || at.Before(turn)) {
					rt.Fatalf("%s on %v: %q before the amendment of %s, %q after", by, at, a, on, b)
				}
			}
		}
	})
}

func TestDifferenceInWords(t *testing.T) {
	first := jpnz(t, rule("JP", "NZ", "2026-04-01"), rule("NZ", "JP", "2026-04-01"))
	if d := mra.Difference(&first, first.Amend("2026-06-01")); d != nil {
		t.Errorf("an amendment that changes nothing: %q", d)
	}
	second := first.Amend("2026-06-01")
	second.Parties[1].TimeZone = "Pacific/Chatham"
	second.Parties = append(second.Parties, party(t, "SG"))
	second.Cease("NZ", "JP", "SES", "2026-04-01")
	r := rule("JP", "NZ", "2027-01-01")
	r.Pilot, r.Until = true, "2027-02-01"
	second.Recognise(r)
	second.Recognitions[0].As = "AEO-2"
	second.Recognitions[0].DeclarationHint = &mra.Hint{Element: "13 01", Code: "Y031", Text: "text"}
	second.Recognitions[0].IDRendering = &mra.IDRendering{Scheme: "ses", To: "abroad", Ops: []mra.Op{{Op: mra.OpPrefix, Text: "NZ"}, {Op: mra.OpPadLeft, Width: 9}}}
	second.Freshness = &mra.Freshness{Target: 1, WarnAfter: 2, HonourUntil: 3}
	second.Termination.InTransit = mra.Stop
	want := []string{
		"JP recognises SES of NZ from 2026-04-01: as AEO-2, was AEO",
		"JP recognises SES of NZ from 2026-04-01: number in declarations ses to abroad: prefix NZ pad_left 9, was none",
		"JP recognises SES of NZ from 2026-04-01: declaration hint 13 01 / Y031 / text, was none",
		"new: JP recognises SES of NZ (ses) for exporter, import, as AEO, from 2027-01-01 until 2027-02-01, as a pilot",
		"taken out: NZ recognises SES of JP (ses) for exporter, import, as AEO, from 2026-04-01",
		"NZ time zone: Pacific/Chatham, was Pacific/Auckland",
		"SG becomes a party",
		"freshness: target 1 s, warn after 2 s, honour until 3 s, was target 3600 s, warn after 86400 s, honour until 604800 s",
		"goods under way at an end: stop, was honour",
	}
	if diff := cmp.Diff(want, mra.Difference(&first, second)); diff != "" {
		t.Error(diff)
	}
	if back := mra.Difference(second, &first); len(back) != len(want) {
		t.Errorf("backwards: %q", back)
	}
}
