package trust_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// now is the instant of all fixtures.
const now = 1_790_000_000

// signerFor makes the same key for the same name.
func signerFor(t testing.TB, name string) *keys.Signer {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		t.Fatal(err)
	}
	s, err := keys.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func public(t testing.TB, names ...string) (list []*keys.PublicKey) {
	for _, name := range names {
		list = append(list, signerFor(t, name).Public())
	}
	return list
}

func vkey(t testing.TB, name string, typ byte) string {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	v, err := keys.NewVKey(name, typ, ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return v.String()
}

// id is the entity id of a territory, or of a union's member.
func id(territory string) string { return "https://" + host(territory) }

func host(territory string) string {
	return "aeo.customs." + strings.ToLower(territory) + ".example"
}

// configuration is what an administration says of itself, naming its superiors.
func configuration(t testing.TB, territory string, superiors ...string) trust.Statement {
	h := host(territory)
	s := trust.Statement{
		Iss: id(territory), Sub: id(territory), Iat: now - 100, Exp: now + 29*86400,
		JWKS: trust.JWKS{Keys: public(t, territory+" federation")},
		Metadata: &trust.Metadata{
			Entity: &trust.FederationEntity{OrganizationName: "Customs", FetchEndpoint: id(territory) + "/federation/fetch"},
			Registry: &trust.Registry{
				Territory: territory, Authority: territory, RosterSHA256: strings.Repeat("0", 64),
				Keys: trust.RegistryKeys{
					Issuer: public(t, territory+" issuer"), Exchange: public(t, territory+" exchange"), Receipt: public(t, territory+" receipt"),
				},
				Log:        trust.LogRef{Origin: h + "/log", VKey: vkey(t, h+"/log", keys.NoteEd25519)},
				Witness:    trust.VKeyRef{VKey: vkey(t, h+"/witness", keys.NoteCosignature)},
				Auditor:    trust.VKeyRef{VKey: vkey(t, h+"/auditor", keys.NoteCosignature)},
				Endpoints:  map[string]string{"bundle": id(territory) + "/bundle"},
				VCT:        []string{id(territory) + "/vct/aeo-status/1"},
				Programmes: []trust.ProgrammeRef{{Code: "aeo", SHA256: strings.Repeat("a", 64)}},
				Contacts:   trust.Contacts{Name: "AEO desk", Mailbox: "aeo@" + h},
			},
		},
	}
	if territory == "DE" || territory == "FR" {
		s.Metadata.Registry.Territory = "EU"
	}
	for _, superior := range superiors {
		s.AuthorityHints = append(s.AuthorityHints, id(superior))
	}
	return s
}

// stated is what one administration states about another. Hosts below it make
// the subject a union.
func stated(t testing.TB, by, about, kind string, below ...string) trust.Statement {
	length := int64(min(len(below), 1))
	s := trust.Statement{
		Iss: id(by), Sub: id(about), Iat: now - 50, Exp: now + 6*86400,
		JWKS: trust.JWKS{Keys: public(t, about+" federation")},
		Constraints: &trust.Constraints{
			MaxPathLength:      &length,
			NamingConstraints:  &trust.NamingConstraints{Permitted: append([]string{host(about)}, below...)},
			AllowedEntityTypes: []string{"aeo_registry"},
		},
		Relation: &trust.Relation{Kind: kind, Territory: about},
		Crit:     []string{"aeo_relation"},
	}
	if kind == trust.KindMember {
		s.Relation.Territory, s.Relation.Authority = "EU", about
	}
	return s
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func signed(t testing.TB, payload []byte, by string) []byte {
	t.Helper()
	raw, err := keys.Sign(keys.KindEntityStatement, payload, signerFor(t, by))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// parsed signs a statement with its issuer's federation key and reads it.
func parsed(t testing.TB, s trust.Statement) *trust.Signed {
	t.Helper()
	territory := strings.ToUpper(strings.Split(s.Iss, ".")[2])
	return parsedBy(t, s, territory+" federation")
}

func parsedBy(t testing.TB, s trust.Statement, signer string) *trust.Signed {
	t.Helper()
	p, err := trust.Parse(signed(t, encode(t, s), signer))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// member is a payload with one more member, by its name and JSON value.
func member(payload []byte, name, value string) []byte {
	return slices.Concat(payload[:len(payload)-1], []byte(`,"`+name+`":`+value+`}`))
}

// roster signs the next roster of a territory.
func roster(t testing.TB, r keys.Roster, signers ...string) []byte {
	t.Helper()
	type sig struct {
		Protected string `json:"protected"`
		Signature string `json:"signature"`
	}
	var g struct {
		Payload    string `json:"payload"`
		Signatures []sig  `json:"signatures"`
	}
	for _, name := range signers {
		token, err := keys.Sign(keys.KindRoster, encode(t, r), signerFor(t, name))
		if err != nil {
			t.Fatal(err)
		}
		parts := bytes.Split(token, []byte("."))
		g.Payload = string(parts[1])
		g.Signatures = append(g.Signatures, sig{string(parts[0]), string(parts[2])})
	}
	return encode(t, g)
}
