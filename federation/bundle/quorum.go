package bundle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
)

// Answers of a policy about one checkpoint.
const (
	QuorumMet     = "met"
	QuorumMissing = "missing"
)

// A Quorum is what the cosignatures of a checkpoint are worth under the
// bundle's policy.
type Quorum struct {
	Result string                     // QuorumNone, QuorumMet, QuorumMissing
	AsOf   int64                      // met: nothing newer was vouched for before, Unix seconds
	By     []transparency.Cosignature // those that count, whether they suffice or not
}

// Quorum judges cosignatures over a checkpoint of an administration's log, which
// the log's signature on it was verified for. Cosignatures from after the bundle
// was built, by more than clocks may differ, do not count.
func (b *Bundle) Quorum(a *Administration, cp *transparency.Checkpoint) Quorum {
	policy := b.quorums.of(a.Issuer.Log.Origin)
	if policy == nil {
		return Quorum{Result: QuorumNone}
	}
	q := Quorum{Result: QuorumMissing}
	for _, c := range transparency.Cosignatures(cp.Raw, cp.Text(), b.counting(policy, a)...) {
		if c.At <= b.manifest.Iat+clockSkew {
			q.By = append(q.By, c)
		}
	}
	if asOf, ok := policy.Met(q.By); ok {
		q.Result, q.AsOf = QuorumMet, asOf
	}
	return q
}

// counting are the cosigners of a policy that count for a log: the bundle itself
// vouches for their keys, they are not the log's own, and nothing proves that
// their own log has two histories.
func (b *Bundle) counting(policy *transparency.Policy, a *Administration) (out []*keys.VKey) {
	for _, w := range policy.Witnesses {
		entityID := "https://" + ownerOf(w.Key)
		other := b.administrations[entityID]
		if other == nil || other.contradicted || entityID == a.Issuer.EntityID {
			continue
		}
		id, err := other.identify()
		if err != nil {
			continue // it cannot be believed, and so vouches for nothing
		}
		standing := slices.Concat(id.rosters.Notes(keys.RoleWitness), id.rosters.Notes(keys.RoleAuditor))
		if slices.ContainsFunc(standing, func(k *keys.VKey) bool { return k.String() == w.Key.String() }) {
			out = append(out, w.Key)
		}
	}
	return out
}

// openQuorum wants the policy to be about the very log, and judges its head.
func (b *Bundle) openQuorum(a *Administration) error {
	policy := b.quorums.of(a.Issuer.Log.Origin)
	if policy != nil && !policy.Accepts(a.LogKey) {
		return fmt.Errorf("%w: the policy for log %s does not list its key", ErrInvalid, a.LogKey.Name())
	}
	a.Quorum = b.Quorum(a, a.Checkpoint)
	return nil
}

// DefaultQuorum is the tlog-policy an administration has for logs by default:
// its own auditor and one other cosigner, where it knows one; for its own log
// one of the others. It is none where nobody could cosign.
//
// Logs are verifier keys of the logs it is about; Own may be nil, for one's own log.
func DefaultQuorum(logs []*keys.VKey, own *keys.VKey, others []Cosigners) string {
	if own == nil && len(others) == 0 {
		return QuorumNone
	}
	var b strings.Builder
	for _, l := range logs {
		fmt.Fprintf(&b, "log %s\n", l)
	}
	quorum := []string{}
	if own != nil {
		fmt.Fprintf(&b, "witness own %s\n", own)
		quorum = append(quorum, "own")
	}
	var names []string
	for _, o := range others {
		var members []string
		for i, k := range o.Keys {
			name := fmt.Sprintf("%s-%d", o.Name, i+1)
			fmt.Fprintf(&b, "witness %s %s\n", name, k)
			members = append(members, name)
		}
		if len(members) > 0 {
			fmt.Fprintf(&b, "group %s any %s\n", o.Name, strings.Join(members, " "))
			names = append(names, o.Name)
		}
	}
	if len(names) > 0 {
		fmt.Fprintf(&b, "group other any %s\n", strings.Join(names, " "))
		quorum = append(quorum, "other")
	}
	switch len(quorum) {
	case 0:
		return QuorumNone
	case 1:
		fmt.Fprintf(&b, "quorum %s\n", quorum[0])
	default:
		fmt.Fprintf(&b, "group both all %s\nquorum both\n", strings.Join(quorum, " "))
	}
	return b.String()
}

// Cosigners are the keys of one administration, under a name for a policy.
type Cosigners struct {
	Name string // without white space, and none of own, other, both
	Keys []*keys.VKey
}
