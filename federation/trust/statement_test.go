package trust_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

func TestEntityID(t *testing.T) {
	for _, c := range []struct {
		name, id string
		ok       bool
	}{
		{"a host", "https://aeo.customs.nz.example", true},
		{"a host with hyphens and digits", "https://a-1.xn--bcher-kva.example", true},
		{"plain http", "http://aeo.customs.nz.example", false},
		{"a final slash", "https://aeo.customs.nz.example/", false},
		{"a path", "https://aeo.customs.nz.example/eu", false},
		{"a port", "https://aeo.customs.nz.example:443", false},
		{"a query", "https://aeo.customs.nz.example?x", false},
		{"a fragment", "https://aeo.customs.nz.example#x", false},
		{"a user", "https://a@aeo.customs.nz.example", false},
		{"capital letters", "https://AEO.customs.nz.example", false},
		{"letters beyond ASCII", "https://zoll.österreich.example", false},
		{"an IPv4 address", "https://192.0.2.1", false},
		{"an IPv4 address in hexadecimal", "https://127.0x1", false},
		{"an IPv6 address", "https://[2001:db8::1]", false},
		{"a single label", "https://localhost", false},
		{"an empty label", "https://aeo..example", false},
		{"a final dot", "https://aeo.example.", false},
		{"a label of 64", "https://" + strings.Repeat("a", 64) + ".example", false},
		{"a host of 254", "https://" + strings.Repeat("a.", 123) + "examplez", false},
		{"a hyphen at the end of a label", "https://aeo-.example", false},
		{"a percent sign", "https://aeo%2eexample.org", false},
		{"a line break", "https://aeo.example\n", false},
		{"nothing", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := trust.CheckEntityID(c.id)
			if (err == nil) != c.ok || err != nil && !errors.Is(err, trust.ErrStatement) {
				t.Errorf("got %v, want accepted = %t", err, c.ok)
			}
			if got, want := trust.Host(c.id), strings.TrimPrefix(c.id, "https://"); c.ok && got != want || !c.ok && got != "" {
				t.Errorf("host %q", got)
			}
		})
	}
}

