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

// tellEnd puts into an outcome when what was asked about ended, if it was
// recognised until then, or that it will soon.
func (a *arrangement) tellEnd(o *Outcome, q Query) {
	p, at, known := pair{q.By, q.Of}, q.At.Unix(), int64(math.MaxInt64)
	if !q.KnownBy.IsZero() {
		known = q.KnownBy.Unix()
	}
	var end int64
	before := *o
	switch o.Failure {
	case OK:
		if end = a.nextEnd(p, o.Matches, at, known); end == 0 || end-at > soon {
			return
		}
		if q.At = time.Unix(end, 0); a.evaluate(q).Failure != Ended {
			return // another rule goes on
		}
	case Ended:
		if end = a.lastEnd(p, at, known); end == 0 {
			return
		}
		q.At = time.Unix(end-1, 0)
		if before = a.evaluate(q); before.Failure != OK {
			return
		}
	default:
		return
	}
	o.End = &End{end, a.dateOf(end, p), before.Annex.Termination.InTransit, before.Matches[0].Rule.DateBasis}
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

// lastEnd is the instant up to at since which nothing of the pair is recognised:
// its first end by notice, or else the last by dates or by being left out.
func (a *arrangement) lastEnd(p pair, at, known int64) (end int64) {
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
			if s.until <= at {
				end = max(end, s.until)
			}
		}
	}
	return end
}
