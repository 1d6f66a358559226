package partnerlist

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/listed"
)

// Contradictions are where a list, stated as of a day, contradicts itself or the
// list before it, whose entries last are; lastDay is the day of that one. rows
// says where each entry stands. What is merely news is none: see [Compare].
func Contradictions(entries []listed.Entry, rows []int, statedAsOf string, last []listed.Entry, lastDay string) []Problem {
	var p problems
	before := byKey(last)
	for i := range entries {
		e, row := &entries[i], rows[i]
		for column, day := range map[string]string{colSuspended: e.SuspendedSince, colEnded: e.EndedOn} {
			if day > statedAsOf {
				p.add(row, column, "%s lies after %s, the day of which the list speaks", day, statedAsOf)
			}
		}
		was := before[e.Key()]
		switch {
		case was == nil:
		case was.Status == listed.Ended && e.Status != listed.Ended && e.EffectiveOn <= was.EndedOn:
			p.add(row, colStatus, "%s by the list of %s it ended on %s: what is granted anew takes effect after that", e.Key(), lastDay, was.EndedOn)
		case was.Status == listed.Ended && e.Status == listed.Ended && e.EndedOn != was.EndedOn:
			p.add(row, colEnded, "%s, by the list of %s it was %s", e.EndedOn, lastDay, was.EndedOn)
		case was.Status != listed.Ended && e.EffectiveOn != was.EffectiveOn:
			p.add(row, colEffective, "%s, by the list of %s it was %s and had not ended", e.EffectiveOn, lastDay, was.EffectiveOn)
		}
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int { return a.Row - b.Row })
	return p.all()
}

func byKey(entries []listed.Entry) map[string]*listed.Entry {
	out := make(map[string]*listed.Entry, len(entries))
	for i := range entries {
		out[entries[i].Key()] = &entries[i]
	}
	return out
}

// The kinds of differences between a register and what another holds of it.
const (
	EndedThere     = "ended"         // the register ended it, the copy still has it
	SuspendedThere = "suspended"     // the register suspended it, the copy has it in force
	EndedInCopy    = "ended_in_copy" // the register suspended it, the copy has it ended
	InForceThere   = "in_force"      // in force in the register, and not in the copy
	Lacking        = "lacking"       // in the register, not in the copy
	Unknown        = "unknown"       // in the copy, and the register never had it
	NotReleased    = "not_released"  // in the copy though the holder is not released for it
	NameDiffers    = "name_differs"  // case, white space and composition of characters aside
	RolesDiffer    = "roles_differ"
	DateDiffers    = "date_differs" // of taking effect
)

// Kinds are all of them, in the order they are told.
func Kinds() []string {
	return []string{EndedThere, SuspendedThere, EndedInCopy, InForceThere, Lacking, Unknown, NotReleased, NameDiffers, RolesDiffer, DateDiffers}
}

// A Difference is one authorisation on which register and copy differ.
type Difference struct {
	Kind              string `json:"kind"`
	Identifier        string `json:"identifier"`
	AuthorisationType string `json:"authorisation_type"`
	Register          string `json:"register"` // what it says there; "" where it does not
	Copy              string `json:"copy"`     // what it says in the copy
}

// Compare lists the differences between a register and a copy of it, by
// identifier. shared says which of the register's entries the holder of the copy
// ought to have; nil for all.
func Compare(register, copied []listed.Entry, shared func(*listed.Entry) bool) []Difference {
	out := []Difference{}
	seen := byKey(copied)
	known := byKey(register)
	for i := range register {
		out = append(out, differences(&register[i], seen[register[i].Key()], shared == nil || shared(&register[i]))...)
	}
	for i := range copied {
		if e := &copied[i]; known[e.Key()] == nil {
			out = append(out, Difference{Unknown, e.Identifier, e.AuthorisationType, "", e.Status})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int {
		return strings.Compare(a.Identifier+" "+a.AuthorisationType+" "+a.Kind, b.Identifier+" "+b.AuthorisationType+" "+b.Kind)
	})
	return out
}

func differences(r, c *listed.Entry, shared bool) (out []Difference) {
	differ := func(kind, register, copied string) {
		out = append(out, Difference{kind, r.Identifier, r.AuthorisationType, register, copied})
	}
	switch {
	case c == nil && shared && r.Status != listed.Ended:
		differ(Lacking, r.Status, "")
		return out
	case c == nil:
		return nil
	case !shared && c.Status != listed.Ended:
		differ(NotReleased, "", c.Status)
		return out
	case r.Status == listed.Ended && c.Status == listed.Ended:
		return nil
	case r.Status == listed.Ended:
		differ(EndedThere, r.Status+" "+r.EndedOn, c.Status)
		return out
	case r.Status == listed.InForce && c.Status != listed.InForce:
		differ(InForceThere, r.Status, c.Status)
	case r.Status == listed.Suspended && c.Status == listed.InForce:
		differ(SuspendedThere, r.Status+" "+r.SuspendedSince, c.Status)
	case r.Status == listed.Suspended && c.Status == listed.Ended:
		differ(EndedInCopy, r.Status+" "+r.SuspendedSince, c.Status+" "+c.EndedOn)
	}
	if federation.FoldName(r.Name) != federation.FoldName(c.Name) {
		differ(NameDiffers, r.Name, c.Name)
	}
	if a, b := sorted(r.Roles), sorted(c.Roles); a != b {
		differ(RolesDiffer, a, b)
	}
	if r.EffectiveOn != c.EffectiveOn {
		differ(DateDiffers, r.EffectiveOn, c.EffectiveOn)
	}
	return out
}

func sorted(roles []string) string { return strings.Join(slices.Sorted(slices.Values(roles)), "; ") }

// words are the kinds in words where we keep the register, and where they do.
var words = map[string][2]string{
	EndedThere:     {"we ended and they still have", "they ended and we still have"},
	SuspendedThere: {"we suspended and they have in force", "they suspended and we have in force"},
	EndedInCopy:    {"we suspended and they ended", "they suspended and we ended"},
	InForceThere:   {"in force here and not there", "in force there and not here"},
	Lacking:        {"they lack", "we lack"},
	Unknown:        {"they have and we do not", "we have and they do not"},
	NotReleased:    {"they have and may not: the holder is not released", "we have and may not"},
	NameDiffers:    {"names differ", "names differ"},
	RolesDiffer:    {"differ in roles", "differ in roles"},
	DateDiffers:    {"differ in when they took effect", "differ in when they took effect"},
}

// Word says a kind in words, about our holders or theirs.
func Word(kind string, ours bool) string {
	if ours {
		return words[kind][0]
	}
	return words[kind][1]
}

// Summary says in words how many differences there are of each kind: "3 we ended
// and they still have, 5 they lack, 2 names differ".
func Summary(differences []Difference, ours bool) string {
	count := map[string]int{}
	for _, d := range differences {
		count[d.Kind]++
	}
	var parts []string
	for _, kind := range Kinds() {
		if count[kind] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[kind], Word(kind, ours)))
		}
	}
	if len(parts) == 0 {
		return "nothing differs"
	}
	return strings.Join(parts, ", ")
}