func TestConfigurationRules(t *testing.T) {
	reg := func(edit func(r *trust.Registry)) func(*trust.Statement) {
		return func(s *trust.Statement) { edit(s.Metadata.Registry) }
	}
	union := func(edit func(r *trust.Registry)) func(*trust.Statement) {
		return reg(func(r *trust.Registry) { r.Territory, r.Authority = "EU", "EU"; edit(r) })
	}
	for _, c := range []struct {
		name string
		edit func(s *trust.Statement)
		want string
	}{
		{"a plain configuration holds", func(s *trust.Statement) {}, ""},
		{"hints may be absent", func(s *trust.Statement) { s.AuthorityHints = nil }, ""},
		{"hints are not an empty list", func(s *trust.Statement) { s.AuthorityHints = []string{} }, "authority_hints"},
		{"a hint is given once", func(s *trust.Statement) { s.AuthorityHints = []string{id("EU"), id("EU")} }, "twice"},
		{"nobody hints at itself", func(s *trust.Statement) { s.AuthorityHints = []string{id("NZ")} }, "itself"},
		{"hints are at most 256", func(s *trust.Statement) {
			for i := range 257 {
				s.AuthorityHints = append(s.AuthorityHints, fmt.Sprintf("https://a%d.example", i))
			}
		}, "authority_hints"},
		{"it lives at most 30 days", func(s *trust.Statement) { s.Exp = s.Iat + 30*86400 + 1 }, "validity"},
		{"it ends after it begins", func(s *trust.Statement) { s.Exp = s.Iat }, "validity"},
		{"it has keys", func(s *trust.Statement) { s.JWKS.Keys = nil }, "jwks"},
		{"a key is listed once", func(s *trust.Statement) { s.JWKS.Keys = append(s.JWKS.Keys, s.JWKS.Keys[0]) }, "twice"},
		{"keys are at most 16", func(s *trust.Statement) {
			for i := range 16 {
				s.JWKS.Keys = append(s.JWKS.Keys, public(t, fmt.Sprint(i))...)
			}
		}, "17 keys"},
		{"it lists the key it is signed with", func(s *trust.Statement) { s.JWKS.Keys = public(t, "another") }, "own jwks"},
		{"it has no constraints", func(s *trust.Statement) { s.Constraints = &trust.Constraints{} }, "subordinate"},
		{"it has no relation", func(s *trust.Statement) { s.Relation = &trust.Relation{} }, "subordinate"},
		{"it has nothing critical", func(s *trust.Statement) { s.Crit = []string{"aeo_relation"} }, "subordinate"},
		{"it has metadata", func(s *trust.Statement) { s.Metadata = nil }, "metadata.aeo_registry"},
		{"it is a registry", func(s *trust.Statement) { s.Metadata.Registry = nil }, "metadata.aeo_registry"},
		{"an endpoint is https", func(s *trust.Statement) { s.Metadata.Entity.ListEndpoint = "http://a.example" }, "endpoint"},
		{"a name is plain text", func(s *trust.Statement) { s.Metadata.Entity.OrganizationName = "a\u202eb" }, "organization_name"},
		{"a territory is two capitals", reg(func(r *trust.Registry) { r.Territory = "nz" }), "territory"},
		{"a roster is named by digest", reg(func(r *trust.Registry) { r.RosterSHA256 = "00" }), "roster_sha256"},
		{"members are entities", reg(func(r *trust.Registry) { r.Members = []string{"DE"} }), "members[0]"},
		{"nobody is its own member", reg(func(r *trust.Registry) { r.Members = []string{id("NZ")} }), "itself"},
		{"a union acts for its members", union(func(r *trust.Registry) { r.ActsFor = []string{"DE", "FR"} }), ""},
		{"nobody else acts for others", reg(func(r *trust.Registry) { r.Territory, r.ActsFor = "EU", []string{"DE"} }), "acts_for"},
		{"those acted for are not an empty list", union(func(r *trust.Registry) { r.ActsFor = []string{} }), "acts_for"},
		{"those acted for are in order", union(func(r *trust.Registry) { r.ActsFor = []string{"FR", "DE"} }), "acts_for[1]"},
		{"one is acted for once", union(func(r *trust.Registry) { r.ActsFor = []string{"DE", "DE"} }), "acts_for[1]"},
		{"nobody acts for itself", union(func(r *trust.Registry) { r.ActsFor = []string{"EU"} }), "acts_for[0]"},
		{"an authority is two capitals", union(func(r *trust.Registry) { r.ActsFor = []string{"de"} }), "acts_for[0]"},
		{"there is an issuer key", reg(func(r *trust.Registry) { r.Keys.Issuer = []*keys.PublicKey{} }), "keys.issuer"},
		{"a federation key issues nothing", reg(func(r *trust.Registry) { r.Keys.Issuer = public(t, "NZ federation") }), "another role"},
		{"an issuer key receives nothing", reg(func(r *trust.Registry) { r.Keys.Exchange = r.Keys.Issuer }), "another role"},
		{"a log key has the origin's name", reg(func(r *trust.Registry) { r.Log.Origin = host("NZ") + "/log2" }), "origin"},
		{"a log is on the own host", reg(func(r *trust.Registry) {
			r.Log = trust.LogRef{Origin: "other.example/log", VKey: vkey(t, "other.example/log", keys.NoteEd25519)}
		}), "another type or host"},
		{"a witness cosigns", reg(func(r *trust.Registry) { r.Witness.VKey = vkey(t, host("NZ")+"/witness", keys.NoteEd25519) }), "another type"},
		{"a log does not cosign", reg(func(r *trust.Registry) { r.Log.VKey = vkey(t, r.Log.Origin, keys.NoteCosignature) }), "another type"},
		{"witness and auditor differ", reg(func(r *trust.Registry) { r.Auditor = r.Witness }), "share a key"},
		{"a verifier key is well formed", reg(func(r *trust.Registry) { r.Auditor.VKey = "x" }), "auditor"},
		{"an endpoint of ours is https", reg(func(r *trust.Registry) { r.Endpoints["bundle"] = "/bundle" }), "endpoints"},
		{"a vct is a URL", reg(func(r *trust.Registry) { r.VCT = []string{"aeo"} }), "vct[0]"},
		{"a programme is listed once", reg(func(r *trust.Registry) { r.Programmes = append(r.Programmes, r.Programmes[0]) }), "programmes[1]"},
		{"a mailbox is bounded", reg(func(r *trust.Registry) { r.Contacts.Mailbox = strings.Repeat("a", 255) }), "contacts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := configuration(t, "NZ", "EU")
			c.edit(&s)
			check(t, signed(t, encode(t, s), "NZ federation"), c.want)
		})
	}
}

