package bundle_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
)

// wantError wants an error of the kind whose text holds a piece.
func wantError(t *testing.T, err, kind error, text string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("accepted, want %q with %q", kind, text)
	case !errors.Is(err, kind):
		t.Errorf("error %q is not %q", err, kind)
	case !strings.Contains(err.Error(), text):
		t.Errorf("error %q, want one with %q", err, text)
	}
}

func TestBundleSaysWhatEveryAdministrationPublished(t *testing.T) {
	f := found(t)
	b := newZealand(t, f).open()
	for _, a := range []*administration{f.nz, f.jp, f.eu, f.de, f.sg} {
		got, err := b.Administration(a.entity)
		if err != nil {
			t.Fatalf("%s: %v", a.entity, err)
		}
		if got.Registry.Authority != a.authority || got.Checkpoint.Size != a.checkpoint.Size {
			t.Errorf("%s: authority %s, log size %d", a.entity, got.Registry.Authority, got.Checkpoint.Size)
		}
		if diff := cmp.Diff(string(a.programme()), string(got.Programme)); diff != "" {
			t.Errorf("programme (-want +got):\n%s", diff)
		}
		standing, err := got.Timeline.At(a.list(), 7, built, math.MaxInt64)
		if err != nil || standing.Value != statuslist.Suspended {
			t.Errorf("%s: entry 7 is %v, %v", a.entity, standing.Value, err)
		}
		if again, _ := b.Administration(a.entity); again != got {
			t.Errorf("%s was opened twice", a.entity)
		}
	}
	jp, err := b.Administration(f.jp.entity)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f.jp.published(), *jp.Directory); diff != "" {
		t.Errorf("directory (-want +got):\n%s", diff)
	}
}

func TestBundleOfAUnionHoldsItsMembers(t *testing.T) {
	f := found(t)
	r := newRecipe(t, f.eu)
	r.add(f.de, bundle.RelationMember)
	r.members["p/eu/m/de/member-statement.jwt"] = about(t, f.eu, f.de, trust.KindMember)
	if _, err := r.open().Administration(f.de.entity); err != nil {
		t.Error(err)
	}
}

func TestAdministrationTheManifestDoesNotListIsNone(t *testing.T) {
	f := found(t)
	if a, err := newZealand(t, f).open().Administration(f.us.entity); a != nil || err != nil {
		t.Errorf("got %v, %v", a, err)
	}
}

func TestPeekManifestSaysWhatAFileIs(t *testing.T) {
	r := newZealand(t, found(t))
	raw := r.pack()
	b, err := bundle.Open(raw, r.anchor)
	if err != nil {
		t.Fatal(err)
	}
	m, sha256, err := bundle.PeekManifest(raw)
	if err != nil || m.Territory != "NZ" || sha256 != b.SHA256() {
		t.Errorf("got %v, %s, %v", m, sha256, err)
	}
	_, _, err = bundle.PeekManifest(raw[1:])
	wantError(t, err, bundle.ErrInvalid, "container")
}

