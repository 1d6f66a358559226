package keys_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys"
)

// The key of RFC 7515, appendix A.3; its thumbprint was computed apart from this code.
const (
	rfcX   = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
	rfcY   = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
	rfcKID = "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"
)

func TestParsePublicKey(t *testing.T) {
	jwk := func(members string) string { return fmt.Sprintf(`{"kid":%q,%s}`, rfcKID, members) }
	good := fmt.Sprintf(`"kty":"EC","crv":"P-256","x":%q,"y":%q`, rfcX, rfcY)
	for name, c := range map[string]struct {
		in string
		ok bool
	}{
		"the key of RFC 7515 is read":          {jwk(good), true},
		"with alg and use too":                 {jwk(good + `,"alg":"ES256","use":"sig"`), true},
		"a private key is refused":             {jwk(good + `,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"`), false},
		"a key for encryption is refused":      {jwk(good + `,"use":"enc"`), false},
		"key_ops are refused":                  {jwk(good + `,"key_ops":["verify"]`), false},
		"a certificate chain is refused":       {jwk(good + `,"x5c":[]`), false},
		"another algorithm is refused":         {jwk(good + `,"alg":"ES384"`), false},
		"a null key is refused":                {`null`, false},
		"no kid is refused":                    {`{` + good + `}`, false},
		"a kid that is a name is refused":      {`{"kid":"key-1",` + good + `}`, false},
		"the kid of another key is refused":    {fmt.Sprintf(`{"kid":%q,%s}`, strings.Replace(rfcKID, "o", "p", 1), good), false},
		"another curve is refused":             {jwk(strings.Replace(good, "P-256", "secp256k1", 1)), false},
		"another kty is refused":               {jwk(strings.Replace(good, `"EC"`, `"RSA"`, 1)), false},
		"a symmetric key is refused":           {jwk(`"kty":"oct","k":"AAAA"`), false},
		"a point off the curve is refused":     {jwk(strings.Replace(good, "5a0", "5a4", 1)), false},
		"the point at infinity is refused":     {jwk(`"kty":"EC","crv":"P-256","x":"` + strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `"`), false},
		"a coordinate with padding is refused": {jwk(strings.Replace(good, "RVEU", "RVEU=", 1)), false},
		"a longer coordinate is refused":       {jwk(strings.Replace(good, rfcX, "AA"+rfcX, 1)), false},
		"unused bits in a coordinate too":      {jwk(strings.Replace(good, "RVEU", "RVEV", 1)), false},
		"a member given twice is refused":      {jwk(good + `,"crv":"P-256"`), false},
		"a name in other case is refused":      {jwk(strings.Replace(good, `"crv"`, `"CRV"`, 1)), false},
		"a key set is refused":                 {`{"keys":[` + jwk(good) + `]}`, false},
		"a very long key is refused":           {jwk(good) + strings.Repeat(" ", 2000), false},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := keys.ParsePublicKey([]byte(c.in))
			if c.ok && (err != nil || key.KID() != rfcKID) {
				t.Errorf("refused: %v", err)
			}
			if !c.ok && !errors.Is(err, keys.ErrKey) {
				t.Errorf("got %v, want ErrKey", err)
			}
		})
	}
}

func TestPublicKeyIsReadBack(t *testing.T) {
	want := signer(t, "issuer").Public()
	raw, err := want.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var got keys.PublicKey
	if err := got.UnmarshalJSON(raw); err != nil {
		t.Fatal(err)
	}
	if again, _ := got.MarshalJSON(); !got.Equal(want) || !got.ECDSA().Equal(want.ECDSA()) || !bytes.Equal(again, raw) {
		t.Errorf("%s became %s", raw, again)
	}
	if want.Equal(nil) || want.Equal(signer(t, "other").Public()) {
		t.Error("equal to another key")
	}
}

func TestOnlyP256IsWrapped(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]*ecdsa.PublicKey{"P-384": &p384.PublicKey, "none": nil, "no curve": {}} {
		if _, err := keys.NewPublicKey(key); !errors.Is(err, keys.ErrKey) {
			t.Errorf("%s: got %v, want ErrKey", name, err)
		}
	}
	if _, err := keys.NewSigner(ed25519.NewKeyFromSeed(make([]byte, 32))); !errors.Is(err, keys.ErrKey) {
		t.Errorf("an Ed25519 key: got %v, want ErrKey", err)
	}
}
