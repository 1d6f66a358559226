package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/credential"
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
	daySeconds = 24 * 3600
	opened     = 1_767_225_600 // 2026-01-01: when the logs of these tests open
	built      = opened + 60*daySeconds
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An office is an administration of the small federation of these tests, with
// real keys, a real log and real statements.
type office struct {
	territory, host, programme string
	rosters                    keys.History
	log                        *transparency.Copy
	entries                    []bundle.DirectoryEntry
}

func newOffice(territory, programme string) *office {
	o := &office{territory: territory, host: "aeo.customs." + strings.ToLower(territory) + ".example", programme: programme}
	o.log = transparency.NewCopy(o.host + "/log")
	roster := o.roster()
	if err := o.rosters.Append(roster); err != nil {
		panic(err)
	}
	o.record(opened,
		transparency.Genesis{Origin: o.host + "/log", Territory: territory, Authority: territory,
			Profile: transparency.Profile, RosterSHA256: keys.SHA256Hex(roster)},
		transparency.Key{Roster: roster},
		transparency.List{URI: o.list(), Bits: statuslist.Bits, Size: statuslist.MinSize})
	return o
}

func (o *office) entity() string { return "https://" + o.host }
func (o *office) list() string   { return o.entity() + "/status/0" }

// signer is the key of a role; the same name gives the same key.
func (o *office) signer(role string) *keys.Signer {
	seed := sha256.Sum256([]byte(o.host + " " + role))
	return must(keys.NewSigner(must(ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:]))))
}

func (o *office) noteSigner(role keys.Role) *keys.NoteSigner {
	return o.noteSignerOf(role, string(role))
}

// noteSignerOf is a key in the name of a role.
func (o *office) noteSignerOf(role keys.Role, name string) *keys.NoteSigner {
	seed := sha256.Sum256([]byte(o.host + " " + name))
	typ := byte(keys.NoteCosignature)
	if role == keys.RoleLog {
		typ = keys.NoteEd25519
	}
	return must(keys.NewNoteSigner(o.host+"/"+string(role), typ, ed25519.NewKeyFromSeed(seed[:])))
}

func (o *office) roster() []byte {
	r := keys.Roster{
		Iss: o.entity(), Seq: 1, Iat: opened, Exp: opened + 400*daySeconds,
		Root: []*keys.PublicKey{o.signer("root").Public()},
	}
	window := keys.RosterKey{Nbf: opened, SignUntil: opened + 300*daySeconds, Exp: opened + 1200*daySeconds}
	for _, role := range []keys.Role{keys.RoleFederation, keys.RoleBundle, keys.RoleIssuer} {
		k := window
		k.Role, k.JWK = role, o.signer(string(role)).Public()
		r.Keys = append(r.Keys, k)
	}
	for _, role := range []keys.Role{keys.RoleLog, keys.RoleWitness, keys.RoleAuditor} {
		k := window
		k.Role, k.VKey = role, o.noteSigner(role).String()
		r.Keys = append(r.Keys, k)
	}
	part := strings.Split(string(must(keys.Sign(keys.KindRoster, must(jcs.Marshal(r)), o.signer("root")))), ".")
	return must(jcs.Marshal(map[string]any{
		"payload":    part[1],
		"signatures": []map[string]string{{"protected": part[0], "signature": part[2]}},
	}))
}

// record appends a batch.
func (o *office) record(at int64, leaves ...transparency.Leaf) {
	for _, raw := range append(must(transparency.Arrange(leaves)), nil) {
		if raw == nil {
			raw = must(transparency.MarshalLeaf(o.log.Reduction().Next(at)))
		}
		if err := o.log.Add(raw); err != nil {
			panic(err)
		}
	}
}

func (o *office) suspend(idx, at int64) {
	o.record(at, transparency.Status{URI: o.list(), Idx: idx, Value: statuslist.Suspended, EffectiveAt: at})
}

func (o *office) checkpoint() *transparency.Checkpoint {
	signer := o.noteSigner(keys.RoleLog)
	raw := must(transparency.SignCheckpoint(o.log.Size(), must(tlog.TreeHash(o.log.Size(), o.log)), signer))
	return must(transparency.ParseCheckpoint(raw, signer.VKey))
}

