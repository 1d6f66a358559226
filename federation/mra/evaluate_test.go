package mra_test

import (
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/google/go-cmp/cmp"
)

// asks whether JP recognises a NZ exporter at an instant.
func asks(t testing.TB, at string) mra.Query {
	return mra.Query{By: "JP", Of: "NZ", Programme: "ses", Type: "SES", Held: []string{"exporter"}, At: instant(t, at)}
}

func TestEvaluateRule(t *testing.T) {
	exporters := rule("JP", "NZ", "2026-04-01")
	exporters.Until = "2028-04-01"
	carriers := rule("JP", "NZ", "2027-01-01")
	carriers.Roles, carriers.Direction, carriers.As = []string{"carrier"}, mra.Both, "AEO-C"
	r := register(t, []*mra.Annex{complete(t, jpnz(t, exporters, carriers))})
	for _, c := range []struct {
		name string
		edit func(q *mra.Query)
		want mra.Failure
	}{
		{"an exporter is recognised", func(q *mra.Query) {}, mra.OK},
		{"an exporter is recognised when exporters are asked for", func(q *mra.Query) { q.Role = "exporter" }, mra.OK},
		{"one role held of several is enough", func(q *mra.Query) { q.Held = []string{"importer", "exporter"} }, mra.OK},
		{"imports are recognised", func(q *mra.Query) { q.Direction = mra.Import }, mra.OK},
		{"recognition does not run backwards", func(q *mra.Query) { q.By, q.Of = "NZ", "JP" }, mra.NoArrangement},
		{"a stranger has no arrangement", func(q *mra.Query) { q.Of = "US" }, mra.NoArrangement},
		{"another type is not recognised", func(q *mra.Query) { q.Type = "AEOC" }, mra.Type},
		{"another programme is not recognised", func(q *mra.Query) { q.Programme = "aeo" }, mra.Type},
		{"a role not in the rule is not recognised", func(q *mra.Query) { q.Held = []string{"importer"} }, mra.Role},
		{"a role not held is not recognised", func(q *mra.Query) { q.Held, q.Role = nil, "exporter" }, mra.Role},
		{"no role disclosed is no role recognised", func(q *mra.Query) { q.Held = nil }, mra.Role},
		{"a role held but not asked for does not help", func(q *mra.Query) {
			q.Held, q.Role = []string{"exporter", "importer"}, "importer"
		}, mra.Role},
		{"exports are not recognised", func(q *mra.Query) { q.Direction = mra.Export }, mra.Direction},
		{"the role fails before the direction", func(q *mra.Query) { q.Held, q.Direction = []string{"importer"}, mra.Export }, mra.Role},
		{"carriers are recognised both ways", func(q *mra.Query) { q.Held, q.Direction = []string{"carrier"}, mra.Export }, mra.OK},
		{"a second before Tokyo's midnight it is too early", func(q *mra.Query) { q.At = instant(t, "2026-03-31T14:59:59Z") }, mra.NotYetInEffect},
		{"at Tokyo's midnight it begins", func(q *mra.Query) { q.At = instant(t, "2026-03-31T15:00:00Z") }, mra.OK},
		{"a rule that begins later is not in force", func(q *mra.Query) {
			q.Held, q.At = []string{"carrier"}, instant(t, "2026-12-31T14:59:59Z")
		}, mra.Role},
		{"the last second of the last day counts", func(q *mra.Query) { q.At = instant(t, "2028-03-31T14:59:59Z") }, mra.OK},
		{"until is the first day without", func(q *mra.Query) { q.At = instant(t, "2028-03-31T15:00:00Z") }, mra.Role},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := asks(t, "2027-06-01T00:00:00Z")
			c.edit(&q)
			o := r.Evaluate(q)
			if o.Failure != c.want {
				t.Errorf("got %q, want %q", o.Failure, c.want)
			}
			if (len(o.Matches) > 0) != (c.want == mra.OK) || (o.Annex == nil) != (c.want == mra.NoArrangement) {
				t.Errorf("with %q: %d matches, annex %v", o.Failure, len(o.Matches), o.Annex)
			}
		})
	}
}

