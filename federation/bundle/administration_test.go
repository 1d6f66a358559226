package bundle_test

import (
	"bytes"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
)

// republish exchanges what an administration says of itself, and has the
// manifest vouch for it.
func (r *recipe) republish(a *administration, edit func(s *trust.Statement), superiors ...string) {
	r.t.Helper()
	s := a.statement(r.t, superiors, nil)
	edit(&s)
	raw := sign(r.t, keys.KindEntityStatement, s, a.signer(r.t, "federation"))
	r.members[bundle.Prefix(*r.issuer(a))+"entity-configuration.jwt"] = raw
	r.issuer(a).ECSHA256 = digest(raw)
}

// A fault in what the bundle says about one administration leaves the bundle
// and all others as they are.
func TestAdministrationRefuses(t *testing.T) {
	f := found(t)
	good := newZealand(t, f)
	nz := f.nz.entity
	for name, tc := range map[string]struct {
		whose *administration
		spoil func(r *recipe)
		want  string
	}{
		"a configuration other than ec_sha256": {f.jp, func(r *recipe) { r.issuer(f.jp).ECSHA256 = digest(nil) }, "not the one the manifest names"},
		"the configuration of somebody else": {f.jp, func(r *recipe) {
			r.members["p/jp/entity-configuration.jwt"] = f.us.configuration
			r.issuer(f.jp).ECSHA256 = digest(f.us.configuration)
		}, "not its entity configuration"},
		"a configuration that has expired": {f.jp, func(r *recipe) {
			r.republish(f.jp, func(s *trust.Statement) { s.Iat, s.Exp = built-2*day, built }, nz)
		}, "valid from"},
		"a configuration for another territory": {f.sg, func(r *recipe) {
			r.republish(f.sg, func(s *trust.Statement) {
				s.Metadata.Registry.Territory, s.Metadata.Registry.Authority = "MY", "MY"
			})
		}, "the manifest has"},
		"a configuration that does not name us as superior": {f.jp, func(r *recipe) {
			r.republish(f.jp, func(*trust.Statement) {})
		}, "authority_hints"},
		"no configuration": {f.jp, func(r *recipe) { delete(r.members, "p/jp/entity-configuration.jwt") }, "no member"},
		"no rosters":       {f.jp, func(r *recipe) { delete(r.members, "p/jp/rosters.json") }, "no member"},
		"an empty chain of rosters": {f.jp, func(r *recipe) {
			r.members["p/jp/rosters.json"] = []byte("[]")
		}, "no roster"},
		"rosters of somebody else": {f.jp, func(r *recipe) {
			r.members["p/jp/rosters.json"] = r.members["p/sg/rosters.json"]
		}, "not the one the entity configuration names"},
		"own rosters that the anchor does not reach": {f.nz, func(r *recipe) {
			r.members["p/nz/rosters.json"] = r.members["p/sg/rosters.json"]
		}, "no pinned root key"},
		"a newest roster the configuration does not name": {f.jp, func(r *recipe) {
			second := f.jp.roster(t)
			second.Seq, second.PrevSHA256 = 2, digest(f.jp.rosters[0])
			r.members["p/jp/rosters.json"] = marshal(t, array(f.jp.rosters[0],
				general(t, keys.KindRoster, marshal(t, second), f.jp.signer(t, "root"))))
		}, "not the one the entity configuration names"},
		"a partner without our statement": {f.jp, func(r *recipe) { delete(r.members, "p/jp/statement.jwt") }, "no member"},
		"a statement that calls a partner a member": {f.eu, func(r *recipe) {
			de := *f.eu
			de.authority = "DE"
			r.members["p/eu/statement.jwt"] = about(t, f.nz, &de, trust.KindMember)
		}, "not about a partner"},
		"a statement by somebody else": {f.jp, func(r *recipe) {
			r.members["p/jp/statement.jwt"] = about(t, f.eu, f.jp, trust.KindPartner)
		}, "statement"},
		"a statement about somebody else": {f.jp, func(r *recipe) {
			r.members["p/jp/statement.jwt"] = about(t, f.nz, f.sg, trust.KindPartner)
		}, "statement"},
		"a wrong statement about one that is only known": {f.sg, func(r *recipe) {
			r.members["p/sg/statement.jwt"] = about(t, f.nz, f.jp, trust.KindPartner)
		}, "statement"},
		"a configuration as statement": {f.jp, func(r *recipe) {
			r.members["p/jp/statement.jwt"] = f.jp.configuration
		}, "not about a partner"},
		"a member without its union's statement": {f.de, func(r *recipe) {
			delete(r.members, "p/eu/m/de/member-statement.jwt")
		}, "no member"},
		"a member whose host our statement does not permit": {f.de, func(r *recipe) {
			r.members["p/eu/statement.jwt"] = about(t, f.nz, f.eu, trust.KindPartner)
		}, deHost},
		"a member whose union is not who we said": {f.de, func(r *recipe) {
			r.members["p/eu/statement.jwt"] = about(t, f.nz, f.jp, trust.KindPartner)
		}, "belongs"},
		"a partner of the union passed off as its member": {f.us, func(r *recipe) {
			r.addAsMember(f.us, about(t, f.eu, f.us, trust.KindPartner))
		}, "the manifest has"},
		"a partner of the union that says itself it is a member": {f.us, func(r *recipe) {
			r.addAsMember(f.us, about(t, f.eu, f.us, trust.KindPartner))
			r.republish(f.us, func(s *trust.Statement) { s.Metadata.Registry.Territory = "EU" }, f.eu.entity)
		}, "not about a member"},
		"a partner of the union that the union calls a member": {f.us, func(r *recipe) {
			us := *f.us
			us.territory = "EU"
			r.addAsMember(f.us, about(t, f.eu, &us, trust.KindMember))
		}, "the manifest has"},
		"a checkpoint of another log": {f.jp, func(r *recipe) {
			r.members["p/jp/checkpoint"] = f.sg.checkpoint.Raw
		}, "checkpoint does not hold"},
		"a checkpoint of another size than the manifest has": {f.jp, func(r *recipe) { r.issuer(f.jp).Log.Size++ }, "the manifest has size"},
		"a root other than the manifest has": {f.jp, func(r *recipe) {
			r.issuer(f.jp).Log.Root = f.sg.checkpoint.Root.String()
		}, "the manifest has size"},
		"a state that is not the last leaf": {f.jp, func(r *recipe) {
			proof, err := f.jp.log.Prove(3, f.jp.log.Size())
			if err != nil {
				t.Fatal(err)
			}
			r.members["p/jp/state.json"] = marshal(t, proof)
		}, "does not end the tree"},
		"a state with a member more": {f.jp, func(r *recipe) {
			r.members["p/jp/state.json"] = bytes.Replace(r.members["p/jp/state.json"], []byte("{"), []byte(`{"a":1,`), 1)
		}, "state"},
		"a list less than the state has": {f.jp, func(r *recipe) { r.members["p/jp/lists.json"] = []byte("[]") }, "0 lists"},
		"bits that are not the state's": {f.jp, func(r *recipe) {
			r.members["p/jp/lists.json"] = marshal(t, []bundle.ListMember{{
				URI: f.jp.list(), Size: statuslist.MinSize, Lst: deflate(t, make([]byte, statuslist.MinSize/4)),
			}})
		}, "bits are not those"},
		"bits that inflate beyond the list": {f.jp, func(r *recipe) {
			r.members["p/jp/lists.json"] = marshal(t, []bundle.ListMember{{
				URI: f.jp.list(), Size: statuslist.MinSize, Lst: deflate(t, make([]byte, 64<<20)),
			}})
		}, "more than"},
		"a list of an impossible size": {f.jp, func(r *recipe) {
			r.members["p/jp/lists.json"] = marshal(t, []bundle.ListMember{{URI: f.jp.list(), Size: 1 << 40}})
		}, "list 0"},
		"a list of another issuer": {f.jp, func(r *recipe) { r.members["p/jp/lists.json"] = r.members["p/sg/lists.json"] }, "below"},
		"a history of another log": {f.jp, func(r *recipe) {
			r.members["p/jp/history.json"] = r.members["p/sg/history.json"]
		}, "history does not hold"},
		"a programme the configuration does not name": {f.jp, func(r *recipe) {
			r.members["p/jp/programme.json"] = []byte(`{"code":"other"}`)
		}, "programme"},
		"a programme that is no JSON": {f.jp, func(r *recipe) { r.members["p/jp/programme.json"] = []byte("x") }, "programme"},
	} {
		t.Run(name, func(t *testing.T) {
			r := good.clone(t)
			tc.spoil(r)
			b := r.open()
			_, err := b.Administration(tc.whose.entity)
			wantError(t, err, trust.ErrChain, tc.want)
			for _, other := range []*administration{f.nz, f.jp, f.sg} {
				if other == tc.whose {
					continue
				}
				if _, err := b.Administration(other.entity); err != nil {
					t.Errorf("%s fell with it: %v", other.entity, err)
				}
			}
		})
	}
}

