package mra_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"pgregory.net/rapid"
)

// days are counted from here; the model never asks for a time of day.
func date(day int) string {
	return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day).Format(time.DateOnly)
}

// noon is within the day for whoever recognises.
func noon(day int, by string) time.Time {
	zone := map[string]string{"JP": "Asia/Tokyo", "NZ": "Pacific/Auckland", "SG": "Asia/Singapore"}[by]
	loc, _ := time.LoadLocation(zone)
	return time.Date(2026, 3, 1+day, 12, 0, 0, 0, loc)
}

// world is what the model knows: versions and notices with days for dates.
type world struct {
	versions []modelVersion
	notices  []modelNotice
}

type modelVersion struct {
	signed int
	rules  []modelRule
}

type modelRule struct {
	by, of, kind, role, direction string
	from, until                   int // until 0 = open
}

type modelNotice struct {
	party, act             string
	against                []string
	from, issued, sequence int
}

// rules of the pair on a day: walking through the days up to it, who spoke last?
func (w world) rules(by, of string, day, known int) (inForce []modelRule, failure mra.Failure) {
	governs, spoken := -1, false
	for v, version := range w.versions {
		if version.signed > known {
			break
		}
		mine := version.of(by, of)
		if len(mine) > 0 {
			spoken = true
		}
		for today := 0; today <= day; today++ {
			started := slices.ContainsFunc(mine, func(r modelRule) bool { return r.from == today })
			dropped := len(mine) == 0 && spoken && version.signed == today
			if started || dropped {
				governs = v
				break
			}
		}
	}
	switch {
	case !spoken:
		return nil, mra.NoArrangement
	case governs < 0:
		return nil, mra.NotYetInEffect
	}
	for _, r := range w.versions[governs].of(by, of) {
		if r.from <= day && (r.until == 0 || day < r.until) {
			inForce = append(inForce, r)
		}
	}
	if w.said(by, of, day, known, "end", false) {
		return nil, mra.Ended
	}
	if len(inForce) == 0 {
		return nil, mra.Ended
	}
	if w.said(by, of, day, known, "suspend", true) {
		return nil, mra.SuspendedArrangement
	}
	return inForce, mra.OK
}

func (v modelVersion) of(by, of string) (rules []modelRule) {
	for _, r := range v.rules {
		if r.by == by && r.of == of {
			rules = append(rules, r)
		}
	}
	return rules
}

// said reports whether either side said the word; if last, as its last one.
func (w world) said(by, of string, day, known int, word string, last bool) bool {
	for _, side := range [][2]string{{by, of}, {of, by}} {
		says := false
		for _, n := range w.notices {
			aimed := slices.Contains(n.against, side[1]) || n.against[0] == mra.Everyone
			if n.party == side[0] && aimed && n.from <= day && n.issued <= known {
				says = n.act == word || says && !last
			}
		}
		if says {
			return true
		}
	}
	return false
}

func (w world) evaluate(q mra.Query, day, known int) mra.Failure {
	rules, failure := w.rules(q.By, q.Of, day, known)
	if failure != mra.OK {
		return failure
	}
	failure = mra.Type
	for _, r := range rules {
		reached := mra.OK
		switch {
		case r.kind != q.Type:
			continue
		case !slices.Contains(q.Held, r.role) || q.Role != "" && q.Role != r.role:
			reached = mra.Role
		case q.Direction != "" && r.direction != mra.Both && r.direction != q.Direction:
			reached = mra.Direction
		}
		order := []mra.Failure{mra.Type, mra.Role, mra.Direction, mra.OK}
		if slices.Index(order, reached) > slices.Index(order, failure) {
			failure = reached
		}
	}
	return failure
}

const lastDay = 60

func drawWorld(t *rapid.T) world {
	var w world
	territory := rapid.SampledFrom([]string{"JP", "NZ", "SG"})
	signed := 0
	for range rapid.IntRange(1, 3).Draw(t, "versions") {
		v := modelVersion{signed: signed}
		for range rapid.IntRange(1, 4).Draw(t, "rules") {
			r := modelRule{by: territory.Draw(t, "by"), of: territory.Draw(t, "of"),
				kind:      rapid.SampledFrom([]string{"SES", "AEOS"}).Draw(t, "type"),
				role:      rapid.SampledFrom([]string{"exporter", "carrier"}).Draw(t, "role"),
				direction: rapid.SampledFrom([]string{mra.Import, mra.Export, mra.Both}).Draw(t, "direction"),
				from:      rapid.IntRange(0, lastDay).Draw(t, "from")}
			if rapid.Bool().Draw(t, "ends") {
				r.until = r.from + rapid.IntRange(1, 30).Draw(t, "length")
			}
			if r.by != r.of {
				v.rules = append(v.rules, r)
			}
		}
		signed += rapid.IntRange(0, 30).Draw(t, "signed later")
		w.versions = append(w.versions, v)
	}
	seq, issued := map[string]int{}, map[string]int{}
	for range rapid.IntRange(0, 4).Draw(t, "notices") {
		n := modelNotice{party: territory.Draw(t, "party"), act: rapid.SampledFrom([]string{"suspend", "resume", "end"}).Draw(t, "act"),
			against: []string{mra.Everyone}, from: rapid.IntRange(0, lastDay).Draw(t, "takes effect")}
		if other := territory.Draw(t, "against"); other != n.party {
			n.against = []string{other}
		}
		seq[n.party]++
		issued[n.party] += rapid.IntRange(0, 20).Draw(t, "issued later")
		n.sequence, n.issued = seq[n.party], issued[n.party]
		w.notices = append(w.notices, n)
	}
	return w
}

