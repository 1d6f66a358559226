package trust

import (
	"fmt"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// VerifyConfiguration checks an entity configuration against the key history
// of its own administration at an instant: it is in its validity, a federation
// key signed it within that key's window, and what it says of keys and log
// stands in the roster it names.
func VerifyConfiguration(ec *Signed, roster *keys.History, at int64) error {
	if ec == nil || roster == nil || roster.Current() == nil || !ec.IsConfiguration() {
		return fmt.Errorf("%w: want an entity configuration and its rosters", ErrChain)
	}
	if iss := roster.Current().Iss; iss != ec.Iss {
		return fmt.Errorf("%w: configuration of %s, rosters of %.80q", ErrChain, ec.Iss, iss)
	}
	if err := ec.checkWindow(at); err != nil {
		return err
	}
	if err := ec.checkSigningKey(roster, at); err != nil {
		return err
	}
	named, err := rosterNamed(roster, ec.Metadata.Registry.RosterSHA256)
	if err != nil {
		return err
	}
	if ec.Iat < named.Iat || ec.Iat > named.Exp || at > named.Exp {
		return fmt.Errorf("%w: the roster it names is valid from %d to %d", ErrChain, named.Iat, named.Exp)
	}
	return ec.agreesWith(named)
}

func (s *Signed) checkWindow(at int64) error {
	if at < s.Iat || at >= s.Exp {
		return fmt.Errorf("%w: statement of %s about %s is valid from %d to %d, not at %d", ErrChain, s.Iss, s.Sub, s.Iat, s.Exp, at)
	}
	return nil
}

// checkSigningKey asks the newest roster that knows the key: a revocation
// counts however old the configuration is.
func (s *Signed) checkSigningKey(roster *keys.History, at int64) error {
	k := roster.Key(keys.RoleFederation, s.KID())
	switch {
	case k == nil:
		return fmt.Errorf("%w: %.43q is no federation key of %s", ErrChain, s.KID(), s.Iss)
	case !k.MaySignAt(s.Iat) || k.Compromised() || at > k.Exp:
		return fmt.Errorf("%w: federation key %s of %s was not good for this configuration", ErrChain, s.KID(), s.Iss)
	}
	if err := s.Verify(k.JWK); err != nil {
		return fmt.Errorf("%w: %w", ErrChain, err)
	}
	return nil
}

// rosterNamed finds a roster of the verified history by its digest.
func rosterNamed(h *keys.History, digest string) (*keys.Roster, error) {
	for _, raw := range h.Raw() {
		if keys.SHA256Hex(raw) == digest {
			return readRoster(raw)
		}
	}
	return nil, fmt.Errorf("%w: no roster of the history has digest %.64q", ErrChain, digest)
}

// readRoster reads a roster that a history has verified already.
func readRoster(raw []byte) (*keys.Roster, error) {
	doc, err := keys.ParseGeneral(keys.KindRoster, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChain, err)
	}
	var r keys.Roster
	if err := jcs.Unmarshal(doc.Payload(), &r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChain, err)
	}
	return &r, nil
}

func (s *Signed) agreesWith(r *keys.Roster) error {
	reg := s.Metadata.Registry
	for _, jose := range []struct {
		role keys.Role
		list []*keys.PublicKey
	}{
		{keys.RoleFederation, s.JWKS.Keys},
		{keys.RoleIssuer, reg.Keys.Issuer},
		{keys.RoleExchange, reg.Keys.Exchange},
		{keys.RoleReceipt, reg.Keys.Receipt},
	} {
		for _, key := range jose.list {
			if !lists(r, func(k keys.RosterKey) bool { return k.Role == jose.role && k.JWK.Equal(key) }) {
				return fmt.Errorf("%w: %s is no %s key of the roster", ErrChain, key.KID(), jose.role)
			}
		}
	}
	for _, note := range []struct {
		role keys.Role
		vkey string
	}{
		{keys.RoleLog, reg.Log.VKey},
		{keys.RoleWitness, reg.Witness.VKey},
		{keys.RoleAuditor, reg.Auditor.VKey},
	} {
		if !lists(r, func(k keys.RosterKey) bool { return k.Role == note.role && k.VKey == note.vkey }) {
			return fmt.Errorf("%w: the roster has another %s key", ErrChain, note.role)
		}
	}
	return nil
}

func lists(r *keys.Roster, wanted func(keys.RosterKey) bool) bool {
	for _, k := range r.Keys {
		if wanted(k) {
			return true
		}
	}
	return false
}
