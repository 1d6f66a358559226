package federation_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"strings"

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
	day    = 24 * 3600
	opened = 1_767_225_600 // 2026-01-01: when the logs of these tests open
	built  = opened + 60*day
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// An administration is one of the small federation of these tests, with real
// keys, a real log and real statements.
type administration struct {
	territory, authority, host string
	programme                  string
	rosters                    keys.History
	log                        *transparency.Copy
	entries                    []bundle.DirectoryEntry
}

// newAdministration opens its log.
func newAdministration(territory, authority, host string) *administration {
	a := &administration{territory: territory, authority: authority, host: host, programme: strings.ToLower(territory) + "-aeo"}
	a.log = transparency.NewCopy(host + "/log")
	check(a.rosters.Append(a.signRoster(a.roster())))
	a.record(opened,
		transparency.Genesis{Origin: host + "/log", Territory: territory, Authority: authority,
			Profile: transparency.Profile, RosterSHA256: keys.SHA256Hex(a.newestRoster())},
		transparency.Key{Roster: a.newestRoster()},
		transparency.List{URI: a.list(), Bits: statuslist.Bits, Size: statuslist.MinSize})
	return a
}

func (a *administration) entity() string { return "https://" + a.host }
func (a *administration) list() string   { return a.entity() + "/status/0" }

// signer is the key of a role; the same name gives the same key.
func (a *administration) signer(role string) *keys.Signer {
	seed := sha256.Sum256([]byte(a.host + " " + role))
	return must(keys.NewSigner(must(ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:]))))
}

func (a *administration) noteSigner(role keys.Role) *keys.NoteSigner {
	seed := sha256.Sum256([]byte(a.host + " " + string(role)))
	typ := byte(keys.NoteCosignature)
	if role == keys.RoleLog {
		typ = keys.NoteEd25519
	}
	return must(keys.NewNoteSigner(a.host+"/"+string(role), typ, ed25519.NewKeyFromSeed(seed[:])))
}

// roster has two issuer keys, one of which will be stolen.
func (a *administration) roster() keys.Roster {
	r := keys.Roster{
		Iss: a.entity(), Seq: 1, Iat: opened, Exp: opened + 400*day,
		Root: []*keys.PublicKey{a.signer("root").Public()},
	}
	window := keys.RosterKey{Nbf: opened, SignUntil: opened + 300*day, Exp: opened + 1200*day}
	for _, name := range []string{"federation", "bundle", "issuer", "issuer stolen"} {
		k := window
		role, _, _ := strings.Cut(name, " ")
		k.Role, k.JWK = keys.Role(role), a.signer(name).Public()
		r.Keys = append(r.Keys, k)
	}
	for _, role := range []keys.Role{keys.RoleLog, keys.RoleWitness, keys.RoleAuditor} {
		k := window
		k.Role, k.VKey = role, a.noteSigner(role).String()
		r.Keys = append(r.Keys, k)
	}
	return r
}

func (a *administration) newestRoster() []byte {
	raw := a.rosters.Raw()
	return raw[len(raw)-1]
}

func (a *administration) signRoster(r keys.Roster) []byte {
	part := strings.Split(string(must(keys.Sign(keys.KindRoster, must(jcs.Marshal(r)), a.signer("root")))), ".")
	return must(jcs.Marshal(map[string]any{
		"payload":    part[1],
		"signatures": []map[string]string{{"protected": part[0], "signature": part[2]}},
	}))
}

// reportTheft publishes a roster in which a key is compromised since an instant.
func (a *administration) reportTheft(at, since int64) {
	r := a.roster()
	r.Seq, r.PrevSHA256, r.Iat = 2, keys.SHA256Hex(a.newestRoster()), at
	for i := range r.Keys {
		if r.Keys[i].JWK.Equal(a.signer("issuer stolen").Public()) {
			r.Keys[i].Revoked = &keys.Revocation{At: since, Reason: keys.ReasonCompromised}
		}
	}
	check(a.rosters.Append(a.signRoster(r)))
	a.record(at, transparency.Key{Roster: a.newestRoster()})
}

