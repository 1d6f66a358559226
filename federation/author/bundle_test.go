package author_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/google/go-cmp/cmp"
)

const month = 30 * 24 * 3600

// material is what an administration published: a roster, a log with one list,
// and the configuration of the other fixtures.
func material(t testing.TB, territory, authority, relation string, superiors ...string) *author.Material {
	t.Helper()
	roster := signedRoster(t, authority)
	s := configuration(t, territory, authority, superiors...)
	s.Metadata.Registry.RosterSHA256 = keys.SHA256Hex(roster)
	m := &author.Material{
		Territory: territory, Authority: authority, EntityID: entity(authority), Relation: relation,
		Configuration: published(t, s, authority).Raw(), FetchedAt: now,
		Log: transparency.NewCopy(host(authority) + "/log"),
	}
	var err error
	if m.Rosters, err = keys.VerifyHistory([][]byte{roster}, public(t, authority+" root")); err != nil {
		t.Fatal(err)
	}
	leaves, err := transparency.Arrange([]transparency.Leaf{
		transparency.Genesis{Origin: host(authority) + "/log", Territory: territory, Authority: authority,
			Profile: transparency.Profile, RosterSHA256: keys.SHA256Hex(roster)},
		transparency.Key{Roster: roster},
		transparency.List{URI: entity(authority) + "/status/1", Bits: statuslist.Bits, Size: statuslist.MinSize},
	})
	if err != nil {
		t.Fatal(err)
	}
	replay := transparency.NewReplay(host(authority) + "/log")
	add := func(leaf []byte) {
		t.Helper()
		if _, err := replay.Add(leaf); err != nil {
			t.Fatal(err)
		}
		if err := m.Log.(*transparency.Copy).Add(leaf); err != nil {
			t.Fatal(err)
		}
	}
	for _, leaf := range leaves {
		add(leaf)
	}
	last, err := transparency.MarshalLeaf(replay.Reduction.Next(now - month))
	if err != nil {
		t.Fatal(err)
	}
	add(last)
	m.Checkpoint = signedHead(t, authority, replay)
	return m
}

