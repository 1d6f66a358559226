package keys_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"github.com/aeo-registry/aeo/keys"
)

// credential is of the size of a real one: 12 digests and the visible claims.
func credential() string {
	out := `{"_sd":[`
	for i := range 12 {
		if i > 0 {
			out += ","
		}
		out += `"ZDzMN4hWwMLcTRuI2K9xLQpRyhS7EsdKbmyhPz1kNaQ"`
	}
	return out + `],"_sd_alg":"sha-256","iss":"https://aeo.customs.nz.example","iat":1767225600,"nbf":1767225600,"exp":1830297600,` +
		`"vct":"https://aeo.customs.nz.example/vct/aeo-status/1","vct#integrity":"sha256-ZDzMN4hWwMLcTRuI2K9xLQpRyhS7EsdKbmyhPz1kNaQ=",` +
		`"status":{"status_list":{"idx":4711,"uri":"https://aeo.customs.nz.example/status/1"}},` +
		`"territory":"NZ","authority":"NZ","programme":"ses","authorisation_type":"AEO"}`
}

func BenchmarkParseAndVerify(b *testing.B) {
	s := signer(b, "issuer")
	raw := sign(b, keys.KindCredential, credential(), s)
	b.ReportAllocs()
	for b.Loop() {
		token, err := keys.Parse(keys.KindCredential, raw)
		if err != nil {
			b.Fatal(err)
		}
		if err := token.Verify(s.Public()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	raw := sign(b, keys.KindCredential, credential(), signer(b, "issuer"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.Parse(keys.KindCredential, raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyASN1 is the floor: the bare P-256 verification.
func BenchmarkVerifyASN1(b *testing.B) {
	s := signer(b, "issuer")
	digest := sha256.Sum256([]byte(credential()))
	sig, err := ecdsa.SignASN1(rand.Reader, s.Crypto().(*ecdsa.PrivateKey), digest[:])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !ecdsa.VerifyASN1(s.Public().ECDSA(), digest[:], sig) {
			b.Fatal("does not verify")
		}
	}
}
