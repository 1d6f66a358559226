package author_test

import (
	"bytes"
	"crypto"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

func TestStatementsMakeChains(t *testing.T) {
	nz := published(t, configuration(t, "NZ", "NZ"), "NZ")
	us := published(t, configuration(t, "US", "US", "NZ", "EU"), "US")
	de := published(t, configuration(t, "EU", "DE", "EU"), "DE")
	eu := published(t, configuration(t, "EU", "EU", "NZ"), "EU")
	aboutUS := published(t, author.Partner(entity("NZ"), us, nil, now), "NZ")
	aboutEU := published(t, author.Partner(entity("NZ"), eu, []string{host("FR"), host("DE"), host("DE"), host("EU")}, now), "NZ")
	aboutDE := published(t, author.Member(entity("EU"), de, now), "EU")
	throughEU := published(t, author.Partner(entity("EU"), us, nil, now), "EU")
	for _, c := range []struct {
		name  string
		chain []*trust.Signed
		ok    bool
	}{
		{"a partner", []*trust.Signed{us, aboutUS, nz}, true},
		{"a union", []*trust.Signed{eu, aboutEU, nz}, true},
		{"a member through its union", []*trust.Signed{de, aboutDE, aboutEU, nz}, true},
		{"a union's partner through the union", []*trust.Signed{us, throughEU, aboutEU, nz}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, at := range []int64{now, now + 7*86400 - 1} {
				if _, err := trust.VerifyChain(c.chain, public(t, "NZ federation"), at); (err == nil) != c.ok {
					t.Errorf("at now%+d: %v, want accepted = %t", at-now, err, c.ok)
				}
			}
			if _, err := trust.VerifyChain(c.chain, public(t, "NZ federation"), now+7*86400); err == nil {
				t.Error("accepted after 7 days")
			}
		})
	}
	if got := aboutEU.Constraints.NamingConstraints.Permitted; !slices.Equal(got, []string{host("EU"), host("DE"), host("FR")}) {
		t.Errorf("permitted %v", got)
	}
}

func TestPartnerOfADependentAuthority(t *testing.T) {
	xi := published(t, configuration(t, "GB", "XI", "NZ"), "XI")
	s := author.Partner(entity("NZ"), xi, nil, now)
	if s.Relation.Territory != "GB" || s.Relation.Authority != "XI" {
		t.Errorf("relation %+v", s.Relation)
	}
	published(t, s, "NZ")
}

func TestStatementRefuses(t *testing.T) {
	withoutKey := configuration(t, "NZ", "NZ")
	withoutKey.JWKS.Keys = public(t, "another")
	tooLong := configuration(t, "NZ", "NZ")
	tooLong.Exp++
	for _, s := range []trust.Statement{withoutKey, tooLong, {}} {
		if raw, err := author.Statement(s, signerFor(t, "NZ federation")); !errors.Is(err, trust.ErrStatement) || raw != nil {
			t.Errorf("got %d bytes, %v", len(raw), err)
		}
	}
}

func TestStatementHeader(t *testing.T) {
	raw := published(t, configuration(t, "NZ", "NZ"), "NZ").Raw()
	head, err := keys.DecodeBase64URL(string(raw[:bytes.IndexByte(raw, '.')]))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"alg":"ES256","kid":"` + signerFor(t, "NZ federation").Public().KID() + `","typ":"entity-statement+jwt"}`
	if string(head) != want {
		t.Errorf("header %s, want %s", head, want)
	}
}

// A module that returns signatures of something else is found out before its
// work is published.
func TestFaultyHardwareIsNotPublished(t *testing.T) {
	honest := signerFor(t, "NZ federation")
	faulty, err := keys.NewSigner(faultyKey{honest.Crypto()})
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := author.Statement(configuration(t, "NZ", "NZ"), faulty); !errors.Is(err, keys.ErrSignature) || raw != nil {
		t.Errorf("statement: %d bytes, %v", len(raw), err)
	}
	if raw, err := author.Directory(bundle.Directory{Iss: entity("NZ")}, faulty); !errors.Is(err, keys.ErrSignature) || raw != nil {
		t.Errorf("directory: %d bytes, %v", len(raw), err)
	}
}

type faultyKey struct{ crypto.Signer }

func (f faultyKey) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	flipped := bytes.Clone(digest)
	flipped[7] ^= 1
	return f.Signer.Sign(rand, flipped, opts)
}

func TestHistoricalKeysAreAJWKSet(t *testing.T) {
	h := history(t)
	raw, err := author.HistoricalKeys(entity("NZ"), h, now, signerFor(t, "NZ federation"))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := jws.Verify(raw, jws.WithKey(jwa.ES256, signerFor(t, "NZ federation").Public().ECDSA()))
	if err != nil {
		t.Fatal(err)
	}
	set, err := jwk.Parse(payload)
	if err != nil || set.Len() != 1 {
		t.Fatalf("jwx reads %v, %v", set, err)
	}
	if key, _ := set.Key(0); key.KeyID() != signerFor(t, "NZ federation").Public().KID() {
		t.Errorf("kid %s", key.KeyID())
	}
	if _, err := keys.Parse(keys.KindHistoricalKeys, raw); err != nil {
		t.Error(err)
	}
	if raw, err := author.HistoricalKeys(entity("NZ"), &keys.History{}, now, signerFor(t, "NZ federation")); err == nil || raw != nil {
		t.Errorf("signed nothing: %v", err)
	}
}

// history is one roster with one federation key.
func history(t *testing.T) *keys.History {
	r := keys.Roster{Iss: entity("NZ"), Seq: 1, Iat: now, Exp: now + 1000, Root: public(t, "NZ root"), Keys: []keys.RosterKey{
		{Role: keys.RoleFederation, JWK: signerFor(t, "NZ federation").Public(), Nbf: now, SignUntil: now + 10, Exp: now + 20},
		{Role: keys.RoleIssuer, JWK: signerFor(t, "NZ issuer").Public(), Nbf: now, SignUntil: now + 10, Exp: now + 20},
	}}
	payload, err := jcs.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	token, err := keys.Sign(keys.KindRoster, payload, signerFor(t, "NZ root"))
	if err != nil {
		t.Fatal(err)
	}
	part := strings.Split(string(token), ".")
	raw := `{"payload":"` + part[1] + `","signatures":[{"protected":"` + part[0] + `","signature":"` + part[2] + `"}]}`
	h, err := keys.VerifyHistory([][]byte{[]byte(raw)}, r.Root)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
