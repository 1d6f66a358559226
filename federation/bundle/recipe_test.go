package bundle_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

// A recipe is a bundle before it is packed; tests spoil it in one place.
type recipe struct {
	t        testing.TB
	manifest bundle.Manifest
	members  map[string][]byte
	signer   *keys.Signer
	anchor   *bundle.Anchor
	index    []byte // instead of the right one
}

func newRecipe(t testing.TB, self *administration) *recipe {
	t.Helper()
	anchor, err := bundle.NewAnchor(self.territory, self.entity, []*keys.PublicKey{self.signer(t, "root").Public()}, 1, built-day)
	if err != nil {
		t.Fatal(err)
	}
	r := &recipe{
		t: t, signer: self.signer(t, "bundle"), anchor: anchor,
		manifest: bundle.Manifest{
			Iss: self.entity, Iat: built, RefreshBy: built + day, Exp: built + 30*day, Seq: 3,
			PrevSHA256: digest([]byte("2")), Profile: bundle.ProfilePublic, Territory: self.territory,
		},
		members: map[string][]byte{
			bundle.PathConfiguration: self.configuration,
			bundle.PathRosters:       marshal(t, array(self.rosters...)),
			bundle.PathPolicy:        bundle.DefaultPolicy(),
		},
	}
	r.add(self, bundle.RelationSelf)
	return r
}

// newZealand is the bundle of NZ about all of the federation but the US.
func newZealand(t testing.TB, f *federation) *recipe {
	r := newRecipe(t, f.nz)
	r.add(f.jp, bundle.RelationPartner)
	r.add(f.eu, bundle.RelationPartner)
	r.add(f.de, bundle.RelationMember)
	r.add(f.sg, bundle.RelationKnown)
	r.members["p/jp/statement.jwt"] = about(t, f.nz, f.jp, trust.KindPartner)
	r.members["p/jp/directory.jwt"] = f.jp.directory
	r.members["p/eu/statement.jwt"] = about(t, f.nz, f.eu, trust.KindPartner, deHost)
	r.members["p/eu/m/de/member-statement.jwt"] = about(t, f.eu, f.de, trust.KindMember)
	for _, other := range []*administration{f.jp, f.eu} {
		a := annex(t, f.nz, other)
		r.members[bundle.AnnexPath(a.ID, 1)] = signedAnnex(t, a, f.nz, other)
	}
	r.members["vct/"+digest([]byte("{}"))+".json"] = []byte("{}")
	n := notice(f.jp, "JP-NZ")
	r.members[bundle.NoticePath("JP-NZ", "JP", 1)] = sign(t, keys.KindNotice, n, f.jp.signer(t, "federation"))
	return r
}

// clone is a recipe that can be spoiled without spoiling this one.
func (r *recipe) clone(t testing.TB) *recipe {
	c, anchor := *r, *r.anchor
	c.t, c.anchor, c.members = t, &anchor, maps.Clone(r.members)
	c.manifest.Issuers = slices.Clone(r.manifest.Issuers)
	return &c
}

// add takes an administration into the manifest and what it published into the members.
func (r *recipe) add(a *administration, relation string) {
	r.t.Helper()
	issuer := bundle.Issuer{
		Territory: a.territory, Authority: a.authority, EntityID: a.entity, Relation: relation,
		ECSHA256: digest(a.configuration),
		Log: bundle.LogState{Origin: a.host() + "/log", Size: a.checkpoint.Size,
			Root: a.checkpoint.Root.String(), Time: built - 60},
	}
	r.manifest.Issuers = append(r.manifest.Issuers, issuer)
	maps.Copy(r.members, a.publications(r.t, bundle.Prefix(issuer)))
}

