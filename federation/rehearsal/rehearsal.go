// Package rehearsal judges declaration lines of the past by a draft of an
// arrangement and by today's rule, and says what would change: before anybody
// signs. It decides by the same verifier and the same matching as a verdict does,
// so what it foretells is what will be.
//
// A line is judged in two steps. Which statuses the trader held on the day of the
// line is asked of the trust bundle (signed directories, and lists where a partner
// has no node); whom no list or directory names cannot be rehearsed. Whether such a
// status is recognised is then asked twice: by the rules in force now, and by the
// draft as if all its rules had begun.
//
// The package is pure and its report depends on its input alone.
package rehearsal

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/mra"
)

// What a draft changes for a line.
const (
	Newly   = "newly_recognised"
	Lost    = "lost"
	Still   = "still_recognised"
	Not     = "still_not_recognised"
	Unknown = "cannot_tell" // nobody lists the trader, or its status is not known
)

// changes in the order in which people want to read them.
var changes = []string{Newly, Lost, Still, Not, Unknown}

// A Report is what a draft would change: aeo.rehearsal/1.
type Report struct {
	Schema   string    `json:"schema"`
	MRA      string    `json:"mra"`
	Version  int64     `json:"version"`
	SHA256   string    `json:"sha256"`
	By       string    `json:"by"`    // the territory that recognises
	Today    int64     `json:"today"` // the instant of today's rule, Unix seconds
	From     string    `json:"from"`  // first and last date of the lines
	Until    string    `json:"until"`
	Totals   []Count   `json:"totals"` // one for each change
	Groups   []Group   `json:"groups"`
	Problems []Problem `json:"problems"`
}

// A Count is how many lines and traders; Value is in hundredths.
type Count struct {
	Change  string `json:"change"`
	Lines   int    `json:"lines"`
	Traders int    `json:"traders"`
	Value   int64  `json:"value,omitzero"`
}

// A Group are the lines that share all that is named here.
type Group struct {
	Count
	Partner   string `json:"partner"`       // territory of the trader
	Type      string `json:"type,omitzero"` // of the status that decided
	Role      string `json:"role,omitzero"` // asked for; empty for any
	Direction string `json:"direction"`     // import or export
	Today     string `json:"today"`         // ok, or the reason why not
	Draft     string `json:"draft"`         // ok, or the reason why not
	As        string `json:"as,omitzero"`   // what the draft recognises it as
}

// A judge has what all lines are judged by.
type judge struct {
	v        *federation.Verifier
	register *mra.Register
	draft    *mra.Document
	by       string
	now      int64
	held     map[asked]*federation.Decision
}

type asked struct{ identifier, date string }

// Rehearse judges lines, whose identifiers are canonical, by a draft that passed
// its own check and to which the bundle's territory is a party. Now, in Unix
// seconds, is the instant of today's rule.
func Rehearse(v *federation.Verifier, draft *mra.Document, lines []Line, now int64) (*Report, error) {
	by := v.Bundle().Manifest().Territory
	if !slices.ContainsFunc(draft.Parties, func(p mra.Party) bool { return p.Territory == by }) {
		return nil, fmt.Errorf("%s, whose bundle this is, is no party of %s", by, draft.ID)
	}
	register, err := v.Bundle().Register()
	if err != nil {
		return nil, err
	}
	j := &judge{v, register, draft, by, now, map[asked]*federation.Decision{}}
	r := &Report{Schema: "aeo.rehearsal/1", MRA: draft.ID, Version: draft.Version, SHA256: draft.SHA256(), By: by, Today: now,
		Groups: []Group{}, Problems: []Problem{}}
	t := &tally{groups: map[Group]*count{}, totals: map[string]*count{}}
	for _, l := range lines {
		if r.From == "" || l.Date < r.From {
			r.From = l.Date
		}
		r.Until = max(r.Until, l.Date)
		t.add(j.line(l), l)
	}
	t.write(r)
	return r, nil
}

