package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// ErrKey says that a public key is not one the system accepts: not ES256, not
// canonically written, weak, or with a kid that is not its thumbprint.
var ErrKey = errors.New("unusable key")

// A PublicKey is an ES256 (P-256) signature key. Its kid is its RFC 7638
// SHA-256 thumbprint, so two keys with one kid cannot exist.
//
// Its JSON form is a JWK (RFC 7517) with exactly kty, crv, x, y, kid and,
// optionally, alg "ES256" and use "sig".
type PublicKey struct {
	key *ecdsa.PublicKey
	kid string
	jwk []byte

	last atomic.Pointer[envelope] // of the token verified last
}

// maxJWK is more than any P-256 JWK needs.
const maxJWK = 1024

type jwk struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
	Kid string `json:"kid"`
	Alg string `json:"alg,omitempty"`
	Use string `json:"use,omitempty"`
}

// NewPublicKey wraps a P-256 public key.
func NewPublicKey(key *ecdsa.PublicKey) (*PublicKey, error) {
	if key == nil || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: ES256 needs a P-256 key", ErrKey)
	}
	point, err := key.Bytes() // also checks that the point is on the curve
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	x := base64.RawURLEncoding.EncodeToString(point[1:33])
	y := base64.RawURLEncoding.EncodeToString(point[33:])
	// RFC 7638, 3.2: the required members in lexicographic order, no white space.
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
	p := &PublicKey{key: key, kid: base64.RawURLEncoding.EncodeToString(sum[:])}
	p.jwk, err = jcs.Marshal(jwk{Kty: "EC", Crv: "P-256", X: x, Y: y, Kid: p.kid, Alg: "ES256", Use: "sig"})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// ParsePublicKey reads a JWK.
func ParsePublicKey(raw []byte) (*PublicKey, error) {
	if len(raw) > maxJWK {
		return nil, fmt.Errorf("%w: a JWK of %d bytes, at most %d", ErrKey, len(raw), maxJWK)
	}
	var j jwk
	if err := jcs.Unmarshal(raw, &j); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	switch {
	case j.Kty != "EC" || j.Crv != "P-256":
		return nil, fmt.Errorf("%w: kty %.16q crv %.16q, want EC P-256", ErrKey, j.Kty, j.Crv)
	case j.Alg != "" && j.Alg != "ES256":
		return nil, fmt.Errorf("%w: alg %.16q, want ES256", ErrKey, j.Alg)
	case j.Use != "" && j.Use != "sig":
		return nil, fmt.Errorf("%w: use %.16q, want sig", ErrKey, j.Use)
	}
	point, err := j.point()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	p, err := NewPublicKey(key)
	if err != nil {
		return nil, err
	}
	if j.Kid != p.kid {
		return nil, fmt.Errorf("%w: kid is not the key's RFC 7638 thumbprint", ErrKey)
	}
	return p, nil
}

// point is the key in SEC 1 uncompressed form: 4, x, y.
func (j jwk) point() ([]byte, error) {
	x, err := DecodeBase64URL(j.X)
	if err != nil {
		return nil, fmt.Errorf("x: %w", err)
	}
	y, err := DecodeBase64URL(j.Y)
	if err != nil {
		return nil, fmt.Errorf("y: %w", err)
	}
	if len(x) != 32 || len(y) != 32 {
		return nil, errors.New("x and y must have 32 bytes (RFC 7518, 6.2.1.2)")
	}
	return slices.Concat([]byte{4}, x, y), nil
}

// KID is the key's RFC 7638 thumbprint, base64url.
func (p *PublicKey) KID() string { return p.kid }

// ECDSA is the key itself.
func (p *PublicKey) ECDSA() *ecdsa.PublicKey { return p.key }

// Equal reports whether both are the same key.
func (p *PublicKey) Equal(q *PublicKey) bool { return p != nil && q != nil && p.kid == q.kid }

// MarshalJSON returns the key as a JWK.
func (p *PublicKey) MarshalJSON() ([]byte, error) { return p.jwk, nil }

// UnmarshalJSON is ParsePublicKey.
func (p *PublicKey) UnmarshalJSON(raw []byte) error {
	q, err := ParsePublicKey(raw)
	if err != nil {
		return err
	}
	p.key, p.kid, p.jwk = q.key, q.kid, q.jwk
	return nil
}
