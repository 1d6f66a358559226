package trust

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/keys"
)

const (
	minChain = 3
	maxChain = 6
)

// VerifyChain checks [subject's configuration, statements..., anchor's
// configuration], subject first, at an instant, and returns what the subject
// says of itself. AnchorKeys are the anchor's federation keys, known beforehand.
//
// The rules are those of Federation 1.1, sections 4, 6.2 and 10.2, and of the
// relation each statement carries.
func VerifyChain(chain []*Signed, anchorKeys []*keys.PublicKey, at int64) (*Registry, error) {
	if len(chain) < minChain || len(chain) > maxChain || slices.Contains(chain, nil) {
		return nil, fmt.Errorf("%w: %d statements, want %d to %d", ErrChain, len(chain), minChain, maxChain)
	}
	if err := checkLinks(chain); err != nil {
		return nil, err
	}
	for _, s := range chain {
		if err := s.checkWindow(at); err != nil {
			return nil, err
		}
	}
	if err := checkSignatures(chain, anchorKeys); err != nil {
		return nil, err
	}
	if err := checkRelations(chain); err != nil {
		return nil, err
	}
	for i := 1; i < len(chain)-1; i++ {
		if err := obeys(chain[:i], chain[i]); err != nil {
			return nil, err
		}
	}
	return chain[0].Metadata.Registry, nil
}

// checkLinks wants each statement to speak about who issued the one below it,
// nobody twice, and the subject to name its superior of its own accord: it can
// leave by not doing so (Federation 1.1, 3.2).
func checkLinks(chain []*Signed) error {
	last := len(chain) - 1
	for i, s := range chain {
		if s.IsConfiguration() != (i == 0 || i == last) {
			return fmt.Errorf("%w: configurations stand at both ends and nowhere between, not at %d", ErrChain, i)
		}
		if i < last && s.Iss != chain[i+1].Sub {
			return fmt.Errorf("%w: %s issued statement %d, the next is about %s", ErrChain, s.Iss, i, chain[i+1].Sub)
		}
		for _, below := range chain[1:max(1, i)] {
			if below.Sub == s.Sub {
				return fmt.Errorf("%w: %s stands in it twice", ErrChain, s.Sub)
			}
		}
	}
	if superior := chain[1].Iss; !slices.Contains(chain[0].AuthorityHints, superior) {
		return fmt.Errorf("%w: %s does not name %s among its authority_hints", ErrChain, chain[0].Sub, superior)
	}
	return nil
}

// checkSignatures goes down from the pinned keys of the anchor: each statement
// is signed with a key that the one above it lists.
func checkSignatures(chain []*Signed, pinned []*keys.PublicKey) error {
	above := pinned
	for _, s := range slices.Backward(chain) {
		key := findKey(above, s.KID())
		if key == nil {
			return fmt.Errorf("%w: key %.43q of %s is not among those stated for it", ErrChain, s.KID(), s.Iss)
		}
		if err := s.Verify(key); err != nil {
			return fmt.Errorf("%w: %w", ErrChain, err)
		}
		above = s.JWKS.Keys
	}
	return nil
}

// checkRelations lets an intermediate speak about its own members only, and
// wants the subject to be what was stated about it.
func checkRelations(chain []*Signed) error {
	top := chain[len(chain)-2].Relation
	for _, s := range chain[1 : len(chain)-2] {
		if s.Relation.Kind != KindMember {
			return fmt.Errorf("%w: %s is %s of %s; recognition is not passed on", ErrChain, s.Sub, s.Relation.Kind, s.Iss)
		}
		if s.Relation.Territory != top.Territory {
			return fmt.Errorf("%w: %s states territory %s, was itself stated for %s", ErrChain, s.Iss, s.Relation.Territory, top.Territory)
		}
	}
	reg, said := chain[0].Metadata.Registry, chain[1].Relation
	if authority := cmp.Or(said.Authority, said.Territory); reg.Territory != said.Territory || reg.Authority != authority {
		return fmt.Errorf("%w: %s says it is %s in %s, was stated as %s in %s", ErrChain,
			chain[0].Sub, reg.Authority, reg.Territory, authority, said.Territory)
	}
	return nil
}

// obeys applies one statement's constraints to all below it; each statement's
// hold on their own (Federation 1.1, 6.2). Of entity types there is nothing to
// remove: configurations of this profile have no other.
func obeys(below []*Signed, setter *Signed) error {
	c := setter.Constraints
	if between := int64(len(below) - 1); between > *c.MaxPathLength {
		return fmt.Errorf("%w: %s allows %d between itself and the subject, there are %d", ErrChain, setter.Iss, *c.MaxPathLength, between)
	}
	for _, s := range append(below[:len(below):len(below)], setter) {
		if host := Host(s.Sub); !c.NamingConstraints.allow(host) {
			return fmt.Errorf("%w: %s does not permit %s below it", ErrChain, setter.Iss, host)
		}
	}
	return nil
}

// allow lets exclusion win over permission (RFC 5280, 4.2.1.10).
func (n *NamingConstraints) allow(host string) bool {
	return slices.Contains(n.Permitted, host) && !slices.ContainsFunc(n.Excluded, func(x string) bool {
		return x == host || x[0] == '.' && strings.HasSuffix(host, x)
	})
}