// addAsMember takes an administration in as if it were a member of the EU.
func (r *recipe) addAsMember(a *administration, statement []byte) {
	posing := *a
	posing.territory = "EU"
	r.add(&posing, bundle.RelationMember)
	r.members[bundle.Prefix(*r.issuer(a))+"member-statement.jwt"] = statement
}

func TestDirectoryRefuses(t *testing.T) {
	f := found(t)
	good := newZealand(t, f)
	for name, tc := range map[string]struct {
		spoil func(d *bundle.Directory)
		want  string
	}{
		"one that has expired":           {func(d *bundle.Directory) { d.Exp = built }, "valid from"},
		"one not yet issued":             {func(d *bundle.Directory) { d.Iat = built + 301 }, "valid from"},
		"one of another issuer":          {func(d *bundle.Directory) { d.Iss = f.sg.entity }, "the roster is of"},
		"one signed outside the window":  {func(d *bundle.Directory) { d.Iat = built - 30*day }, "could not sign"},
		"number zero":                    {func(d *bundle.Directory) { d.Seq = 0 }, "seq 0"},
		"a list of another log":          {func(d *bundle.Directory) { d.Entries[0].Status.URI = f.sg.list() }, "in this log"},
		"an index beyond the list":       {func(d *bundle.Directory) { d.Entries[0].Status.Idx = statuslist.MinSize }, "in this log"},
		"a negative index":               {func(d *bundle.Directory) { d.Entries[0].Status.Idx = -1 }, "status -1"},
		"an index given out twice":       {func(d *bundle.Directory) { d.Entries = append(d.Entries, d.Entries[0]) }, "another entry"},
		"a holder without a name":        {func(d *bundle.Directory) { d.Entries[0].Name = "" }, "no name"},
		"a holder without an identifier": {func(d *bundle.Directory) { d.Entries[0].Identifiers = nil }, "no identifier"},
		"no programme":                   {func(d *bundle.Directory) { d.Entries[0].Programme = "" }, "no programme"},
		"a credential without a digest":  {func(d *bundle.Directory) { d.Entries[0].CredentialSHA256 = "" }, "credential_sha256"},
		"a date that is none":            {func(d *bundle.Directory) { d.Entries[0].EffectiveOn = "2026-02-30" }, "effective_on"},
	} {
		t.Run(name, func(t *testing.T) {
			r := good.clone(t)
			d := f.jp.published()
			tc.spoil(&d)
			r.members["p/jp/directory.jwt"] = sign(t, keys.KindDirectory, d, f.jp.signer(t, "bundle"))
			_, err := r.open().Administration(f.jp.entity)
			wantError(t, err, trust.ErrChain, tc.want)
		})
	}
	for role, want := range map[string]string{"issuer": "no bundle key", "root": "no bundle key"} {
		r := newZealand(t, f)
		r.members["p/jp/directory.jwt"] = sign(t, keys.KindDirectory, f.jp.published(), f.jp.signer(t, role))
		_, err := r.open().Administration(f.jp.entity)
		wantError(t, err, trust.ErrChain, want)
	}
}

