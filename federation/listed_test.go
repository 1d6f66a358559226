package federation_test

import (
	"bytes"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
)

// declare is what Japan recognises alone from an instant on, over the lists of a
// territory; they are honoured for 20 days.
func (w *world) declare(id, of string, from int64) []byte {
	d := w.arrangement(w.nz)
	d.ID = id
	d.Parties[1] = mra.Party{Territory: of, Root: []*keys.PublicKey{}, TimeZone: "UTC", Contacts: mra.Contacts{Mailbox: "oea@aduana.example"}}
	d.Recognitions[0].Of, d.Recognitions[0].From = of, date(from)
	d.Freshness = &mra.Freshness{Target: day, WarnAfter: 10 * day, HonourUntil: 20 * day}
	return must(author.SignAlone(d, w.jp.signer("root")))
}

func listHeader(of string, number, stated int64) listed.Header {
	return listed.Header{Partner: of, Number: number, SHA256: strings.Repeat("0", 64), Channel: "mail", ReceivedAt: stated + day,
		StatedAsOf: date(stated), TimeZone: "UTC", ImportedBy: "K. Mori", SecondOfficer: "Y. Sato", Rows: 3, Personal: []string{"rut"}}
}

func listEntry(w *world, id, name string) listed.Entry {
	return listed.Entry{Identifier: id, Name: name, Programme: w.nz.programme, AuthorisationType: "AEO",
		Roles: []string{"exporter"}, Status: listed.InForce, EffectiveOn: date(opened)}
}

// border is the bundle of Japan for its own desks: Chile, which runs no node,
// sent two lists, and New Zealand one before its arrangement took effect.
func (w *world) border(newest int64) *recipe {
	r := w.japan(0)
	r.manifest.Profile = bundle.ProfileBorder
	valle, andes := listEntry(w, "CL:oea:1", "Valle Verde S.A."), listEntry(w, "CL:oea:2", "Andes Minerales")
	suspended, wrong := listEntry(w, "CL:oea:3", "Puerto Sur"), listEntry(w, "CL:oea:4", "Solo Freno")
	trader, other := listEntry(w, "CL:rut:5", "Juana Rojas"), listEntry(w, "CL:oea:6", "Lago Azul")
	suspended.Status, suspended.SuspendedSince = listed.Suspended, date(newest-day)
	wrong.Roles, other.AuthorisationType = []string{"broker"}, "AEOC"
	rows := listed.Merge(nil, 1, []listed.Entry{valle, andes, listEntry(w, "CL:oea:3", "Puerto Sur")})
	rows = listed.Merge(rows, 2, []listed.Entry{valle, suspended, wrong, trader, other})
	maps.Copy(r.members, must(bundle.ListMembers([]listed.Header{listHeader("CL", 1, opened+10*day), listHeader("CL", 2, newest)}, rows)))
	r.members[bundle.AlonePath("CL-JP", 1)] = w.declare("CL-JP", "CL", opened+12*day)
	orchards := listEntry(w, identifier(w.nz, "orchards"), "Orchards Limited")
	maps.Copy(r.members, must(bundle.ListMembers([]listed.Header{listHeader("NZ", 1, opened+day)}, listed.Merge(nil, 1, []listed.Entry{orchards}))))
	r.members[bundle.AlonePath("JP-NZ", 1)] = w.declare("JP-NZ", "NZ", opened+2*day)
	return r
}

var fromBorder = sync.OnceValue(func() *federation.Verifier {
	w := theWorld()
	r := w.border(built - 5*day)
	must(author.Bundle(r.manifest, r.members, anchorOf(w.jp), w.jp.signer("bundle")))
	return r.open(w.jp)
})

func TestLookupInImportedLists(t *testing.T) {
	w := theWorld()
	status, high, export := now(), now(), now()
	status.StatusOnly, high.Level, export.Direction = true, federation.LevelTransparency, "export"
	strict, late, expired := now(), now(), now()
	strict.MaxAge = 2 * day
	late.Now, expired.Now = built+16*day, built+31*day
	orchards := identifier(w.nz, "orchards")
	for name, c := range map[string]struct {
		identifier string
		q          federation.Question
		want       federation.Reason
		basis      string
	}{
		"on the list":                        {"CL:oea:1", now(), federation.ByArrangement, federation.List},
		"status alone":                       {"CL:oea:1", status, federation.OK, federation.List},
		"suspended in the list":              {"CL:oea:3", now(), federation.StatusSuspended, federation.List},
		"before it was suspended":            {"CL:oea:3", at(now(), opened+15*day), federation.ByArrangement, federation.List},
		"gone from the newest list":          {"CL:oea:2", now(), federation.Ended, federation.List},
		"still on the list then current":     {"CL:oea:2", at(now(), opened+15*day), federation.ByArrangement, federation.List},
		"before we recognised it":            {"CL:oea:2", at(now(), opened+11*day), federation.NotYetInEffect, federation.List},
		"before the first list":              {"CL:oea:1", at(now(), opened+9*day), federation.AtBeforeHistory, federation.List},
		"not yet on the list":                {"CL:oea:4", at(now(), opened+15*day), federation.NotListed, federation.List},
		"on no list":                         {"CL:oea:9", now(), federation.NotListed, federation.List},
		"for a role in no rule":              {"CL:oea:4", now(), federation.RoleNotCovered, federation.List},
		"of a type in no rule":               {"CL:oea:6", now(), federation.TypeNotCovered, federation.List},
		"for a direction in no rule":         {"CL:oea:1", export, federation.DirectionNotCovered, federation.List},
		"where the log must show it":         {"CL:oea:1", high, federation.ReceiptMissing, federation.List},
		"of a list too old":                  {"CL:oea:1", late, federation.ListTooOld, federation.List},
		"of a list too old for who asks":     {"CL:oea:1", strict, federation.ListTooOld, federation.List},
		"under an expired bundle":            {"CL:oea:1", expired, federation.BundleExpired, federation.List},
		"in the future":                      {"CL:oea:1", at(now(), built+3601), federation.AtAfterBundle, federation.List},
		"upgraded: before the annex":         {orchards, at(now(), opened+3*day), federation.ByArrangement, federation.List},
		"upgraded: from the annex on":        {orchards, at(now(), opened+6*day), federation.ByArrangement, federation.Directory},
		"upgraded: at present":               {orchards, now(), federation.ByArrangement, federation.Directory},
		"a partner without lists as before":  {identifier(w.us, "american"), now(), federation.NoArrangement, federation.Directory},
		"of no territory with lists or node": {"ZZ:biz:1", now(), federation.NotListed, federation.Directory},
	} {
		t.Run(name, func(t *testing.T) {
			d := fromBorder().Lookup(c.identifier, c.q)
			wantReason(t, d, c.want)
			checkRows(t, d)
			if d.Basis != c.basis {
				t.Errorf("basis %s, want %s", d.Basis, c.basis)
			}
			if oneSided := d.MRA != nil && d.MRA.OneSided; oneSided != (c.basis == federation.List && d.MRA != nil) {
				t.Errorf("one-sided %t by basis %s", oneSided, d.Basis)
			}
			if c.basis == federation.List && d.Verdict == federation.Recognised && !strings.Contains(caveats(d), "list one_sided") {
				t.Errorf("recognised with caveats %v", d.Caveats)
			}
		})
	}
}

