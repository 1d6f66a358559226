package main

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/registry"
)

const aDay = 24 * hour

// sayPartner says how the following of a partner stands, and what its desks and
// ours notice of it.
func (h *health) sayPartner(s *registry.NodeStatus, p *registry.PeerStatus) {
	who, show, try := partnerName(p), commandLine("aeo", "peer", "show", p.EntityID), commandLine("aeo", "peer", "sync", p.EntityID)
	age := s.Now - p.SyncedAt
	f := p.Following
	if f == nil {
		f = &registry.Following{State: registry.StateFollowing}
	}
	switch {
	case f.State == registry.StateFrozen:
		h.add(levelAct, exitMisbehaviour, "partner", show, "%s signed two histories of its log: nothing new of it is believed until an officer decides", who)
	case f.State == registry.StateMisbehaving:
		h.act("partner", show, "%s answers what cannot be right: %s", who, f.Failure)
	case p.SyncedAt == 0:
		h.act("partner", try, "%s was never reached", who)
	case age < hour && f.State == registry.StateBehind:
		h.ok("partner", "%s is being caught up with", who)
	case age < hour && f.State == registry.StateUnreachable:
		h.ok("partner", "%s does not answer just now; looked at %s", who, ago(age))
	case age < hour:
		h.ok("partner", "%s is followed, looked at %s", who, ago(age))
	case age < aDay:
		h.look("partner", try, "%s was last reached %s; verdicts are as before", who, ago(age))
	case age < week:
		h.act("partner", try, "%s was last reached %s; verdicts about its companies say so", who, ago(age))
	default:
		h.act("partner", try, "%s was last reached %s: beyond the usual limit of seven days verdicts about its companies are cannot_tell", who, ago(age))
	}
	// Renewed weekly and good for thirty days: what is near its end was not renewed.
	if left := f.Expires - s.Now; f.Expires > 0 && left < 7*aDay {
		h.act("partner", try, "%s vouches for its keys until %s only", who, instant(f.Expires))
	}
	if n := p.Notices; n != nil && n.Outstanding > 0 && s.Now-n.Sent > hour {
		h.look("partner", show, "%s was told of %d of our leaves %s and has not said that it knows them", who, n.Outstanding, ago(s.Now-n.Sent))
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

// listWarning is how old the newest list of a partner may be before somebody
// should ask for the next.
const listWarning = 45 * aDay

// sayLists says how old the newest imported list of each partner is.
func (h *health) sayLists(now int64, all []listed.Header) {
	newest := map[string]listed.Header{}
	for _, l := range all {
		if l.StatedAsOf >= newest[l.Partner].StatedAsOf {
			newest[l.Partner] = l
		}
	}
	for _, partner := range slices.Sorted(maps.Keys(newest)) {
		as, err := time.Parse(time.DateOnly, newest[partner].StatedAsOf)
		if err != nil {
			continue
		}
		if age := now - as.Unix(); age > listWarning {
			h.look("list", commandLine("aeo", "exchange", "import", "FILE", "--partner", partner, "--stated-as-of", "DAY", "--by", "OFFICER", "--second", "OFFICER"),
				"the newest list of %s speaks of %s, %s", place(partner), newest[partner].StatedAsOf, ago(age))
		} else {
			h.ok("list", "the newest list of %s speaks of %s", place(partner), newest[partner].StatedAsOf)
		}
	}
}
