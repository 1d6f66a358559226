// Package trust reads OpenID Federation 1.1 entity statements and decides
// whether a chain of them says who an administration is.
//
// It promises identity and nothing else: which keys, log and programmes belong
// to an administration. What its word is worth is the arrangements' to say
// (package mra).
//
// # Format
//
// A statement is a compact JWS, typ entity-statement+jwt. An entity
// configuration (iss equals sub) is what an administration says of itself:
//
//	{iss, sub, iat, exp, jwks, authority_hints?, metadata{federation_entity?, aeo_registry}}
//
// A subordinate statement is what another says of it:
//
//	{iss, sub, iat, exp, jwks, constraints, aeo_relation, crit: ["aeo_relation"]}
//
// The jwks are federation keys only; the keys that sign credentials stand in
// metadata.aeo_registry. Everything else Federation knows (metadata policies,
// superior metadata, trust marks, source endpoints) is refused, not ignored:
// a statement that relies on it would be misread.
//
// # Chains
//
// A chain is [subject's configuration, statements about it upwards, anchor's
// configuration]. Every administration is its own anchor. An intermediate may
// stand in a chain only where it speaks about its own member, within the
// territory the anchor stated for it, so trust is never transitive: a member
// of a union is reached through the union, the union's partner is not.
//
// The package is pure: no file, no network, no clock.
package trust

import "errors"

var (
	// ErrStatement says that an entity statement does not have the form of this profile.
	ErrStatement = errors.New("entity statement does not hold")
	// ErrChain says that well-formed statements do not prove an identity at the instant asked about.
	ErrChain = errors.New("trust chain does not hold")
)
