package bundle

import (
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
)

const (
	policySchema = "aeo.policy/1"
	maxPolicy    = 1 << 20
)

// QuorumNone asks for no cosignatures: a log's word is as old as its last fetch.
const QuorumNone = "none"

// A Policy is what an administration asks of logs, and of statuses where no
// arrangement says otherwise: policy.json, RFC 8785. Ages are in seconds.
//
// Quorum is none or a C2SP tlog-policy ([transparency.Policy]), for every log
// that Logs does not name by its origin; Logs has the same for one log. The
// policy for a log lists its key in a log line. Whom it names as a witness is
// whoever an entity configuration of the bundle says: the key must be a witness
// or auditor key, in good standing, of the administration whose host its name
// begins with. A log's own cosigners do not count for it, and one administration
// counts once: its keys stand together in a group of their own of which any is
// enough, else the policy is refused.
type Policy struct {
	Schema      string            `json:"schema"`
	Quorum      string            `json:"quorum"`
	Logs        map[string]string `json:"logs,omitzero"`
	WarnAfter   int64             `json:"warn_after"`
	HonourUntil int64             `json:"honour_until"`
}

// NewPolicy makes a policy with the ages of arrangements that are silent.
func NewPolicy(quorum string, logs map[string]string) Policy {
	f := mra.DefaultFreshness()
	return Policy{Schema: policySchema, Quorum: quorum, Logs: logs, WarnAfter: f.WarnAfter, HonourUntil: f.HonourUntil}
}

// Marshal writes policy.json; nil for what ParsePolicy would refuse.
func (p Policy) Marshal() []byte { return marshalExact(p, p.check()) }

// DefaultPolicy is policy.json of an administration that knows no other: no
// quorum, ages as in arrangements that are silent.
func DefaultPolicy() []byte { return NewPolicy(QuorumNone, nil).Marshal() }

// maxHonour is the oldest status that any rule may honour (protocol 8).
const maxHonour = 45 * 24 * 3600

// ParsePolicy reads policy.json.
func ParsePolicy(raw []byte) (Policy, error) {
	p, _, err := parsePolicy(raw)
	return p, err
}

func parsePolicy(raw []byte) (p Policy, q quorums, err error) {
	if len(raw) > maxPolicy {
		return Policy{}, quorums{}, fmt.Errorf("policy of %d bytes, at most %d", len(raw), maxPolicy)
	}
	if err := readExact(raw, &p); err != nil {
		return Policy{}, quorums{}, fmt.Errorf("policy: %w", err)
	}
	if q, err = p.read(); err != nil {
		return Policy{}, quorums{}, fmt.Errorf("policy: %w", err)
	}
	return p, q, nil
}

func (p Policy) check() error {
	_, err := p.read()
	return err
}

// quorums are the policies of logs, read.
type quorums struct {
	others *transparency.Policy
	logs   map[string]*transparency.Policy // by origin
}

func (p Policy) read() (q quorums, err error) {
	switch {
	case p.Schema != policySchema:
		return q, fmt.Errorf("schema %.40q, want %s", p.Schema, policySchema)
	case p.WarnAfter < 0 || p.HonourUntil < p.WarnAfter || p.HonourUntil > maxHonour:
		return q, fmt.Errorf("want 0 <= warn_after <= honour_until <= 45 d, not %d, %d", p.WarnAfter, p.HonourUntil)
	case p.Logs != nil && len(p.Logs) == 0:
		return q, fmt.Errorf("logs is empty: then it is left out")
	}
	if q.others, err = readQuorum(p.Quorum); err != nil {
		return q, fmt.Errorf("quorum: %w", err)
	}
	q.logs = map[string]*transparency.Policy{}
	for origin, text := range p.Logs {
		if q.logs[origin], err = readQuorum(text); err != nil {
			return q, fmt.Errorf("log %.80q: %w", origin, err)
		}
	}
	return q, nil
}

// readQuorum gives nil for none.
func readQuorum(text string) (*transparency.Policy, error) {
	if text == QuorumNone {
		return nil, nil
	}
	p, err := transparency.ParsePolicy(text)
	if err != nil {
		return nil, err
	}
	if p.None() {
		return nil, fmt.Errorf("%w: a policy without a quorum is spelt %s", transparency.ErrPolicy, QuorumNone)
	}
	return p, p.CountsOnce(ownerOf)
}

// ownerOf is the host a cosigner's name begins with (protocol 1).
func ownerOf(key *keys.VKey) string {
	host, _, _ := strings.Cut(key.Name(), "/")
	return host
}

// of is the policy for a log; nil = none.
func (q quorums) of(origin string) *transparency.Policy {
	if p, ok := q.logs[origin]; ok {
		return p
	}
	return q.others
}