// Bytes the index does not cover are nobody's word about anybody: the bundle
// itself does not hold, whenever they are met.
func TestMemberThatDiffersFromTheIndexIsRefusedWhenMet(t *testing.T) {
	f := found(t)
	good := newZealand(t, f)
	for path, whose := range map[string]*administration{
		"p/jp/history.json": f.jp, "p/jp/statement.jwt": f.jp, "p/jp/directory.jwt": f.jp,
		"p/eu/m/de/member-statement.jwt": f.de, "p/sg/checkpoint": f.sg, "p/nz/lists.json": f.nz,
	} {
		t.Run(path, func(t *testing.T) {
			r := good.clone(t)
			r.index = indexOf(t, r.members)
			changed := bytes.Clone(r.members[path])
			changed[0] ^= 1
			r.members[path] = changed
			b := r.open()
			_, err := b.Administration(whose.entity)
			wantError(t, err, bundle.ErrInvalid, path)
			_, _, err = b.Member(path)
			wantError(t, err, bundle.ErrInvalid, path)
		})
	}
	r := newZealand(t, f)
	r.index = indexOf(t, r.members)
	r.members["mra/jp-nz/1.json"] = bytes.ToUpper(r.members["mra/jp-nz/1.json"])
	_, err := r.open().Register()
	wantError(t, err, bundle.ErrInvalid, "mra/jp-nz/1.json")
}

func TestManyMayAskForOneAdministration(t *testing.T) {
	f := found(t)
	b := newZealand(t, f).open()
	results := make(chan *bundle.Administration)
	for range 8 {
		go func() {
			a, _ := b.Administration(f.jp.entity)
			results <- a
		}()
	}
	first := <-results
	for range 7 {
		if a := <-results; a == nil || a != first {
			t.Errorf("got %v, others %v", a, first)
		}
	}
}

func TestTimelineBeginsWithTheHistory(t *testing.T) {
	f := found(t)
	a, err := newZealand(t, f).open().Administration(f.jp.entity)
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Timeline.At(f.jp.list(), 7, built-3*day, built)
	if diff := cmp.Diff(transparency.Standing{}, got); diff != "" || err != nil {
		t.Errorf("before the suspension (-want +got):\n%s%v", diff, err)
	}
}
