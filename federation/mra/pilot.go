package mra

import (
	"cmp"
	"slices"
)

// A pilot is tried with test data before anything is recognised. Its rules
// stand in the annex beside the others, marked pilot, always with an end. No
// answer about a real status looks at them: only a query that says Pilot does,
// and that one looks at nothing else. A reader that does not know the mark
// refuses the annex whole, since it is a member foreign to it.

// piloted reports whether any version has pilot rules for the pair.
func (a *arrangement) piloted(p pair) bool {
	return slices.ContainsFunc(a.versions, func(v *version) bool { return len(v.pilots[p]) > 0 })
}

// inPilot are the pilot rules in force at an instant by the newest version
// signed by then that speaks of the pair; the version is nil where none has any.
func (a *arrangement) inPilot(p pair, at, known int64) (rules []*Recognition, v *version) {
	for _, w := range a.known(p, known) {
		if a.signedAt(w, p) <= at && (len(w.pilots[p]) > 0 || v != nil) {
			v = w
		}
	}
	if v == nil {
		return nil, nil
	}
	for _, s := range v.pilots[p] {
		if s.from <= at && at < s.until {
			rules = append(rules, s.rule)
		}
	}
	return rules, v
}

// evaluatePilot answers a query about test data.
func (a *arrangement) evaluatePilot(p pair, q Query, at, known int64) Outcome {
	rules, v := a.inPilot(p, at, known)
	if v == nil {
		return Outcome{Failure: NoArrangement}
	}
	o := Outcome{Annex: v.annex, Freshness: v.freshness()}
	ended, early := a.ended(p, at, known, v.annex.Termination.NoticeDays)
	switch {
	case ended:
		o.Failure, o.EarlyEnd = Ended, early
	case len(rules) == 0 && slices.ContainsFunc(v.pilots[p], func(s span) bool { return at < s.from }):
		o.Failure = NotYetInEffect
	case len(rules) == 0:
		o.Failure = Ended
	case a.suspended(p, at, known):
		o.Failure = SuspendedArrangement
	default:
		o.Matches, o.Failure = match(rules, q)
	}
	return o
}

func cmpPair(p, q Pair) int { return cmp.Or(cmp.Compare(p.By, q.By), cmp.Compare(p.Of, q.Of)) }
