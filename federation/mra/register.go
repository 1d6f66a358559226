package mra

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// A Register holds verified annexes and notices and answers which rule is in
// force. It does not change, so many may ask at once.
type Register struct {
	arrangements []*arrangement // by id
	alone        []*arrangement // what one party declares alone, by id and party
}

// An arrangement is one id's versions and notices.
type arrangement struct {
	id       string
	by       string                    // who declares it alone; "" for an arrangement
	versions []*version                // 1, 2, 3 ...
	zones    map[string]*time.Location // by territory, as the newest version that lists it has it
	notices  []*SignedNotice           // by party, then seq
}

// A version is an annex with its dates turned into instants.
type version struct {
	annex  *Annex
	rules  map[pair][]span
	pilots map[pair][]span // rules for test data
}

// A pair is ordered: by recognises of.
type pair struct{ by, of string }

// A span is a rule and the instants, in Unix seconds, from and until which it is in force.
type span struct {
	rule        *Recognition
	from, until int64
}

// NewRegister arranges annexes and notices, in any order. Each arrangement must
// have versions 1 to n, all complete, each naming the digest of the one before;
// each party's notices about it must be numbered 1 to n. Signatures of notices
// are the caller's to have verified.
func NewRegister(annexes []*Annex, notices []*SignedNotice) (*Register, error) {
	r := &Register{}
	sorted := slices.SortedFunc(slices.Values(annexes), func(a, b *Annex) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
	for _, annex := range sorted {
		a := r.place(annex)
		if err := a.addVersion(annex); err != nil {
			return nil, fmt.Errorf("%w: %s version %d: %w", ErrAnnex, annex.ID, annex.Version, err)
		}
	}
	numbered := slices.SortedFunc(slices.Values(notices), func(a, b *SignedNotice) int {
		return cmp.Or(cmp.Compare(a.MRA, b.MRA), cmp.Compare(a.Party, b.Party), cmp.Compare(a.Seq, b.Seq))
	})
	for _, n := range numbered {
		rungs := r.rungs(n.MRA, n.Party)
		if len(rungs) == 0 {
			return nil, fmt.Errorf("%w: about %s, of which there is no annex", ErrNotice, n.MRA)
		}
		for _, t := range n.Against {
			if t != Everyone && !slices.ContainsFunc(rungs, func(a *arrangement) bool { return a.zones[t] != nil }) {
				return nil, fmt.Errorf("%w: %s number %d of %s: against %s, which is no party", ErrNotice, n.MRA, n.Seq, n.Party, t)
			}
		}
		for _, a := range rungs {
			if err := a.addNotice(n); err != nil {
				return nil, fmt.Errorf("%w: %s number %d of %s: %w", ErrNotice, n.MRA, n.Seq, n.Party, err)
			}
		}
	}
	return r, nil
}

// Documents are the newest version of each arrangement, by id.
func (r *Register) Documents() []*Annex { return newest(r.arrangements) }

func newest(arrangements []*arrangement) []*Annex {
	var out []*Annex
	for _, a := range arrangements {
		out = append(out, a.versions[len(a.versions)-1].annex)
	}
	return out
}

func (r *Register) arrangement(id string) *arrangement {
	for _, a := range r.arrangements {
		if a.id == id {
			return a
		}
	}
	return nil
}

// place finds or makes the arrangement an annex is a version of.
func (r *Register) place(annex *Annex) *arrangement {
	list := &r.arrangements
	if annex.alone != "" {
		list = &r.alone
	}
	for _, a := range *list {
		if a.id == annex.ID && a.by == annex.alone {
			return a
		}
	}
	a := &arrangement{id: annex.ID, by: annex.alone, zones: map[string]*time.Location{}}
	*list = append(*list, a)
	return a
}

// rungs are what a party's notices about an id touch.
func (r *Register) rungs(id, party string) []*arrangement {
	var out []*arrangement
	if a := r.arrangement(id); a != nil {
		out = append(out, a)
	}
	for _, a := range r.alone {
		if a.id == id && a.by == party {
			out = append(out, a)
		}
	}
	return out
}

// addVersion takes the next version.
func (a *arrangement) addVersion(annex *Annex) error {
	if missing := annex.Missing(); len(missing) > 0 {
		return fmt.Errorf("not signed by %v", missing)
	}
	if next := int64(len(a.versions) + 1); annex.Version != next {
		return fmt.Errorf("want version %d", next)
	}
	if n := len(a.versions); n > 0 {
		before := a.versions[n-1].annex
		if annex.PrevSHA256 != before.SHA256() {
			return fmt.Errorf("prev_sha256 is not the digest of version %d", before.Version)
		}
		if annex.SignedOn < before.SignedOn {
			return fmt.Errorf("signed_on %s, before version %d", annex.SignedOn, before.Version)
		}
	}
	for _, p := range annex.Parties {
		loc, err := zone(p.TimeZone)
		if err != nil {
			return err
		}
		a.zones[p.Territory] = loc
	}
	v, err := a.inInstants(annex)
	if err != nil {
		return err
	}
	a.versions = append(a.versions, v)
	return nil
}

func (a *arrangement) inInstants(annex *Annex) (*version, error) {
	v := &version{annex: annex, rules: map[pair][]span{}, pilots: map[pair][]span{}}
	for i := range annex.Recognitions {
		r := &annex.Recognitions[i]
		from, err := a.instant(r.From, r.By)
		if err != nil {
			return nil, err
		}
		s := span{rule: r, from: from, until: math.MaxInt64}
		if r.Until != "" {
			if s.until, err = a.instant(r.Until, r.By); err != nil {
				return nil, err
			}
		}
		p := pair{r.By, r.Of}
		if r.Pilot {
			v.pilots[p] = append(v.pilots[p], s)
			continue
		}
		v.rules[p] = append(v.rules[p], s)
	}
	return v, nil
}

// instant is when a date begins for a territory that is or was a party.
func (a *arrangement) instant(date, territory string) (int64, error) {
	d, err := parseDate("date", date)
	if err != nil {
		return 0, err
	}
	return startOfDay(d, a.zones[territory]), nil
}

// addNotice takes a party's next notice.
func (a *arrangement) addNotice(n *SignedNotice) error {
	next, iat := int64(1), int64(0)
	if len(a.notices) > 0 {
		if last := a.notices[len(a.notices)-1]; last.Party == n.Party {
			next, iat = last.Seq+1, last.Iat
		}
	}
	switch {
	case n.Seq != next:
		return fmt.Errorf("want number %d", next)
	case n.Iat < iat:
		return fmt.Errorf("iat %d, before number %d", n.Iat, next-1)
	case !a.speaks(n.Party, n.Iss):
		return fmt.Errorf("%.80q is not who speaks for %s in this arrangement", n.Iss, n.Party)
	}
	a.notices = append(a.notices, n)
	return nil
}

// speaks reports whether some version lists the entity as the territory's.
func (a *arrangement) speaks(territory, entityID string) bool {
	return slices.ContainsFunc(a.versions, func(v *version) bool {
		p := v.annex.party(territory)
		return p != nil && p.EntityID == entityID
	})
}