// build makes the signed form of a world; false where two rules collide.
func (w world) build(t testing.TB, rt *rapid.T) (*mra.Register, bool) {
	var annexes []*mra.Annex
	var d mra.Document
	for i, v := range w.versions {
		var rules []mra.Recognition
		for _, m := range v.rules {
			r := rule(m.by, m.of, date(m.from))
			r.AuthorisationType, r.Roles, r.Direction = m.kind, []string{m.role}, m.direction
			if m.until > 0 {
				r.Until = date(m.until)
			}
			rules = append(rules, r)
		}
		if i == 0 {
			d = document(t, "JP-NZ", []string{"JP", "NZ", "SG"}, rules...)
			d.SignedOn = date(v.signed)
		} else {
			d = next(d, date(v.signed), rules...)
		}
		if d.Check() != nil {
			return nil, false
		}
		annexes = append(annexes, complete(t, d))
	}
	var notices []*mra.SignedNotice
	for _, n := range w.notices {
		// Auckland's midnight is after everyone's noon of the day before, and before everyone's noon of the day.
		at := func(day int) int64 { return noon(day, "NZ").Add(-12 * time.Hour).Unix() }
		notices = append(notices, notice(t, mra.Notice{Party: n.party, Act: n.act, Against: n.against,
			Seq: int64(n.sequence), From: at(n.from), Iat: at(n.issued)}))
	}
	r, err := mra.NewRegister(annexes, notices)
	if err != nil {
		rt.Fatal(err)
	}
	return r, true
}

func TestEvaluateIsTheDayByDayModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		r, ok := w.build(t, rt)
		if !ok {
			rt.Skip("two rules for one key")
		}
		q := mra.Query{By: "JP", Of: "NZ", Programme: "ses",
			Type:      rapid.SampledFrom([]string{"SES", "AEOS"}).Draw(rt, "asked type"),
			Held:      rapid.SampledFrom([][]string{nil, {"exporter"}, {"carrier"}, {"carrier", "exporter"}}).Draw(rt, "held"),
			Role:      rapid.SampledFrom([]string{"", "exporter", "carrier"}).Draw(rt, "asked role"),
			Direction: rapid.SampledFrom([]string{"", mra.Import, mra.Export}).Draw(rt, "asked direction")}
		if rapid.Bool().Draw(rt, "asked by NZ") {
			q.By, q.Of = "NZ", "JP"
		}
		known := 1000
		if rapid.Bool().Draw(rt, "as known earlier") {
			known = rapid.IntRange(0, lastDay).Draw(rt, "known by")
			q.KnownBy = noon(known, q.By)
		}
		for day := range lastDay + 35 {
			q.At = noon(day, q.By)
			if got, want := r.Evaluate(q).Failure, w.evaluate(q, day, known); got != want {
				rt.Fatalf("%s: got %q, the model says %q\n%s", date(day), got, want, fmt.Sprintf("%+v", w))
			}
			checkState(rt, r, q)
		}
	})
}

// Two notices of one party split time into at most three parts.
func TestTwoNoticeTimelines(t *testing.T) {
	annex := complete(t, jpnz(t, rule("JP", "NZ", "2026-03-01")))
	rapid.Check(t, func(rt *rapid.T) {
		acts := rapid.SampledFrom([]string{"suspend", "resume", "end"})
		var notices []mra.Notice
		for seq := range 2 {
			notices = append(notices, mra.Notice{Party: rapid.SampledFrom([]string{"JP", "NZ"}).Draw(rt, "party"),
				Act: acts.Draw(rt, "act"), From: noon(rapid.IntRange(1, 9).Draw(rt, "from"), "JP").Unix(), Seq: int64(seq + 1)})
		}
		one, two := notices[0], notices[1]
		same := one.Party == two.Party
		if !same {
			notices[1].Seq = 1
		}
		r := register(t, []*mra.Annex{annex}, notice(t, notices[0]), notice(t, notices[1]))
		for day := range 11 {
			q := asks(t, "2026-03-01T00:00:00Z")
			q.At = noon(day, "JP")
			first, second := one.From <= q.At.Unix(), two.From <= q.At.Unix()
			want := mra.OK
			switch {
			case first && one.Act == "end" || second && two.Act == "end":
				want = mra.Ended
			case second && two.Act == "suspend", first && one.Act == "suspend" && !(same && second):
				want = mra.SuspendedArrangement
			}
			if got := r.Evaluate(q).Failure; got != want {
				rt.Fatalf("%s: got %q, want %q", date(day), got, want)
			}
		}
	})
}