// record appends a batch.
func (a *administration) record(at int64, leaves ...transparency.Leaf) {
	addBatch(a.log, at, leaves...)
}

func addBatch(log *transparency.Copy, at int64, leaves ...transparency.Leaf) {
	for _, raw := range must(transparency.Arrange(leaves)) {
		check(log.Add(raw))
	}
	check(log.Add(must(transparency.MarshalLeaf(log.Reduction().Next(at)))))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// status is a change with the prev that makes it right.
func (a *administration) status(idx int64, v statuslist.Value, effectiveAt int64) transparency.Status {
	s := transparency.Status{URI: a.list(), Idx: idx, Value: v, EffectiveAt: effectiveAt}
	if last, _, ok := a.log.Reduction().Last(a.list(), idx); ok {
		s.Prev = &last
	}
	return s
}

func (a *administration) checkpoint() *transparency.Checkpoint { return head(a.log, a) }

func head(log *transparency.Copy, a *administration) *transparency.Checkpoint {
	signer := a.noteSigner(keys.RoleLog)
	raw := must(transparency.SignCheckpoint(log.Size(), must(tlog.TreeHash(log.Size(), log)), signer))
	return must(transparency.ParseCheckpoint(raw, signer.VKey))
}

// receipt proves a credential of the log.
func receipt(log *transparency.Copy, a *administration, sdjwt []byte) []byte {
	leaf := credentialLeaf(sdjwt)
	want := must(transparency.MarshalLeaf(leaf))
	for i := range log.Size() {
		inclusion := must(log.Prove(i, log.Size()))
		if bytes.Equal(inclusion.Leaf, want) {
			r := &transparency.Receipt{Index: i, Proof: inclusion.Proof, Checkpoint: head(log, a).Raw}
			return r.Format()
		}
	}
	panic("the credential is not in the log")
}

func credentialLeaf(sdjwt []byte) transparency.Credential {
	sum := must(credential.Parse(sdjwt)).LogSHA256()
	return transparency.Credential{SHA256: hex.EncodeToString(sum[:])}
}

// configuration is what the administration says of itself when bundles are built.
func (a *administration) configuration(superiors, members []string) []byte {
	vct := []string{credential.VCT(a.entity())}
	if a.authority != a.territory {
		vct = append(vct, credential.VCT(union))
	}
	profile := a.profile()
	return must(author.Statement(trust.Statement{
		Iss: a.entity(), Sub: a.entity(), Iat: built - day, Exp: built + 20*day,
		JWKS:           trust.JWKS{Keys: []*keys.PublicKey{a.signer("federation").Public()}},
		AuthorityHints: superiors,
		Metadata: &trust.Metadata{Registry: &trust.Registry{
			Territory: a.territory, Authority: a.authority, Members: members,
			RosterSHA256: keys.SHA256Hex(a.newestRoster()),
			Keys:         trust.RegistryKeys{Issuer: []*keys.PublicKey{a.signer("issuer").Public()}},
			Log:          trust.LogRef{Origin: a.host + "/log", VKey: a.noteSigner(keys.RoleLog).String()},
			Witness:      trust.VKeyRef{VKey: a.noteSigner(keys.RoleWitness).String()},
			Auditor:      trust.VKeyRef{VKey: a.noteSigner(keys.RoleAuditor).String()},
			VCT:          vct,
			Programmes:   []trust.ProgrammeRef{{Code: a.programme, SHA256: keys.SHA256Hex(profile)}},
			Contacts:     trust.Contacts{Name: "Customs of " + a.authority, Mailbox: "aeo@" + a.host},
		}},
	}, a.signer("federation")))
}

func (a *administration) profile() []byte {
	return must(jcs.Marshal(map[string]any{
		"code":    a.programme,
		"schemes": []map[string]any{{"code": "biz", "personal": false}, {"code": "sole", "personal": true}},
	}))
}

func (a *administration) directory() []byte {
	return must(author.Directory(bundle.Directory{
		Iss: a.entity(), Iat: built - day, Exp: built + 20*day, Seq: 1, Entries: a.entries,
	}, a.signer("bundle")))
}
