package mra_test

import (
	"testing"

	"github.com/aeo-registry/aeo/federation/mra"
	"pgregory.net/rapid"
)

// TestRehearseForetells: what a rehearsal says of a draft is what the register
// says once the draft is signed and its rules have begun.
func TestRehearseForetells(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string) mra.Recognition {
			r := rule("JP", "NZ", date(rapid.IntRange(40, 80).Draw(rt, name)))
			r.Roles = []string{rapid.SampledFrom([]string{"exporter", "carrier"}).Draw(rt, name+" role")}
			r.Direction = rapid.SampledFrom([]string{mra.Import, mra.Export, mra.Both}).Draw(rt, name+" direction")
			r.AuthorisationType = rapid.SampledFrom([]string{"SES", "AEOS"}).Draw(rt, name+" type")
			return r
		}
		first := jpnz(t, rule("JP", "NZ", "2026-02-01"))
		second := first.Amend("2026-03-01")
		if rapid.Bool().Draw(rt, "cease") {
			second.Cease("JP", "NZ", "", date(40))
		}
		for i := range rapid.IntRange(0, 2).Draw(rt, "rules") {
			second.Recognise(draw([]string{"first", "second"}[i]))
		}
		if second.Check() != nil {
			rt.Skip("no rule left")
		}
		var notices []*mra.SignedNotice
		if rapid.Bool().Draw(rt, "suspended") {
			notices = append(notices, notice(t, mra.Notice{Party: "NZ", Seq: 1, Act: "suspend", From: 1, Iat: 1}))
		}
		before := register(t, []*mra.Annex{complete(t, first)}, notices...)
		after := register(t, []*mra.Annex{complete(t, first), complete(t, *second)}, notices...)
		q := asks(t, "2026-03-02T00:00:00Z")
		q.Type = rapid.SampledFrom([]string{"SES", "AEOS"}).Draw(rt, "type")
		q.Held = rapid.SampledFrom([][]string{{"exporter"}, {"carrier"}, {"carrier", "exporter"}, nil}).Draw(rt, "held")
		q.Direction = rapid.SampledFrom([]string{"", mra.Import, mra.Export}).Draw(rt, "direction")
		today, then := before.Rehearse(second, q)
		if want := before.Evaluate(q).Failure; today.Failure != want {
			rt.Fatalf("today: %q, want %q", today.Failure, want)
		}
		late := q
		late.At = noon(120, "JP")
		if want := after.Evaluate(late); then.Failure != want.Failure || len(then.Matches) != len(want.Matches) {
			rt.Fatalf("the draft: %q, once signed %q", then.Failure, want.Failure)
		}
	})
}

func TestRehearseOfANewArrangement(t *testing.T) {
	r := register(t, nil)
	d := jpnz(t, rule("JP", "NZ", "2030-01-01"))
	q := asks(t, "2026-03-02T00:00:00Z")
	if today, then := r.Rehearse(&d, q); today.Failure != mra.NoArrangement || then.Failure != mra.OK {
		t.Errorf("%q, then %q", today.Failure, then.Failure)
	}
	q.By, q.Of = "NZ", "JP"
	if _, then := r.Rehearse(&d, q); then.Failure != mra.NoArrangement {
		t.Errorf("the other way: %q", then.Failure)
	}
	pilot := d
	pilot.Recognitions = append([]mra.Recognition{}, d.Recognitions...)
	pilot.Recognitions[0].Pilot, pilot.Recognitions[0].Until = true, "2031-01-01"
	if _, then := r.Rehearse(&pilot, asks(t, "2026-03-02T00:00:00Z")); then.Failure != mra.NoArrangement {
		t.Errorf("a pilot: %q", then.Failure)
	}
	// another arrangement covers the pair: the draft takes nothing away
	other := jpnz(t, rule("JP", "NZ", "2026-02-01"))
	none := jpnz(t, rule("NZ", "JP", "2026-02-01"))
	none.ID = "OTHER"
	if _, then := register(t, []*mra.Annex{complete(t, other)}).Rehearse(&none, asks(t, "2026-03-02T00:00:00Z")); then.Failure != mra.OK {
		t.Errorf("beside another arrangement: %q", then.Failure)
	}
}
