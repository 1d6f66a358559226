package mra

import (
	"math"
	"slices"
	"time"
)

// A State is where an ordered pair stands in the life of an arrangement.
type State string

// The states. Negotiating is that of a text not all parties have signed: a
// register never holds one, so it touches no answer of [Register.Evaluate].
const (
	Negotiating State = "negotiating"
	Signed      State = "signed"     // by all; no rule of the pair has begun
	Pilot       State = "pilot"      // rules for test data alone
	InEffect    State = "in_effect"  // some rule of the pair is in force
	Suspended   State = "suspended"  // by notice of either side
	Terminated  State = "terminated" // by notice, by the dates, or left out by a later version
)

// Values are all states.
func (State) Values() []State {
	return []State{Negotiating, Signed, Pilot, InEffect, Suspended, Terminated}
}

// A Phase is a stretch of the life of an ordered pair in one state.
type Phase struct {
	State   State  `json:"state"`
	From    int64  `json:"from"`                  // Unix seconds
	Until   int64  `json:"until,omitzero"`        // Unix seconds; 0 = as far as is known now
	Version int64  `json:"version"`               // that governs where it begins
	Party   string `json:"party,omitzero"`        // whose notice brought it about
	Early   int64  `json:"early_days,omitzero"`   // how much less notice than agreed was given of the end, in days, rounded up
	Notice  int64  `json:"notice_seq,omitzero"`   // the number of that notice
	Cause   string `json:"caused_by"`             // signature, dates, notice, version
	On      string `json:"effective_on,omitzero"` // From as a date of the recognising party
}

// What brings a phase about.
const (
	BySignature = "signature"
	ByDates     = "dates"
	ByNotice    = "notice"
	ByVersion   = "version" // a later version leaves the pair out
)

// A Pair is ordered: By recognises the status of Of.
type Pair struct {
	By string `json:"by"`
	Of string `json:"of"`
}

// Pairs are the ordered pairs any version of an arrangement speaks about, by territory.
func (r *Register) Pairs(id string) []Pair {
	a := r.arrangement(id)
	if a == nil {
		return nil
	}
	var out []Pair
	for by := range a.zones {
		for of := range a.zones {
			if p := (pair{by, of}); mentioned(a.versions, p) || a.piloted(p) {
				out = append(out, Pair{by, of})
			}
		}
	}
	slices.SortFunc(out, func(p, q Pair) int { return cmpPair(p, q) })
	return out
}

// Life is what an ordered pair went through and, as far as is known, will go
// through, in order and without gaps from the day the first version that speaks
// of it was signed. Nil where none does.
func (r *Register) Life(id string, p Pair) []Phase {
	a := r.arrangement(id)
	if a == nil {
		return nil
	}
	own := pair{p.By, p.Of}
	var life []Phase
	for _, at := range a.turns(own) {
		next := a.phase(own, at)
		if next.State == "" {
			continue
		}
		if n := len(life); n > 0 {
			if life[n-1].State == next.State {
				continue
			}
			life[n-1].Until = at
		}
		next.From, next.On = at, a.dateOf(at, own)
		life = append(life, next)
	}
	return life
}

// State is the phase of an ordered pair at an instant; false before the first.
func (r *Register) State(id string, p Pair, at time.Time) (Phase, bool) {
	for _, phase := range slices.Backward(r.Life(id, p)) {
		if phase.From <= at.Unix() {
			return phase, true
		}
	}
	return Phase{}, false
}

