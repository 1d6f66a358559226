package keyring

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"fmt"
	"io"
	"time"

	"github.com/aeo-registry/aeo/keys"
)

// privateSize is what both a P-256 scalar and an Ed25519 seed have.
const privateSize = 32

// A key is one private key with its window. Exactly one of signer and note is set.
type key struct {
	stored
	signer *keys.Signer
	note   *keys.NoteSigner
}

// life is how many years a key of the role signs, and how many more (and a day,
// as years differ in length) what it signed is accepted. A credential lives up to 2 years (protocol.md 4);
// notices, receipts and cosignatures are evidence for longer.
func life(role keys.Role) (sign, accept int) {
	switch role {
	case keys.RoleIssuer:
		return 1, 2
	case keys.RoleBundle, keys.RoleExchange:
		return 2, 1
	case keys.RoleFederation, keys.RoleReceipt:
		return 2, 10
	default: // root, log, witness, auditor: others pin them
		return 20, 10
	}
}

// generate makes a key of the role. Its window opens with the UTC day, so that
// what is signed today may carry the day as its date (protocol.md 4).
func generate(role keys.Role, host string, now time.Time, rand io.Reader) (key, error) {
	nbf := now.UTC().Truncate(24 * time.Hour)
	sign, accept := life(role)
	until := nbf.AddDate(sign, 0, 0)
	s := stored{Role: role, Nbf: nbf.Unix(), SignUntil: until.Unix(), Exp: until.AddDate(accept, 0, 1).Unix()}

	// One draw in 2^32 is no scalar of P-256 and is repeated (FIPS 186-5,
	// A.2.2); a source that misses eight times is broken.
	for range 8 {
		private := make([]byte, privateSize)
		if _, err := io.ReadFull(rand, private); err != nil {
			return key{}, fmt.Errorf("read randomness: %w", err)
		}
		s.Private = keys.EncodeBase64URL(private)
		if role.JOSE() {
			if _, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), private); err != nil {
				continue
			}
		}
		return open(s, host)
	}
	return key{}, fmt.Errorf("%w: the randomness gives no scalar of P-256", ErrRole)
}

// open makes the signer of a stored key.
func open(s stored, host string) (key, error) {
	private, err := keys.DecodeBase64URL(s.Private)
	if err != nil || len(private) != privateSize {
		return key{}, fmt.Errorf("%w: private key of a %.16q", ErrDamaged, s.Role)
	}
	k := key{stored: s}
	switch {
	case s.Role.JOSE():
		scalar, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), private)
		if err != nil {
			return key{}, fmt.Errorf("%w: private key of a %s", ErrDamaged, s.Role)
		}
		k.signer, err = keys.NewSigner(scalar)
		return k, err
	case s.Role == keys.RoleLog:
		k.note, err = keys.NewNoteSigner(host+"/"+string(s.Role), keys.NoteEd25519, ed25519.NewKeyFromSeed(private))
		return k, err
	case s.Role == keys.RoleWitness, s.Role == keys.RoleAuditor:
		k.note, err = keys.NewNoteSigner(host+"/"+string(s.Role), keys.NoteCosignature, ed25519.NewKeyFromSeed(private))
		return k, err
	}
	return key{}, fmt.Errorf("%w: unknown role %.16q", ErrRole, s.Role)
}

// id is the kid or the verifier key.
func (k *key) id() string {
	if k.signer != nil {
		return k.signer.Public().KID()
	}
	return k.note.VKey.String()
}

// rosterKey is the key as a roster lists it.
func (k *key) rosterKey() keys.RosterKey {
	out := keys.RosterKey{Role: k.Role, Nbf: k.Nbf, SignUntil: k.SignUntil, Exp: k.Exp, Revoked: k.Revoked}
	if k.signer != nil {
		out.JWK = k.signer.Public()
	} else {
		out.VKey = k.id()
	}
	return out
}

func (k *key) maySignAt(now time.Time) bool {
	listed := k.rosterKey()
	return listed.MaySignAt(now.Unix())
}

func (k *key) entry() Entry {
	listed := k.rosterKey()
	return Entry{
		Role: k.Role, JWK: listed.JWK, VKey: listed.VKey, Revoked: k.Revoked,
		Nbf: time.Unix(k.Nbf, 0).UTC(), SignUntil: time.Unix(k.SignUntil, 0).UTC(), Exp: time.Unix(k.Exp, 0).UTC(),
	}
}