func TestSubordinateRules(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(s *trust.Statement)
		want string
	}{
		{"a plain statement holds", func(s *trust.Statement) {}, ""},
		{"a union has hosts below it", func(s *trust.Statement) { *s = stated(t, "NZ", "EU", "partner", host("DE")) }, ""},
		{"it lives at most 7 days", func(s *trust.Statement) { s.Exp = s.Iat + 7*86400 + 1 }, "validity"},
		{"it gives no hints", func(s *trust.Statement) { s.AuthorityHints = []string{id("JP")} }, "authority_hints"},
		{"it gives no metadata", func(s *trust.Statement) { s.Metadata = configuration(t, "EU").Metadata }, "metadata"},
		{"it constrains", func(s *trust.Statement) { s.Constraints = nil }, "constraints"},
		{"it states a relation", func(s *trust.Statement) { s.Relation = nil }, "aeo_relation"},
		{"the relation is critical", func(s *trust.Statement) { s.Crit = nil }, "crit"},
		{"nothing else is critical", func(s *trust.Statement) { s.Crit = []string{"aeo_relation", "exp"} }, "crit"},
		{"nothing is critical twice", func(s *trust.Statement) { s.Crit = []string{"aeo_relation", "aeo_relation"} }, "crit"},
		{"a relation is a known one", func(s *trust.Statement) { s.Relation.Kind = "friend" }, "kind"},
		{"a relation has a territory", func(s *trust.Statement) { s.Relation.Territory = "" }, "territory"},
		{"an authority has one spelling", func(s *trust.Statement) { s.Relation.Authority = "US" }, "left out"},
		{"a member names its authority", func(s *trust.Statement) { s.Relation.Kind = "member" }, "authority"},
		{"only registries are allowed", func(s *trust.Statement) {
			s.Constraints.AllowedEntityTypes = []string{"aeo_registry", "openid_provider"}
		}, "allowed_entity_types"},
		{"allowed types are named", func(s *trust.Statement) { s.Constraints.AllowedEntityTypes = nil }, "allowed_entity_types"},
		{"a path length is given", func(s *trust.Statement) { s.Constraints.MaxPathLength = nil }, "max_path_length"},
		{"a path length is not negative", func(s *trust.Statement) { *s.Constraints.MaxPathLength = -1 }, "max_path_length"},
		{"a path has one intermediate at most", func(s *trust.Statement) { *s.Constraints.MaxPathLength = 2 }, "max_path_length"},
		{"a member has nobody below it", func(s *trust.Statement) {
			*s = stated(t, "EU", "DE", "member", host("FR"))
		}, "member has max_path_length 0"},
		{"hosts are constrained", func(s *trust.Statement) { s.Constraints.NamingConstraints = nil }, "naming_constraints"},
		{"a partner's host is the one permitted", func(s *trust.Statement) {
			s.Constraints.NamingConstraints.Permitted = []string{host("US"), host("JP")}
		}, "permitted host"},
		{"the subject is permitted", func(s *trust.Statement) {
			*s.Constraints.MaxPathLength = 1
			s.Constraints.NamingConstraints.Permitted = []string{host("JP")}
		}, "leave out the subject"},
		{"permitted hosts are exact", func(s *trust.Statement) {
			*s.Constraints.MaxPathLength = 1
			s.Constraints.NamingConstraints.Permitted = []string{host("US"), ".example"}
		}, "permitted[1]"},
		{"an excluded host is a host", func(s *trust.Statement) { s.Constraints.NamingConstraints.Excluded = []string{"."} }, "excluded[0]"},
		{"excluded domains may be", func(s *trust.Statement) { s.Constraints.NamingConstraints.Excluded = []string{".us.example"} }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stated(t, "NZ", "US", "partner")
			c.edit(&s)
			check(t, signed(t, encode(t, s), "NZ federation"), c.want)
		})
	}
}

func check(t *testing.T, raw []byte, want string) {
	t.Helper()
	_, err := trust.Parse(raw)
	if want == "" && err != nil || want != "" && (!errors.Is(err, trust.ErrStatement) || !strings.Contains(err.Error(), want)) {
		t.Errorf("got %v, want a refusal with %q", err, want)
	}
}

func TestWhatWeDoNotSupportIsRefused(t *testing.T) {
	ec := encode(t, configuration(t, "NZ"))
	ss := encode(t, stated(t, "NZ", "US", "partner"))
	for _, name := range []string{
		"metadata_policy", "metadata_policy_crit", "trust_marks", "trust_mark_issuers", "trust_mark_owners",
		"source_endpoint", "trust_anchor_hints", "trust_chain", "aud", "jti", "nbf", "Exp",
	} {
		for _, payload := range [][]byte{ec, ss} {
			for _, value := range []string{"null", "{}", "[]"} {
				check(t, signed(t, member(payload, name, value), "NZ federation"), name)
			}
		}
	}
	for _, c := range []struct{ name, from, to string }{
		{"a null for an optional member", `"iat":`, `"authority_hints":null,"iat":`},
		{"a foreign entity type", `"federation_entity":`, `"openid_provider":{},"federation_entity":`},
		{"metadata that is null", `"federation_entity":`, `"federation_entity":null,"x":`},
		{"a missing member", `"vct":`, `"vc":`},
		{"a date that is no integer", `"iat":1`, `"iat":1.5e1,"x":1`},
		{"a member twice", `"iat":`, `"iat":1,"iat":`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(string(ec), c.from, c.to, 1)
			if raw, err := keys.Sign(keys.KindEntityStatement, []byte(text), signerFor(t, "NZ federation")); err == nil {
				check(t, raw, "does not hold")
			}
		})
	}
	t.Run("the order of members is free", func(t *testing.T) {
		text := strings.Replace(string(ss), `{"aeo_relation":{"kind":"partner","territory":"US"},`, `{ `, 1)
		check(t, signed(t, member([]byte(text), "aeo_relation", `{"territory":"US", "kind":"partner"}`), "NZ federation"), "")
	})
}

