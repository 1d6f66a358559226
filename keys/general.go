package keys

import (
	"fmt"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// MaxSignatures is how many signatures a JWS in general JSON serialization may carry.
const MaxSignatures = 32

// A General is a JWS in general JSON serialization (RFC 7515, 7.2.1), the form
// for what several sign. Which signatures must verify is the caller's rule
// (RFC 7515, 5.2 leaves it open, and most libraries take any one); here each is
// a compact token that verifies alone.
type General struct {
	payload []byte
	tokens  []*Token
	raw     []byte
}

type general struct {
	Payload    string             `json:"payload"`
	Signatures []generalSignature `json:"signatures"`
}

type generalSignature struct {
	Protected string `json:"protected"`
	Signature string `json:"signature"`
}

// ParseGeneral reads a JWS in general JSON serialization: canonical (RFC 8785)
// on the outside, payload in RFC 8785 form, no unprotected headers, no
// signature by the same key twice.
func ParseGeneral(kind Kind, raw []byte) (*General, error) {
	if len(raw) > kind.max {
		return nil, tooLarge(kind, len(raw))
	}
	var g general
	if err := jcs.UnmarshalCanonical(raw, &g); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	payload, err := decodePayload([]byte(g.Payload), jcs.CheckObject)
	if err != nil {
		return nil, err
	}
	if len(g.Signatures) == 0 || len(g.Signatures) > MaxSignatures {
		return nil, fmt.Errorf("%w: %d signatures, want 1 to %d", ErrFormat, len(g.Signatures), MaxSignatures)
	}
	out := &General{raw: raw, payload: payload}
	seen := map[string]bool{}
	for i, s := range g.Signatures {
		t, err := newToken(kind, []byte(s.Protected+"."+g.Payload+"."+s.Signature), []byte(s.Protected), payload, []byte(s.Signature))
		if err != nil {
			return nil, fmt.Errorf("signature %d: %w", i, err)
		}
		if seen[t.kid] {
			return nil, fmt.Errorf("signature %d: %w: a second one by key %.43q", i, ErrFormat, t.kid)
		}
		seen[t.kid] = true
		out.tokens = append(out.tokens, t)
	}
	if err := jcs.CheckCanonical(payload); err != nil {
		return nil, fmt.Errorf("%w: payload: %w", ErrFormat, err)
	}
	return out, nil
}

// PeekGeneral gives the payload of a JWS in general JSON serialization without
// looking at its signatures or at what the payload is: nobody's word.
func PeekGeneral(kind Kind, raw []byte) ([]byte, error) {
	if len(raw) > kind.max {
		return nil, tooLarge(kind, len(raw))
	}
	var g general
	if err := jcs.Unmarshal(raw, &g); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	payload, err := DecodeBase64URL(g.Payload)
	if err != nil {
		return nil, fmt.Errorf("%w: payload: %w", ErrUnreadable, err)
	}
	return payload, nil
}

// Payload is the RFC 8785 JSON object all signatures are over.
func (g *General) Payload() []byte { return g.payload }

// Signatures are the signatures in document order, each a token of its own.
func (g *General) Signatures() []*Token { return g.tokens }

// Raw is the document as it was read.
func (g *General) Raw() []byte { return g.raw }

// SignedBy reports whether one of the signatures is by key and verifies.
func (g *General) SignedBy(key *PublicKey) bool {
	for _, t := range g.tokens {
		if key != nil && t.kid == key.kid {
			return t.Verify(key) == nil
		}
	}
	return false
}
