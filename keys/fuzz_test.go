package keys_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// FuzzParse: what is read consists of exactly the bytes given, and nobody but
// the signer's key verifies it.
func FuzzParse(f *testing.F) {
	s := signer(f, "issuer")
	raw := sign(f, keys.KindCredential, payload, s)
	for _, seed := range [][]byte{raw, raw[:len(raw)-1], bytes.ReplaceAll(raw, []byte("."), nil), []byte("..."), sign(f, keys.KindNotice, payload, s)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		token, err := keys.Parse(keys.KindCredential, data)
		if err != nil {
			return
		}
		if jcs.CheckObject(token.Payload()) != nil || token.KID() == "" || !bytes.Equal(token.Raw(), data) {
			t.Fatalf("read %q as %q by %q", data, token.Payload(), token.KID())
		}
		if token.Verify(s.Public()) == nil && string(token.Payload()) != payload {
			t.Fatalf("forged %q", data)
		}
	})
}

func FuzzParseGeneral(f *testing.F) {
	a, b := signer(f, "party a"), signer(f, "party b")
	both := multi(f, keys.KindAnnex, canonical, a, b)
	for _, seed := range []string{both, multi(f, keys.KindAnnex, canonical, a), multi(f, keys.KindAnnex, payload, a), `{"payload":"","signatures":[]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := keys.ParseGeneral(keys.KindAnnex, data)
		if err != nil {
			return
		}
		if jcs.CheckCanonical(data) != nil || jcs.CheckCanonical(doc.Payload()) != nil {
			t.Fatalf("not canonical: %q", data)
		}
		for _, token := range doc.Signatures() {
			if again, err := keys.Parse(keys.KindAnnex, token.Raw()); err != nil || !bytes.Equal(again.Payload(), doc.Payload()) {
				t.Fatalf("signature %q does not stand alone: %v", token.Raw(), err)
			}
		}
		if doc.SignedBy(a.Public()) && string(doc.Payload()) != canonical && string(doc.Payload()) != payload {
			t.Fatalf("forged %q", data)
		}
	})
}

// FuzzParseRoster signs the payload for the fuzzer, so that it reaches the rules.
func FuzzParseRoster(f *testing.F) {
	root := signer(f, "root")
	good, err := jcs.Marshal(roster(f, 1, root))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(bytes.Replace(good, []byte(`"seq":1`), []byte(`"seq":-1`), 1))
	f.Add(bytes.Replace(good, []byte(`"seq":1`), []byte(`"prev_sha256":"`+before+`","seq":2`), 1))
	f.Add(bytes.Replace(good, []byte(`"seq":1`), []byte(`"prev_sha256":"","seq":1`), 1))
	f.Add([]byte(`{"root":[null],"keys":null}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if jcs.CheckObject(payload) != nil || len(payload) > keys.KindRoster.Max() {
			return
		}
		raw := multi(t, keys.KindAnnex, string(payload), root) // the larger kind signs whatever fits
		if _, err := keys.ParseRoster([]byte(raw), nil); err == nil {
			t.Fatal("an annex was read as a roster")
		}
		if len(payload) > keys.KindRoster.Max()/2 {
			return
		}
		r, err := keys.ParseRoster([]byte(multi(t, keys.KindRoster, string(payload), root)), nil)
		if err != nil {
			return
		}
		if again, err := jcs.Marshal(r); err != nil || !bytes.Equal(again, payload) {
			t.Fatalf("%q became %q, %v", payload, again, err)
		}
	})
}

func FuzzParseVKey(f *testing.F) {
	f.Add(noteSigner(f, "nz.example/log", keys.NoteEd25519).VKey.String())
	f.Add(noteSigner(f, "nz.example/witness", keys.NoteCosignature).VKey.String())
	f.Add("a+00000000+AQ==")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := keys.ParseVKey(text)
		if err != nil {
			if !errors.Is(err, keys.ErrKey) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if v.String() != text {
			t.Fatalf("%q became %q", text, v)
		}
	})
}

func FuzzParsePublicKey(f *testing.F) {
	jwk, _ := signer(f, "issuer").Public().MarshalJSON()
	f.Add(jwk)
	f.Add([]byte(`{"kty":"EC","crv":"P-256","kid":"` + rfcKID + `","x":"` + rfcX + `","y":"` + rfcY + `"}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		k, err := keys.ParsePublicKey(raw)
		if err != nil {
			if !errors.Is(err, keys.ErrKey) {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		written, err := k.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := keys.ParsePublicKey(written); err != nil || !again.Equal(k) {
			t.Fatalf("%q became %q, %v", raw, written, err)
		}
	})
}
