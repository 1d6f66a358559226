package bundle_test

import (
	"bytes"
	"compress/zlib"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	built = 1_800_000_000 // iat of the bundles of these tests
	day   = 24 * 3600
)

// An administration is one of the small federation of these tests, with real
// keys, a real log and real statements.
type administration struct {
	territory, authority, entity string
	rosters                      [][]byte
	log                          *transparency.Copy
	checkpoint                   *transparency.Checkpoint
	configuration                []byte
	directory                    []byte
}

func (a *administration) host() string { return trust.Host(a.entity) }
func (a *administration) list() string { return a.entity + "/status/1" }

// signer is the key of a role; the same name gives the same key.
func (a *administration) signer(t testing.TB, role string) *keys.Signer {
	return signerFor(t, a.entity+" "+role)
}

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

func (a *administration) noteSigner(t testing.TB, role keys.Role) *keys.NoteSigner {
	t.Helper()
	seed := sha256.Sum256([]byte(a.entity + " " + string(role)))
	typ := byte(keys.NoteCosignature)
	if role == keys.RoleLog {
		typ = keys.NoteEd25519
	}
	s, err := keys.NewNoteSigner(a.host()+"/"+string(role), typ, ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// roster is the content of the administration's first roster.
func (a *administration) roster(t testing.TB) keys.Roster {
	r := keys.Roster{
		Iss: a.entity, Seq: 1, Iat: built - 20*day, Exp: built + 300*day,
		Root: []*keys.PublicKey{a.signer(t, "root").Public()},
	}
	window := keys.RosterKey{Nbf: built - 20*day, SignUntil: built + 200*day, Exp: built + 300*day}
	for _, role := range []keys.Role{keys.RoleFederation, keys.RoleBundle, keys.RoleIssuer} {
		k := window
		k.Role, k.JWK = role, a.signer(t, string(role)).Public()
		r.Keys = append(r.Keys, k)
	}
	for _, role := range []keys.Role{keys.RoleLog, keys.RoleWitness, keys.RoleAuditor} {
		k := window
		k.Role, k.VKey = role, a.noteSigner(t, role).String()
		r.Keys = append(r.Keys, k)
	}
	return r
}

// programme is the profile that the administration's configuration names.
func (a *administration) programme() []byte {
	return []byte(`{"code":"aeo","territory":"` + a.territory + `"}`)
}

// statement is the administration's entity configuration.
func (a *administration) statement(t testing.TB, superiors, members []string) trust.Statement {
	return trust.Statement{
		Iss: a.entity, Sub: a.entity, Iat: built - day, Exp: built + 20*day,
		JWKS:           trust.JWKS{Keys: []*keys.PublicKey{a.signer(t, "federation").Public()}},
		AuthorityHints: superiors,
		Metadata: &trust.Metadata{Registry: &trust.Registry{
			Territory: a.territory, Authority: a.authority, Members: members,
			RosterSHA256: keys.SHA256Hex(a.rosters[len(a.rosters)-1]),
			Keys:         trust.RegistryKeys{Issuer: []*keys.PublicKey{a.signer(t, "issuer").Public()}},
			Log:          trust.LogRef{Origin: a.host() + "/log", VKey: a.noteSigner(t, keys.RoleLog).String()},
			Witness:      trust.VKeyRef{VKey: a.noteSigner(t, keys.RoleWitness).String()},
			Auditor:      trust.VKeyRef{VKey: a.noteSigner(t, keys.RoleAuditor).String()},
			Programmes:   []trust.ProgrammeRef{{Code: "aeo", SHA256: digest(a.programme())}},
			Contacts:     trust.Contacts{Name: "Customs of " + a.authority, Mailbox: "aeo@" + a.host()},
		}},
	}
}

// newAdministration founds one: roster, log with a suspension in it,
// configuration, directory.
func newAdministration(t testing.TB, territory, authority, host string, superiors, members []string) *administration {
	a := &administration{territory: territory, authority: authority, entity: "https://" + host}
	a.rosters = [][]byte{general(t, keys.KindRoster, marshal(t, a.roster(t)), a.signer(t, "root"))}
	a.log = transparency.NewCopy(host + "/log")
	a.batch(t, built-19*day,
		transparency.Genesis{Origin: host + "/log", Territory: territory, Authority: authority,
			Profile: transparency.Profile, RosterSHA256: keys.SHA256Hex(a.rosters[0])},
		transparency.Key{Roster: a.rosters[0]},
		transparency.List{URI: a.list(), Bits: statuslist.Bits, Size: statuslist.MinSize})
	a.batch(t, built-2*day,
		transparency.Credential{SHA256: digest([]byte(host))},
		transparency.Status{URI: a.list(), Idx: 7, Value: statuslist.Suspended, EffectiveAt: built - 2*day})
	a.configuration = sign(t, keys.KindEntityStatement, a.statement(t, superiors, members), a.signer(t, "federation"))
	a.directory = sign(t, keys.KindDirectory, a.published(), a.signer(t, "bundle"))
	return a
}

// published is the content of the administration's directory.
func (a *administration) published() bundle.Directory {
	return bundle.Directory{
		Iss: a.entity, Iat: built - day, Exp: built + 6*day, Seq: 1,
		Entries: []bundle.DirectoryEntry{{
			Name: "Kauri Timber Exports", Identifiers: []string{a.territory + ":aeo:1234"}, Roles: []string{"exporter"},
			Programme: "aeo", AuthorisationType: "AEO", EffectiveOn: "2026-12-01",
			CredentialSHA256: digest([]byte(a.host())), Status: bundle.StatusRef{URI: a.list(), Idx: 8},
		}},
	}
}

// batch appends leaves and the state that follows, and signs the new head.
func (a *administration) batch(t testing.TB, at int64, leaves ...transparency.Leaf) {
	t.Helper()
	raws, err := transparency.Arrange(leaves)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range raws {
		if err := a.log.Add(raw); err != nil {
			t.Fatal(err)
		}
	}
	state, err := transparency.MarshalLeaf(a.log.Reduction().Next(at))
	if err == nil {
		err = a.log.Add(state)
	}
	if err != nil {
		t.Fatal(err)
	}
	a.checkpoint = a.signHead(t)
}

func (a *administration) signHead(t testing.TB) *transparency.Checkpoint {
	t.Helper()
	replay := transparency.NewReplay(a.host() + "/log")
	for _, entry := range a.log.Entries() {
		if _, err := replay.Add(entry); err != nil {
			t.Fatal(err)
		}
	}
	root, err := replay.Root()
	if err != nil {
		t.Fatal(err)
	}
	signer := a.noteSigner(t, keys.RoleLog)
	raw, err := transparency.SignCheckpoint(a.log.Size(), root, signer)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := transparency.ParseCheckpoint(raw, signer.VKey)
	if err != nil {
		t.Fatal(err)
	}
	return cp
}

// about is a statement of one administration about another. Below are hosts
// that the subject may speak for.
func about(t testing.TB, iss, subject *administration, kind string, below ...string) []byte {
	t.Helper()
	length := int64(min(len(below), 1))
	r := trust.Relation{Kind: kind, Territory: subject.territory}
	if subject.authority != subject.territory {
		r.Authority = subject.authority
	}
	return sign(t, keys.KindEntityStatement, trust.Statement{
		Iss: iss.entity, Sub: subject.entity, Iat: built - day, Exp: built + 6*day,
		JWKS: trust.JWKS{Keys: []*keys.PublicKey{subject.signer(t, "federation").Public()}},
		Constraints: &trust.Constraints{
			MaxPathLength:      &length,
			NamingConstraints:  &trust.NamingConstraints{Permitted: append([]string{subject.host()}, below...)},
			AllowedEntityTypes: []string{"aeo_registry"},
		},
		Relation: &r, Crit: []string{"aeo_relation"},
	}, iss.signer(t, "federation"))
}

// The federation: NZ has arrangements with JP and the EU, of which DE is a
// member; the EU has one with the US; of SG, NZ knows who it is and no more.
type federation struct{ nz, jp, eu, de, us, sg *administration }

const (
	nzHost = "aeo.customs.nz.example"
	euHost = "aeo.taxud.eu.example"
	deHost = "aeo.zoll.de.example"
)

// found makes the federation. Tests change what they make of it, never itself.
func found(t testing.TB) *federation {
	nz, eu := "https://"+nzHost, "https://"+euHost
	return &federation{
		nz: newAdministration(t, "NZ", "NZ", nzHost, nil, nil),
		jp: newAdministration(t, "JP", "JP", "aeo.customs.jp.example", []string{nz}, nil),
		eu: newAdministration(t, "EU", "EU", euHost, []string{nz}, []string{"https://" + deHost}),
		de: newAdministration(t, "EU", "DE", deHost, []string{eu}, nil),
		us: newAdministration(t, "US", "US", "aeo.cbp.us.example", []string{eu}, nil),
		sg: newAdministration(t, "SG", "SG", "aeo.customs.sg.example", nil, nil),
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func sign(t testing.TB, kind keys.Kind, v any, signer *keys.Signer) []byte {
	t.Helper()
	raw, err := keys.Sign(kind, marshal(t, v), signer)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// general is the general JSON serialization of signatures over one payload.
func general(t testing.TB, kind keys.Kind, payload []byte, signers ...*keys.Signer) []byte {
	t.Helper()
	var signatures []map[string]string
	var body string
	for _, s := range signers {
		compact, err := keys.Sign(kind, payload, s)
		if err != nil {
			t.Fatal(err)
		}
		part := strings.Split(string(compact), ".")
		body = part[1]
		signatures = append(signatures, map[string]string{"protected": part[0], "signature": part[2]})
	}
	return marshal(t, map[string]any{"payload": body, "signatures": signatures})
}

func array(docs ...[]byte) []jsontext.Value {
	out := make([]jsontext.Value, len(docs))
	for i, d := range docs {
		out[i] = d
	}
	return out
}

func deflate(t testing.TB, raw []byte) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return keys.EncodeBase64URL(b.Bytes())
}
