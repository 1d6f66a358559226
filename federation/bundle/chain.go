package bundle

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation/trust"
)

// checkChain verifies the statements that lead from an administration to the
// bundle's own (protocol 7). The bundle's own needs none, and one that is only
// known needs none, but a statement about it that is there must hold.
func (b *Bundle) checkChain(a *Administration) error {
	var chain []*trust.Signed
	var err error
	switch a.Issuer.Relation {
	case RelationSelf:
		return nil
	case RelationMember:
		chain, err = b.memberChain(a)
	default:
		chain, err = b.partnerChain(a)
	}
	if err != nil || chain == nil {
		return err
	}
	_, err = trust.VerifyChain(chain, b.configuration.JWKS.Keys, b.manifest.Iat)
	return err
}

// partnerChain is [its configuration, our statement about it, our configuration].
func (b *Bundle) partnerChain(a *Administration) ([]*trust.Signed, error) {
	raw, err := b.optional(a.Issuer, nameStatement)
	if err != nil {
		return nil, err
	}
	if raw == nil && a.Issuer.Relation == RelationKnown {
		return nil, nil
	}
	ours, err := b.statement(a.Issuer, nameStatement, trust.KindPartner)
	if err != nil {
		return nil, err
	}
	return []*trust.Signed{a.Configuration, ours, b.configuration}, nil
}

// memberChain is [its configuration, its union's statement about it, our
// statement about the union, our configuration]; without the third where the
// union is ourselves.
func (b *Bundle) memberChain(a *Administration) ([]*trust.Signed, error) {
	theirs, err := b.statement(a.Issuer, nameMemberStatement, trust.KindMember)
	if err != nil {
		return nil, err
	}
	union := *b.manifest.union(a.Issuer.Territory) // the manifest has one for every member
	if union.Relation == RelationSelf {
		return []*trust.Signed{a.Configuration, theirs, b.configuration}, nil
	}
	ours, err := b.statement(union, nameStatement, trust.KindPartner)
	if err != nil {
		return nil, err
	}
	if ours.Sub != union.EntityID {
		return nil, fmt.Errorf("statement about %s where one about %s belongs", ours.Sub, union.EntityID)
	}
	return []*trust.Signed{a.Configuration, theirs, ours, b.configuration}, nil
}

// statement reads a subordinate statement that must speak of the relation. A
// union's word about its partner is no word about a member: recognition is not
// passed on.
func (b *Bundle) statement(issuer Issuer, name, kind string) (*trust.Signed, error) {
	raw, err := b.part(issuer, name)
	if err != nil {
		return nil, err
	}
	s, err := trust.Parse(raw)
	if err != nil {
		return nil, err
	}
	if s.Relation == nil || s.Relation.Kind != kind {
		return nil, fmt.Errorf("%s of %s about %s is not about a %s", name, s.Iss, s.Sub, kind)
	}
	return s, nil
}