func signedHead(t testing.TB, authority string, replay *transparency.Replay) *transparency.Checkpoint {
	t.Helper()
	root, err := replay.Root()
	if err != nil {
		t.Fatal(err)
	}
	name := host(authority) + "/log"
	seed := sha256.Sum256([]byte(name))
	signer, err := keys.NewNoteSigner(name, keys.NoteEd25519, ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := transparency.SignCheckpoint(replay.Reduction.Size(), root, signer)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := transparency.ParseCheckpoint(raw, signer.VKey)
	if err != nil {
		t.Fatal(err)
	}
	return cp
}

func signedRoster(t testing.TB, authority string) []byte {
	t.Helper()
	h := host(authority)
	window := keys.RosterKey{Nbf: now - month, SignUntil: now + month, Exp: now + 2*month}
	r := keys.Roster{Iss: entity(authority), Seq: 1, Iat: now - month, Exp: now + 2*month, Root: public(t, authority+" root")}
	for _, role := range []keys.Role{keys.RoleFederation, keys.RoleBundle, keys.RoleIssuer} {
		k := window
		k.Role, k.JWK = role, signerFor(t, authority+" "+string(role)).Public()
		r.Keys = append(r.Keys, k)
	}
	for role, typ := range map[keys.Role]byte{
		keys.RoleLog: keys.NoteEd25519, keys.RoleWitness: keys.NoteCosignature, keys.RoleAuditor: keys.NoteCosignature,
	} {
		k := window
		k.Role, k.VKey = role, vkey(t, h+"/"+string(role), typ)
		r.Keys = append(r.Keys, k)
	}
	payload, err := jcs.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := keys.Sign(keys.KindRoster, payload, signerFor(t, authority+" root"))
	if err != nil {
		t.Fatal(err)
	}
	part := strings.Split(string(compact), ".")
	raw, err := jcs.Marshal(map[string]any{
		"payload": part[1], "signatures": []map[string]string{{"protected": part[0], "signature": part[2]}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A parcel is what goes into author.Bundle.
type parcel struct {
	manifest bundle.Manifest
	members  map[string][]byte
	anchor   *bundle.Anchor
	signer   *keys.Signer
}

// newParcel is of NZ, its partner the EU (which may speak for the hosts of
// below) and whoever else.
func newParcel(t testing.TB, below []string, others ...*author.Material) *parcel {
	t.Helper()
	anchor, err := bundle.NewAnchor("NZ", entity("NZ"), public(t, "NZ root"), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	self, eu := material(t, "NZ", "NZ", bundle.RelationSelf), material(t, "EU", "EU", bundle.RelationPartner, "NZ")
	config, err := trust.Parse(eu.Configuration)
	if err != nil {
		t.Fatal(err)
	}
	eu.Statement = published(t, author.Partner(entity("NZ"), config, below, now), "NZ").Raw()
	p := &parcel{
		anchor: anchor, signer: signerFor(t, "NZ bundle"),
		manifest: bundle.Manifest{
			Iss: entity("NZ"), Iat: now + 60, RefreshBy: now + 3600, Exp: now + month, Seq: 1,
			Profile: bundle.ProfilePublic, Territory: "NZ",
		},
		members: map[string][]byte{
			bundle.PathConfiguration: self.Configuration,
			bundle.PathPolicy:        bundle.DefaultPolicy(),
		},
	}
	for _, m := range append([]*author.Material{self, eu}, others...) {
		members, err := m.Members(0)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(p.members, members)
		p.manifest.Issuers = append(p.manifest.Issuers, m.Issuer())
	}
	p.members[bundle.PathRosters] = p.members["p/nz/rosters.json"]
	return p
}

// member is an authority within the EU; statement is what the EU says of it.
func member(t testing.TB, territory, authority string, statement func(iss string, subject *trust.Signed) trust.Statement) *author.Material {
	t.Helper()
	m := material(t, territory, authority, bundle.RelationMember, "EU")
	config, err := trust.Parse(m.Configuration)
	if err != nil {
		t.Fatal(err)
	}
	m.Territory = "EU"
	m.MemberStatement = published(t, statement(entity("EU"), config), "EU").Raw()
	return m
}

func TestBundleReadsBack(t *testing.T) {
	de := member(t, "EU", "DE", func(iss string, subject *trust.Signed) trust.Statement {
		return author.Member(iss, subject, now)
	})
	p := newParcel(t, []string{host("DE")}, de)
	p.manifest.Issuers[0].ECSHA256 = "" // filled in
	raw, err := author.Bundle(p.manifest, p.members, p.anchor, p.signer)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(raw, p.anchor)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(p.members)), b.Paths()); diff != "" {
		t.Errorf("members (-put in +got):\n%s", diff)
	}
	if p.manifest.Issuers[0].ECSHA256 != "" {
		t.Error("the caller's manifest was changed")
	}
}

func TestBundleRefusesWhatAVerifierWould(t *testing.T) {
	good := newParcel(t, nil)
	for name, spoil := range map[string]func(p *parcel){
		"a member nobody reads":      func(p *parcel) { p.members["notes.txt"] = []byte("x") },
		"a list less":                func(p *parcel) { p.members["p/eu/lists.json"] = []byte("[]") },
		"a statement less":           func(p *parcel) { delete(p.members, "p/eu/statement.jwt") },
		"a file among the annexes":   func(p *parcel) { p.members["mra/x/1.json"] = []byte("{}") },
		"another anchor":             func(p *parcel) { p.anchor.Root = public(t, "EU root") },
		"a key of another role":      func(p *parcel) { p.signer = signerFor(t, "NZ federation") },
		"a bundle after all expiry":  func(p *parcel) { p.manifest.Iat = p.manifest.Exp - 1 },
		"a name no archive may have": func(p *parcel) { p.members["../etc"] = nil },
	} {
		t.Run(name, func(t *testing.T) {
			p, anchor := *good, *good.anchor
			p.members, p.anchor = maps.Clone(good.members), &anchor
			spoil(&p)
			if _, err := author.Bundle(p.manifest, p.members, p.anchor, p.signer); err == nil {
				t.Error("the bundle was made")
			}
		})
	}
}

// The EU recognises the US; that does not make the US a member whose status NZ
// would have to believe. A builder refuses to say so, and where one did
// nevertheless, it is the chain of the US that does not hold, and only that.
func TestPartnerOfAPartnerIsNobodysMember(t *testing.T) {
	for name, says := range map[string]string{"and says so": "US", "but says it is a member": "EU"} {
		t.Run(name, func(t *testing.T) {
			us := member(t, says, "US", func(iss string, subject *trust.Signed) trust.Statement {
				return author.Partner(iss, subject, nil, now)
			})
			p := newParcel(t, []string{host("US")}, us)
			if _, err := author.Bundle(p.manifest, p.members, p.anchor, p.signer); !errors.Is(err, trust.ErrChain) {
				t.Errorf("builder: %v", err)
			}
			raw, err := author.Pack(p.manifest, p.members, p.signer)
			if err != nil {
				t.Fatal(err)
			}
			b, err := bundle.Open(raw, p.anchor)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Administration(entity("US")); !errors.Is(err, trust.ErrChain) || errors.Is(err, bundle.ErrInvalid) {
				t.Errorf("US: %v", err)
			}
			if _, err := b.Administration(entity("EU")); err != nil {
				t.Errorf("EU: %v", err)
			}
		})
	}
}
