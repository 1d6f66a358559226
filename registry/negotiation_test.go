package registry_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/registry"
)

// TestNegotiationIsKeptAndBindsNobody: a draft gathers
// signatures in any order, and until it is imported no verdict knows of it.
func TestNegotiationIsKeptAndBindsNobody(t *testing.T) {
	nz, jp := partners(t)
	ctx := t.Context()
	file := nz.export(nz.grant(orchards).Case)
	everybody(t, nz, jp)
	doc := draft(t, nz, jp)
	size := jp.size()
	k := got(jp.KeepDraft(ctx, registry.KeepDraft{Document: doc, By: "Desk"}))(t)
	if k.Waits != registry.WaitsForUs || len(k.Missing) != 2 {
		t.Errorf("a draft: %+v", k)
	}
	ours := got(jp.SignAnnex(ctx, registry.SignAnnex{Kept: "JP-NZ", By: "Desk", Second: "Head"}))(t)
	theirs := got(nz.SignAnnex(ctx, registry.SignAnnex{Document: doc, By: "Desk", Second: "Head"}))(t) // at the same time
	if k = got(jp.Negotiation("JP-NZ"))(t); k.Waits != registry.WaitsForPartners || k.Missing[0] != "NZ" {
		t.Errorf("signed by us: %+v", k)
	}
	k = got(jp.KeepDraft(ctx, registry.KeepDraft{Annex: theirs, By: "Desk"}))(t)
	if k.Waits != registry.WaitsForImport || len(k.Signed) != 2 {
		t.Errorf("signed by both: %+v", k)
	}
	if again := got(jp.KeepDraft(ctx, registry.KeepDraft{Annex: ours, By: "Desk"}))(t); again.Waits != registry.WaitsForImport {
		t.Errorf("a signature was lost: %+v", again)
	}
	jp.pass(time.Second)
	jp.expect("while it is negotiated", file, federation.NoArrangement)
	if all := got(jp.Arrangements())(t); len(all) != 0 || jp.size() != size {
		t.Errorf("%d arrangements, the log grew by %d", len(all), jp.size()-size)
	}
	whole := got(jp.Negotiation(k.SHA256[:8]))(t).Annex
	for _, o := range []*office{nz, jp} {
		got(o.ImportAnnex(ctx, whole))(t)
		if left := got(o.Negotiations())(t); len(left) != 0 {
			t.Errorf("after the import %d texts are left", len(left))
		}
	}
	everybody(t, nz, jp)
	jp.expect("once it is imported", file, federation.ByArrangement)
	if a := got(jp.Arrangement("JP-NZ"))(t); a.State != mra.InEffect || len(a.Pairs) != 2 {
		t.Errorf("the arrangement: %+v", a)
	}
}

func TestNegotiationRefusals(t *testing.T) {
	nz, jp := partners(t)
	ctx := t.Context()
	doc := draft(t, nz, jp)
	stranger := *doc
	stranger.Parties = []mra.Party{doc.Parties[0], doc.Parties[1]}
	stranger.Parties[1].EntityID = "https://aeo.elsewhere.example"
	for name, r := range map[string]registry.KeepDraft{
		"nobody named":       {Document: doc},
		"nothing":            {By: "Desk"},
		"a text and annex":   {Document: doc, Annex: []byte("{}"), By: "Desk"},
		"no annex":           {Annex: []byte("{}"), By: "Desk"},
		"not between us":     {Document: &stranger, By: "Desk"},
		"a text that breaks": {Document: &mra.Document{ID: "JP-NZ"}, By: "Desk"},
	} {
		if _, err := nz.KeepDraft(ctx, r); !isAny(err, registry.ErrInvalid, registry.ErrNotAllowed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := nz.Negotiation("JP-NZ"); !isAny(err, registry.ErrNotFound) {
		t.Errorf("a refused draft: %v", err)
	}
	got(nz.KeepDraft(ctx, registry.KeepDraft{Document: doc, By: "Desk", DryRun: true}))(t)
	if all := got(nz.Negotiations())(t); len(all) != 0 {
		t.Error("a dry run kept a draft")
	}

	got(nz.KeepDraft(ctx, registry.KeepDraft{Document: doc, By: "Desk"}))(t)
	nz.restart()
	other := *doc
	other.ReviewOn = "2040-01-01"
	got(nz.KeepDraft(ctx, registry.KeepDraft{Document: &other, By: "Desk"}))(t)
	if _, err := nz.Negotiation("JP-NZ"); !isAny(err, registry.ErrConflict) {
		t.Errorf("two texts of one version: %v", err)
	}
	if _, err := nz.SignAnnex(ctx, registry.SignAnnex{Kept: "JP-NZ", By: "Desk", Second: "Head"}); !isAny(err, registry.ErrConflict) {
		t.Errorf("one of two texts was signed: %v", err)
	}
	got(nz.DropDraft(ctx, registry.DropDraft{Name: other.SHA256()[:12], By: "Desk"}))(t)
	if k := got(nz.Negotiation("JP-NZ"))(t); k.SHA256 != doc.SHA256() {
		t.Error("the wrong text was dropped")
	}
	a := got(jp.SignAnnex(ctx, registry.SignAnnex{Document: doc, By: "Desk", Second: "Head"}))(t)
	b := got(jp.SignAnnex(ctx, registry.SignAnnex{Document: &other, By: "Desk", Second: "Head"}))(t)
	if _, err := author.Merge(a, b); !isAny(err, author.ErrOtherText) {
		t.Errorf("signatures over two texts were joined: %v", err)
	}
}

// TestNegotiationSurvivesTheDisk: a backup holds what is negotiated.
func TestNegotiationSurvivesTheDisk(t *testing.T) {
	nz, jp := partners(t)
	got(nz.SignAnnex(t.Context(), registry.SignAnnex{Document: draft(t, nz, jp), By: "Desk", Second: "Head"}))(t)
	node, subjects := saved(t, nz)
	opts := nz.elsewhere()
	got(registry.Restore(opts, registry.RestoreRequest{Node: bytes.NewReader(node), SubjectKeys: bytes.NewReader(subjects)}))(t)
	must(t, nz.Close())
	nz.opts = opts
	nz.open()
	if k := got(nz.Negotiation("JP-NZ"))(t); fmt.Sprint(k.Signed) != "[NZ]" {
		t.Errorf("restored: %+v", k)
	}
}
