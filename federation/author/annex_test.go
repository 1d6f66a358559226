package author_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"pgregory.net/rapid"
)

func TestAnnexIsTheSameInWhateverOrderPartiesSign(t *testing.T) {
	d := document(t, "JP", "NZ", "SG", "KR")
	rapid.Check(t, func(rt *rapid.T) {
		order := rapid.Permutation([]string{"JP", "NZ", "SG", "KR"}).Draw(rt, "order")
		raw, err := author.Sign(d, signerFor(t, order[0]+" root"))
		for _, territory := range order[1:] {
			if err != nil {
				rt.Fatal(err)
			}
			before, parseErr := mra.Parse(raw)
			if parseErr != nil || !slices.Contains(before.Missing(), territory) {
				rt.Fatalf("%v before %s signs", parseErr, territory)
			}
			raw, err = author.Countersign(raw, signerFor(t, territory+" root"))
		}
		if err != nil {
			rt.Fatal(err)
		}
		annex, err := mra.Parse(raw)
		if err != nil || len(annex.Missing()) != 0 || annex.SHA256() != d.SHA256() {
			rt.Fatalf("%v, missing %v", err, annex.Missing())
		}
		general, err := keys.ParseGeneral(keys.KindAnnex, raw)
		if err != nil {
			rt.Fatal(err)
		}
		for i, token := range general.Signatures() {
			if token.KID() != d.Parties[i].Root[0].KID() {
				rt.Fatalf("signature %d is not by party %d", i, i)
			}
		}
	})
}

func TestSignRefuses(t *testing.T) {
	d := document(t, "JP", "NZ")
	half, err := author.Sign(d, signerFor(t, "NZ root"))
	if err != nil {
		t.Fatal(err)
	}
	broken := document(t, "JP", "NZ")
	broken.SignedOn = "soon"
	for _, c := range []struct {
		name string
		sign func() ([]byte, error)
		want error
	}{
		{"a stranger", func() ([]byte, error) { return author.Sign(d, signerFor(t, "US root")) }, author.ErrNotParty},
		{"a federation key", func() ([]byte, error) { return author.Sign(d, signerFor(t, "JP federation")) }, author.ErrNotParty},
		{"a stranger after a party", func() ([]byte, error) { return author.Countersign(half, signerFor(t, "US root")) }, author.ErrNotParty},
		{"a party again", func() ([]byte, error) { return author.Countersign(half, signerFor(t, "NZ root")) }, author.ErrSigned},
		{"a document that does not hold", func() ([]byte, error) { return author.Sign(broken, signerFor(t, "JP root")) }, mra.ErrAnnex},
		{"an annex that was altered", func() ([]byte, error) {
			return author.Countersign(bytes.Replace(half, []byte(`"signature":"`), []byte(`"signature":"A`), 1), signerFor(t, "JP root"))
		}, mra.ErrAnnex},
	} {
		t.Run(c.name, func(t *testing.T) {
			if raw, err := c.sign(); !errors.Is(err, c.want) || raw != nil {
				t.Errorf("got %d bytes, %v; want %v", len(raw), err, c.want)
			}
		})
	}
}

func TestTwoRootsOfOnePartyAreOneSignature(t *testing.T) {
	d := document(t, "JP", "NZ")
	d.Parties[0].Root = append(d.Parties[0].Root, public(t, "JP second root")...)
	raw, err := author.Sign(d, signerFor(t, "JP second root"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := author.Countersign(raw, signerFor(t, "JP root")); !errors.Is(err, author.ErrSigned) {
		t.Errorf("got %v", err)
	}
}

// What jwx signed, go-jose verifies (package keys), and the other way round.
func TestBothLibrariesAgree(t *testing.T) {
	raw, err := author.Sign(document(t, "JP", "NZ"), signerFor(t, "JP root"))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = author.Countersign(raw, signerFor(t, "NZ root")); err != nil {
		t.Fatal(err)
	}
	general, err := keys.ParseGeneral(keys.KindAnnex, raw)
	if err != nil {
		t.Fatal(err)
	}
	message, err := jws.Parse(raw, jws.WithJSON())
	if err != nil || len(message.Signatures()) != 2 {
		t.Fatalf("jwx reads %v, %v", message, err)
	}
	for i, name := range []string{"JP root", "NZ root"} {
		token, key := general.Signatures()[i], signerFor(t, name).Public()
		if err := token.Verify(key); err != nil {
			t.Errorf("go-jose on jwx, %s: %v", name, err)
		}
		if payload, err := jws.Verify(token.Raw(), jws.WithKey(jwa.ES256, key.ECDSA())); err != nil || !bytes.Equal(payload, general.Payload()) {
			t.Errorf("jwx on jwx, %s: %v", name, err)
		}
		header := message.Signatures()[i].ProtectedHeaders()
		if header.Type() != "aeo-mra+jws" || header.KeyID() != key.KID() || header.Algorithm() != jwa.ES256 {
			t.Errorf("header of %s: %v", name, header)
		}
	}
	notice, err := author.Notice(mra.Notice{Iss: entity("NZ"), MRA: "JP-NZ", Party: "NZ", Seq: 1, Act: mra.ActSuspend,
		Against: []string{"JP"}, From: now, Iat: now}, signerFor(t, "NZ federation"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jws.Verify(notice, jws.WithKey(jwa.ES256, signerFor(t, "NZ federation").Public().ECDSA())); err != nil {
		t.Errorf("jwx on go-jose: %v", err)
	}
}

func TestNoticeRefuses(t *testing.T) {
	if raw, err := author.Notice(mra.Notice{Iss: entity("NZ"), MRA: "JP-NZ", Party: "NZ", Seq: 1, Act: "amend",
		Against: []string{"JP"}}, signerFor(t, "NZ federation")); !errors.Is(err, mra.ErrNotice) || raw != nil {
		t.Errorf("got %v", err)
	}
}

// The parties sign one after the other; the annex counts when all have.
func ExampleCountersign() {
	t := new(testing.T)
	annex, _ := author.Sign(document(t, "JP", "NZ"), signerFor(t, "NZ root"))
	half, _ := mra.Parse(annex)
	fmt.Println("missing:", half.Missing())
	annex, _ = author.Countersign(annex, signerFor(t, "JP root"))
	whole, _ := mra.Parse(annex)
	fmt.Println("missing:", whole.Missing())
	// Output:
	// missing: [JP]
	// missing: []
}
