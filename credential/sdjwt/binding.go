package sdjwt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/subtle"
	"fmt"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// typKeyBinding is the typ of a key binding JWT (RFC 9901, 4.3).
const typKeyBinding = "kb+jwt"

// keyBinding are the claims of a KB-JWT; others may stand beside them.
type keyBinding struct {
	Iat    *int64 `json:"iat"`
	Nbf    *int64 `json:"nbf"`
	Exp    *int64 `json:"exp"`
	Aud    string `json:"aud"`
	Nonce  string `json:"nonce"`
	SDHash string `json:"sd_hash"`
}

// check verifies a KB-JWT (RFC 9901, 7.3, step 5). presented is everything up
// to and including the last tilde, payload the credential's processed payload.
func (b *Binding) check(raw, presented []byte, payload map[string]any, now int64) error {
	if len(raw) == 0 {
		return fmt.Errorf("%w: none presented", ErrBinding)
	}
	holder, err := holderKey(payload)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	token, err := parseJWS(raw, typKeyBinding)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	if !token.verify(holder) {
		return fmt.Errorf("%w: not signed by the holder's key", ErrBinding)
	}
	var kb keyBinding
	if err := jcs.UnmarshalOpen(token.payload, &kb); err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	switch {
	case b.Nonce == "" || subtle.ConstantTimeCompare([]byte(kb.Nonce), []byte(b.Nonce)) != 1:
		return fmt.Errorf("%w: nonce differs", ErrBinding)
	case b.Audience == "" || kb.Aud != b.Audience:
		return fmt.Errorf("%w: audience %.80q, want %q", ErrBinding, kb.Aud, b.Audience)
	case kb.SDHash != Digest(string(presented)):
		return fmt.Errorf("%w: sd_hash is not of this presentation", ErrBinding)
	}
	return kb.fresh(now, b.MaxAge)
}

func (kb *keyBinding) fresh(now, maxAge int64) error {
	switch {
	case kb.Iat == nil:
		return fmt.Errorf("%w: no iat", ErrBinding)
	case *kb.Iat > now+Skew:
		return fmt.Errorf("%w: signed at %d, in the future", ErrBinding, *kb.Iat)
	case *kb.Iat < now-maxAge:
		return fmt.Errorf("%w: signed at %d, more than %d s ago", ErrBinding, *kb.Iat, maxAge)
	case kb.Nbf != nil && *kb.Nbf > now+Skew, kb.Exp != nil && now >= *kb.Exp:
		return fmt.Errorf("%w: outside its own nbf and exp", ErrBinding)
	}
	return nil
}

// confirmation is the cnf claim with a key by value (RFC 7800, 3.2).
type confirmation struct {
	JWK struct {
		Kty string `json:"kty"`
		Crv string `json:"crv"`
		X   string `json:"x"`
		Y   string `json:"y"`
		Kid string `json:"kid"`
		Alg string `json:"alg"`
		Use string `json:"use"`
	} `json:"jwk"`
}

// holderKey is the key the issuer bound the credential to.
func holderKey(payload map[string]any) (*keys.PublicKey, error) {
	cnf, ok := payload["cnf"]
	if !ok {
		return nil, fmt.Errorf("the credential names no holder key")
	}
	raw, err := jcs.Marshal(cnf)
	if err != nil {
		return nil, fmt.Errorf("cnf: %w", err)
	}
	var c confirmation
	if err := jcs.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("cnf: %w", err)
	}
	j := c.JWK
	if j.Kty != "EC" || j.Crv != "P-256" || j.Alg != "" && j.Alg != algES256 || j.Use != "" && j.Use != "sig" {
		return nil, fmt.Errorf("cnf: not an ES256 signature key")
	}
	x, errX := keys.DecodeBase64URL(j.X)
	y, errY := keys.DecodeBase64URL(j.Y)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return nil, fmt.Errorf("cnf: x and y are 32 bytes in base64url")
	}
	point := append(append([]byte{4}, x...), y...)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, fmt.Errorf("cnf: %w", err)
	}
	return keys.NewPublicKey(key)
}
