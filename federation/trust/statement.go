package trust

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

// A Statement is an entity configuration (iss equals sub) or a subordinate
// statement. Times are Unix seconds.
type Statement struct {
	Iss            string       `json:"iss"`
	Sub            string       `json:"sub"`
	Iat            int64        `json:"iat"`
	Exp            int64        `json:"exp"`
	JWKS           JWKS         `json:"jwks"`
	AuthorityHints []string     `json:"authority_hints,omitzero"`
	Metadata       *Metadata    `json:"metadata,omitzero"`
	Constraints    *Constraints `json:"constraints,omitzero"`
	Relation       *Relation    `json:"aeo_relation,omitzero"`
	Crit           []string     `json:"crit,omitzero"`
}

// JWKS are the federation keys of the statement's subject (Federation 1.1, 3.1.1).
type JWKS struct {
	Keys []*keys.PublicKey `json:"keys"`
}

// Constraints are what the issuer allows below it (Federation 1.1, 6.2).
type Constraints struct {
	MaxPathLength      *int64             `json:"max_path_length,omitzero"`
	NamingConstraints  *NamingConstraints `json:"naming_constraints,omitzero"`
	AllowedEntityTypes []string           `json:"allowed_entity_types,omitzero"`
}

// NamingConstraints list host names. Permitted ones are exact; an excluded one
// that begins with a dot means every host below it (RFC 5280, 4.2.1.10).
type NamingConstraints struct {
	Permitted []string `json:"permitted,omitzero"`
	Excluded  []string `json:"excluded,omitzero"`
}

// The kinds of relation.
const (
	KindPartner = "partner" // an administration the issuer has an arrangement with
	KindMember  = "member"  // an administration of the issuer's own union
)

// Relation is the critical extension aeo_relation: what the subject is to the
// issuer. Authority is absent where it equals the territory.
type Relation struct {
	Kind      string `json:"kind"`
	Territory string `json:"territory"`
	Authority string `json:"authority,omitzero"`
}

// A Signed is a statement whose form was checked; its signature was not.
type Signed struct {
	Statement
	token *keys.Token
}

// Parse reads a statement and checks what it can say on its own: members,
// bounds, and which claim may stand in which sort of statement (Federation
// 1.1, 3.1 and 3.2).
func Parse(raw []byte) (*Signed, error) {
	token, err := keys.Parse(keys.KindEntityStatement, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	s := &Signed{token: token}
	if err := decode(token.Payload(), &s.Statement); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.IsConfiguration() && findKey(s.JWKS.Keys, token.KID()) == nil {
		return nil, fmt.Errorf("%w: signed with key %.43q, which its own jwks do not list", ErrStatement, token.KID())
	}
	return s, nil
}

// decode takes a statement only if it holds exactly what this package would
// write for it, the order of members aside: nothing foreign, missing or null.
func decode(payload []byte, s *Statement) error {
	if err := jcs.Unmarshal(payload, s); err != nil {
		return err
	}
	again, err := jcs.Marshal(s)
	if err != nil {
		return err
	}
	given := jsontext.Value(bytes.Clone(payload))
	if err := given.Canonicalize(); err != nil {
		return err
	}
	if !bytes.Equal(given, again) {
		return errors.New("a member is missing, null or not in its one spelling")
	}
	return nil
}

// Raw is the statement as it was read.
func (s *Signed) Raw() []byte { return s.token.Raw() }

// KID names the key the statement says it is signed with.
func (s *Signed) KID() string { return s.token.KID() }

// SHA256 is the digest of the statement's bytes, in lower-case hexadecimal.
func (s *Signed) SHA256() string { return keys.SHA256Hex(s.token.Raw()) }

// IsConfiguration reports whether it is what an entity says of itself.
func (s *Signed) IsConfiguration() bool { return s.Iss == s.Sub }

// Verify checks the signature with key, which must be the one the statement names.
func (s *Signed) Verify(key *keys.PublicKey) error {
	if err := s.token.Verify(key); err != nil {
		return fmt.Errorf("statement of %s about %s: %w", s.Iss, s.Sub, err)
	}
	return nil
}

func findKey(list []*keys.PublicKey, kid string) *keys.PublicKey {
	for _, k := range list {
		if k != nil && k.KID() == kid {
			return k
		}
	}
	return nil
}
