package mra

import (
	"fmt"
	"slices"
	"strings"
)

// Difference says in words, a line each, what one text of an arrangement changes
// against another: what people compare before they sign an amendment. Nothing
// where they say the same but for version, digest and day of signature.
func Difference(before, after *Document) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	changed := func(what, a, b string) {
		if a != b {
			say("%s: %s, was %s", what, orNone(b), orNone(a))
		}
	}
	differRules(before, after, say)
	differParties(before, after, say, changed)
	changed("freshness", before.freshnessWords(), after.freshnessWords())
	changed("notice of an end", fmt.Sprintf("%d days", before.Termination.NoticeDays), fmt.Sprintf("%d days", after.Termination.NoticeDays))
	changed("goods under way at an end", before.Termination.InTransit, after.Termination.InTransit)
	changed("data shared", strings.Join(before.DataSharing.Fields, ", "), strings.Join(after.DataSharing.Fields, ", "))
	changed("released by", before.DataSharing.ReleaseBasis, after.DataSharing.ReleaseBasis)
	changed("basis that counts", before.DataSharing.Basis, after.DataSharing.Basis)
	changed("retention", before.DataSharing.Retention, after.DataSharing.Retention)
	changed("instrument", before.Instrument.words(), after.Instrument.words())
	changed("review on", before.ReviewOn, after.ReviewOn)
	return out
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (i *Instrument) words() string {
	return strings.Join([]string{i.Title, i.Citation, i.URL, i.SHA256, strings.Join(i.Languages, ", ")}, "; ")
}

func (d *Document) freshnessWords() string {
	f := DefaultFreshness()
	if d.Freshness != nil {
		f = *d.Freshness
	}
	return fmt.Sprintf("target %d s, warn after %d s, honour until %d s", f.Target, f.WarnAfter, f.HonourUntil)
}

func differParties(before, after *Document, say func(string, ...any), changed func(what, a, b string)) {
	for i := range after.Parties {
		q := &after.Parties[i]
		p := before.party(q.Territory)
		if p == nil {
			say("%s becomes a party", q.Territory)
			continue
		}
		changed(q.Territory+" entity id", p.EntityID, q.EntityID)
		changed(q.Territory+" time zone", p.TimeZone, q.TimeZone)
		changed(q.Territory+" contacts", p.Contacts.Mailbox+", "+p.Contacts.DutyPhone, q.Contacts.Mailbox+", "+q.Contacts.DutyPhone)
		changed(q.Territory+" signs as", p.Signatory.Function+", "+p.Signatory.Mandate, q.Signatory.Function+", "+q.Signatory.Mandate)
		changed(q.Territory+" root keys", p.rootWords(), q.rootWords())
	}
	for i := range before.Parties {
		if t := before.Parties[i].Territory; after.party(t) == nil {
			say("%s is no longer a party", t)
		}
	}
}

func (p *Party) rootWords() string {
	var kids []string
	for _, k := range p.Root {
		if k != nil {
			kids = append(kids, k.KID())
		}
	}
	slices.Sort(kids)
	return strings.Join(kids, ", ")
}

// differRules pairs rules that begin on one day under one key; what is left over
// was added or taken out.
func differRules(before, after *Document, say func(string, ...any)) {
	matched := map[int]bool{}
	for i := range after.Recognitions {
		r := &after.Recognitions[i]
		j := slices.IndexFunc(before.Recognitions, func(q Recognition) bool { return sameRule(&q, r) })
		for j >= 0 && matched[j] { // the next of that key
			next := slices.IndexFunc(before.Recognitions[j+1:], func(q Recognition) bool { return sameRule(&q, r) })
			if next < 0 {
				j = -1
			} else {
				j += 1 + next
			}
		}
		if j < 0 {
			say("new: %s", r.words())
			continue
		}
		matched[j] = true
		for _, c := range before.Recognitions[j].changes(r) {
			say("%s recognises %s of %s from %s: %s", r.By, r.AuthorisationType, r.Of, r.From, c)
		}
	}
	for j := range before.Recognitions {
		if !matched[j] {
			say("taken out: %s", before.Recognitions[j].words())
		}
	}
}

func sameRule(q, r *Recognition) bool {
	return q.By == r.By && q.Of == r.Of && q.Programme == r.Programme && q.AuthorisationType == r.AuthorisationType &&
		q.Pilot == r.Pilot && q.From == r.From && q.Direction == r.Direction
}

func (r *Recognition) words() string {
	text := fmt.Sprintf("%s recognises %s of %s (%s) for %s, %s, as %s, from %s", r.By, r.AuthorisationType, r.Of, r.Programme,
		strings.Join(r.Roles, " and "), r.Direction, r.As, r.From)
	if r.Until != "" {
		text += " until " + r.Until
	}
	if r.Pilot {
		text += ", as a pilot"
	}
	return text
}

// changes are what differs between two rules of one key and day.
func (r *Recognition) changes(q *Recognition) []string {
	var out []string
	for _, c := range []struct{ what, before, after string }{
		{"roles", strings.Join(r.Roles, ", "), strings.Join(q.Roles, ", ")},
		{"as", r.As, q.As},
		{"until", r.Until, q.Until},
		{"applies when", r.AppliesWhen, q.AppliesWhen},
		{"date that counts", r.DateBasis, q.DateBasis},
		{"benefits", strings.Join(r.Benefits, ", "), strings.Join(q.Benefits, ", ")},
		{"number in declarations", r.IDRendering.words(), q.IDRendering.words()},
		{"declaration hint", r.DeclarationHint.words(), q.DeclarationHint.words()},
	} {
		if c.before != c.after {
			out = append(out, fmt.Sprintf("%s %s, was %s", c.what, orNone(c.after), orNone(c.before)))
		}
	}
	return out
}

func (h *Hint) words() string {
	if h == nil {
		return ""
	}
	return strings.Join([]string{h.Element, h.Code, h.Text}, " / ")
}

func (i *IDRendering) words() string {
	if i == nil {
		return ""
	}
	words := []string{i.Scheme, "to", i.To + ":"}
	for _, op := range i.Ops {
		words = append(words, op.Op)
		if op.Text != "" {
			words = append(words, op.Text)
		}
		if op.Width != 0 {
			words = append(words, fmt.Sprint(op.Width))
		}
	}
	return strings.Join(words, " ")
}
