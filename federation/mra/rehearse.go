package mra

import (
	"math"
	"slices"
)

// Rehearse answers a query twice: by the register as it stands at the instant,
// and as it would stand with a draft in it whose rules had all begun. Notices
// given under the draft's arrangement count in both; rules of a pilot in
// neither. The draft need not be signed by anybody.
func (r *Register) Rehearse(d *Document, q Query) (today, then Outcome) {
	today = r.Evaluate(q)
	q.Listed = false // a text of both sides is about credentials and directories
	then, _ = furthest(slices.DeleteFunc(slices.Clone(r.arrangements), func(a *arrangement) bool { return a.id == d.ID }), q)
	if o := r.rehearsed(d, q); o.furtherThan(then) {
		then = o
	}
	return today, then
}

// rehearsed is the answer of the draft alone.
func (r *Register) rehearsed(d *Document, q Query) Outcome {
	p, at := pair{q.By, q.Of}, q.At.Unix()
	a := r.arrangement(d.ID)
	var before *Document
	if a != nil {
		before = &a.versions[len(a.versions)-1].annex.Document
	}
	rules := d.lastRules(p, before)
	known := a != nil && mentioned(a.versions, p)
	switch {
	case len(rules) == 0 && known:
		return Outcome{Failure: Ended} // left out by it
	case len(rules) == 0:
		return Outcome{Failure: NoArrangement}
	}
	if a != nil {
		if ended, _ := a.ended(p, at, math.MaxInt64, 0); ended {
			return Outcome{Failure: Ended}
		}
		if a.suspended(p, at, math.MaxInt64) {
			return Outcome{Failure: SuspendedArrangement}
		}
	}
	o := Outcome{Freshness: DefaultFreshness()}
	o.Matches, o.Failure = match(rules, q)
	return o
}

// lastRules are the rules of a pair that are in force once all that the draft
// changes has come about: on the day on which the last of its rules begins, or on
// which the last ends that the version before had for longer. An end that was
// agreed before, or that a new rule has from its beginning, is no change of the
// draft's. Dates of one pair are days of one calendar.
func (d *Document) lastRules(p pair, before *Document) []*Recognition {
	var rules []*Recognition
	last := ""
	for i := range d.Recognitions {
		r := &d.Recognitions[i]
		if r.By != p.by || r.Of != p.of || r.Pilot {
			continue
		}
		rules = append(rules, r)
		last = max(last, r.From)
		if before != nil && r.Until != "" && slices.ContainsFunc(before.Recognitions, func(q Recognition) bool {
			return sameRule(&q, r) && (q.Until == "" || q.Until > r.Until)
		}) {
			last = max(last, r.Until)
		}
	}
	return slices.DeleteFunc(rules, func(r *Recognition) bool { return r.Until != "" && r.Until <= last })
}
