package bundle_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
)

func TestRegisterHoldsArrangementsAndNotices(t *testing.T) {
	f := found(t)
	b := newZealand(t, f).open()
	r, err := b.Register()
	if err != nil {
		t.Fatal(err)
	}
	for of, want := range map[string]mra.Failure{
		"EU": mra.OK,
		"JP": mra.SuspendedArrangement, // by JP's notice
		"US": mra.NoArrangement,        // the EU's partner is not NZ's
	} {
		got := r.Evaluate(mra.Query{By: "NZ", Of: of, Programme: "aeo", Type: "AEO", Held: []string{"exporter"}, At: time.Unix(built, 0)})
		if got.Failure != want {
			t.Errorf("NZ recognises %s: %q, want %q", of, got.Failure, want)
		}
	}
	if again, _ := b.Register(); again != r {
		t.Error("the register was read twice")
	}
}

// Who a party is does not hang on statements about it: those end with the week.
func TestRegisterOutlivesAPartnersStatement(t *testing.T) {
	f := found(t)
	r := newZealand(t, f)
	delete(r.members, "p/jp/statement.jwt")
	b := r.open()
	_, err := b.Administration(f.jp.entity)
	wantError(t, err, trust.ErrChain, "statement.jwt")
	if _, err := b.Register(); err != nil {
		t.Error(err)
	}
}

func TestRegisterRefuses(t *testing.T) {
	f := found(t)
	good := newZealand(t, f)
	federation := f.jp.signer(t, "federation")
	for name, tc := range map[string]struct {
		spoil func(r *recipe)
		want  string
	}{
		"a party that is no administration of the bundle": {func(r *recipe) {
			d := annex(t, f.nz, f.jp)
			d.ID, d.Parties[0].EntityID = "XX-NZ", f.us.entity
			r.members["mra/xx-nz/1.json"] = signedAnnex(t, d, f.nz, f.jp)
		}, "no administration"},
		"an administration as party for another territory": {func(r *recipe) {
			d := annex(t, f.nz, f.jp)
			d.ID, d.Parties[0].EntityID = "JP-NZ", f.eu.entity
			r.members["mra/jp-nz/1.json"] = signedAnnex(t, d, f.nz, f.jp)
		}, "no administration"},
		"a root key that the party's rosters do not have": {func(r *recipe) {
			d := annex(t, f.nz, f.jp)
			d.Parties[0].Root = []*keys.PublicKey{f.us.signer(t, "root").Public()}
			r.members["mra/jp-nz/1.json"] = signedAnnex(t, d, f.nz, f.us)
		}, "no root key"},
		"an annex one party has not signed": {func(r *recipe) {
			r.members["mra/jp-nz/1.json"] = general(t, keys.KindAnnex, marshal(t, annex(t, f.nz, f.jp)), f.nz.signer(t, "root"))
		}, "not signed by"},
		"an annex under another path": {func(r *recipe) {
			r.members["mra/jp-nz/2.json"] = r.members["mra/jp-nz/1.json"]
		}, "annex belongs at"},
		"a file beside the annexes": {func(r *recipe) { r.members["mra/jp-nz/readme"] = nil }, "readme"},
		"a notice under another path": {func(r *recipe) {
			r.members["mra/jp-nz/notice-jp-2.jwt"] = r.members["mra/jp-nz/notice-jp-1.jwt"]
		}, "notice belongs at"},
		"a notice without its annex": {func(r *recipe) { delete(r.members, "mra/jp-nz/1.json") }, "no annex"},
		"a notice by a key of another role": {func(r *recipe) {
			r.members["mra/jp-nz/notice-jp-1.jwt"] = sign(t, keys.KindNotice, notice(f.jp, "JP-NZ"), f.jp.signer(t, "issuer"))
		}, "no federation key"},
		"a notice from before the key's window": {func(r *recipe) {
			n := notice(f.jp, "JP-NZ")
			n.Iat = built - 30*day
			r.members["mra/jp-nz/notice-jp-1.jwt"] = sign(t, keys.KindNotice, n, federation)
		}, "no federation key"},
		"a notice in the name of another party": {func(r *recipe) {
			n := notice(f.jp, "JP-NZ")
			n.Iss, n.Party = f.nz.entity, "NZ"
			r.members["mra/jp-nz/notice-nz-1.jwt"] = sign(t, keys.KindNotice, n, federation)
		}, "no federation key"},
		"a notice by one that is no party": {func(r *recipe) {
			n := notice(f.sg, "JP-NZ")
			r.members["mra/jp-nz/notice-sg-1.jwt"] = sign(t, keys.KindNotice, n, f.sg.signer(t, "federation"))
		}, "notice"},
	} {
		t.Run(name, func(t *testing.T) {
			r := good.clone(t)
			tc.spoil(r)
			_, err := r.open().Register()
			wantError(t, err, bundle.ErrInvalid, tc.want)
		})
	}
}

