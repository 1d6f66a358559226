package keys_test

import (
	"testing"

	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// Another library reads what we sign and signs what we read.

func jwxKey(t *testing.T, s *keys.Signer, typ string) jws.SignVerifyOption {
	t.Helper()
	h := jws.NewHeaders()
	for name, value := range map[string]any{jws.KeyIDKey: s.Public().KID(), jws.TypeKey: typ} {
		if err := h.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	return jws.WithKey(jwa.ES256, s.Crypto(), jws.WithProtectedHeaders(h))
}

func TestJWXReadsWhatWeSign(t *testing.T) {
	s := signer(t, "issuer")
	raw := sign(t, keys.KindEntityStatement, payload, s)
	got, err := jws.Verify(raw, jws.WithKey(jwa.ES256, s.Public().ECDSA()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(payload, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	general := multi(t, keys.KindAnnex, canonical, s, signer(t, "other"))
	for _, key := range []*keys.PublicKey{s.Public(), signer(t, "other").Public()} {
		if _, err := jws.Verify([]byte(general), jws.WithKey(jwa.ES256, key.ECDSA())); err != nil {
			t.Errorf("general form: %v", err)
		}
	}
}

func TestWeReadWhatJWXSigns(t *testing.T) {
	s, other := signer(t, "issuer"), signer(t, "other")
	raw, err := jws.Sign([]byte(payload), jwxKey(t, s, keys.KindNotice.Typ()))
	if err != nil {
		t.Fatal(err)
	}
	token, err := keys.Parse(keys.KindNotice, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(s.Public()); err != nil {
		t.Error(err)
	}
	typ := keys.KindAnnex.Typ()
	general, err := jws.Sign([]byte(canonical), jws.WithJSON(), jwxKey(t, s, typ), jwxKey(t, other, typ))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := keys.ParseGeneral(keys.KindAnnex, general)
	if err != nil {
		t.Fatal(err)
	}
	if !doc.SignedBy(s.Public()) || !doc.SignedBy(other.Public()) {
		t.Error("a signature in general form does not verify")
	}
}

func TestJWXAgreesOnKeys(t *testing.T) {
	ours := signer(t, "issuer").Public()
	raw, _ := ours.MarshalJSON()
	theirs, err := jwk.ParseKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := jwk.AssignKeyID(theirs); err != nil { // RFC 7638
		t.Fatal(err)
	}
	if theirs.KeyID() != ours.KID() {
		t.Errorf("thumbprint %s, ours %s", theirs.KeyID(), ours.KID())
	}
}
