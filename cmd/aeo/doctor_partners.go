package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry"
)

// day is a day in seconds.
const aDay = 24 * hour

// arrangementWarning is how long before an arrangement begins, ends or is to be
// reviewed it is said.
const arrangementWarning = 30 * aDay

// sayPartner says how the following of a partner stands, and what its desks and
// ours notice of it.
func (h *health) sayPartner(s *registry.NodeStatus, p *registry.PeerStatus) {
	who, try := partnerName(p), commandLine("aeo", "peer", "sync", p.EntityID)
	age := s.Now - p.SyncedAt
	switch {
	case p.SyncedAt == 0:
		h.act("partner", try, "%s was never reached", who)
	case age < hour:
		h.ok("partner", "%s is followed, looked at %s", who, ago(age))
	case age < aDay:
		h.look("partner", try, "%s was last reached %s; verdicts are as before", who, ago(age))
	case age < week:
		h.act("partner", try, "%s was last reached %s; verdicts about its companies say so", who, ago(age))
	default:
		h.act("partner", try, "%s was last reached %s: beyond the usual limit of seven days verdicts about its companies are cannot_tell", who, ago(age))
	}
}

// partnerName is what people call a partner; a union's members by their host.
func partnerName(p *registry.PeerStatus) string {
	if p.Relation == "member" {
		return "our member " + strings.TrimPrefix(p.EntityID, "https://")
	}
	return place(p.Territory)
}

// sayArrangement says what is in effect and what soon changes. Days begin at
// local midnight of the recognising party; a day more or less is no matter here.
func (h *health) sayArrangement(s *registry.NodeStatus, m *registry.Arrangement) {
	show := commandLine("aeo", "mra", "show", m.ID)
	states := map[string]int{}
	var soon []string
	for _, r := range m.Rules {
		states[r.State]++
		if d, ok := daysUntil(r.From, s.Now); ok && d > 0 && d <= arrangementWarning/aDay && r.State == "not_yet_in_effect" {
			soon = add(soon, fmt.Sprintf("%s recognises %s from %s", r.By, r.Of, r.From))
		}
		if d, ok := daysUntil(r.Until, s.Now); ok && d >= 0 && d <= arrangementWarning/aDay && r.State == "in_effect" {
			soon = add(soon, fmt.Sprintf("%s recognises %s until %s only", r.By, r.Of, r.Until))
		}
	}
	for _, n := range m.Notices {
		if n.From > s.Now {
			soon = add(soon, fmt.Sprintf("%s gave notice to %s from %s", n.Party, n.Act, instant(n.From)))
		}
	}
	with := strings.Join(slices.DeleteFunc(slices.Clone(m.Parties), func(p string) bool { return p == s.Territory }), ", ")
	switch {
	case len(soon) > 0:
		h.look("arrangement", show, "%s with %s: %s", m.ID, with, strings.Join(soon, "; "))
	case states["suspended_arrangement"] > 0:
		h.look("arrangement", show, "%s with %s is suspended for %d of %d rules", m.ID, with, states["suspended_arrangement"], len(m.Rules))
	case states["in_effect"] == 0:
		h.ok("arrangement", "%s with %s is not in effect", m.ID, with)
	default:
		h.ok("arrangement", "%s with %s is in effect, version %d", m.ID, with, m.Version)
	}
}

// add keeps each of a few texts once.
func add(texts []string, text string) []string {
	if slices.Contains(texts, text) {
		return texts
	}
	return append(texts, text)
}

// daysUntil is how many days lie between an instant and a date.
func daysUntil(date string, now int64) (int64, bool) {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, false
	}
	return (t.Unix() - now + aDay - 1) / aDay, true
}
