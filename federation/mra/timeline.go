package mra

const day = 24 * 3600

// inEffect are the notices about a pair that were issued by known and have
// taken effect by at, each party's in its order.
func (a *arrangement) inEffect(p pair, at, known int64) []*SignedNotice {
	var notices []*SignedNotice
	for _, n := range a.notices {
		if n.Iat <= known && n.From <= at && n.touches(p) {
			notices = append(notices, n)
		}
	}
	return notices
}

// ended reports whether either side has ended recognition of the pair, and
// whether the notice that did so first gave less time than was agreed.
func (a *arrangement) ended(p pair, at, known, noticeDays int64) (ended, early bool) {
	var from int64
	for _, n := range a.inEffect(p, at, known) {
		if n.Act != ActEnd {
			continue
		}
		short := n.From-n.Iat < noticeDays*day
		switch {
		case !ended || n.From < from:
			ended, early, from = true, short, n.From
		case n.From == from:
			early = early && short
		}
	}
	return ended, early
}

// suspended reports whether the last word in effect of either side is a
// suspension. A resumption lifts the party's own suspension only.
func (a *arrangement) suspended(p pair, at, known int64) bool {
	last := map[string]bool{}
	for _, n := range a.inEffect(p, at, known) {
		last[n.Party] = n.Act == ActSuspend
	}
	return last[p.by] || last[p.of]
}