func TestEvaluateLists(t *testing.T) {
	carriers := rule("JP", "NZ", "2026-04-01")
	carriers.Roles, carriers.Direction, carriers.As, carriers.Benefits = []string{"carrier", "exporter"}, mra.Both, "AEO-C", []string{"priority"}
	r := register(t, []*mra.Annex{complete(t, jpnz(t, carriers))})
	q := asks(t, "2027-06-01T00:00:00Z")
	q.Held = []string{"exporter", "carrier", "importer"}
	o := r.Evaluate(q)
	type line struct{ Role, Direction, As, Benefit string }
	var got []line
	for _, m := range o.Matches {
		got = append(got, line{m.Role, m.Direction, m.As, m.Benefits[0]})
	}
	want := []line{
		{"carrier", "import", "AEO-C", "priority"}, {"carrier", "export", "AEO-C", "priority"},
		{"exporter", "import", "AEO-C", "priority"}, {"exporter", "export", "AEO-C", "priority"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if o.Freshness != mra.DefaultFreshness() || o.Annex.ID != "JP-NZ" {
		t.Errorf("freshness %v, annex %s", o.Freshness, o.Annex.ID)
	}
}

func TestVersions(t *testing.T) {
	first := jpnz(t, rule("JP", "NZ", "2026-04-01"), rule("NZ", "JP", "2026-04-01"))
	changed := rule("JP", "NZ", "2027-04-01")
	changed.As = "AEO-2"
	second := next(first, "2026-12-01", changed, rule("NZ", "JP", "2026-04-01"))
	second.Freshness = &mra.Freshness{Target: 60, WarnAfter: 120, HonourUntil: 180}
	third := next(second, "2028-01-15", rule("NZ", "JP", "2026-04-01")) // no longer mentions JP of NZ
	r := register(t, []*mra.Annex{complete(t, third), complete(t, first), complete(t, second)})
	for _, c := range []struct {
		name, at, known string
		want            mra.Failure
		version         int64
		as              string
	}{
		{"nothing before the first begins", "2026-03-01T00:00:00Z", "", mra.NotYetInEffect, 2, ""},
		{"the first rules", "2026-06-01T00:00:00Z", "", mra.OK, 1, "AEO"},
		{"signing the second leaves the first in force", "2027-03-31T14:59:59Z", "", mra.OK, 1, "AEO"},
		{"the second takes over where its rule begins", "2027-03-31T15:00:00Z", "", mra.OK, 2, "AEO-2"},
		{"the third ends what it leaves out when it is signed", "2028-01-14T15:00:00Z", "", mra.Ended, 3, ""},
		{"and not a second before", "2028-01-14T14:59:59Z", "", mra.OK, 2, "AEO-2"},
		{"who does not know the third still sees the second", "2028-02-01T00:00:00Z", "2028-01-14T14:59:59Z", mra.OK, 2, "AEO-2"},
		{"who does not know the second sees the first", "2027-06-01T00:00:00Z", "2026-11-30T14:59:59Z", mra.OK, 1, "AEO"},
		{"the second is known from the day it was signed", "2027-06-01T00:00:00Z", "2026-11-30T15:00:00Z", mra.OK, 2, "AEO-2"},
		{"before the first was signed there was none", "2027-06-01T00:00:00Z", "2026-01-01T00:00:00Z", mra.NoArrangement, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := asks(t, c.at)
			if c.known != "" {
				q.KnownBy = instant(t, c.known)
			}
			o := r.Evaluate(q)
			var version int64
			var as string
			if o.Annex != nil {
				version = o.Annex.Version
			}
			if len(o.Matches) > 0 {
				as = o.Matches[0].As
			}
			if o.Failure != c.want || version != c.version || as != c.as {
				t.Errorf("got %q by version %d as %q", o.Failure, version, as)
			}
			if version == 2 && o.Freshness.HonourUntil != 180 {
				t.Errorf("freshness %v", o.Freshness)
			}
		})
	}
	if docs := r.Documents(); len(docs) != 1 || docs[0].Version != 3 {
		t.Errorf("newest: %v", docs)
	}
}

func TestNotices(t *testing.T) {
	const day = 24 * time.Hour
	from := instant(t, "2027-01-01T00:00:00Z")
	at := func(d time.Duration) int64 { return from.Add(d).Unix() }
	for _, c := range []struct {
		name    string
		notices []mra.Notice
		before  mra.Failure // a second before from
		after   mra.Failure // at from
		early   bool
	}{
		{"the recogniser suspends", []mra.Notice{{Party: "JP", Seq: 1, Act: "suspend", From: at(0), Iat: at(0)}},
			mra.OK, mra.SuspendedArrangement, false},
		{"the recognised suspends", []mra.Notice{{Party: "NZ", Seq: 1, Act: "suspend", From: at(0), Iat: at(0)}},
			mra.OK, mra.SuspendedArrangement, false},
		{"against a third party it says nothing here", []mra.Notice{{Party: "NZ", Seq: 1, Act: "suspend", Against: []string{"SG"}, From: at(0), Iat: at(0)}},
			mra.OK, mra.OK, false},
		{"a third party suspends everyone", []mra.Notice{{Party: "SG", Seq: 1, Act: "suspend", From: at(0), Iat: at(0)}},
			mra.OK, mra.OK, false},
		{"a third party suspends us", []mra.Notice{{Party: "SG", Seq: 1, Act: "suspend", Against: []string{"JP", "NZ"}, From: at(0), Iat: at(0)}},
			mra.OK, mra.OK, false},
		{"a suspension ends where it is resumed", []mra.Notice{
			{Party: "NZ", Seq: 1, Act: "suspend", From: at(-9 * day), Iat: at(-9 * day)},
			{Party: "NZ", Seq: 2, Act: "resume", Against: []string{"JP"}, From: at(0), Iat: at(-day)},
		}, mra.SuspendedArrangement, mra.OK, false},
		{"nobody resumes what the other suspended", []mra.Notice{
			{Party: "NZ", Seq: 1, Act: "suspend", From: at(-9 * day), Iat: at(-9 * day)},
			{Party: "JP", Seq: 1, Act: "resume", From: at(0), Iat: at(-day)},
		}, mra.SuspendedArrangement, mra.SuspendedArrangement, false},
		{"an end with notice given", []mra.Notice{{Party: "JP", Seq: 1, Act: "end", From: at(0), Iat: at(-90 * day)}},
			mra.OK, mra.Ended, false},
		{"an end a second too early", []mra.Notice{{Party: "JP", Seq: 1, Act: "end", From: at(0), Iat: at(-90*day) + 1}},
			mra.OK, mra.Ended, true},
		{"an end is final", []mra.Notice{
			{Party: "JP", Seq: 1, Act: "end", From: at(0), Iat: at(-90 * day)},
			{Party: "JP", Seq: 2, Act: "resume", From: at(0), Iat: at(-day)},
		}, mra.OK, mra.Ended, false},
		{"an end outweighs a suspension", []mra.Notice{
			{Party: "JP", Seq: 1, Act: "end", From: at(0), Iat: at(-90 * day)},
			{Party: "NZ", Seq: 1, Act: "suspend", From: at(-day), Iat: at(-2 * day)},
		}, mra.SuspendedArrangement, mra.Ended, false},
		{"the first end decides whether it came early", []mra.Notice{
			{Party: "JP", Seq: 1, Act: "end", From: at(0), Iat: at(-day)},
			{Party: "NZ", Seq: 1, Act: "end", From: at(-day), Iat: at(-91 * day)},
		}, mra.Ended, mra.Ended, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := document(t, "JP-NZ", []string{"JP", "NZ", "SG"}, rule("JP", "NZ", "2026-04-01"))
			var notices []*mra.SignedNotice
			for _, n := range c.notices {
				notices = append(notices, notice(t, n))
			}
			r := register(t, []*mra.Annex{complete(t, d)}, notices...)
			q := asks(t, "2027-01-01T00:00:00Z")
			after := r.Evaluate(q)
			q.At = q.At.Add(-time.Second)
			if before := r.Evaluate(q); before.Failure != c.before {
				t.Errorf("before: %q, want %q", before.Failure, c.before)
			}
			if after.Failure != c.after || after.EarlyEnd != c.early {
				t.Errorf("after: %q early %t, want %q early %t", after.Failure, after.EarlyEnd, c.after, c.early)
			}
		})
	}
}

