package mra

import (
	"math"
	"time"
)

// soon is how far ahead of an instant a known end is told, in seconds.
const soon = 30 * day

// An End is when recognition ends, or ended, that would otherwise be good. Goods
// may be under way on that day, so whoever decides about them needs to know it
// and what the parties agreed on (termination.in_transit, date_basis).
type End struct {
	At        int64  // Unix seconds
	On        string // the date of it, of the recognising party
	InTransit string // honour or stop
	DateBasis string // the date that counts: acceptance, arrival, loading
}

// end is when what arrangement a answers about ended, if it was recognised until
// then, or that it will soon; nil where neither, or where another arrangement or
// rule goes on.
func (r *Register) end(o Outcome, a *arrangement, q Query) *End {
	p, at, known := pair{q.By, q.Of}, q.At.Unix(), int64(math.MaxInt64)
	if !q.KnownBy.IsZero() {
		known = q.KnownBy.Unix()
	}
	var end int64
	switch o.Failure {
	case OK:
		if end = a.nextEnd(p, o.Matches, at, known); end == 0 || end-at > soon {
			return nil
		}
		q.At = time.Unix(end, 0)
		if then, _ := furthest(r.arrangements, q); then.Failure == OK || then.Failure == SuspendedArrangement {
			return nil
		}
	case Ended, Type, Role, Direction: // where rules for others go on, those are the answer
		if end = a.lastEnd(p, q, at, known); end == 0 {
			return nil
		}
		q.At = time.Unix(end-1, 0)
		if o = a.evaluate(q); o.Failure != OK {
			return nil
		}
	default:
		return nil
	}
	return &End{end, a.dateOf(end, p), o.Annex.Termination.InTransit, o.Matches[0].Rule.DateBasis}
}

// nextEnd is the first instant after at on which a notice or its dates may end
// what matched; 0 where none is known.
func (a *arrangement) nextEnd(p pair, matches []Match, at, known int64) int64 {
	next := int64(math.MaxInt64)
	for _, n := range a.notices {
		if n.Act == ActEnd && n.Iat <= known && n.From > at && n.touches(p) {
			next = min(next, n.From)
		}
	}
	for _, m := range matches {
		if m.Rule.Until == "" {
			continue
		}
		if until, err := a.instant(m.Rule.Until, p.by); err == nil && until > at {
			next = min(next, until)
		}
	}
	if next == math.MaxInt64 {
		return 0
	}
	return next
}

// lastEnd is the instant up to at since which nothing of the pair, programme and
// type is recognised: its first end by notice, or else the last by dates or by
// being left out.
func (a *arrangement) lastEnd(p pair, q Query, at, known int64) (end int64) {
	for _, n := range a.inEffect(p, at, known) {
		if n.Act == ActEnd && (end == 0 || n.From < end) {
			end = n.From
		}
	}
	if end > 0 {
		return end
	}
	for _, v := range a.known(p, known) {
		if signed := a.signedAt(v, p); len(v.rules[p]) == 0 && signed <= at {
			end = max(end, signed)
		}
		for _, s := range v.rules[p] {
			if s.until <= at && s.rule.Programme == q.Programme && s.rule.AuthorisationType == q.Type {
				end = max(end, s.until)
			}
		}
	}
	return end
}