func TestOpenRefuses(t *testing.T) {
	f := found(t)
	good := newZealand(t, f)
	other := signerFor(t, "somebody")
	for name, tc := range map[string]struct {
		spoil func(r *recipe)
		want  string
	}{
		"an anchor of another administration": {func(r *recipe) { r.anchor = newRecipe(t, f.jp).anchor }, "no pinned root key"},
		"an anchor for another territory":     {func(r *recipe) { r.anchor.Territory = "AU" }, "the anchor is of"},
		"an anchor of the same keys under another name": {func(r *recipe) {
			r.anchor.EntityID = "https://aeo.customs.au.example"
		}, "the anchor is of"},
		"an anchor without keys":                    {func(r *recipe) { r.anchor.Root = nil }, "0 root keys"},
		"a bundle without rosters":                  {func(r *recipe) { delete(r.members, bundle.PathRosters) }, "no member"},
		"rosters that are no array":                 {func(r *recipe) { r.members[bundle.PathRosters] = f.nz.rosters[0] }, "rosters"},
		"no rosters in the array":                   {func(r *recipe) { r.members[bundle.PathRosters] = []byte("[]") }, "no roster"},
		"a manifest signed with a key of no roster": {func(r *recipe) { r.signer = other }, "no bundle key"},
		"a manifest signed with a federation key":   {func(r *recipe) { r.signer = f.nz.signer(t, "federation") }, "no bundle key"},
		"a manifest signed after the key's window": {func(r *recipe) {
			r.manifest.Iat, r.manifest.RefreshBy, r.manifest.Exp = built+250*day, built+251*day, built+252*day
		}, "could not sign"},
		"a manifest of another administration": {func(r *recipe) {
			r.manifest.Iss, r.manifest.Issuers[0].EntityID = f.us.entity, f.us.entity
			r.manifest.Issuers[0].Log.Origin = f.us.host() + "/log"
		}, "the anchor is of"},
		"a configuration that has expired by the build": {func(r *recipe) {
			r.manifest.Iat, r.manifest.RefreshBy, r.manifest.Exp = built+25*day, built+26*day, built+27*day
		}, "valid from"},
		"a configuration other than ec_sha256": {func(r *recipe) { r.manifest.Issuers[0].ECSHA256 = digest(nil) }, "not the one the manifest names"},
		"no configuration":                     {func(r *recipe) { delete(r.members, bundle.PathConfiguration) }, "no member"},
		"a policy other than policy_sha256":    {func(r *recipe) { r.manifest.PolicySHA256 = digest(nil) }, "not the one the manifest names"},
		"a policy of an unknown quorum": {func(r *recipe) {
			r.members[bundle.PathPolicy] = bytes.Replace(bundle.DefaultPolicy(), []byte("none"), []byte("some"), 1)
		}, "quorum"},
		"a policy with a member more": {func(r *recipe) {
			r.members[bundle.PathPolicy] = bytes.Replace(bundle.DefaultPolicy(), []byte("{"), []byte(`{"a":1,`), 1)
		}, "policy"},
		"a member without meaning":           {func(r *recipe) { r.members["p/jp/notes.txt"] = nil }, "no meaning"},
		"a member of a territory not listed": {func(r *recipe) { r.members["p/us/checkpoint"] = nil }, "no meaning"},
		"our statement about a member":       {func(r *recipe) { r.members["p/eu/m/de/statement.jwt"] = nil }, "no meaning"},
		"type metadata under another name":   {func(r *recipe) { r.members["vct/"+digest([]byte("a"))+".json"] = []byte("b") }, "not named by its digest"},
		"an index that lists a member less": {func(r *recipe) {
			r.index = indexOf(t, r.members)
			r.members["p/jp/zzz"] = nil
		}, "the index lists"},
		"an index that lists a member more": {func(r *recipe) {
			r.index = indexOf(t, r.members)
			delete(r.members, "p/jp/history.json")
		}, "the index lists"},
		"an index of another order": {func(r *recipe) {
			r.index = []byte(`[{"len":0,"path":"b","sha256":"` + digest(nil) + `"},{"len":0,"path":"a","sha256":"` + digest(nil) + `"}]`)
		}, "does not come after"},
		"an index not in RFC 8785 form": {func(r *recipe) { r.index = append(indexOf(t, r.members), ' ') }, "RFC 8785"},
		"a length other than the index has": {func(r *recipe) {
			r.index = indexOf(t, r.members)
			r.members["p/jp/checkpoint"] = []byte("short")
		}, "the index says"},
	} {
		t.Run(name, func(t *testing.T) {
			r := good.clone(t)
			tc.spoil(r)
			_, err := bundle.Open(r.pack(), r.anchor)
			wantError(t, err, bundle.ErrInvalid, tc.want)
		})
	}
}