// line is the group of a line.
func (j *judge) line(l Line) Group {
	g := Group{Partner: l.Identifier[:min(2, len(l.Identifier))], Role: l.Role, Direction: l.Direction}
	components := components(j.status(l))
	var why federation.Reason
	rank := -1
	for _, d := range components {
		if d.Status != federation.StatusInForce || d.Holder == nil || d.Issuer == nil {
			why = d.Reason
			continue
		}
		if d.Issuer.Territory == j.by {
			return Group{Count: Count{Change: Still}, Partner: j.by, Type: d.Holder.Type, Role: l.Role, Direction: l.Direction, Today: ownWord, Draft: ownWord}
		}
		q := mra.Query{By: j.by, Of: d.Issuer.Territory, Programme: d.Holder.Programme, Type: d.Holder.Type, Held: d.Holder.Roles,
			Role: l.Role, Direction: l.Direction, At: time.Unix(j.now, 0).UTC(), Listed: d.Basis == federation.List}
		today, then := j.register.Rehearse(j.draft, q)
		if n := 2*reach(then) + reach(today); n > rank { // the component that goes furthest decides, as in a verdict
			rank = n
			g.Partner, g.Type, g.Today, g.Draft, g.As = d.Issuer.Territory, d.Holder.Type, word(today), word(then), as(then)
		}
	}
	if rank < 0 {
		g.Today, g.Draft = why.String(), why.String()
		g.Change = Unknown
		if v := why.Verdict(); v == federation.Suspended || v == federation.NotInForce {
			g.Change = Not
		}
		return g
	}
	switch before, after := g.Today == okWord, g.Draft == okWord; {
	case before && after:
		g.Change = Still
	case after:
		g.Change = Newly
	case before:
		g.Change = Lost
	default:
		g.Change = Not
	}
	return g
}

const (
	okWord  = "ok"
	ownWord = "own_programme" // granted here: no arrangement is asked
)

func word(o mra.Outcome) string { return cmp.Or(string(o.Failure), okWord) }

func reach(o mra.Outcome) int {
	order := []mra.Failure{mra.NoArrangement, mra.NotYetInEffect, mra.Ended, mra.SuspendedArrangement, mra.Type, mra.Role, mra.Direction, mra.OK}
	return slices.Index(order, o.Failure)
}

func as(o mra.Outcome) string {
	if len(o.Matches) == 0 {
		return ""
	}
	return o.Matches[0].As
}

// status is what the bundle says of the trader on the day of the line, at its
// noon in UTC, which is that day nearly everywhere.
func (j *judge) status(l Line) *federation.Decision {
	key := asked{l.Identifier, l.Date}
	d := j.held[key]
	if d == nil {
		day, _ := time.Parse(time.DateOnly, l.Date) // Read has checked it
		at := day.Unix() + 12*3600
		if at > j.now && day.Unix() <= j.now {
			at = j.now
		}
		d = j.v.Lookup(l.Identifier, federation.Question{At: at, Now: j.now, StatusOnly: true})
		j.held[key] = d
	}
	return d
}

func components(d *federation.Decision) []*federation.Decision {
	if len(d.Components) > 0 {
		return d.Components
	}
	return []*federation.Decision{d}
}

// A count counts lines of one group, and each trader once.
type count struct {
	lines   int
	value   int64
	traders map[string]bool
}

func (c *count) add(l Line) {
	c.lines++
	c.value += l.Value // at most 10^15 each, and half a million of them
	c.traders[l.Identifier] = true
}

type tally struct {
	groups map[Group]*count
	totals map[string]*count
}

func (t *tally) add(g Group, l Line) {
	if t.groups[g] == nil {
		t.groups[g] = &count{traders: map[string]bool{}}
	}
	if t.totals[g.Change] == nil {
		t.totals[g.Change] = &count{traders: map[string]bool{}}
	}
	t.groups[g].add(l)
	t.totals[g.Change].add(l)
}

func (t *tally) write(r *Report) {
	for _, change := range changes {
		one := Count{Change: change}
		if c := t.totals[change]; c != nil {
			one.Lines, one.Traders, one.Value = c.lines, len(c.traders), c.value
		}
		r.Totals = append(r.Totals, one)
	}
	for g, c := range t.groups {
		g.Lines, g.Traders, g.Value = c.lines, len(c.traders), c.value
		r.Groups = append(r.Groups, g)
	}
	slices.SortFunc(r.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(slices.Index(changes, a.Change), slices.Index(changes, b.Change)), cmp.Compare(a.Partner, b.Partner),
			cmp.Compare(a.Type, b.Type), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Direction, b.Direction),
			cmp.Compare(a.Today, b.Today), cmp.Compare(a.Draft, b.Draft), cmp.Compare(a.As, b.As))
	})
}
