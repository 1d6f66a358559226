package mra_test

import (
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
)

// TestGoodsUnderWayWhenItEnds: a verdict about the days around an end tells when
// it is or was and what holds for goods under way, to the second and by the
// calendar of who recognises; the answer itself is that of the instant asked.
func TestGoodsUnderWayWhenItEnds(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		name, by, of string
		end          string // instant
		on           string // date of the recognising party
		edit         func(first *mra.Document) (second *mra.Document, n []mra.Notice)
	}{
		{"by notice", "JP", "NZ", "2026-08-31T15:00:00Z", "2026-09-01", func(*mra.Document) (*mra.Document, []mra.Notice) {
			return nil, []mra.Notice{{Party: "NZ", Seq: 1, Act: "end", From: unix(t, "2026-08-31T15:00:00Z"), Iat: unix(t, "2026-03-01T00:00:00Z")}}
		}},
		{"by its dates", "JP", "NZ", "2026-08-31T15:00:00Z", "2026-09-01", func(first *mra.Document) (*mra.Document, []mra.Notice) {
			first.Recognitions[0].Until = "2026-09-01"
			return nil, nil
		}},
		{"by its dates where clocks go forward at that hour", "NZ", "JP", "2026-09-26T12:00:00Z", "2026-09-27", func(first *mra.Document) (*mra.Document, []mra.Notice) {
			first.Recognitions[1].Until = "2026-09-27"
			return nil, nil
		}},
		{"by a later version that ends the rule", "JP", "NZ", "2026-08-31T15:00:00Z", "2026-09-01", func(first *mra.Document) (*mra.Document, []mra.Notice) {
			d := first.Amend("2026-05-01")
			d.Cease("JP", "NZ", "", "2026-09-01")
			return d, nil
		}},
		{"by a later version that leaves the pair out", "JP", "NZ", "2026-08-31T15:00:00Z", "2026-09-01", func(first *mra.Document) (*mra.Document, []mra.Notice) {
			d := first.Amend("2026-09-01")
			d.Recognitions = d.Recognitions[1:]
			return d, nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := jpnz(t, rule("JP", "NZ", "2026-02-01"), rule("NZ", "JP", "2026-02-01"))
			first.Termination.InTransit = mra.Stop
			for i := range first.Recognitions {
				first.Recognitions[i].DateBasis = "loading"
			}
			later, given := c.edit(&first)
			annexes := []*mra.Annex{complete(t, first)}
			if later != nil {
				annexes = append(annexes, complete(t, *later))
			}
			var notices []*mra.SignedNotice
			for _, n := range given {
				notices = append(notices, notice(t, n))
			}
			r := register(t, annexes, notices...)
			q := asks(t, c.end)
			q.By, q.Of = c.by, c.of
			end := q.At
			for _, at := range []struct {
				at   time.Time
				want mra.Failure
				told bool
			}{
				{end.Add(-31 * 24 * time.Hour), mra.OK, false},
				{end.Add(-second), mra.OK, c.name != "by a later version that leaves the pair out"}, // it is at once
				{end, mra.Ended, true},
				{end.AddDate(1, 0, 0), mra.Ended, true},
			} {
				q.At = at.at
				o := r.Evaluate(q)
				if o.Failure != at.want || (o.End != nil) != at.told {
					t.Errorf("%v: %q, end %+v", at.at, o.Failure, o.End)
				}
				if o.End != nil && *o.End != (mra.End{At: end.Unix(), On: c.on, InTransit: "stop", DateBasis: "loading"}) {
					t.Errorf("%v: %+v", at.at, o.End)
				}
			}
			q.At, q.Type = end, "AEOC"
			if o := r.Evaluate(q); o.End != nil {
				t.Errorf("of what was never recognised: %+v", o.End)
			}
			q.Type, q.KnownBy = "SES", instant(t, "2026-02-20T00:00:00Z")
			q.At = q.KnownBy
			if o := r.Evaluate(q); o.Failure != mra.OK || o.End != nil {
				t.Errorf("long before: %q %+v", o.Failure, o.End)
			}
		})
	}
}

// TestEndBesideOtherRules: an end is that of what was asked about. That another
// type goes on is no comfort, and where another arrangement goes on there is none.
func TestEndBesideOtherRules(t *testing.T) {
	ending, other := rule("JP", "NZ", "2026-02-01"), rule("JP", "NZ", "2026-02-01")
	ending.Until, other.AuthorisationType = "2026-09-01", "AEOC"
	one := jpnz(t, ending, other)
	r := register(t, []*mra.Annex{complete(t, one)})
	for at, want := range map[string]mra.Failure{"2026-08-31T14:59:59Z": mra.OK, "2026-08-31T15:00:00Z": mra.Type} {
		if o := r.Evaluate(asks(t, at)); o.Failure != want || o.End == nil || o.End.On != "2026-09-01" {
			t.Errorf("%s: %q %+v", at, o.Failure, o.End)
		}
	}
	region := document(t, "REGION", []string{"JP", "NZ", "SG"}, rule("JP", "NZ", "2026-02-01"))
	r = register(t, []*mra.Annex{complete(t, one), complete(t, region)})
	if o := r.Evaluate(asks(t, "2026-08-31T14:59:59Z")); o.Failure != mra.OK || o.End != nil {
		t.Errorf("another arrangement goes on: %q %+v", o.Failure, o.End)
	}
}

// TestRuleThatGoesOnIsNoEnd: where one rule hands over to the next nothing is told.
func TestRuleThatGoesOnIsNoEnd(t *testing.T) {
	first := jpnz(t, rule("JP", "NZ", "2026-02-01"))
	second := first.Amend("2026-05-01")
	second.Recognise(rule("JP", "NZ", "2026-09-01"))
	r := register(t, []*mra.Annex{complete(t, first), complete(t, *second)})
	if o := r.Evaluate(asks(t, "2026-08-31T14:59:59Z")); o.Failure != mra.OK || o.End != nil {
		t.Errorf("%q %+v", o.Failure, o.End)
	}
}
