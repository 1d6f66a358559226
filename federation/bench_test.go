package federation_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"math/big"
	"testing"

	"github.com/aeo-registry/aeo/keys"
)

// BenchmarkVerify against BenchmarkES256 says what all the other checks cost.
func BenchmarkVerify(b *testing.B) {
	v, content := fromJapan(), file(theWorld().sdjwt["orchards"])
	for b.Loop() {
		if d := v.Verify(content, now()); !d.Verdict.Good() {
			b.Fatal(d.Reason)
		}
	}
}

func BenchmarkES256(b *testing.B) {
	w := theWorld()
	jwt, _, _ := bytes.Cut(w.sdjwt["orchards"], []byte("~"))
	dot := bytes.LastIndexByte(jwt, '.')
	sig := must(keys.DecodeBase64URL(string(jwt[dot+1:])))
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	key := w.nz.signer("issuer").Public().ECDSA()
	for b.Loop() {
		sum := sha256.Sum256(jwt[:dot])
		if !ecdsa.Verify(key, sum[:], r, s) {
			b.Fatal("the signature does not verify")
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	v, id := fromJapan(), identifier(theWorld().nz, "orchards")
	for b.Loop() {
		if d := v.Lookup(id, now()); !d.Verdict.Good() {
			b.Fatal(d.Reason)
		}
	}
}
