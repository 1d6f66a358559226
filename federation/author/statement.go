package author

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// Statement signs an entity configuration or a subordinate statement.
func Statement(s trust.Statement, signer *keys.Signer) ([]byte, error) {
	payload, err := jcs.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write statement about %s: %w", s.Sub, err)
	}
	raw, err := compact(keys.KindEntityStatement, payload, signer)
	if err != nil {
		return nil, err
	}
	if _, err := trust.Parse(raw); err != nil {
		return nil, fmt.Errorf("read back statement about %s: %w", s.Sub, err)
	}
	return raw, nil
}

// Partner is the statement of iss about a partner, from the partner's own
// configuration. Towards a union memberHosts are the hosts of its members,
// which the union may then speak for; otherwise there are none.
func Partner(iss string, subject *trust.Signed, memberHosts []string, iat int64) trust.Statement {
	reg := subject.Metadata.Registry
	r := trust.Relation{Kind: trust.KindPartner, Territory: reg.Territory}
	if reg.Authority != reg.Territory {
		r.Authority = reg.Authority
	}
	return subordinate(iss, subject, r, memberHosts, iat)
}

// Member is the statement of a union about its member.
func Member(iss string, subject *trust.Signed, iat int64) trust.Statement {
	reg := subject.Metadata.Registry
	r := trust.Relation{Kind: trust.KindMember, Territory: reg.Territory, Authority: reg.Authority}
	return subordinate(iss, subject, r, nil, iat)
}

func subordinate(iss string, subject *trust.Signed, r trust.Relation, below []string, iat int64) trust.Statement {
	hosts := slices.Clone(below)
	slices.Sort(hosts)
	own := trust.Host(subject.Sub)
	hosts = slices.DeleteFunc(slices.Compact(hosts), func(h string) bool { return h == own })
	length := int64(cmp.Compare(len(hosts), 0)) // an intermediate only where there is someone below it
	return trust.Statement{
		Iss: iss, Sub: subject.Sub, Iat: iat, Exp: iat + trust.MaxStatementLife,
		JWKS: subject.JWKS,
		Constraints: &trust.Constraints{
			MaxPathLength:      &length,
			NamingConstraints:  &trust.NamingConstraints{Permitted: append([]string{own}, hosts...)},
			AllowedEntityTypes: []string{"aeo_registry"},
		},
		Relation: &r,
		Crit:     []string{"aeo_relation"},
	}
}

// HistoricalKeys signs the federation keys of all rosters for foreign readers
// (Federation 1.1, 8.7).
func HistoricalKeys(iss string, h *keys.History, iat int64, signer *keys.Signer) ([]byte, error) {
	payload := trust.HistoricalKeys(iss, h, iat)
	if payload == nil {
		return nil, fmt.Errorf("no federation key in the rosters of %s", iss)
	}
	return compact(keys.KindHistoricalKeys, payload, signer)
}
