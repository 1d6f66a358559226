package mra_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var jpOfNZ = mra.Pair{By: "JP", Of: "NZ"}

// checkState holds a state against the answer about the same pair and instant:
// a pair is in effect exactly where the answer goes as far as its types.
func checkState(t *rapid.T, r *mra.Register, q mra.Query) {
	q.KnownBy = time.Time{}
	got := r.Evaluate(q).Failure
	phase, spoken := r.State("JP-NZ", mra.Pair{By: q.By, Of: q.Of}, q.At)
	want := map[mra.Failure][]mra.State{
		mra.NoArrangement:        {""},
		mra.NotYetInEffect:       {"", mra.Signed, mra.Suspended, mra.Terminated}, // notices may come before the day
		mra.Ended:                {mra.Terminated, mra.Suspended},                 // by its dates, while it is suspended
		mra.SuspendedArrangement: {mra.Suspended},
	}[got]
	if want == nil {
		want = []mra.State{mra.InEffect}
	}
	if !slices.Contains(want, phase.State) || spoken != (phase.State != "") {
		t.Fatalf("%v: the pair is %q, the answer %q", q.At, phase.State, got)
	}
}

// TestLife goes through all states with their instants and causes.
func TestLife(t *testing.T) {
	pilot, real := rule("JP", "NZ", "2026-02-01"), rule("JP", "NZ", "2026-04-01")
	pilot.Pilot, pilot.Until = true, "2026-03-01"
	first := jpnz(t, pilot, real)
	r := register(t, []*mra.Annex{complete(t, first)},
		notice(t, mra.Notice{Party: "NZ", Seq: 1, Act: "suspend", From: unix(t, "2026-06-01T00:00:00Z"), Iat: unix(t, "2026-05-30T00:00:00Z")}),
		notice(t, mra.Notice{Party: "NZ", Seq: 2, Act: "resume", From: unix(t, "2026-06-05T00:00:00Z"), Iat: unix(t, "2026-06-04T00:00:00Z")}),
		notice(t, mra.Notice{Party: "JP", Seq: 1, Act: "end", From: unix(t, "2026-08-31T15:00:00Z"), Iat: unix(t, "2026-06-14T14:00:00Z")}))
	var got []string
	for _, p := range r.Life("JP-NZ", jpOfNZ) {
		got = append(got, strings.TrimSpace(strings.Join([]string{p.On, string(p.State), p.Cause, p.Party}, " ")))
	}
	want := []string{
		"2026-01-10 signed signature", "2026-02-01 pilot dates", "2026-03-01 signed signature", "2026-04-01 in_effect dates",
		"2026-06-01 suspended notice NZ", "2026-06-05 in_effect dates", "2026-09-01 terminated notice JP",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	last, ok := r.State("JP-NZ", jpOfNZ, instant(t, "2027-01-01T00:00:00Z"))
	if !ok || last.Early != 12 || last.Until != 0 || last.Notice != 1 { // 90 agreed, 78 days and an hour given
		t.Errorf("the end: %+v", last)
	}
	if _, ok := r.State("JP-NZ", jpOfNZ, instant(t, "2026-01-09T14:59:59Z")); ok {
		t.Error("a state before the signature")
	}
	if r.Life("JP-NZ", mra.Pair{By: "NZ", Of: "JP"}) != nil || r.Life("EU-US", jpOfNZ) != nil || r.Pairs("EU-US") != nil {
		t.Error("a life of what nobody agreed on")
	}
}

// TestLaterVersionIsNoGap: where one version hands over to the next the pair
// stays in effect; where the next leaves it out it is terminated.
func TestLaterVersionIsNoGap(t *testing.T) {
	first := jpnz(t, rule("JP", "NZ", "2026-04-01"), rule("NZ", "JP", "2026-04-01"))
	second := next(first, "2026-06-01", rule("JP", "NZ", "2026-07-01"))
	r := register(t, []*mra.Annex{complete(t, first), complete(t, second)})
	if life := r.Life("JP-NZ", jpOfNZ); len(life) != 2 || life[1].State != mra.InEffect || life[1].Until != 0 {
		t.Errorf("JP of NZ: %+v", life)
	}
	life := r.Life("JP-NZ", mra.Pair{By: "NZ", Of: "JP"})
	if last := life[len(life)-1]; last.State != mra.Terminated || last.Cause != mra.ByVersion || last.On != "2026-06-01" || last.Version != 2 {
		t.Errorf("NZ of JP: %+v", life)
	}
}

// TestPilotReachesNoRealAnswer: a pilot answers those who ask about test data,
// and nobody else; who does not know pilots refuses the annex.
func TestPilotReachesNoRealAnswer(t *testing.T) {
	pilot, real := rule("JP", "NZ", "2026-02-01"), rule("JP", "NZ", "2026-04-01")
	pilot.Pilot, pilot.Until, pilot.As = true, "2026-06-01", "AEO (test)"
	without := register(t, []*mra.Annex{complete(t, jpnz(t, real))})
	with := register(t, []*mra.Annex{complete(t, jpnz(t, pilot, real))})
	only := register(t, []*mra.Annex{complete(t, jpnz(t, pilot))})
	for at := instant(t, "2026-01-01T00:00:00Z"); at.Year() < 2027; at = at.Add(12 * time.Hour) {
		q := asks(t, "2026-01-01T00:00:00Z")
		q.At = at
		a, b := without.Evaluate(q), with.Evaluate(q)
		if a.Failure != b.Failure || len(a.Matches) != len(b.Matches) || len(b.Matches) > 0 && b.Matches[0].As != "AEO" {
			t.Fatalf("%v: %q with a pilot, %q without", at, b.Failure, a.Failure)
		}
		if f := only.Evaluate(q).Failure; f != mra.NoArrangement || only.Live("JP", "NZ", at) {
			t.Fatalf("%v: a pilot alone gives %q", at, f)
		}
	}
	for at, want := range map[string]mra.Failure{
		"2026-01-31T14:59:59Z": mra.NotYetInEffect, "2026-01-31T15:00:00Z": mra.OK,
		"2026-05-31T14:59:59Z": mra.OK, "2026-05-31T15:00:00Z": mra.Ended,
	} {
		q := asks(t, at)
		q.Pilot = true
		if o := with.Evaluate(q); o.Failure != want || want == mra.OK && o.Matches[0].As != "AEO (test)" {
			t.Errorf("test data at %s: %q", at, o.Failure)
		}
	}
	q := asks(t, "2026-03-01T00:00:00Z")
	q.Pilot = true
	if f := without.Evaluate(q).Failure; f != mra.NoArrangement {
		t.Errorf("test data without a pilot: %q", f)
	}

	endless := pilot
	endless.Until = ""
	if d := jpnz(t, endless); !errors.Is(d.Check(), mra.ErrAnnex) {
		t.Error("a pilot without an end was taken")
	}
	if raw := string(marshal(t, jpnz(t, pilot))); !strings.Contains(raw, `"pilot":true`) {
		t.Errorf("the mark is not written: %s", raw)
	}
	if raw := string(marshal(t, jpnz(t, real))); strings.Contains(raw, "pilot") {
		t.Errorf("an annex without a pilot is written otherwise than before: %s", raw)
	}
}