func TestListSaysWhoseAndWhen(t *testing.T) {
	d := fromBorder().Lookup("CL:rut:5", now())
	if d.List == nil || d.List.Number != 2 || d.List.StatedAsOf != date(built-5*day) || d.StatusAsOf != (built-5*day)/day*day {
		t.Errorf("list %+v, as of %d", d.List, d.StatusAsOf)
	}
	if d.Issuer == nil || d.Issuer.Territory != "CL" || len(d.Contacts) != 2 || d.Contacts[0].Mailbox != "oea@aduana.example" {
		t.Errorf("issuer %+v, contacts %+v", d.Issuer, d.Contacts)
	}
	if got := caveats(d); got != "personal list one_sided" {
		t.Errorf("caveats %s", got)
	}
	// what was known on that day: the second list had not come
	if d := fromBorder().Lookup("CL:oea:2", at(now(), built-5*day+3600)); d.Reason != federation.Ended || d.KnownThen == nil || d.KnownThen.Reason != federation.ByArrangement {
		t.Errorf("%v, known then %+v", d.Reason, d.KnownThen)
	}
}

// TestACredentialNeedsMoreThanAList: a list says nothing about credentials, and
// a public bundle carries neither lists nor what one side recognises alone.
func TestACredentialNeedsMoreThanAList(t *testing.T) {
	w := theWorld()
	d := fromBorder().Verify(file(w.sdjwt["orchards"]), at(now(), opened+3*day))
	wantReason(t, d, federation.NotYetInEffect)
	for _, path := range []string{"l/cl/lists.json", bundle.AlonePath("CL-JP", 1)} {
		r := w.japan(0)
		r.members[path] = w.border(built - 5*day).members[path]
		if _, err := bundle.Open(r.pack(w.jp), anchorOf(w.jp)); err == nil || !strings.Contains(err.Error(), "has no meaning in this bundle") {
			t.Errorf("a public bundle with %s: %v", path, err)
		}
	}
}

// TestListsThatDoNotHold spoil what is asked of them, and nothing else.
func TestListsThatDoNotHold(t *testing.T) {
	w := theWorld()
	for name, c := range map[string]struct {
		edit func(r *recipe)
		want federation.Reason
	}{
		"a block that differs": {func(r *recipe) {
			blocks := bytes.Clone(r.members["l/cl/rows.blocks"])
			blocks[len(blocks)/2] ^= 1
			r.members["l/cl/rows.blocks"] = blocks
		}, federation.BundleInvalid},
		"headers of another": {func(r *recipe) { r.members["l/cl/lists.json"] = r.members["l/nz/lists.json"] }, federation.BundleInvalid},
		"rows missing":       {func(r *recipe) { delete(r.members, "l/cl/rows.blocks") }, federation.BundleInvalid},
		"a recognition by another": {func(r *recipe) {
			d := w.arrangement(w.nz)
			d.Parties[0].Root, d.Recognitions[0].Of = d.Parties[1].Root, "CL"
			d.Parties[1] = mra.Party{Territory: "CL", Root: []*keys.PublicKey{}, TimeZone: "UTC"}
			d.ID = "CL-JP"
			r.members[bundle.AlonePath("CL-JP", 1)] = must(author.SignAlone(d, w.nz.signer("root")))
		}, federation.BundleInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.border(built - 5*day)
			c.edit(r)
			v := r.open(w.jp)
			wantReason(t, v.Lookup("CL:oea:1", now()), c.want)
			wantReason(t, v.Lookup(identifier(w.nz, "orchards"), now()), federation.ByArrangement)
			if _, err := author.Bundle(r.manifest, r.members, anchorOf(w.jp), w.jp.signer("bundle")); err == nil {
				t.Error("it would be published")
			}
		})
	}
}
