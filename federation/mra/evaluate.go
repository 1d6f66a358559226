package mra

import (
	"math"
	"slices"
	"time"
)

// A Query asks whether By recognises a status issued in Of.
type Query struct {
	By, Of, Programme, Type string
	Held                    []string  // roles the credential discloses
	Role                    string    // asked for; empty for any
	Direction               string    // import or export, seen from By; empty for any
	Listed                  bool      // the holder stands in a list of Of's that By imported, and nowhere else
	At                      time.Time // the instant asked about
	KnownBy                 time.Time // only what was signed by then counts; zero for all that is known
	Pilot                   bool      // about test data: only the rules of a pilot count, and no others
}

// A Failure is the first rule that failed, in this order.
type Failure string

// The failures. OK is none.
const (
	OK                   Failure = ""
	NoArrangement        Failure = "no_arrangement"        // no document recognises Of by By at all
	NotYetInEffect       Failure = "not_yet_in_effect"     // all recognitions of the pair begin later
	Ended                Failure = "ended"                 // by notice of either side, or by their dates
	SuspendedArrangement Failure = "suspended_arrangement" // by either side
	Type                 Failure = "type"                  // no rule in force for programme and type
	Role                 Failure = "role"                  // the role is not held, or in no such rule
	Direction            Failure = "direction"             // no such rule for the direction
)

// failures are in the order in which the rules are tried.
func failures() []Failure {
	return []Failure{NoArrangement, NotYetInEffect, Ended, SuspendedArrangement, Type, Role, Direction, OK}
}

// An Outcome is the answer.
type Outcome struct {
	Failure   Failure
	Annex     *Annex // the version considered; nil with NoArrangement
	Matches   []Match
	Freshness Freshness
	EarlyEnd  bool // the notice that ended it came later than notice_days before
	End       *End // when it ended or, within 30 days, will; nil where it did not, or was not recognised by then
}

// A Match is one role and direction that is recognised.
type Match struct {
	Role, Direction, As string
	Benefits            []string
	Rule                *Recognition
}

// Evaluate answers a query. Where several arrangements cover the pair, say one
// between the two and one of a whole region, the one that goes furthest
// counts: a holder may rely on any.
func (r *Register) Evaluate(q Query) Outcome {
	if q.Listed {
		return r.evaluateAlone(q)
	}
	best, by := furthest(r.arrangements, q)
	if by != nil && !q.Pilot {
		best.End = r.end(best, by, q)
	}
	return best
}

// furthest is the best answer of arrangements and which gives it; nil where none
// speaks of the pair.
func furthest(arrangements []*arrangement, q Query) (best Outcome, by *arrangement) {
	best = Outcome{Failure: NoArrangement, Freshness: DefaultFreshness()}
	for _, a := range arrangements {
		if o := a.evaluate(q); o.furtherThan(best) {
			best, by = o, a
		}
	}
	return best, by
}

func (o Outcome) furtherThan(p Outcome) bool {
	order := failures()
	reached, other := slices.Index(order, o.Failure), slices.Index(order, p.Failure)
	return reached > other || reached == other && len(o.Matches) > len(p.Matches)
}

func (a *arrangement) evaluate(q Query) Outcome {
	if a.zones[q.By] == nil {
		return Outcome{Failure: NoArrangement}
	}
	p, at, known := pair{q.By, q.Of}, q.At.Unix(), int64(math.MaxInt64)
	if !q.KnownBy.IsZero() {
		known = q.KnownBy.Unix()
	}
	if q.Pilot {
		return a.evaluatePilot(p, q, at, known)
	}
	v, failure := a.governing(p, at, known)
	if v == nil {
		return Outcome{Failure: failure}
	}
	o := Outcome{Failure: failure, Annex: v.annex, Freshness: v.freshness()}
	if failure != OK {
		return o
	}
	rules := v.inForce(p, at)
	ended, early := a.ended(p, at, known, v.annex.Termination.NoticeDays)
	switch {
	case ended:
		o.Failure, o.EarlyEnd = Ended, early
	case len(rules) == 0:
		o.Failure = Ended
	case a.suspended(p, at, known):
		o.Failure = SuspendedArrangement
	default:
		o.Matches, o.Failure = match(rules, q)
	}
	return o
}

// governing finds the newest version, of those known, whose word on the pair
// has begun. A version that dropped the pair speaks from the day it was signed.
func (a *arrangement) governing(p pair, at, known int64) (*version, Failure) {
	var newest *version // that has rules for the pair
	versions := a.known(p, known)
	for i, v := range slices.Backward(versions) {
		begins, has := v.begins(p)
		switch {
		case has && newest == nil:
			newest = v
		case !has && !mentioned(versions[:i], p):
			continue
		case !has:
			begins = a.signedAt(v, p)
		}
		if begins <= at {
			return v, OK
		}
	}
	if newest == nil {
		return nil, NoArrangement
	}
	return newest, NotYetInEffect
}

func (a *arrangement) known(p pair, known int64) []*version {
	for i, v := range a.versions {
		if a.signedAt(v, p) > known {
			return a.versions[:i]
		}
	}
	return a.versions
}

// signedAt is when the day of signature begins for the recognising party.
func (a *arrangement) signedAt(v *version, p pair) int64 {
	at, err := a.instant(v.annex.SignedOn, p.by)
	if err != nil {
		return math.MaxInt64 // cannot be: Parse has checked the date
	}
	return at
}

func mentioned(versions []*version, p pair) bool {
	return slices.ContainsFunc(versions, func(v *version) bool { return len(v.rules[p]) > 0 })
}

// begins is when the first rule of the pair takes effect.
func (v *version) begins(p pair) (at int64, has bool) {
	at = math.MaxInt64
	for _, s := range v.rules[p] {
		at = min(at, s.from)
	}
	return at, len(v.rules[p]) > 0
}

func (v *version) inForce(p pair, at int64) []*Recognition {
	var rules []*Recognition
	for _, s := range v.rules[p] {
		if s.from <= at && at < s.until {
			rules = append(rules, s.rule)
		}
	}
	return rules
}

func (v *version) freshness() Freshness {
	if v.annex.Freshness != nil {
		return *v.annex.Freshness
	}
	return DefaultFreshness()
}

// match tries type, role and direction, each among the rules the one before
// left over, and lists what is recognised.
func match(rules []*Recognition, q Query) ([]Match, Failure) {
	typed := slices.DeleteFunc(slices.Clone(rules), func(r *Recognition) bool {
		return r.Programme != q.Programme || r.AuthorisationType != q.Type
	})
	if len(typed) == 0 {
		return nil, Type
	}
	var matches []Match
	failure := Role
	for _, r := range typed {
		for _, role := range r.Roles {
			if q.Role != "" && q.Role != role || !slices.Contains(q.Held, role) {
				continue
			}
			if failure == Role {
				failure = Direction
			}
			for _, direction := range []string{Import, Export} {
				if r.covers(direction) && (q.Direction == "" || q.Direction == direction) {
					matches = append(matches, Match{Role: role, Direction: direction, As: r.As, Benefits: r.Benefits, Rule: r})
				}
			}
		}
	}
	if len(matches) > 0 {
		failure = OK
	}
	return matches, failure
}
