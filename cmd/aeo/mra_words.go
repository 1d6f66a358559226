package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/registry"
)

// soon is how far ahead a change of an arrangement is worth a warning.
const soon = 30 // days

// bearing is how an arrangement stands in one line: what holds for all ordered
// pairs, or for each, or where they are many, for how many; without pairs, what
// we recognise alone.
func bearing(s *registry.Arrangement) string {
	if len(s.Pairs) == 0 && s.Alone != nil {
		return "by us alone: " + aloneWords(s.Alone)
	}
	var phrases []string
	pairs := map[string][]string{}
	for _, p := range s.Pairs {
		text := phrase(p, s.At)
		if pairs[text] == nil {
			phrases = append(phrases, text)
		}
		pairs[text] = append(pairs[text], arrow(p.Pair))
	}
	switch {
	case len(phrases) == 0:
		return "recognises nothing"
	case len(phrases) == 1:
		return phrases[0]
	case len(s.Pairs) > 6:
		return manyPairs(s)
	}
	var out []string
	for _, text := range phrases {
		out = append(out, strings.Join(pairs[text], " and ")+" "+text)
	}
	return strings.Join(out, ", ")
}

func manyPairs(s *registry.Arrangement) string {
	count := map[mra.State]int{}
	for _, p := range s.Pairs {
		if p.Now != nil {
			count[p.Now.State]++
		}
	}
	var out []string
	for _, state := range []mra.State{mra.InEffect, mra.Pilot, mra.Signed, mra.Suspended, mra.Terminated} {
		if count[state] > 0 {
			out = append(out, fmt.Sprintf("%s for %d", stateWord(state), count[state]))
		}
	}
	return fmt.Sprintf("%s of %d ordered pairs", strings.Join(out, ", "), len(s.Pairs))
}

// arrow writes an ordered pair: who recognises, and whom.
func arrow(p mra.Pair) string { return p.By + "->" + p.Of }

func stateWord(s mra.State) string { return strings.ReplaceAll(string(s), "_", " ") }

// ruleWord is the state of a rule: the reason a verdict would have, or in effect.
func ruleWord(state string) string {
	if state == "suspended_arrangement" {
		return "suspended"
	}
	return strings.ReplaceAll(state, "_", " ")
}

// phrase is how a pair stands at an instant and what is known to come next.
func phrase(p registry.PairLife, at int64) string {
	i := slices.IndexFunc(p.Life, func(ph mra.Phase) bool { return ph.From > at })
	var next *mra.Phase
	if i >= 0 {
		next = &p.Life[i]
	}
	if p.Now == nil {
		if next == nil {
			return "not agreed"
		}
		return "to be signed " + ahead(next, at)
	}
	now := sinceWords(p.Now)
	if next == nil {
		return now
	}
	if p.Now.State == mra.Signed && next.State == mra.InEffect {
		return "from " + ahead(next, at)
	}
	return now + ", " + nextWords(p.Now.State, next, at)
}

func sinceWords(p *mra.Phase) string {
	switch p.State {
	case mra.Signed:
		return "signed, and no day of entry into effect is agreed"
	case mra.Pilot:
		return "in pilot since " + p.On + ", test data only"
	case mra.Suspended:
		return fmt.Sprintf("suspended since %s by notice of %s", p.On, p.Party)
	case mra.Terminated:
		return "ended " + p.On + endWords(p)
	}
	return "in effect since " + p.On
}

func nextWords(now mra.State, p *mra.Phase, at int64) string {
	when := ahead(p, at)
	switch {
	case p.State == mra.Terminated:
		return "ends " + when + endWords(p)
	case p.State == mra.Suspended:
		return fmt.Sprintf("suspended from %s by notice of %s", when, p.Party)
	case p.State == mra.Pilot:
		return "in pilot from " + when + ", test data only"
	case p.State == mra.InEffect && now == mra.Suspended:
		return "resumes " + when
	case p.State == mra.Signed:
		return "its pilot ends " + when
	}
	return "in effect from " + when
}

// endWords is what ended a pair, and whether it came earlier than agreed.
func endWords(p *mra.Phase) string {
	switch p.Cause {
	case mra.ByNotice:
		text := " by notice of " + p.Party
		if p.Early > 0 {
			text += ", " + counted(int(p.Early), "day") + " earlier than agreed"
		}
		return text
	case mra.ByVersion:
		return fmt.Sprintf(", left out by version %d", p.Version)
	}
	return " by its dates"
}

// ahead is the day of a phase that is to come, and how far off it is.
func ahead(p *mra.Phase, at int64) string {
	return fmt.Sprintf("%s (in %s)", p.On, counted(int((p.From-at+24*hour-1)/(24*hour)), "day"))
}

// attention is what somebody should know or do about an arrangement; grave is
// what will not mend itself.
func attention(s *registry.Arrangement) (notes []string, grave []bool) {
	say := func(bad bool, format string, args ...any) {
		notes, grave = append(notes, fmt.Sprintf(format, args...)), append(grave, bad)
	}
	if review, err := time.Parse(time.DateOnly, s.ReviewOn); err == nil && s.State != mra.Terminated {
		switch left := (review.Unix() - s.At) / (24 * hour); {
		case review.Unix() <= s.At:
			say(true, "%s: its review was due on %s", s.ID, s.ReviewOn)
		case left < soon:
			say(false, "%s: its review is due on %s (in %s)", s.ID, s.ReviewOn, counted(int(left+1), "day"))
		}
	}
	type change struct {
		text string
		bad  bool
	}
	pairs := map[change][]string{}
	var changes []change
	for _, p := range s.Pairs {
		for i, ph := range p.Life {
			if i == 0 || ph.From <= s.At || ph.From-s.At > soon*24*hour {
				continue
			}
			c := change{nextWords(p.Life[i-1].State, &ph, s.At), ph.State == mra.Terminated || ph.State == mra.Suspended}
			if pairs[c] == nil {
				changes = append(changes, c)
			}
			pairs[c] = append(pairs[c], arrow(p.Pair))
		}
	}
	for _, c := range changes {
		who := strings.Join(pairs[c], " and ")
		if n := len(pairs[c]); n > 4 {
			who = counted(n, "ordered pair")
		}
		say(c.bad, "%s: %s %s", s.ID, who, c.text)
	}
	return notes, grave
}

// waiting is what a text that is negotiated waits for.
func waiting(k *registry.Negotiation) string {
	switch k.Waits {
	case registry.WaitsForUs:
		return "negotiating, waits for our signature"
	case registry.WaitsForImport:
		return "signed by all, waits to be imported here"
	}
	return "negotiating, waits for " + strings.Join(k.Missing, " and ")
}
