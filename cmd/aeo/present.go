package main

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
)

// A look is how a verdict is shown: a word and a glyph always, a colour where
// there is one.
type look struct{ word, glyph, sgr string }

// looks are by verdict.
var looks = map[federation.Verdict]look{
	federation.Recognised:     {"RECOGNISED", "✓", "1;32"},
	federation.InForce:        {"IN FORCE", "✓", "1;32"},
	federation.NotRecognised:  {"IN FORCE, NOT RECOGNISED HERE", "○", "1"},
	federation.Suspended:      {"NOT IN FORCE AT PRESENT (SUSPENDED)", "‖", "1;33"},
	federation.NotInForce:     {"NOT IN FORCE", "✗", "1;31"},
	federation.NotAuthentic:   {"NOT AUTHENTIC, OR DAMAGED ON THE WAY", "⚠", "1;7;31"},
	federation.CannotTell:     {"CANNOT TELL", "?", "1;33"},
	federation.NotACredential: {"NOT AN AEO CREDENTIAL", "–", "1"},
}

func lookOf(d *federation.Decision) look {
	if d.Reason == federation.NotListed {
		return look{"NOT LISTED", "?", "1"}
	}
	return looks[d.Verdict]
}

// present shows a decision to a person: the verdict, what is known, what was checked.
func (a *app) present(w io.Writer, d *federation.Decision) {
	l := lookOf(d)
	head := a.painted(l.word+" "+l.glyph, l.sgr)
	if h := d.Holder; h != nil {
		head += "  " + strings.TrimSpace(plain(h.LegalName)+"  "+plain(strings.Join(h.Identifiers, ", ")))
	}
	fmt.Fprintln(w, head)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, f := range facts(d) {
		fmt.Fprintf(t, "  %s\t%s\n", plain(f.label), plain(f.text))
	}
	t.Flush()
	for _, c := range d.Caveats {
		fmt.Fprintf(w, "  ! %s\n", plain(c.Text))
	}
	for n, c := range d.Components {
		fmt.Fprintf(w, "  %s %d. %s: %s\n", lookOf(c).glyph, n+1, plain(typeOf(c)), c.Reason.Text())
	}
	fmt.Fprintf(w, "  %s\n", plain(checked(d)))
}