func indexOf(t testing.TB, members map[string][]byte) []byte {
	t.Helper()
	index, err := bundle.Index(members)
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func TestManifestRefuses(t *testing.T) {
	f := found(t)
	good := newZealand(t, f)
	for name, tc := range map[string]struct {
		spoil func(m *bundle.Manifest)
		want  string
	}{
		"a life of more than 30 days":      {func(m *bundle.Manifest) { m.Exp++ }, "iat + 30 d"},
		"an end before the beginning":      {func(m *bundle.Manifest) { m.Exp = m.Iat - 1 }, "iat + 30 d"},
		"refresh after the end":            {func(m *bundle.Manifest) { m.RefreshBy = m.Exp + 1 }, "iat + 30 d"},
		"number zero":                      {func(m *bundle.Manifest) { m.Seq = 0 }, "seq 0"},
		"a predecessor that is no digest":  {func(m *bundle.Manifest) { m.PrevSHA256 = "none" }, "prev_sha256"},
		"a profile it does not know":       {func(m *bundle.Manifest) { m.Profile = "secret" }, "profile"},
		"an unknown relation":              {func(m *bundle.Manifest) { m.Issuers[1].Relation = "friend" }, "relation"},
		"no self":                          {func(m *bundle.Manifest) { m.Issuers = m.Issuers[1:] }, "0 issuers are self"},
		"a self of another territory":      {func(m *bundle.Manifest) { m.Issuers[0].Territory, m.Issuers[0].Authority = "AU", "AU" }, "the manifest is of"},
		"an issuer twice":                  {func(m *bundle.Manifest) { m.Issuers = append(m.Issuers, m.Issuers[1]) }, "listed twice"},
		"a member that is its own union":   {func(m *bundle.Manifest) { m.Issuers[3].Authority = "EU" }, "member of itself"},
		"a member of a union only known":   {func(m *bundle.Manifest) { m.Issuers[2].Relation = "known" }, "neither partner nor self"},
		"a log of another host":            {func(m *bundle.Manifest) { m.Issuers[1].Log.Origin = nzHost + "/log" }, "log"},
		"a log of no size":                 {func(m *bundle.Manifest) { m.Issuers[1].Log.Size = 0 }, "size 0"},
		"a root that is no hash":           {func(m *bundle.Manifest) { m.Issuers[1].Log.Root = "AA==" }, "root"},
		"a fetch after the build":          {func(m *bundle.Manifest) { m.Issuers[1].Log.Time = built + 1 }, "after the bundle"},
		"an unknown minimum level":         {func(m *bundle.Manifest) { m.Issuers[1].MinLevel = "status" }, "min_level"},
		"an entity id that is no host":     {func(m *bundle.Manifest) { m.Issuers[1].EntityID = "https://jp.example/x" }, "issuer 1"},
		"a territory in small letters":     {func(m *bundle.Manifest) { m.Issuers[1].Territory = "jp" }, "capital letters"},
		"a configuration without a digest": {func(m *bundle.Manifest) { m.Issuers[1].ECSHA256 = "" }, "ec_sha256"},
	} {
		t.Run(name, func(t *testing.T) {
			r := good.clone(t)
			tc.spoil(&r.manifest)
			_, err := bundle.Open(r.pack(), r.anchor)
			wantError(t, err, bundle.ErrInvalid, tc.want)
		})
	}
}

func TestManifestOfARevokedKeyIsRefused(t *testing.T) {
	f := found(t)
	for name, revoked := range map[string]keys.Revocation{
		"before the build":                    {At: built - day, Reason: "superseded"},
		"after the build, but as compromised": {At: built + day, Reason: keys.ReasonCompromised},
	} {
		t.Run(name, func(t *testing.T) {
			second := f.nz.roster(t)
			second.Seq, second.PrevSHA256, second.Iat = 2, digest(f.nz.rosters[0]), built-day
			second.Keys[1].Revoked = &revoked
			r := newZealand(t, f)
			r.members[bundle.PathRosters] = marshal(t, array(f.nz.rosters[0],
				general(t, keys.KindRoster, marshal(t, second), f.nz.signer(t, "root"))))
			_, err := bundle.Open(r.pack(), r.anchor)
			wantError(t, err, bundle.ErrInvalid, "could not sign")
		})
	}
}
