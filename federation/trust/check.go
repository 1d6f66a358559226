package trust

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/keys"
)

const (
	day = 24 * 3600
	// MaxStatementLife is the longest a subordinate statement may be valid, in
	// seconds. Federation has no revocation: an arrangement that ends is a
	// statement not issued again.
	MaxStatementLife = 7 * day
	// MaxConfigurationLife is the longest an entity configuration may be valid, in seconds.
	MaxConfigurationLife = 30 * day

	maxKeys  = 16
	maxHints = 256
	maxHosts = 257 // a union and as many members as it may list
)

const (
	claimRelation  = "aeo_relation"
	entityRegistry = "aeo_registry"
)

func (s *Statement) check() error {
	life := int64(MaxStatementLife)
	kind := s.checkSubordinate
	if s.Iss == s.Sub {
		life, kind = MaxConfigurationLife, s.checkConfiguration
	}
	if err := errors.Join(CheckEntityID(s.Iss), CheckEntityID(s.Sub)); err != nil {
		return err
	}
	if s.Iat < 0 || s.Exp <= s.Iat || s.Exp-s.Iat > life {
		return fmt.Errorf("%w: validity from %d to %d, want at most %d days", ErrStatement, s.Iat, s.Exp, life/day)
	}
	if err := checkKeys("jwks", s.JWKS.Keys, 1); err != nil {
		return err
	}
	return kind()
}

// checkConfiguration holds the placement rules of Federation 1.1, 3.1.2.
func (s *Statement) checkConfiguration() error {
	switch {
	case s.Constraints != nil || s.Relation != nil || s.Crit != nil:
		return fmt.Errorf("%w: constraints, aeo_relation and crit belong in subordinate statements", ErrStatement)
	case s.Metadata == nil || s.Metadata.Registry == nil:
		return fmt.Errorf("%w: an entity configuration has metadata.aeo_registry", ErrStatement)
	case s.AuthorityHints != nil && len(s.AuthorityHints) == 0, len(s.AuthorityHints) > maxHints:
		return fmt.Errorf("%w: %d authority_hints, want none at all or 1 to %d", ErrStatement, len(s.AuthorityHints), maxHints)
	}
	if err := checkEntities("authority_hints", s.AuthorityHints, s.Sub); err != nil {
		return err
	}
	return s.Metadata.check(s.Sub, s.JWKS.Keys)
}

// checkSubordinate holds the placement rules of Federation 1.1, 3.1.3, and of
// this profile: constraints and relation are never absent.
func (s *Statement) checkSubordinate() error {
	switch {
	case s.AuthorityHints != nil:
		return fmt.Errorf("%w: authority_hints belong in entity configurations", ErrStatement)
	case s.Metadata != nil:
		return fmt.Errorf("%w: metadata given by a superior is not supported", ErrStatement)
	case s.Constraints == nil || s.Relation == nil:
		return fmt.Errorf("%w: a subordinate statement has constraints and aeo_relation", ErrStatement)
	case !slices.Equal(s.Crit, []string{claimRelation}):
		return fmt.Errorf("%w: crit must be exactly [aeo_relation]", ErrStatement)
	}
	if err := s.Relation.check(); err != nil {
		return err
	}
	return s.checkConstraints()
}

func (r *Relation) check() error {
	switch {
	case r.Kind != KindPartner && r.Kind != KindMember:
		return fmt.Errorf("%w: aeo_relation.kind %.16q, want partner or member", ErrStatement, r.Kind)
	case !isTerritory(r.Territory) || r.Authority != "" && !isTerritory(r.Authority):
		return fmt.Errorf("%w: aeo_relation: territory and authority are two capital letters", ErrStatement)
	case r.Authority == r.Territory:
		return fmt.Errorf("%w: aeo_relation.authority is left out where it equals the territory", ErrStatement)
	case r.Kind == KindMember && r.Authority == "":
		return fmt.Errorf("%w: aeo_relation of a member names its authority", ErrStatement)
	}
	return nil
}

// checkConstraints wants what keeps trust from passing on: no intermediate, or
// the one a union is towards its members, and hosts by exact name.
func (s *Statement) checkConstraints() error {
	c := s.Constraints
	switch {
	case !slices.Equal(c.AllowedEntityTypes, []string{entityRegistry}):
		return fmt.Errorf("%w: allowed_entity_types must be exactly [aeo_registry]", ErrStatement)
	case c.MaxPathLength == nil || *c.MaxPathLength < 0 || *c.MaxPathLength > 1:
		return fmt.Errorf("%w: max_path_length must be 0, or 1 towards a union", ErrStatement)
	case c.NamingConstraints == nil:
		return fmt.Errorf("%w: no naming_constraints", ErrStatement)
	}
	if err := c.NamingConstraints.check(); err != nil {
		return err
	}
	permitted, own := c.NamingConstraints.Permitted, Host(s.Sub)
	switch {
	case *c.MaxPathLength == 0 && !slices.Equal(permitted, []string{own}):
		return fmt.Errorf("%w: with max_path_length 0 the one permitted host is %s", ErrStatement, own)
	case *c.MaxPathLength == 1 && s.Relation.Kind != KindPartner:
		return fmt.Errorf("%w: a member has max_path_length 0", ErrStatement)
	case !slices.Contains(permitted, own):
		return fmt.Errorf("%w: permitted hosts leave out the subject, %s", ErrStatement, own)
	}
	return nil
}

func (n *NamingConstraints) check() error {
	for _, list := range []struct {
		name  string
		hosts []string
	}{{"permitted", n.Permitted}, {"excluded", n.Excluded}} {
		if list.hosts != nil && len(list.hosts) == 0 || len(list.hosts) > maxHosts {
			return fmt.Errorf("%w: %d hosts in naming_constraints.%s, want 1 to %d", ErrStatement, len(list.hosts), list.name, maxHosts)
		}
		for i, host := range list.hosts {
			name := host
			if list.name == "excluded" && host != "" && host[0] == '.' {
				name = host[1:]
			}
			if err := checkHost(name); err != nil {
				return fmt.Errorf("%w: naming_constraints.%s[%d]: %w", ErrStatement, list.name, i, err)
			}
			if slices.Contains(list.hosts[:i], host) {
				return fmt.Errorf("%w: naming_constraints.%s lists %s twice", ErrStatement, list.name, host)
			}
		}
	}
	return nil
}

func checkKeys(where string, list []*keys.PublicKey, least int) error {
	if len(list) < least || len(list) > maxKeys {
		return fmt.Errorf("%w: %d keys in %s, want %d to %d", ErrStatement, len(list), where, least, maxKeys)
	}
	for i, k := range list {
		if k == nil || findKey(list[:i], k.KID()) != nil {
			return fmt.Errorf("%w: key %d of %s is null or listed twice", ErrStatement, i, where)
		}
	}
	return nil
}

// checkEntities wants valid ids, none twice and none the subject's own.
func checkEntities(where string, ids []string, own string) error {
	for i, id := range ids {
		if err := CheckEntityID(id); err != nil {
			return fmt.Errorf("%s[%d]: %w", where, i, err)
		}
		if id == own || slices.Contains(ids[:i], id) {
			return fmt.Errorf("%w: %s lists %s twice, or itself", ErrStatement, where, id)
		}
	}
	return nil
}

func isTerritory(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}
