package peer_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	day    = 24 * 3600
	opened = 1_767_225_600 // 2026-01-01: when the logs of these tests open
	self   = "https://aeo.customs.jp.example"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// An administration has real keys, a real log and real statements. Its seed
// makes its keys: the same seed is the same administration, another an impostor.
type administration struct {
	territory, authority, host, seed string
	superiors, members               []string
	rosters                          keys.History
	log                              *transparency.Copy
}

func newZealand() *administration {
	return newAdministration("NZ", "NZ", "aeo.customs.nz.example", "nz")
}

func newAdministration(territory, authority, host, seed string) *administration {
	a := &administration{territory: territory, authority: authority, host: host, seed: seed}
	a.log = transparency.NewCopy(host + "/log")
	roster := a.roster()
	check(a.rosters.Append(roster))
	a.record(opened,
		transparency.Genesis{Origin: host + "/log", Territory: territory, Authority: authority,
			Profile: transparency.Profile, RosterSHA256: keys.SHA256Hex(roster)},
		transparency.Key{Roster: roster},
		transparency.List{URI: a.list(), Bits: statuslist.Bits, Size: statuslist.MinSize})
	return a
}

func (a *administration) entity() string { return "https://" + a.host }
func (a *administration) list() string   { return a.entity() + "/status/0" }

func (a *administration) anchor(t testing.TB) *bundle.Anchor {
	t.Helper()
	anchor, err := bundle.NewAnchor(a.territory, a.entity(), []*keys.PublicKey{a.signer("root").Public()}, 1, opened)
	if err != nil {
		t.Fatal(err)
	}
	return anchor
}

func (a *administration) signer(role keys.Role) *keys.Signer {
	seed := sha256.Sum256([]byte(a.seed + " " + string(role)))
	return must(keys.NewSigner(must(ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:]))))
}

func (a *administration) noteSigner(role keys.Role) *keys.NoteSigner {
	seed := sha256.Sum256([]byte(a.seed + " " + string(role)))
	typ := byte(keys.NoteCosignature)
	if role == keys.RoleLog {
		typ = keys.NoteEd25519
	}
	return must(keys.NewNoteSigner(a.host+"/"+string(role), typ, ed25519.NewKeyFromSeed(seed[:])))
}

// roster is the administration's next roster.
func (a *administration) roster() []byte {
	raw := a.rosters.Raw()
	r := keys.Roster{Iss: a.entity(), Seq: int64(len(raw)) + 1, Iat: opened, Exp: opened + 400*day, Root: []*keys.PublicKey{a.signer("root").Public()}}
	window := keys.RosterKey{Nbf: opened, SignUntil: opened + 300*day, Exp: opened + 1200*day}
	for _, role := range []keys.Role{keys.RoleFederation, keys.RoleBundle, keys.RoleIssuer} {
		k := window
		k.Role, k.JWK = role, a.signer(role).Public()
		r.Keys = append(r.Keys, k)
	}
	for _, role := range []keys.Role{keys.RoleLog, keys.RoleWitness, keys.RoleAuditor} {
		k := window
		k.Role, k.VKey = role, a.noteSigner(role).String()
		r.Keys = append(r.Keys, k)
	}
	if len(raw) > 0 {
		r.PrevSHA256 = keys.SHA256Hex(raw[len(raw)-1])
	}
	part := strings.Split(string(must(keys.Sign(keys.KindRoster, must(jcs.Marshal(r)), a.signer("root")))), ".")
	return must(jcs.Marshal(map[string]any{
		"payload":    part[1],
		"signatures": []map[string]string{{"protected": part[0], "signature": part[2]}},
	}))
}

// record appends a batch.
func (a *administration) record(at int64, leaves ...transparency.Leaf) {
	for _, raw := range must(transparency.Arrange(leaves)) {
		check(a.log.Add(raw))
	}
	check(a.log.Add(must(transparency.MarshalLeaf(a.log.Reduction().Next(at)))))
}

// suspend records the suspension of one entry, with effect at once.
func (a *administration) suspend(at, idx int64) {
	a.record(at, transparency.Status{URI: a.list(), Idx: idx, Value: statuslist.Suspended, EffectiveAt: at})
}

func (a *administration) checkpoint() *transparency.Checkpoint {
	signer := a.noteSigner(keys.RoleLog)
	raw := must(transparency.SignCheckpoint(a.log.Size(), must(tlog.TreeHash(a.log.Size(), a.log)), signer))
	return must(transparency.ParseCheckpoint(raw, signer.VKey))
}

// token is the status list token of the newest head.
func (a *administration) token(at int64) statuslist.Token {
	cp := a.checkpoint()
	return statuslist.Token{
		Sub: a.list(), Iat: at, List: a.log.Reduction().List(a.list()).Clone(),
		Log: statuslist.Log{Origin: cp.Origin, Size: cp.Size, Root: cp.Root.String()},
	}
}

func (a *administration) profile() []byte {
	return must(jcs.Marshal(map[string]any{"code": a.seed + "-aeo"}))
}

func (a *administration) configuration(at int64) []byte {
	return must(author.Statement(trust.Statement{
		Iss: a.entity(), Sub: a.entity(), Iat: at, Exp: at + 20*day,
		JWKS:           trust.JWKS{Keys: []*keys.PublicKey{a.signer(keys.RoleFederation).Public()}},
		AuthorityHints: a.superiors,
		Metadata: &trust.Metadata{Registry: &trust.Registry{
			Territory: a.territory, Authority: a.authority, Members: a.members,
			RosterSHA256: a.rosters.Current().SHA256(),
			Keys:         trust.RegistryKeys{Issuer: []*keys.PublicKey{a.signer(keys.RoleIssuer).Public()}},
			Log:          trust.LogRef{Origin: a.host + "/log", VKey: a.noteSigner(keys.RoleLog).String()},
			Witness:      trust.VKeyRef{VKey: a.noteSigner(keys.RoleWitness).String()},
			Auditor:      trust.VKeyRef{VKey: a.noteSigner(keys.RoleAuditor).String()},
			Programmes:   []trust.ProgrammeRef{{Code: a.seed + "-aeo", SHA256: keys.SHA256Hex(a.profile())}},
			Contacts:     trust.Contacts{Name: "Customs of " + a.authority, Mailbox: "aeo@" + a.host},
		}},
	}, a.signer(keys.RoleFederation)))
}

func (a *administration) directory(at int64) []byte {
	return must(author.Directory(bundle.Directory{
		Iss: a.entity(), Iat: at, Exp: at + 20*day, Seq: 1, Entries: []bundle.DirectoryEntry{},
	}, a.signer(keys.RoleBundle)))
}