// publications are what goes below an administration's prefix whatever the relation.
func (a *administration) publications(t testing.TB, prefix string) map[string][]byte {
	t.Helper()
	state, err := a.log.Prove(a.checkpoint.Size-1, a.checkpoint.Size)
	if err != nil {
		t.Fatal(err)
	}
	history, err := a.log.History(built - 10*day)
	if err != nil {
		t.Fatal(err)
	}
	list := a.log.Reduction().List(a.list())
	lists := []bundle.ListMember{{URI: a.list(), Size: list.Size(), Lst: deflate(t, list.Raw())}}
	return map[string][]byte{
		prefix + "entity-configuration.jwt": a.configuration,
		prefix + "rosters.json":             marshal(t, array(a.rosters...)),
		prefix + "checkpoint":               a.checkpoint.Raw,
		prefix + "state.json":               marshal(t, state),
		prefix + "lists.json":               marshal(t, lists),
		prefix + "history.json":             marshal(t, history),
		prefix + "programme.json":           a.programme(),
	}
}

// issuer is the manifest's row of an administration.
func (r *recipe) issuer(a *administration) *bundle.Issuer {
	for i := range r.manifest.Issuers {
		if r.manifest.Issuers[i].EntityID == a.entity {
			return &r.manifest.Issuers[i]
		}
	}
	r.t.Fatalf("no issuer %s", a.entity)
	return nil
}

// pack signs the manifest over whatever the members are by now.
func (r *recipe) pack() []byte {
	r.t.Helper()
	index := r.index
	if index == nil {
		var err error
		if index, err = bundle.Index(r.members); err != nil {
			r.t.Fatal(err)
		}
	}
	m := r.manifest
	m.IndexSHA256 = digest(index)
	if m.PolicySHA256 == "" {
		m.PolicySHA256 = digest(r.members[bundle.PathPolicy])
	}
	raw, err := bundle.Pack(sign(r.t, keys.KindBundle, m, r.signer), index, r.members)
	if err != nil {
		r.t.Fatal(err)
	}
	return raw
}

func (r *recipe) open() *bundle.Bundle {
	r.t.Helper()
	b, err := bundle.Open(r.pack(), r.anchor)
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// annex is a first version by which both recognise each other.
func annex(t testing.TB, a, b *administration) mra.Document {
	zones := map[string]string{"NZ": "Pacific/Auckland", "JP": "Asia/Tokyo", "EU": "Europe/Brussels"}
	d := mra.Document{
		ID: b.territory + "-" + a.territory, Version: 1, SignedOn: "2026-01-10", ReviewOn: "2029-01-10",
		Instrument: mra.Instrument{Title: "Arrangement on mutual recognition", Citation: "2026/1", Languages: []string{"en"}},
		DataSharing: mra.DataSharing{Fields: []string{"legal_name"}, ReleaseBasis: "consent", Basis: "presentation",
			Retention: "P5Y", Onward: "none"},
		Termination: mra.Termination{NoticeDays: 90, InTransit: "honour"},
	}
	for _, p := range []*administration{b, a} {
		d.Parties = append(d.Parties, mra.Party{
			Territory: p.territory, EntityID: p.entity, Root: []*keys.PublicKey{p.signer(t, "root").Public()},
			TimeZone:  zones[p.territory],
			Contacts:  mra.Contacts{Mailbox: "aeo@" + p.host(), DutyPhone: "+00 555 0100"},
			Signatory: mra.Signatory{Function: "Director, AEO desk", Mandate: "Delegation 7/2026"},
		})
	}
	for _, pair := range [][2]string{{a.territory, b.territory}, {b.territory, a.territory}} {
		d.Recognitions = append(d.Recognitions, mra.Recognition{
			By: pair[0], Of: pair[1], Programme: "aeo", AuthorisationType: "AEO", Roles: []string{"exporter"},
			Direction: "import", As: "AEO", AppliesWhen: "consignor", DateBasis: "acceptance",
			Benefits: []string{"lower_risk_score"}, From: "2026-02-01",
		})
	}
	return d
}

// signedAnnex is signed by both, in order of the parties.
func signedAnnex(t testing.TB, d mra.Document, a, b *administration) []byte {
	t.Helper()
	return general(t, keys.KindAnnex, marshal(t, d), b.signer(t, "root"), a.signer(t, "root"))
}

// notice is a party's first act about an arrangement.
func notice(party *administration, id string) mra.Notice {
	return mra.Notice{
		Iss: party.entity, MRA: id, Party: party.territory, Seq: 1,
		Act: mra.ActSuspend, Against: []string{mra.Everyone}, From: built - day, Iat: built - 2*day,
	}
}
