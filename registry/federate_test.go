package registry_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/registry"
)

// union is the EU and its member Germany, which follow each other.
func union(t *testing.T, c *clock) (eu, de *office) {
	t.Helper()
	eu, de = found(t, c, "EU", ""), found(t, c, "EU", "DE")
	eu.serve()
	de.serve()
	eu.meet(de)
	de.meet(eu)
	everybody(t, eu, de)
	return eu, de
}

// partners are New Zealand and Japan, which follow each other.
func partners(t *testing.T) (nz, jp *office) {
	t.Helper()
	c := newClock()
	nz, jp = found(t, c, "NZ", ""), found(t, c, "JP", "")
	nz.serve()
	jp.serve()
	nz.meet(jp)
	jp.meet(nz)
	everybody(t, nz, jp)
	return nz, jp
}

// draft is an annex of the two under which each recognises exporters of the other.
func draft(t *testing.T, nz, jp *office) *mra.Document {
	t.Helper()
	now := nz.clock.Now()
	rule := func(by, of, programme, kind, as string) mra.Recognition {
		return mra.Recognition{By: by, Of: of, Programme: programme, AuthorisationType: kind, Roles: []string{"exporter"},
			Direction: "import", As: as, AppliesWhen: "consignor", DateBasis: "acceptance",
			Benefits: []string{"fewer inspections"}, From: now.AddDate(0, 0, -2).Format(time.DateOnly)}
	}
	return &mra.Document{
		ID: "JP-NZ", Version: 1, SignedOn: now.Format(time.DateOnly), ReviewOn: now.AddDate(2, 0, 0).Format(time.DateOnly),
		Instrument: mra.Instrument{Title: "Arrangement", Citation: "invented", URL: "https://aeo.jp.example/mra", Languages: []string{"en"}},
		Parties:    []mra.Party{got(jp.NewParty())(t), got(nz.NewParty())(t)},
		Recognitions: []mra.Recognition{
			rule("JP", "NZ", "NZ-SES", "SES", "AEO exporter"), rule("NZ", "JP", "JP-AEO", "AEO-EXPORTER", "SES partner"),
		},
		DataSharing: mra.DataSharing{Fields: []string{"legal_name", "identifiers", "roles", "effective_on"}, ReleaseBasis: "consent",
			Basis: "either", Retention: "five years", Onward: "none"},
		Termination: mra.Termination{NoticeDays: 5, InTransit: "honour"},
	}
}

// agree has both sign the draft and import what they signed.
func agree(t *testing.T, nz, jp *office) {
	t.Helper()
	half := got(jp.SignAnnex(t.Context(), registry.SignAnnex{Document: draft(t, nz, jp), By: "Desk", Second: "Head"}))(t)
	if _, err := jp.ImportAnnex(t.Context(), half); err == nil {
		t.Error("an annex that one party signed was imported")
	}
	whole := got(nz.SignAnnex(t.Context(), registry.SignAnnex{Annex: half, By: "Desk", Second: "Head"}))(t)
	for _, o := range []*office{nz, jp} {
		first := got(o.ImportAnnex(t.Context(), whole))(t)
		if again := got(o.ImportAnnex(t.Context(), whole))(t); again.SHA256 != first.SHA256 {
			t.Error("imported twice, two arrangements")
		}
	}
	everybody(t, nz, jp)
}

func TestPartnersRecogniseEachOther(t *testing.T) {
	nz, jp := partners(t)
	a := nz.grant(orchards)
	file := nz.export(a.Case)
	everybody(t, nz, jp)
	jp.expect("without an arrangement", file, federation.NoArrangement)

	agree(t, nz, jp)
	jp.expect("by the arrangement", file, federation.ByArrangement)
	q := federation.Question{Now: jp.clock.Now().Unix(), Role: "packer"}
	if r := jp.verifier().Verify(file, q).Reason; r != federation.RoleNotCovered {
		t.Errorf("as packer: %s", r)
	}
	if s := got(nz.Peer("JP"))(t); !s.NamesUs || s.Relation != "partner" {
		t.Errorf("Japan at New Zealand: %+v", s)
	}
	if subs := got(jp.Subordinates())(t); !slices.Contains(subs, nz.Config().EntityID) {
		t.Errorf("Japan states something about %v", subs)
	}

	got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
	nz.pass(time.Second)
	must(t, jp.SyncPeers(t.Context()))
	jp.expect("suspended abroad", file, federation.StatusSuspended)
}