func TestNoticesCountFromWhenTheyWereIssued(t *testing.T) {
	n := notice(t, mra.Notice{Party: "JP", Seq: 1, Act: "end", From: unix(t, "2027-01-01T00:00:00Z"), Iat: unix(t, "2027-02-01T00:00:00Z")})
	r := register(t, []*mra.Annex{complete(t, jpnz(t, rule("JP", "NZ", "2026-04-01")))}, n)
	q := asks(t, "2027-01-15T00:00:00Z")
	if o := r.Evaluate(q); o.Failure != mra.Ended || !o.EarlyEnd {
		t.Errorf("as known now: %q", o.Failure)
	}
	q.KnownBy = q.At
	if o := r.Evaluate(q); o.Failure != mra.OK {
		t.Errorf("as known then: %q", o.Failure)
	}
}

func TestSeveralArrangements(t *testing.T) {
	bilateral := jpnz(t, rule("JP", "NZ", "2026-04-01"))
	regional := document(t, "REGION-1", []string{"JP", "NZ", "SG"}, rule("JP", "NZ", "2026-08-01"), rule("JP", "SG", "2026-06-01"))
	r := register(t, []*mra.Annex{complete(t, bilateral), complete(t, regional)},
		notice(t, mra.Notice{Party: "JP", Seq: 1, Act: "end", From: unix(t, "2027-01-01T00:00:00Z"), Iat: unix(t, "2026-07-01T00:00:00Z")}))
	for _, c := range []struct {
		name, of, at, id string
		want             mra.Failure
	}{
		{"the bilateral one first", "NZ", "2026-05-01T00:00:00Z", "JP-NZ", mra.OK},
		{"the regional one where the other has ended", "NZ", "2027-02-01T00:00:00Z", "REGION-1", mra.OK},
		{"effect dates belong to the pair", "SG", "2026-07-01T00:00:00Z", "REGION-1", mra.OK},
		{"and not to the arrangement", "SG", "2026-05-01T00:00:00Z", "REGION-1", mra.NotYetInEffect},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := asks(t, c.at)
			q.Of = c.of
			if o := r.Evaluate(q); o.Failure != c.want || o.Annex.ID != c.id {
				t.Errorf("got %q by %s", o.Failure, o.Annex.ID)
			}
		})
	}
	if docs := r.Documents(); len(docs) != 2 || docs[0].ID != "JP-NZ" || docs[1].ID != "REGION-1" {
		t.Errorf("documents out of order")
	}
}

func TestLiveIsEitherWay(t *testing.T) {
	d := document(t, "REGION-1", []string{"JP", "NZ", "SG"}, rule("JP", "NZ", "2026-04-01"), rule("SG", "NZ", "2026-04-01"))
	suspended := notice(t, mra.Notice{MRA: "REGION-1", Party: "SG", Seq: 1, Act: "suspend"})
	r := register(t, []*mra.Annex{complete(t, d)}, suspended)
	for _, c := range []struct {
		name, a, b, at string
		want           bool
	}{
		{"who recognises", "JP", "NZ", "2026-06-01T00:00:00Z", true},
		{"who is recognised", "NZ", "JP", "2026-06-01T00:00:00Z", true},
		{"not yet", "NZ", "JP", "2026-03-01T00:00:00Z", false},
		{"suspended", "SG", "NZ", "2026-06-01T00:00:00Z", false},
		{"no rule between the two", "SG", "JP", "2026-06-01T00:00:00Z", false},
	} {
		if got := r.Live(c.a, c.b, instant(t, c.at)); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}
