package bundle

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation/mra"
)

const (
	policySchema = "aeo.policy/1"
	maxPolicy    = 64 << 10
)

// QuorumNone asks for no cosignatures: a log's word is as old as its last fetch.
const QuorumNone = "none"

// A Policy is what an administration asks of statuses where no arrangement
// says otherwise: policy.json, RFC 8785. Ages are in seconds.
type Policy struct {
	Schema      string `json:"schema"`
	Quorum      string `json:"quorum"`
	WarnAfter   int64  `json:"warn_after"`
	HonourUntil int64  `json:"honour_until"`
}

// DefaultPolicy is policy.json of an administration that has not decided
// otherwise: no quorum, ages as in arrangements that are silent.
func DefaultPolicy() []byte {
	f := mra.DefaultFreshness()
	return marshalExact(Policy{Schema: policySchema, Quorum: QuorumNone, WarnAfter: f.WarnAfter, HonourUntil: f.HonourUntil}, nil)
}

// maxHonour is the oldest status that any rule may honour (protocol 8).
const maxHonour = 45 * 24 * 3600

// ParsePolicy reads policy.json.
func ParsePolicy(raw []byte) (Policy, error) {
	var p Policy
	if len(raw) > maxPolicy {
		return Policy{}, fmt.Errorf("policy of %d bytes, at most %d", len(raw), maxPolicy)
	}
	if err := readExact(raw, &p); err != nil {
		return Policy{}, fmt.Errorf("policy: %w", err)
	}
	switch {
	case p.Schema != policySchema:
		return Policy{}, fmt.Errorf("policy: schema %.40q, want %s", p.Schema, policySchema)
	case p.Quorum != QuorumNone:
		return Policy{}, fmt.Errorf("policy: quorum %.40q, this reader knows %s", p.Quorum, QuorumNone)
	case p.WarnAfter < 0 || p.HonourUntil < p.WarnAfter || p.HonourUntil > maxHonour:
		return Policy{}, fmt.Errorf("policy: want 0 <= warn_after <= honour_until <= 45 d, not %d, %d", p.WarnAfter, p.HonourUntil)
	}
	return p, nil
}