func TestNoticeArrivesWithTheNextSync(t *testing.T) {
	nz, jp := partners(t)
	file := nz.export(nz.grant(orchards).Case)
	agree(t, nz, jp)
	dry := registry.GiveNotice{MRA: "JP-NZ", Act: "end", By: "Desk", Second: "Head", DryRun: true}
	before := nz.size()
	got(nz.GiveNotice(t.Context(), dry))(t)
	if nz.size() != before {
		t.Error("a dry run gave notice")
	}
	dry.DryRun = false
	got(nz.GiveNotice(t.Context(), dry))(t)
	jp.expect("before the sync", file, federation.ByArrangement)
	nz.pass(time.Second)
	must(t, jp.SyncPeers(t.Context()))
	jp.expect("after the sync", file, federation.ArrangementEnded)
	if a := got(jp.Arrangement("JP-NZ"))(t); len(a.Notices) != 1 || len(a.Live) != 0 {
		t.Errorf("at Japan: %+v", a)
	}
	jp.restart()
	jp.expect("after a restart", file, federation.ArrangementEnded)
}

func TestUnionCarriesItsMember(t *testing.T) {
	eu, de := union(t, newClock())
	a := de.grant(rhein)
	de.pass(6 * day)
	everybody(t, eu, de)
	eu.expect("a German status in the EU", de.export(a.Case, "AEOS"), federation.OwnProgramme)
	if _, _, err := de.Bundle(); err == nil {
		t.Error("a member of a union built a bundle")
	}
	if _, err := de.BuildBundle(t.Context(), registry.BuildBundle{}); err == nil {
		t.Error("a member of a union built a bundle when asked to")
	}
	if got(de.VCT())(t) != got(eu.VCT())(t) {
		t.Error("member and union issue different credential types")
	}
}

// TestUnreachablePartnerHarmsNobodyElse: what was fetched before stays, and the
// own acts go on.
func TestUnreachablePartnerHarmsNobodyElse(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	r := registry.AddPeer{Anchor: got(jp.Anchor())(t).Marshal(), By: "Desk",
		Dial: map[string]string{jp.Config().Host(): "127.0.0.1:1"}}
	got(nz.AddPeer(t.Context(), r))(t)
	if err := nz.SyncPeers(t.Context()); err == nil {
		t.Error("synchronised with nobody there")
	} else if !isAny(err, peer.ErrUnreachable) {
		t.Errorf("error: %v", err)
	}
	nz.expect("own status", nz.export(nz.grant(orchards).Case), federation.OwnProgramme)
	if s := got(nz.Peer("JP"))(t); s.LogSize == 0 {
		t.Error("the mirror was forgotten")
	}
	must(t, nz.RemovePeer(t.Context(), "JP"))
	if peers := got(nz.Peers())(t); len(peers) != 0 {
		t.Errorf("after the removal: %v", peers)
	}
}

func TestArrangementRefusals(t *testing.T) {
	nz, jp := partners(t)
	ctx := t.Context()
	doc := draft(t, nz, jp)
	for name, r := range map[string]registry.SignAnnex{
		"one person":             {Document: doc, By: "Desk"},
		"the same person twice":  {Document: doc, By: "Desk", Second: " desk "},
		"nothing to sign":        {By: "Desk", Second: "Head"},
		"a draft and an annex":   {Document: doc, Annex: []byte("{}"), By: "Desk", Second: "Head"},
		"an annex that is none":  {Annex: []byte("{}"), By: "Desk", Second: "Head"},
		"an annex of other text": {Annex: []byte(`"text"`), By: "Desk", Second: "Head"},
	} {
		if _, err := nz.SignAnnex(ctx, r); !isAny(err, registry.ErrInvalid, registry.ErrNotAllowed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, r := range map[string]registry.GiveNotice{
		"one person":             {MRA: "JP-NZ", Act: "end", By: "Desk"},
		"an unknown arrangement": {MRA: "JP-XX", Act: "end", By: "Desk", Second: "Head"},
	} {
		if _, err := nz.GiveNotice(ctx, r); !isAny(err, registry.ErrNotFound, registry.ErrNotAllowed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	own := registry.AddPeer{Anchor: got(nz.Anchor())(t).Marshal(), By: "Desk"}
	if _, err := nz.AddPeer(ctx, own); !isAny(err, registry.ErrInvalid) {
		t.Errorf("a node follows itself: %v", err)
	}
	impostor := found(t, nz.clock, "JP", "")
	if _, err := nz.AddPeer(ctx, registry.AddPeer{Anchor: got(impostor.Anchor())(t).Marshal(), By: "Desk"}); !isAny(err, registry.ErrConflict) {
		t.Errorf("the same entity under other keys: %v", err)
	}
}
