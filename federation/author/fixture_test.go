package author_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
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

func public(t testing.TB, name string) []*keys.PublicKey {
	return []*keys.PublicKey{signerFor(t, name).Public()}
}

func entity(territory string) string {
	return "https://aeo.customs." + strings.ToLower(territory) + ".example"
}

func host(territory string) string { return trust.Host(entity(territory)) }

func vkey(t testing.TB, name string, typ byte) string {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	v, err := keys.NewVKey(name, typ, ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return v.String()
}

// configuration is the entity configuration of an authority within a territory.
func configuration(t testing.TB, territory, authority string, superiors ...string) trust.Statement {
	h := host(authority)
	s := trust.Statement{
		Iss: entity(authority), Sub: entity(authority), Iat: now, Exp: now + trust.MaxConfigurationLife,
		JWKS: trust.JWKS{Keys: public(t, authority+" federation")},
		Metadata: &trust.Metadata{Registry: &trust.Registry{
			Territory: territory, Authority: authority, RosterSHA256: strings.Repeat("0", 64),
			Keys:       trust.RegistryKeys{Issuer: public(t, authority+" issuer"), Exchange: []*keys.PublicKey{}, Receipt: []*keys.PublicKey{}},
			Log:        trust.LogRef{Origin: h + "/log", VKey: vkey(t, h+"/log", keys.NoteEd25519)},
			Witness:    trust.VKeyRef{VKey: vkey(t, h+"/witness", keys.NoteCosignature)},
			Auditor:    trust.VKeyRef{VKey: vkey(t, h+"/auditor", keys.NoteCosignature)},
			Endpoints:  map[string]string{},
			VCT:        []string{entity(authority) + "/vct/aeo-status/1"},
			Programmes: []trust.ProgrammeRef{},
			Contacts:   trust.Contacts{Name: "AEO desk", Mailbox: "aeo@" + h},
		}},
	}
	for _, superior := range superiors {
		s.AuthorityHints = append(s.AuthorityHints, entity(superior))
	}
	return s
}

// published signs a statement as its issuer and reads it.
func published(t testing.TB, s trust.Statement, by string) *trust.Signed {
	t.Helper()
	raw, err := author.Statement(s, signerFor(t, by+" federation"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := trust.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// document is an annex between territories, the first recognising the second.
func document(t testing.TB, territories ...string) mra.Document {
	d := mra.Document{
		ID: strings.Join(territories, "-"), Version: 1, SignedOn: "2026-01-10", ReviewOn: "2029-01-10",
		Instrument: mra.Instrument{Title: "Arrangement", Citation: "2026/1", Languages: []string{"en"}},
		Recognitions: []mra.Recognition{{
			By: territories[0], Of: territories[1], Programme: "aeo", AuthorisationType: "AEOS", Roles: []string{"exporter"},
			Direction: mra.Import, As: "AEO", AppliesWhen: "consignor", DateBasis: "acceptance", Benefits: []string{}, From: "2026-04-01",
		}},
		DataSharing: mra.DataSharing{Fields: []string{}, ReleaseBasis: "law", Basis: "either", Retention: "P5Y", Onward: "none"},
		Termination: mra.Termination{NoticeDays: 90, InTransit: "stop"},
	}
	for _, territory := range territories {
		d.Parties = append(d.Parties, mra.Party{
			Territory: territory, EntityID: entity(territory), Root: public(t, territory+" root"), TimeZone: "Pacific/Auckland",
			Contacts:  mra.Contacts{Mailbox: "aeo@customs.example", DutyPhone: "+00 555 0100"},
			Signatory: mra.Signatory{Function: "Director", Mandate: "Delegation 7"},
		})
	}
	return d
}
