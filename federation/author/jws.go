package author

import (
	"bytes"
	"fmt"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// compact makes a compact JWS whose protected header is exactly alg, kid and
// typ, and verifies it. All use of jwx is in this function, so that a move to
// another major version of it is a change here alone.
func compact(kind keys.Kind, payload []byte, signer *keys.Signer) ([]byte, error) {
	header := jws.NewHeaders()
	for name, value := range map[string]string{jws.TypeKey: kind.Typ(), jws.KeyIDKey: signer.Public().KID()} {
		if err := header.Set(name, value); err != nil {
			return nil, fmt.Errorf("set %s of a %s: %w", name, kind.Typ(), err)
		}
	}
	raw, err := jws.Sign(payload, jws.WithKey(jwa.ES256, signer.Crypto(), jws.WithProtectedHeaders(header)))
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", kind.Typ(), err)
	}
	return readBack(kind, raw, payload, signer)
}

// readBack returns a token only if its receivers can read it and it verifies
// with the signer's public key: what a faulty hardware module signs must not
// be published.
func readBack(kind keys.Kind, raw, payload []byte, signer *keys.Signer) ([]byte, error) {
	t, err := keys.Parse(kind, raw)
	if err == nil {
		err = t.Verify(signer.Public())
	}
	if err == nil && !bytes.Equal(t.Payload(), payload) {
		err = keys.ErrSignature
	}
	if err != nil {
		return nil, fmt.Errorf("read back %s: %w", kind.Typ(), err)
	}
	return raw, nil
}

type general struct {
	Payload    string      `json:"payload"`
	Signatures []signature `json:"signatures"`
}

type signature struct {
	Protected string `json:"protected"`
	Signature string `json:"signature"`
}

// assemble joins compact tokens over one payload into a JWS in general JSON
// serialization (RFC 7515, 7.2.1), RFC 8785 on the outside. A message of one
// signature keeps that form too; jwx would flatten it. The bytes that were
// signed are never written anew.
func assemble(tokens [][]byte) ([]byte, error) {
	var g general
	for _, t := range tokens {
		head, rest, _ := bytes.Cut(t, []byte("."))
		body, sig, _ := bytes.Cut(rest, []byte("."))
		g.Payload = string(body)
		g.Signatures = append(g.Signatures, signature{Protected: string(head), Signature: string(sig)})
	}
	return jcs.Marshal(g)
}
