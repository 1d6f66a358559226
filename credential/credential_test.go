package credential_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/credential/sdjwt"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/google/go-cmp/cmp"
)

func TestIssueSaysWhatItWasAskedTo(t *testing.T) {
	s, c := newSigner(t), claims()
	got, err := verify(issue(t, c, s), s.Public())
	if err != nil {
		t.Fatal(err)
	}
	c.IssuedAt = today // rounded down to the day
	c.VCT = "https://aeo.customs.nz.example/vct/aeo-status/1"
	c.VCTIntegrity = credential.Integrity(c.VCT)
	if diff := cmp.Diff(&c, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A member of a union issues credentials of the union's type.
func TestIssueUnderTheTypeOfAUnion(t *testing.T) {
	s, c := newSigner(t), claims()
	raw, err := credential.Issue(c, "https://customs.eu.example", s, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	got, err := verify(raw, s.Public())
	if err != nil || got.VCT != "https://customs.eu.example/vct/aeo-status/1" || got.Issuer != customs {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := credential.Issue(c, "https://customs.eu.example/", s, rand.Reader); !errors.Is(err, credential.ErrFormat) {
		t.Errorf("a type of no entity: %v", err)
	}
}

// Nobody may read off the digests how much there is to disclose.
func TestIssueAlwaysHasTwelveDigests(t *testing.T) {
	s, c := newSigner(t), claims()
	for _, subject := range []credential.Subject{{}, {LegalName: "A"}, c.Subject} {
		c.Subject = subject
		raw := issue(t, c, s)
		digests := members(t, payloadOf(t, raw))["_sd"].([]any)
		if len(digests) != 12 {
			t.Errorf("%d digests", len(digests))
		}
		for i, d := range digests[1:] {
			if digests[i].(string) >= d.(string) {
				t.Error("digests in the order of their making")
			}
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	s := newSigner(t)
	for _, tt := range []struct {
		name string
		edit func(*credential.Claims)
		err  error
	}{
		{"an issuer that is no entity", func(c *credential.Claims) { c.Issuer = "https://localhost" }, credential.ErrFormat},
		{"a credential for three years", func(c *credential.Claims) { c.Expires += 3 * year }, credential.ErrFormat},
		{"a list of another issuer", func(c *credential.Claims) { c.Status.URI = "https://x.example/status/1" }, credential.ErrFormat},
		{"an identifier in small letters", func(c *credential.Claims) { c.Subject.Identifiers[0] = "nz:ses:1" }, credential.ErrFormat},
		{"a name that is no UTF-8", func(c *credential.Claims) { c.Subject.LegalName = "\xff" }, credential.ErrFormat},
		{"a scope of two pages", func(c *credential.Claims) { c.Subject.ScopeText = strings.Repeat("x", 2001) }, credential.ErrFormat},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := claims()
			tt.edit(&c)
			if _, err := credential.Issue(c, customs, s, rand.Reader); !errors.Is(err, tt.err) {
				t.Fatalf("error %v", err)
			}
		})
	}
	t.Run("when randomness runs dry", func(t *testing.T) {
		if _, err := credential.Issue(claims(), customs, s, io.LimitReader(rand.Reader, 100)); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			t.Fatalf("error %v", err)
		}
	})
}

func TestPresent(t *testing.T) {
	s, c := newSigner(t), claims()
	raw := issue(t, c, s)
	for _, preset := range []credential.Preset{credential.Counterparty, credential.Declaration, credential.Full} {
		t.Run(string(preset), func(t *testing.T) {
			shown, err := credential.Present(raw, preset)
			if err != nil {
				t.Fatal(err)
			}
			got, err := verify(shown, s.Public())
			if err != nil {
				t.Fatal(err)
			}
			want := c.Subject
			if preset != credential.Full {
				want = credential.Subject{LegalName: want.LegalName, Identifiers: want.Identifiers, Roles: want.Roles}
			}
			if diff := cmp.Diff(want, got.Subject); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, err := credential.Present(raw, "everything"); err == nil {
		t.Error("an unknown preset was accepted")
	}
	if _, err := credential.Present([]byte(string(raw)+"QUFB~"), credential.Full); !errors.Is(err, credential.ErrDisclosure) {
		t.Errorf("a foreign disclosure: %v", err)
	}
}

func TestStages(t *testing.T) {
	s := newSigner(t)
	raw := issue(t, claims(), s)
	p, err := credential.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.OpenDisclosures(); !errors.Is(err, credential.ErrUnverified) {
		t.Errorf("disclosures before the signature: %v", err)
	}
	if err := p.VerifySignature(newSigner(t).Public()); !errors.Is(err, credential.ErrSignature) {
		t.Errorf("foreign key: %v", err)
	}
	if err := p.VerifySignature(nil); !errors.Is(err, credential.ErrSignature) {
		t.Errorf("no key: %v", err)
	}
	if p.KID() != s.Public().KID() || p.Visible().Issuer != customs || p.Visible().Subject.LegalName != "" {
		t.Errorf("visible: %q %+v", p.KID(), p.Visible())
	}
	jwt, _ := split(raw)
	if p.LogSHA256() != sha256.Sum256([]byte(jwt[:strings.LastIndexByte(jwt, '.')])) {
		t.Error("log digest is not over header and payload")
	}
	raw[0] ^= 1
	if bytes.Equal(raw, p.Raw()) || p.VerifySignature(s.Public()) != nil {
		t.Error("the presentation changes with its source")
	}
	if _, err := credential.Parse(make([]byte, credential.MaxSize+1)); !errors.Is(err, credential.ErrTooLarge) {
		t.Errorf("one byte too many: %v", err)
	}
}

// Credentials pin this document: it can never change under version 1.
func TestTypeMetadataIsPinned(t *testing.T) {
	vct := credential.VCT("https://aeo.customs.nz.example")
	doc := credential.TypeMetadata(vct)
	if err := jcs.CheckCanonical(doc); err != nil {
		t.Fatal(err)
	}
	m := members(t, string(doc))
	if m["vct"] != vct {
		t.Errorf("vct %v", m["vct"])
	}
	claims := m["claims"].([]any)
	if len(claims) != 9+11 {
		t.Errorf("%d claims described", len(claims))
	}
	const pinned = "sha256-/J6MzcQyND8tANrSUSTB711wPTCSm2cIOeHTygOCeX4="
	if got := credential.Integrity(vct); got != pinned {
		t.Errorf("integrity %s, pinned %s", got, pinned)
	}
}

// Public SD-JWTs are none of ours: the profile refuses every one, good or bad.
func TestCorpusIsForeign(t *testing.T) {
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		dir = "../../shared/data/corpora"
	}
	raw, err := os.ReadFile(filepath.Join(dir, "sdjwt/sdjwt.json"))
	if err != nil {
		t.Skip("no corpora: set AEO_CORPORA")
	}
	var corpus struct {
		Cases []struct {
			Name  string `json:"name"`
			SDJWT string `json:"sd_jwt"`
		} `json:"cases"`
	}
	if err := jcs.UnmarshalOpen(raw, &corpus); err != nil {
		t.Fatal(err)
	}
	t.Logf("figure vectors_profile %d foreign credentials", len(corpus.Cases))
	for _, c := range corpus.Cases {
		_, err := credential.Parse([]byte(c.SDJWT))
		if !errors.Is(err, credential.ErrUnreadable) && !errors.Is(err, credential.ErrFormat) && !errors.Is(err, credential.ErrTooLarge) {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// What we issue must read as a plain SD-JWT VC to others: the generic
// processor, which knows nothing of the profile, comes to the same claims.
func TestIssuedIsPlainSDJWTVC(t *testing.T) {
	s, c := newSigner(t), claims()
	got, err := sdjwt.Verify(issue(t, c, s), s.Public(), sdjwt.VC(), today, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got["legal_name"] != c.Subject.LegalName || got["iss"] != customs || got["authorisation_type"] != "SES" {
		t.Errorf("processed payload %v", got)
	}
	if diff := cmp.Diff(map[string]any{"country": "NZ", "locality": "Nelson", "postcode": "7010", "street": "1 Wharf Road"}, got["address"]); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkVerify(b *testing.B) {
	s := newSigner(b)
	raw, err := credential.Present(issue(b, claims(), s), credential.Counterparty)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verify(raw, s.Public()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	raw := issue(b, claims(), newSigner(b))
	for b.Loop() {
		if _, err := credential.Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}