// turns are the instants at which the state of a pair can change, in order.
func (a *arrangement) turns(p pair) []int64 {
	var at []int64
	for _, v := range a.versions {
		at = append(at, a.signedAt(v, p))
		for _, s := range slices.Concat(v.rules[p], v.pilots[p]) {
			at = append(at, s.from)
			if s.until != math.MaxInt64 {
				at = append(at, s.until)
			}
		}
	}
	for _, n := range a.notices {
		if n.touches(p) {
			at = append(at, n.From)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// phase is how the pair stands at an instant, by all that is known.
func (a *arrangement) phase(p pair, at int64) Phase {
	v, failure := a.governing(p, at, math.MaxInt64)
	signed := a.signedBy(p, at)
	out := Phase{State: Signed, Cause: BySignature}
	switch {
	case failure == OK:
		out.Version = v.annex.Version
	case signed != nil:
		out.Version = signed.annex.Version
	default:
		return Phase{}
	}
	if n, early := a.firstEnd(p, at, out.Version); n != nil {
		out.State, out.Cause, out.Party, out.Notice, out.Early = Terminated, ByNotice, n.Party, n.Seq, early
		return out
	}
	if n := a.suspension(p, at); n != nil {
		out.State, out.Cause, out.Party, out.Notice = Suspended, ByNotice, n.Party, n.Seq
		return out
	}
	switch pilots, _ := a.inPilot(p, at, math.MaxInt64); {
	case failure == OK && len(v.inForce(p, at)) > 0:
		out.State, out.Cause = InEffect, ByDates
	case len(pilots) > 0:
		out.State, out.Cause = Pilot, ByDates
	case failure == OK && len(v.rules[p]) == 0:
		out.State, out.Cause = Terminated, ByVersion
	case failure == OK:
		out.State, out.Cause = Terminated, ByDates
	}
	return out
}

// signedBy is the newest version that speaks of the pair and was signed by then.
func (a *arrangement) signedBy(p pair, at int64) *version {
	var newest *version
	for _, v := range a.versions {
		if a.signedAt(v, p) <= at && len(v.rules[p])+len(v.pilots[p]) > 0 {
			newest = v
		}
	}
	return newest
}

// firstEnd is the notice in effect that ended the pair first, and by how many
// days it came short of what the version agreed on.
func (a *arrangement) firstEnd(p pair, at, governs int64) (first *SignedNotice, early int64) {
	for _, n := range a.inEffect(p, at, math.MaxInt64) {
		if n.Act == ActEnd && (first == nil || n.From < first.From) {
			first = n
		}
	}
	if first == nil {
		return nil, 0
	}
	agreed := a.versions[governs-1].annex.Termination.NoticeDays * day
	if short := agreed - (first.From - first.Iat); short > 0 {
		early = (short + day - 1) / day
	}
	return first, early
}

// suspension is the oldest notice that keeps the pair suspended; nil where none does.
func (a *arrangement) suspension(p pair, at int64) *SignedNotice {
	last := map[string]*SignedNotice{}
	for _, n := range a.inEffect(p, at, math.MaxInt64) {
		switch {
		case n.Act != ActSuspend:
			delete(last, n.Party)
		case last[n.Party] == nil:
			last[n.Party] = n
		}
	}
	by, of := last[p.by], last[p.of]
	if by == nil || of != nil && of.From < by.From {
		return of
	}
	return by
}

// dateOf is the date that calendars of the recognising party show at an instant.
func (a *arrangement) dateOf(at int64, p pair) string {
	return time.Unix(at, 0).In(a.zones[p.by]).Format(time.DateOnly)
}

// RuleStates is how each rule of an annex in the register stands at an instant,
// in the words of [Failure], with in_effect, pilot, and replaced for a rule of a
// version that no longer governs its pair.
func (r *Register) RuleStates(annex *Annex, at time.Time) []string {
	a := r.arrangement(annex.ID)
	var out []string
	for i := range annex.Recognitions {
		out = append(out, a.ruleState(annex, &annex.Recognitions[i], at.Unix()))
	}
	return out
}

func (a *arrangement) ruleState(annex *Annex, rule *Recognition, at int64) string {
	p := pair{rule.By, rule.Of}
	phase := a.phase(p, at)
	from, until := int64(math.MaxInt64), int64(math.MinInt64)
	v := a.versions[annex.Version-1]
	for _, s := range slices.Concat(v.rules[p], v.pilots[p]) {
		if s.rule == rule {
			from, until = s.from, s.until
		}
	}
	switch governs, failure := a.governing(p, at, math.MaxInt64); {
	case phase.State == Terminated && phase.Cause == ByNotice:
		return string(Ended)
	case !rule.Pilot && failure == OK && governs.annex.Version > annex.Version:
		return "replaced"
	case at < from, !rule.Pilot && (failure != OK || governs.annex.Version < annex.Version):
		return string(NotYetInEffect)
	case at >= until:
		return string(Ended)
	case phase.State == Suspended:
		return string(SuspendedArrangement)
	case rule.Pilot:
		return string(Pilot)
	}
	return string(InEffect)
}
