package credential_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

const (
	customs = "https://aeo.customs.nz.example"
	today   = 1_795_478_400 // 2026-11-24
	year    = 365 * 24 * 60 * 60
)

func newSigner(t testing.TB) *keys.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := keys.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// claims are a complete authorisation.
func claims() credential.Claims {
	return credential.Claims{
		Issuer: customs, IssuedAt: today + 3600, NotBefore: today - year, Expires: today + year,
		Status:    credential.StatusRef{URI: customs + "/status/1", Idx: 4711},
		Territory: "NZ", Authority: "NZ", Programme: "NZ-SES", Type: "SES",
		Subject: credential.Subject{
			LegalName:       "Southern Orchards Ltd",
			Identifiers:     []string{"NZ:ses:12345678A"},
			Roles:           []string{"exporter"},
			Names:           []credential.Name{{Script: "Latn", Value: "Southern Orchards Ltd"}, {Script: "Jpan", Value: "サザン果樹園"}},
			Address:         &credential.Address{Country: "NZ", Locality: "Nelson", Postcode: "7010", Street: "1 Wharf Road"},
			AuthorisationNo: "SES/2024/118", EffectiveOn: "2025-11-24", GrantedOn: "2025-11-20", ValidatedOn: "2025-10-02",
			DecidedBy: "New Zealand Customs Service", ScopeText: "Export of fresh fruit from all sites.",
		},
	}
}

func issue(t testing.TB, c credential.Claims, s *keys.Signer) []byte {
	t.Helper()
	raw, err := credential.Issue(c, customs, s, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// split takes an SD-JWT apart without checking anything.
func split(raw []byte) (jwt string, disclosures []string) {
	parts := strings.Split(string(raw), "~")
	return parts[0], parts[1 : len(parts)-1]
}

// payloadOf is the JSON the issuer signed.
func payloadOf(t testing.TB, raw []byte) string {
	t.Helper()
	jwt, _ := split(raw)
	b, err := keys.DecodeBase64URL(strings.Split(jwt, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// members reads a JSON object.
func members(t testing.TB, json string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := jcs.UnmarshalOpen([]byte(json), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	raw, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// header is the one a credential by s has.
func header(s *keys.Signer) string {
	return `{"alg":"ES256","kid":"` + s.Public().KID() + `","typ":"dc+sd-jwt"}`
}

// forge signs header and payload as they stand, right or wrong.
func forge(t testing.TB, s *keys.Signer, header, payload string) string {
	t.Helper()
	input := keys.EncodeBase64URL([]byte(header)) + "." + keys.EncodeBase64URL([]byte(payload))
	digest := sha256.Sum256([]byte(input))
	der, err := s.Crypto().Sign(rand.Reader, digest[:], nil)
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

// verify is the whole path a presentation takes.
func verify(raw []byte, key *keys.PublicKey) (*credential.Claims, error) {
	p, err := credential.Parse(raw)
	if err != nil {
		return nil, err
	}
	return p.Verify(key)
}
