package keys_test

import (
	"testing"

	"github.com/aeo-registry/aeo/keys"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

// TestSignWritesWhatGoJoseWrites compares all that is not random: the signing input.
func TestSignWritesWhatGoJoseWrites(t *testing.T) {
	s := signer(t, "issuer")
	opts := (&jose.SignerOptions{}).WithType(jose.ContentType(keys.KindCredential.Typ())).WithHeader("kid", s.Public().KID())
	theirs, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.Crypto()}, opts)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := theirs.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	want, err := keys.Parse(keys.KindCredential, []byte(compact))
	if err != nil {
		t.Fatal(err)
	}
	got, err := keys.Parse(keys.KindCredential, sign(t, keys.KindCredential, payload, s))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want.SigningInput()), string(got.SigningInput())); diff != "" {
		t.Errorf("(-go-jose +ours)\n%s", diff)
	}
	if err := got.Verify(s.Public()); err != nil {
		t.Error(err)
	}
}
