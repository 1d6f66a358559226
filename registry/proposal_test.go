package registry_test

import (
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/registry"
)

// TestTwoNodesSignOverTheExchange: a draft goes there, comes back signed, goes
// there complete; each then imports it. No message executes anything.
func TestTwoNodesSignOverTheExchange(t *testing.T) {
	nz, jp := partners(t)
	ctx := t.Context()
	k := got(nz.KeepDraft(ctx, registry.KeepDraft{Document: draft(t, nz, jp), By: "Desk"}))(t)
	p := got(nz.Propose(ctx, registry.Propose{Name: "JP-NZ", By: "Desk"}))(t)
	if len(p.Sent) != 1 || p.Sent[0].To != "JP" || p.Sent[0].Problem != "" || len(p.Sent[0].Signed) != 0 {
		t.Errorf("the draft: %+v", p.Sent)
	}
	there := got(jp.Negotiation("JP-NZ"))(t)
	if there.SHA256 != k.SHA256 || there.From != "NZ" || there.Waits != registry.WaitsForUs {
		t.Errorf("at Japan: %+v", there)
	}
	got(jp.SignAnnex(ctx, registry.SignAnnex{Kept: "JP-NZ", By: "Desk", Second: "Head"}))(t)
	got(jp.Propose(ctx, registry.Propose{Name: "JP-NZ", To: []string{"NZ"}, By: "Desk"}))(t)
	if k = got(nz.Negotiation("JP-NZ"))(t); k.Waits != registry.WaitsForUs || k.Signed[0] != "JP" {
		t.Errorf("back at New Zealand: %+v", k)
	}
	got(nz.SignAnnex(ctx, registry.SignAnnex{Kept: "JP-NZ", By: "Desk", Second: "Head"}))(t)
	p = got(nz.Propose(ctx, registry.Propose{Name: "JP-NZ", By: "Desk"}))(t)
	if len(p.Sent[0].Signed) != 2 {
		t.Errorf("the complete annex: %+v", p.Sent)
	}
	for _, o := range []*office{nz, jp} {
		if all := got(o.Arrangements())(t); len(all) != 0 {
			t.Errorf("a message executed %+v", all[0])
		}
		got(o.ImportAnnex(ctx, got(o.Negotiation("JP-NZ"))(t).Annex))(t)
	}
	a, b := got(nz.Arrangement("JP-NZ"))(t), got(jp.Arrangement("JP-NZ"))(t)
	if a.SHA256 != b.SHA256 || a.SHA256 != k.SHA256 || a.State != mra.InEffect {
		t.Errorf("New Zealand has %s, Japan %s", a.SHA256, b.SHA256)
	}

	// what is concluded is not negotiated again
	late := *draft(t, nz, jp)
	late.ReviewOn = "2050-01-01"
	got(nz.KeepDraft(ctx, registry.KeepDraft{Document: &late, By: "Desk"}))(t)
	if _, err := nz.Propose(ctx, registry.Propose{Name: "JP-NZ", By: "Desk"}); !isAny(err, registry.ErrRefused) {
		t.Errorf("another text of a concluded version: %v", err)
	}
}

// TestThreeNodesSign: each signs once it has the text and sends what it has to
// all others; in whatever order, all end with the same complete annex.
func TestThreeNodesSign(t *testing.T) {
	c := newClock()
	offices := []*office{found(t, c, "NZ", ""), found(t, c, "JP", ""), found(t, c, "SG", "")}
	for _, o := range offices {
		o.serve()
	}
	for _, o := range offices {
		for _, other := range offices {
			if o != other {
				o.meet(other)
			}
		}
	}
	everybody(t, offices...)
	nz, jp, sg := offices[0], offices[1], offices[2]
	d := draft(t, nz, jp)
	d.ID = "THREE"
	d.Parties = append(d.Parties, got(sg.NewParty())(t))
	ctx := t.Context()
	got(sg.KeepDraft(ctx, registry.KeepDraft{Document: d, By: "Desk"}))(t)
	got(sg.Propose(ctx, registry.Propose{Name: "THREE", By: "Desk"}))(t)
	for _, o := range []*office{jp, sg, nz} { // Japan and Singapore sign side by side
		got(o.SignAnnex(ctx, registry.SignAnnex{Kept: "THREE", By: "Desk", Second: "Head"}))(t)
	}
	for _, o := range []*office{jp, sg, nz} {
		got(o.Propose(ctx, registry.Propose{Name: "THREE", By: "Desk"}))(t)
	}
	got(nz.Propose(ctx, registry.Propose{Name: "THREE", By: "Desk"}))(t)
	for _, o := range offices {
		k := got(o.Negotiation("THREE"))(t)
		if k.Waits != registry.WaitsForImport || k.SHA256 != d.SHA256() {
			t.Fatalf("at %s: %+v", o.Config().Territory, k)
		}
		got(o.ImportAnnex(ctx, k.Annex))(t)
	}
}

func TestProposalRefusals(t *testing.T) {
	nz, jp := partners(t)
	ctx := t.Context()
	doc := draft(t, nz, jp)
	got(nz.KeepDraft(ctx, registry.KeepDraft{Document: doc, By: "Desk"}))(t)
	for name, r := range map[string]registry.Propose{
		"nobody named":      {Name: "JP-NZ"},
		"no such text":      {Name: "EU-US", By: "Desk"},
		"to a stranger":     {Name: "JP-NZ", To: []string{"SG"}, By: "Desk"},
		"to ourselves":      {Name: "JP-NZ", To: []string{"NZ"}, By: "Desk"},
		"to no one we know": {Name: strange(t, nz, doc), By: "Desk"},
	} {
		if _, err := nz.Propose(ctx, r); !isAny(err, registry.ErrInvalid, registry.ErrNotFound, registry.ErrNotAllowed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	got(nz.Propose(ctx, registry.Propose{Name: "JP-NZ", By: "Desk", DryRun: true}))(t)
	if all := got(jp.Negotiations())(t); len(all) != 0 {
		t.Error("a dry run sent a draft")
	}
	// under keys that are not New Zealand's
	forged := *doc
	forged.Parties = append([]mra.Party{}, doc.Parties...)
	forged.Parties[1].Root = got(found(t, nz.clock, "NZ", "").NewParty())(t).Root
	forged.ReviewOn = nz.clock.Now().AddDate(5, 0, 0).Format(time.DateOnly)
	got(nz.KeepDraft(ctx, registry.KeepDraft{Document: &forged, By: "Desk"}))(t)
	if _, err := nz.Propose(ctx, registry.Propose{Name: forged.SHA256(), By: "Desk"}); !isAny(err, registry.ErrRefused) {
		t.Errorf("a text with other root keys: %v", err)
	}
}

// strange keeps a text with a party nobody follows, and is its name.
func strange(t *testing.T, nz *office, doc *mra.Document) string {
	t.Helper()
	d := *doc
	d.ID = "STRANGE"
	d.Parties = append([]mra.Party{}, doc.Parties...)
	d.Parties[0].EntityID = "https://aeo.elsewhere.example"
	got(nz.KeepDraft(t.Context(), registry.KeepDraft{Document: &d, By: "Desk"}))(t)
	return d.ID
}
