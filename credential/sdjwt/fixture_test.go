package sdjwt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/aeo-registry/aeo/credential/sdjwt"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// A party signs whatever a test asks it to, right or wrong.
type party struct {
	private *ecdsa.PrivateKey
	public  *keys.PublicKey
}

func newParty(t testing.TB) party {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := keys.NewPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return party{private, public}
}

// cnf is the confirmation claim with the party's key.
func (p party) cnf(t testing.TB) map[string]any {
	t.Helper()
	raw, err := p.public.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var jwk map[string]any
	if err := jcs.UnmarshalOpen(raw, &jwk); err != nil {
		t.Fatal(err)
	}
	return map[string]any{"jwk": jwk}
}

// sign makes a compact JWS with header and payload as given.
func (p party) sign(t testing.TB, header, payload string) string {
	t.Helper()
	input := keys.EncodeBase64URL([]byte(header)) + "." + keys.EncodeBase64URL([]byte(payload))
	digest := sha256.Sum256([]byte(input))
	der, err := p.private.Sign(rand.Reader, digest[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		t.Fatal(err)
	}
	sig := make([]byte, 64)
	rs.R.FillBytes(sig[:32])
	rs.S.FillBytes(sig[32:])
	return input + "." + keys.EncodeBase64URL(sig)
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	raw, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// disclosure encodes JSON as it stands, well-formed or not, and gives its digest.
func disclosure(json string) (text, digest string) {
	text = keys.EncodeBase64URL([]byte(json))
	return text, sdjwt.Digest(text)
}