func TestArrangementsAreThoseThatNameTheTerritory(t *testing.T) {
	f := found(t)
	b := newZealand(t, f).open()
	all, err := b.Register()
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{"EU", "JP", "US", "NZ", "XX"} {
		some, err := b.Arrangements(of)
		if err != nil {
			t.Fatal(err)
		}
		q := mra.Query{By: "NZ", Of: of, Programme: "aeo", Type: "AEO", Held: []string{"exporter"}, At: time.Unix(built, 0)}
		if diff := cmp.Diff(all.Evaluate(q).Failure, some.Evaluate(q).Failure); diff != "" {
			t.Errorf("NZ recognises %s (-by all +by those that name it):\n%s", of, diff)
		}
		if again, _ := b.Arrangements(of); again != some {
			t.Errorf("those that name %s were read twice", of)
		}
	}
}

// What an arrangement says touches nobody it does not name. Of one that cannot
// be read that far nobody knows.
func TestABadArrangementSpoilsThoseItNames(t *testing.T) {
	f := found(t)
	for name, tc := range map[string]struct {
		spoil  func(r *recipe)
		others bool // spoils all others too
	}{
		"a signature missing": {func(r *recipe) {
			r.members["mra/jp-nz/1.json"] = general(t, keys.KindAnnex, marshal(t, annex(t, f.nz, f.jp)), f.nz.signer(t, "root"))
		}, false},
		"a notice that is none":       {func(r *recipe) { r.members["mra/jp-nz/notice-jp-1.jwt"] = []byte("notice") }, false},
		"an annex that is none":       {func(r *recipe) { r.members["mra/jp-nz/1.json"] = []byte("annex") }, true},
		"notices without an annex":    {func(r *recipe) { delete(r.members, "mra/jp-nz/1.json") }, true},
		"a file beside the annexes":   {func(r *recipe) { r.members["mra/jp-nz/readme"] = nil }, true},
		"a file that is in no folder": {func(r *recipe) { r.members["mra/readme"] = nil }, true},
		"bytes that are not in the index": {func(r *recipe) {
			r.index = indexOf(t, r.members)
			r.members["mra/jp-nz/1.json"] = bytes.ToUpper(r.members["mra/jp-nz/1.json"])
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newZealand(t, f).clone(t)
			tc.spoil(r)
			b := r.open()
			_, err := b.Arrangements("JP")
			wantError(t, err, bundle.ErrInvalid, "")
			if _, err := b.Arrangements("EU"); (err != nil) != tc.others {
				t.Errorf("arrangements with the EU: %v", err)
			}
			_, err = b.Register()
			wantError(t, err, bundle.ErrInvalid, "")
		})
	}
}

// TestArrangementCalledAlone: an id is the parties' to choose, and no path that
// it makes is taken for what one party recognises alone.
func TestArrangementCalledAlone(t *testing.T) {
	f := found(t)
	r := newZealand(t, f)
	d := annex(t, f.nz, f.jp)
	d.ID = "ALONE-1"
	r.members[bundle.AnnexPath(d.ID, 1)] = signedAnnex(t, d, f.nz, f.jp)
	if _, err := r.open().Register(); err != nil {
		t.Error(err)
	}
}
