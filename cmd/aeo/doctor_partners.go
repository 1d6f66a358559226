package main

import (
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/registry"
)

const aDay = 24 * hour

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

// sayArrangement says how an arrangement stands and what soon changes. Of what
// the desks have agreed there is nothing to do but to know it.
func (h *health) sayArrangement(s *registry.NodeStatus, m *registry.Arrangement) {
	notes, _ := attention(m)
	for _, note := range notes {
		h.look("arrangement", commandLine("aeo", "mra", "show", m.ID), "%s", note)
	}
	if len(notes) == 0 {
		with := strings.Join(slices.DeleteFunc(slices.Clone(m.Parties), func(p string) bool { return p == s.Territory }), ", ")
		h.ok("arrangement", "%s with %s: %s", m.ID, with, bearing(m))
	}
}

// sayNegotiation says of what is being negotiated whom it waits for.
func (h *health) sayNegotiation(k *registry.Negotiation) {
	if k.Waits == registry.WaitsForPartners {
		h.ok("arrangement", "%s: version %d, %s", k.ID, k.Version, waiting(k))
		return
	}
	h.act("arrangement", commandLine("aeo", "mra", "show", k.ID), "%s: version %d, %s", k.ID, k.Version, waiting(k))
}