func TestEveryMetadataPolicyIsRefused(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(corpora(t), "federation", "metadata-policy-2025-02-13.json"))
	if err != nil {
		t.Skipf("corpora not here: %v", err)
	}
	var cases []struct {
		N      int             `json:"n"`
		TA     json.RawMessage `json:"TA"`
		INT    json.RawMessage `json:"INT"`
		Merged json.RawMessage `json:"merged"`
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	ss := encode(t, stated(t, "NZ", "US", "partner"))
	t.Logf("figure vectors_policy %d metadata policies", len(cases))
	refused := 0
	for _, c := range cases {
		for _, policy := range []json.RawMessage{c.TA, c.INT, c.Merged} {
			if policy == nil {
				continue
			}
			token, err := keys.Sign(keys.KindEntityStatement, member(ss, "metadata_policy", `{"aeo_registry":`+string(policy)+`}`), signerFor(t, "NZ federation"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := trust.Parse(token); !errors.Is(err, trust.ErrStatement) {
				t.Errorf("policy of case %d: %v", c.N, err)
			}
			refused++
		}
	}
	if refused < len(cases) {
		t.Errorf("%d policies in %d cases", refused, len(cases))
	}
}

func corpora(t testing.TB) string {
	if dir := os.Getenv("AEO_CORPORA"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "..", "shared", "data", "corpora")
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		t.Skip("corpora not here: no go.mod above")
	}
}

func TestSigned(t *testing.T) {
	ec := parsed(t, configuration(t, "NZ"))
	if !ec.IsConfiguration() || parsed(t, stated(t, "NZ", "US", "partner")).IsConfiguration() {
		t.Error("which is the configuration?")
	}
	if err := ec.Verify(signerFor(t, "NZ federation").Public()); err != nil {
		t.Error(err)
	}
	if err := ec.Verify(signerFor(t, "US federation").Public()); !errors.Is(err, keys.ErrForeignKey) {
		t.Errorf("another key: %v", err)
	}
	if ec.SHA256() != keys.SHA256Hex(ec.Raw()) || ec.KID() != ec.JWKS.Keys[0].KID() {
		t.Error("digest or kid of other bytes")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(signed(f, encode(f, configuration(f, "NZ", "EU", "US")), "NZ federation"))
	f.Add(signed(f, encode(f, stated(f, "NZ", "EU", "partner", host("DE"))), "NZ federation"))
	f.Add(signed(f, encode(f, stated(f, "EU", "DE", "member")), "EU federation"))
	f.Add([]byte("e30.e30."))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := trust.Parse(raw)
		if err != nil {
			return
		}
		if s.IsConfiguration() != (s.Metadata != nil) || s.IsConfiguration() == (s.Constraints != nil) || s.Exp <= s.Iat {
			t.Errorf("accepted %+v", s.Statement)
		}
	})
}

// Base64url keeps mutations of a token from being JSON, so here it is put on after.
func FuzzStatement(f *testing.F) {
	ec := signed(f, encode(f, configuration(f, "NZ", "EU")), "NZ federation")
	head, _, _ := strings.Cut(string(ec), ".")
	signature := ec[strings.LastIndex(string(ec), "."):]
	f.Add(encode(f, configuration(f, "NZ", "EU")))
	f.Add(encode(f, stated(f, "NZ", "EU", "partner", host("DE"))))
	f.Add(encode(f, stated(f, "EU", "DE", "member")))
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := trust.Parse([]byte(head + "." + keys.EncodeBase64URL(payload) + string(signature)))
		if err != nil {
			return
		}
		if trust.Host(s.Iss) == "" || trust.Host(s.Sub) == "" || len(s.JWKS.Keys) == 0 {
			t.Errorf("accepted %+v", s.Statement)
		}
	})
}
