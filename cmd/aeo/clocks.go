package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	_ "time/tzdata" // a deadline is shown in its authority's own time, whatever this machine has installed

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/deadline"
)

// parseTime reads what the verbs about cases take: a date is one of the authority's
// own calendar, which may be tomorrow's or yesterday's in UTC.
func (a *app) parseTime(s string) (int64, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return parseInstant(s) // whatever node it is
	}
	return parseIn(s, a.zoneOf(""))
}

// dayOf is the date of a time by the authority's own calendar.
func (a *app) dayOf(at int64) string { return time.Unix(at, 0).In(a.zoneOf("")).Format(time.DateOnly) }

// deadlineOf is when a time runs out: at the end of a day, or at an instant.
func (a *app) deadlineOf(due int64) string {
	zone := a.zoneOf("")
	at := time.Unix(due, 0).In(zone)
	if d := deadline.DateOf(at, zone); d.Begins(zone).Equal(at) {
		return fmt.Sprintf("the end of %s", d-1)
	}
	return instant(due)
}

// momentOf is when something begins: with a day, or at an instant.
func (a *app) momentOf(from int64) string {
	zone := a.zoneOf("")
	at := time.Unix(from, 0).In(zone)
	if d := deadline.DateOf(at, zone); d.Begins(zone).Equal(at) {
		return fmt.Sprintf("%s (%s)", d, zone)
	}
	return instant(from)
}

// zoneOf is the time of the authority that decides a case: "" is that of the node.
func (a *app) zoneOf(authority string) *time.Location {
	if authority != "" {
		if pack := findPack(authority); pack != nil {
			return pack.Zone()
		}
	}
	if a.zone != nil {
		return a.zone
	}
	a.zone = time.UTC
	var s registry.ProgrammeStatus
	if err := a.fetch("/programme", &s); err == nil {
		if zone, err := time.LoadLocation(s.TimeZone); err == nil {
			a.zone = zone
		}
	}
	return a.zone
}

// printClocks says what is due and when by the authority's own time, what stands
// still since when and why, and what fell due and waits.
func printClocks(w io.Writer, clocks deadline.Clocks, zone *time.Location) {
	for _, k := range clocks {
		if k.EndedAt != 0 {
			continue
		}
		what := strings.NewReplacer("_", " ", "#", " ").Replace(k.Rule)
		switch {
		case len(k.Standing) > 0:
			for _, s := range k.Standing {
				fmt.Fprintf(w, "  stands still   %s: since %s for %s%s\n", what, deadline.DateOf(time.Unix(s.Since, 0), zone),
					strings.ReplaceAll(s.For, "_", " "), because(s.Reason, s.Basis))
			}
		case k.LapsedAt != 0:
			fmt.Fprintf(w, "  overdue        %s: %s%s\n", what, dueIn(k.Due, zone), because(silence(k.Outcome), k.Basis))
		default:
			fmt.Fprintf(w, "  due            %s: %s%s\n", what, dueIn(k.Due, zone), because(silence(k.Outcome), k.Basis))
		}
		if len(k.History) == 0 || len(k.Standing) > 0 {
			continue
		}
		if last := k.History[len(k.History)-1]; last.Do == deadline.Extend || last.Do == deadline.Move {
			by := "moved"
			if last.By != nil {
				by = "extended by " + last.By.String()
			}
			fmt.Fprintf(w, "                 %s on %s%s\n", by, deadline.DateOf(time.Unix(last.At, 0), zone), because(last.Reason, last.Basis))
		}
	}
}

// dueIn writes when something is due: the last day, or of a period in hours the instant.
func dueIn(due int64, zone *time.Location) string {
	at := time.Unix(due, 0).In(zone)
	if d := deadline.DateOf(at, zone); d.Begins(zone).Equal(at) {
		return fmt.Sprintf("until the end of %s (%s)", d-1, zone)
	}
	return at.Format("until 2006-01-02 15:04 -0700")
}

func silence(outcome string) string {
	if outcome == "" {
		return ""
	}
	return "then " + strings.ReplaceAll(outcome, "_", " ")
}

func because(parts ...string) (out string) {
	for _, p := range parts {
		if p != "" {
			out += "; " + plain(p)
		}
	}
	return out
}