// grant issues a credential on day 1, in effect on day 2, logs it, and lists its holder.
func (o *office) grant(name, identifier, role string, idx int64) []byte {
	c := credential.Claims{
		Issuer: o.entity(), IssuedAt: opened + daySeconds, NotBefore: opened + 2*daySeconds, Expires: opened + 700*daySeconds,
		Status:    credential.StatusRef{URI: o.list(), Idx: idx},
		Territory: o.territory, Authority: o.territory, Programme: o.programme, Type: "AEO",
		Subject: credential.Subject{LegalName: name, Identifiers: []string{identifier}, Roles: []string{role}, EffectiveOn: "2026-01-03"},
	}
	salts := rand.NewChaCha8(sha256.Sum256([]byte(name)))
	sdjwt := must(credential.Present(must(credential.Issue(c, o.entity(), o.signer("issuer"), salts)), credential.Counterparty))
	sum := must(credential.Parse(sdjwt)).LogSHA256()
	digest := hex.EncodeToString(sum[:])
	o.record(opened+daySeconds, transparency.Credential{SHA256: digest})
	o.entries = append(o.entries, bundle.DirectoryEntry{
		Name: name, Identifiers: []string{identifier}, Roles: []string{role}, Programme: o.programme, AuthorisationType: "AEO",
		EffectiveOn: "2026-01-03", CredentialSHA256: digest, Status: bundle.StatusRef{URI: o.list(), Idx: idx},
	})
	return sdjwt
}

func (o *office) profile() []byte {
	return must(jcs.Marshal(map[string]any{"code": o.programme, "schemes": []any{}}))
}

func (o *office) configuration(superiors ...string) []byte {
	profile := o.profile()
	return must(author.Statement(trust.Statement{
		Iss: o.entity(), Sub: o.entity(), Iat: built - daySeconds, Exp: built + 20*daySeconds,
		JWKS:           trust.JWKS{Keys: []*keys.PublicKey{o.signer("federation").Public()}},
		AuthorityHints: superiors,
		Metadata: &trust.Metadata{Registry: &trust.Registry{
			Territory: o.territory, Authority: o.territory,
			RosterSHA256: keys.SHA256Hex(o.rosters.Raw()[0]),
			Keys:         trust.RegistryKeys{Issuer: []*keys.PublicKey{o.signer("issuer").Public()}},
			Log:          trust.LogRef{Origin: o.host + "/log", VKey: o.noteSigner(keys.RoleLog).String()},
			Witness:      trust.VKeyRef{VKey: o.noteSigner(keys.RoleWitness).String()},
			Auditor:      trust.VKeyRef{VKey: o.noteSigner(keys.RoleAuditor).String()},
			VCT:          []string{credential.VCT(o.entity())},
			Programmes:   []trust.ProgrammeRef{{Code: o.programme, SHA256: keys.SHA256Hex(profile)}},
			Contacts:     trust.Contacts{Name: "Customs of " + o.territory, Mailbox: "aeo@" + o.host},
		}},
	}, o.signer("federation")))
}

// material is what the office publishes, for somebody's bundle.
func (o *office) material(relation string, configuration []byte) *author.Material {
	return &author.Material{
		Territory: o.territory, Authority: o.territory, EntityID: o.entity(), Relation: relation,
		Configuration: configuration, Rosters: &o.rosters, Checkpoint: o.checkpoint(), Log: o.log,
		Directory: must(author.Directory(bundle.Directory{
			Iss: o.entity(), Iat: built - daySeconds, Exp: built + 20*daySeconds, Seq: 1, Entries: o.entries,
		}, o.signer("bundle"))),
		Programme: o.profile(), FetchedAt: built,
	}
}

func (o *office) anchor() *bundle.Anchor {
	return must(bundle.NewAnchor(o.territory, o.entity(), []*keys.PublicKey{o.signer("root").Public()}, 1, opened))
}

func onDay(n int64) string { return time.Unix(opened+n*daySeconds, 0).UTC().Format(time.DateOnly) }
