package sdjwt

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"math/big"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

const algES256 = "ES256"

// A jws is a compact JWS as RFC 9901 needs it: any typ the rules name, kid
// optional, key known beforehand. It is wider than a [keys.Token], which is
// what the AEO credential is read as; and it is the form of a KB-JWT.
type jws struct {
	input   []byte // header "." payload
	payload []byte
	sig     []byte
}

// jwsHeader lists every member a header may have. Keys in the header, crit,
// b64 and the rest are refused by not being here (RFC 8725, 3.10).
type jwsHeader struct {
	Alg string `json:"alg"`
	Typ string `json:"typ"`
	Kid string `json:"kid"`
}

func parseJWS(raw []byte, typ string) (*jws, error) {
	pieces := bytes.Split(raw, []byte("."))
	if len(pieces) != 3 {
		return nil, fmt.Errorf("%w: a compact JWS has exactly two dots", ErrUnreadable)
	}
	var decoded [3][]byte
	for i, p := range pieces {
		b, err := keys.DecodeBase64URL(string(p))
		if err != nil {
			return nil, fmt.Errorf("%w: JWS part %d: %w", ErrUnreadable, i, err)
		}
		decoded[i] = b
	}
	var h jwsHeader
	if err := jcs.Unmarshal(decoded[0], &h); err != nil {
		return nil, fmt.Errorf("%w: header may hold alg, typ and kid only: %w", ErrFormat, err)
	}
	switch {
	case h.Typ != typ:
		return nil, fmt.Errorf("%w: typ %.40q, want %q", ErrFormat, h.Typ, typ)
	case h.Alg != algES256:
		return nil, fmt.Errorf("%w: alg %.16q, want %s", ErrFormat, h.Alg, algES256)
	}
	input := raw[:len(pieces[0])+1+len(pieces[1])]
	return &jws{input: input, payload: decoded[1], sig: decoded[2]}, nil
}

// verify checks r||s of exactly 64 bytes (RFC 7518, 3.4); DER never passes.
func (j *jws) verify(key *keys.PublicKey) bool {
	if key == nil || len(j.sig) != 64 {
		return false
	}
	digest := sha256.Sum256(j.input)
	r := new(big.Int).SetBytes(j.sig[:32])
	s := new(big.Int).SetBytes(j.sig[32:])
	return ecdsa.Verify(key.ECDSA(), digest[:], r, s)
}