func (a *app) painted(s, sgr string) string {
	if !a.colour {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}

func typeOf(d *federation.Decision) string {
	if d.Holder == nil {
		return "unknown"
	}
	return d.Holder.Type
}

// A fact is one line below the verdict; there are at most eight.
type fact struct{ label, text string }

func facts(d *federation.Decision) []fact {
	var out []fact
	add := func(label, text string) {
		if text != "" {
			out = append(out, fact{label, text})
		}
	}
	if !d.Verdict.Good() {
		add("meaning", d.Reason.Text())
	}
	if d.Holder != nil { // else it is not known whose status that would be
		add("basis", basis(d))
		add("in "+place(cmp.Or(d.Issuer.DecidedBy, d.Issuer.Authority)), standing(d))
		add(recognition(d))
		add("may bring", benefits(d))
		add("status", confirmed(d))
	}
	add("checked", occasion(d))
	add("ask", whomToAsk(d))
	return out
}

func basis(d *federation.Decision) string {
	switch d.Basis {
	case federation.PresentedCopy:
		return "a copy of the credential: it shows that this company is an AEO, not that its sender is this company"
	case federation.Directory:
		return "the signed public directory of the issuer: compare name and number with your contract"
	case federation.List:
		return "a list of " + place(d.List.Partner) + " of " + d.List.StatedAsOf + ", which came by " + d.List.Channel + " and which nobody there signed"
	}
	return ""
}

// standing is the status where it was granted.
func standing(d *federation.Decision) string {
	by := ""
	if d.Issuer.Name != "" {
		by = " (" + d.Issuer.Name + ")"
		if d.Issuer.DecidedBy != "" {
			by = " (decided by " + d.Issuer.DecidedBy + "; " + d.Issuer.Name + ")"
		}
	}
	since := func(words string) string {
		if d.StatusSince != 0 {
			words += " since " + day(d.StatusSince)
		}
		return words + by
	}
	switch d.Status {
	case federation.StatusInForce:
		if h := d.Holder; d.StatusSince == 0 || h != nil && d.StatusSince <= h.NotBefore && h.EffectiveOn != "" {
			return "in force since " + h.EffectiveOn + by
		}
		return since("in force")
	case federation.Suspended.String():
		return since("suspended")
	case federation.StatusNotInForce:
		if d.Reason == federation.NotYet {
			return "in force only from " + instant(d.Holder.NotBefore) + by
		}
		return since(d.Reason.String())
	}
	return "unknown" + by
}

// recognition is what the status is worth for whom the verdict is.
func recognition(d *federation.Decision) (label, text string) {
	switch d.Recognition {
	case federation.Recognised.String():
		return "in " + place(d.As), scopes(d)
	case federation.OwnProgramme.String():
		return "recognition", "granted under the own programme of " + place(d.As)
	}
	return "", ""
}

// scopes is what is recognised, under which arrangement.
func scopes(d *federation.Decision) string {
	var all []string
	for _, s := range d.RecognisedFor {
		text := fmt.Sprintf("for %s as %s", direction(s.Direction), s.As)
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	text := "recognised " + strings.Join(all, ", ")
	if d.MRA != nil {
		text += fmt.Sprintf(", arrangement %s v%d", d.MRA.ID, d.MRA.Version)
	}
	return text
}

func direction(d string) string {
	if d == mra.Both {
		return "import and export"
	}
	return d
}

func benefits(d *federation.Decision) string {
	var all []string
	for _, s := range d.RecognisedFor {
		for _, b := range s.Benefits {
			if b = strings.ReplaceAll(b, "_", " "); !slices.Contains(all, b) {
				all = append(all, b)
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, ", ") + "; customs may control any consignment"
}

func confirmed(d *federation.Decision) string {
	if d.StatusAsOf == 0 {
		return ""
	}
	text := fmt.Sprintf("confirmed %s by %s", ago(d.Now-d.StatusAsOf), cmp.Or(d.Issuer.Name, d.Issuer.EntityID))
	if d.Cosigned != nil && d.Cosigned.Quorum == bundle.QuorumMet {
		text += ", cosigned by " + strings.Join(cosigners(d), ", ")
	}
	return text
}

// cosigners are the hosts of the administrations whose cosignatures count, each once.
func cosigners(d *federation.Decision) (hosts []string) {
	for _, by := range d.Cosigned.By {
		host, _, _ := strings.Cut(by.Name, "/")
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) > 3 {
		hosts = append(hosts[:2], fmt.Sprintf("%d more", len(hosts)-2))
	}
	return hosts
}

// ago says how long before the check something was.
func ago(seconds int64) string {
	for _, unit := range []struct {
		length int64
		name   string
	}{{24 * 3600, "days"}, {3600, "hours"}, {60, "minutes"}} {
		if seconds >= 2*unit.length {
			return fmt.Sprintf("%d %s ago", seconds/unit.length, unit.name)
		}
	}
	return "just now"
}

func occasion(d *federation.Decision) string {
	text := instant(d.Now) + ", offline"
	if b := d.Bundle; b != nil {
		when := "today"
		if day(b.Iat) != day(d.Now) {
			when = day(b.Iat)
		}
		text += ", bundle of " + when
	}
	if d.At != d.Now {
		text = "about " + instant(d.At) + ", on " + text
		if k := d.KnownThen; k != nil && k.Reason != d.Reason {
			text += fmt.Sprintf("; from what was known then: %s (%s)", k.Verdict, k.Reason)
		}
	}
	return text
}

func whomToAsk(d *federation.Decision) string {
	var parts []string
	for i, c := range d.Contacts {
		if i > 0 {
			parts = append(parts, "at home "+c.Mailbox)
			continue
		}
		parts = append(parts, c.Mailbox)
	}
	return strings.Join(parts, "; ")
}

// checked names the checks that were made, and what was wrong where one failed.
func checked(d *federation.Decision) string {
	var done []string
	detail := ""
	for _, c := range d.Checks {
		switch c.Result {
		case federation.Passed:
			done = append(done, "✓ "+c.ID)
		case federation.Failed:
			done = append(done, "✗ "+c.ID)
			detail = c.Detail
		}
	}
	line := strings.Join(done, " ")
	if detail != "" {
		line += ": " + readable(detail)
	}
	return line
}

// loneInstant is a word of ten digits: in the details of a decision, which
// carry no bare trader numbers, it is an instant in Unix seconds.
var loneInstant = regexp.MustCompile(`(^| )[0-9]{10}\b`)

func readable(detail string) string {
	return loneInstant.ReplaceAllStringFunc(detail, func(s string) string {
		digits := strings.TrimPrefix(s, " ")
		t, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return s
		}
		return strings.TrimSuffix(s, digits) + instant(t)
	})
}
