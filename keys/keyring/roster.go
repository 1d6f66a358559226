package keyring

import (
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// maxRoots is how many root keys a roster may list (protocol.md 2).
const maxRoots = 3

// SignRoster makes the next signed roster over the ring's keys; prev is nil for
// the first. It lists the newest roots and every other key that is still
// accepted; keys that are not stay in the rosters before. All listed roots
// sign, and roots of prev where none of them is still listed. The result is in
// RFC 8785 form and was read back by [keys.ParseRoster].
func (r *Ring) SignRoster(iss string, prev *keys.Roster, now time.Time) ([]byte, error) {
	next := &keys.Roster{Iss: iss, Seq: 1, Iat: now.Unix(), Exp: now.Unix() + keys.MaxRosterLife, Keys: []keys.RosterKey{}}
	if prev != nil {
		next.Seq, next.PrevSHA256 = prev.Seq+1, prev.SHA256()
	}
	signers := r.fill(next, prev, now)
	if len(next.Root) == 0 {
		return nil, fmt.Errorf("sign roster: %w: no root may sign", ErrNoKey)
	}
	payload, err := jcs.Marshal(next)
	if err != nil {
		return nil, fmt.Errorf("sign roster: %w", err)
	}
	raw, err := multiSign(keys.KindRoster.Typ(), payload, signers)
	if err != nil {
		return nil, fmt.Errorf("sign roster: %w", err)
	}
	if _, err := keys.ParseRoster(raw, prev); err != nil {
		return nil, fmt.Errorf("check roster just signed: %w", err)
	}
	return raw, nil
}

// fill lists the ring's keys in the roster and returns the roots that must sign it.
func (r *Ring) fill(next, prev *keys.Roster, now time.Time) (signers []*keys.Signer) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var before []*keys.Signer
	for i := len(r.keys) - 1; i >= 0; i-- {
		k := &r.keys[i]
		switch {
		case k.Role != keys.RoleRoot:
			if k.Exp >= now.Unix() {
				next.Keys = append(next.Keys, k.rosterKey())
			}
		case k.maySignAt(now) && len(next.Root) < maxRoots:
			next.Root = append(next.Root, k.signer.Public())
			signers = append(signers, k.signer)
		case prev != nil && slices.ContainsFunc(prev.Root, k.signer.Public().Equal):
			before = append(before, k.signer)
		}
	}
	slices.Reverse(next.Keys) // oldest first
	if prev != nil && !slices.ContainsFunc(next.Root, func(root *keys.PublicKey) bool { return slices.ContainsFunc(prev.Root, root.Equal) }) {
		signers = append(signers, before...)
	}
	return signers
}

// multiSign makes a JWS in general JSON serialization, RFC 8785 form, whose
// protected headers hold exactly alg, kid and typ.
func multiSign(typ string, payload []byte, signers []*keys.Signer) ([]byte, error) {
	options := []jws.SignOption{jws.WithJSON()}
	for _, s := range signers {
		header := jws.NewHeaders()
		if err := header.Set(jws.KeyIDKey, s.Public().KID()); err != nil {
			return nil, err
		}
		if err := header.Set(jws.TypeKey, typ); err != nil {
			return nil, err
		}
		options = append(options, jws.WithKey(jwa.ES256, s.Crypto(), jws.WithProtectedHeaders(header)))
	}
	raw, err := jws.Sign(payload, options...)
	if err != nil {
		return nil, err
	}
	return generalForm(raw)
}

type signature struct {
	Protected string `json:"protected"`
	Signature string `json:"signature"`
}

// generalForm undoes the flattening that the library applies to a single
// signature (RFC 7515, 7.2.2), and writes RFC 8785.
func generalForm(raw []byte) ([]byte, error) {
	var doc struct {
		Payload    string      `json:"payload"`
		Signatures []signature `json:"signatures,omitzero"`
		Protected  string      `json:"protected,omitzero"`
		Signature  string      `json:"signature,omitzero"`
	}
	if err := jcs.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	if doc.Signatures == nil {
		doc.Signatures = []signature{{doc.Protected, doc.Signature}}
		doc.Protected, doc.Signature = "", ""
	}
	return jcs.Marshal(doc)
}
