package registry_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// listOf is a list of Japan's exporters as CSV.
func listOf(rows ...string) []byte {
	return []byte("identifier,legal_name,authorisation_type,roles,status,effective_on\n" + strings.Join(rows, "\n") + "\n")
}

const (
	sakuraID  = "JP:jp-aeo:JP12345678901234567"
	sakuraRow = "JP12345678901234567,Sakura Precision KK,AEO-EXPORTER,exporter,in_force,2020-04-01"
	minatoRow = "JP22345678901234567,Minato Optics KK,AEO-EXPORTER,exporter,in_force,2020-04-01"
)

func (o *office) day(days int) string { return o.clock.Now().AddDate(0, 0, days).Format(time.DateOnly) }

// takeList has two officers take over a list of Japan's as of a day.
func (o *office) takeList(stated string, file []byte) *registry.ListReport {
	o.t.Helper()
	return got(o.ImportList(o.t.Context(), registry.ImportList{Partner: "JP", File: file, Format: "csv", StatedAsOf: stated, By: "Desk", Second: "Head"}))(o.t)
}

// recogniseAlone is New Zealand's own word on Japan's exporters, from a day on.
func (o *office) recogniseAlone(from string) *registry.Recognised {
	o.t.Helper()
	return got(o.Recognise(o.t.Context(), registry.Recognise{ID: "JP-NZ", Partner: "JP", Title: "Decision", Citation: "invented",
		Rules: []mra.Recognition{{Programme: "JP-AEO", AuthorisationType: "AEO-EXPORTER", Roles: []string{"exporter"}, Direction: "import",
			As: "SES partner", AppliesWhen: "consignor", DateBasis: "acceptance", Benefits: []string{}, From: from}},
		Freshness: &mra.Freshness{Target: 86400, WarnAfter: 30 * 86400, HonourUntil: 45 * 86400}, By: "Desk", Second: "Head"}))(o.t)
}

// borderVerifier is that of the office's own desks.
func (o *office) borderVerifier() *federation.Verifier {
	o.t.Helper()
	raw, _, err := o.BorderBundle(o.t.Context())
	must(o.t, err)
	v, _, err := federation.Open(raw, got(o.Anchor())(o.t), nil, o.clock.Now().Unix(), 0)
	must(o.t, err)
	return v
}

func (o *office) lookup(what, identifier string, at time.Time, want federation.Reason, basis string) *federation.Decision {
	o.t.Helper()
	q := federation.Question{Now: o.clock.Now().Unix()}
	if !at.IsZero() {
		q.At = at.Unix()
	}
	d := o.borderVerifier().Lookup(identifier, q)
	if d.Reason != want || d.Basis != basis {
		o.t.Errorf("%s: %s by %s, want %s by %s: %+v", what, d.Reason, d.Basis, want, basis, d.Checks)
	}
	return d
}

// TestListsUntilTheAnnex climbs the ladder: lists and our own word, then a node
// and an annex under the same id. The old days keep their answers.
func TestListsUntilTheAnnex(t *testing.T) {
	nz, jp := partners(t)
	nz.recogniseAlone(nz.day(-3))
	nz.takeList(nz.day(-2), listOf(sakuraRow, minatoRow))
	nz.lookup("on the list", sakuraID, time.Time{}, federation.ByArrangement, federation.List)
	if d := got(nz.Verdict(registry.Ask{Identifier: sakuraID}))(t); d.Reason != federation.ByArrangement || d.Basis != federation.List {
		t.Errorf("asked online: %s by %s", d.Reason, d.Basis)
	}
	nz.pass(3 * day)
	jp.pass(0)
	everybody(t, nz, jp)
	inTheListDays := nz.clock.Now().Add(-2 * day)

	d := draft(t, nz, jp)
	for i := range d.Recognitions {
		d.Recognitions[i].From = nz.day(2)
	}
	half := got(jp.SignAnnex(t.Context(), registry.SignAnnex{Document: d, By: "Desk", Second: "Head"}))(t)
	whole := got(nz.SignAnnex(t.Context(), registry.SignAnnex{Annex: half, By: "Desk", Second: "Head"}))(t)
	for _, o := range []*office{nz, jp} {
		got(o.ImportAnnex(t.Context(), whole))(t)
	}
	nz.lookup("the annex is signed and has not begun", sakuraID, time.Time{}, federation.ByArrangement, federation.List)

	nz.pass(4 * day)
	jp.pass(0)
	everybody(t, nz, jp)
	nz.lookup("the annex rules, and Japan's directory does not list it", sakuraID, time.Time{}, federation.NotListed, federation.Directory)
	nz.lookup("a day of the lists", sakuraID, inTheListDays, federation.ByArrangement, federation.List)
	a := got(nz.Arrangement("JP-NZ"))(t)
	if a.Alone == nil || a.Alone.State != "replaced" || a.Version != 1 || len(a.Pairs) == 0 || len(a.Alone.Lists) != 1 {
		t.Errorf("both rungs: %+v", a)
	}
	if all := got(nz.Arrangements())(t); len(all) != 1 || all[0].Alone == nil {
		t.Errorf("%d arrangements", len(all))
	}
	if a := got(jp.Arrangement("JP-NZ"))(t); a.Alone != nil {
		t.Errorf("Japan has New Zealand's own word: %+v", a.Alone)
	}
	nz.restart()
	nz.lookup("after a restart", sakuraID, inTheListDays, federation.ByArrangement, federation.List)
}

// TestNamesOfAListStayInside: not in the log's payloads, not in the public
// bundle; and a list whose file is gone is said to be.
func TestNamesOfAListStayInside(t *testing.T) {
	c := newClock()
	nz := found(t, c, "NZ", "")
	nz.recogniseAlone(nz.day(-3))
	h := nz.takeList(nz.day(-2), listOf(sakuraRow, minatoRow)).Header
	raw, _, err := nz.Bundle()
	must(t, err)
	for _, word := range []string{"Sakura", "JP12345678901234567", "l/jp"} {
		if bytes.Contains(raw, []byte(word)) {
			t.Errorf("the public bundle holds %s", word)
		}
	}
	must(t, filepath.WalkDir(nz.opts.Dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.Contains(path, "/lists/") || strings.HasSuffix(path, "border.aeobundle") {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte("Sakura")) {
			t.Errorf("%s holds a name", path)
		}
		return err
	}))
	must(t, filepath.WalkDir(filepath.Join(nz.opts.Dir, "lists"), func(path string, e os.DirEntry, err error) error {
		if info, _ := e.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	}))
	if h.ImportedBy != "Desk" || h.SecondOfficer != "Head" || h.Channel != "mail" || h.Rows != 2 || h.TimeZone != "Asia/Tokyo" {
		t.Errorf("header %+v", h)
	}
	must(t, os.Remove(filepath.Join(nz.opts.Dir, "lists", "jp", "000001.json")))
	nz.restart()
	if _, _, err := nz.BorderBundle(t.Context()); err != nil && !errors.Is(err, registry.ErrLost) {
		t.Error(err)
	}
	if _, err := nz.BuildBundle(t.Context(), registry.BuildBundle{Profile: "border"}); !errors.Is(err, registry.ErrLost) {
		t.Errorf("a border bundle of a list that is gone: %v", err)
	}
	if _, err := nz.BuildBundle(t.Context(), registry.BuildBundle{}); err != nil {
		t.Errorf("the public bundle needs no list: %v", err)
	}
}

// TestReconcileOurHolders: what is released, what ended, and who asks under another number.
func TestReconcileOurHolders(t *testing.T) {
	c := newClock()
	nz := found(t, c, "NZ", "")
	a := nz.grant(orchards)
	if raw := got(nz.ExportList("JP", "csv"))(t); strings.Contains(string(raw), orchards.name) {
		t.Errorf("a holder who is not released is exported: %s", raw)
	}
	got(nz.ReleaseOperator(t.Context(), registry.ReleaseOperator{Operator: a.Operator, Purpose: authorisation.Exchange, Basis: authorisation.ByConsent, By: "Desk"}))(t)
	file := got(nz.ExportList("JP", "csv"))(t)
	compare := func(file []byte) string {
		return got(nz.Reconcile(t.Context(), registry.Reconcile{Partner: "JP", File: file, Format: "csv", About: "us"}))(t).Summary
	}
	if s := compare(file); s != "nothing differs" {
		t.Errorf("round trip: %s", s)
	}
	got(nz.ReleaseOperator(t.Context(), registry.ReleaseOperator{Operator: a.Operator, Purpose: authorisation.Exchange, Withdraw: true, By: "Desk"}))(t)
	if s := compare(file); s != "1 they have and may not: the holder is not released" {
		t.Errorf("withdrawn: %s", s)
	}
	got(nz.ReleaseOperator(t.Context(), registry.ReleaseOperator{Operator: a.Operator, Purpose: authorisation.Exchange, Basis: authorisation.ByConsent, By: "Desk"}))(t)
	got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
	if s := compare(file); s != "1 we suspended and they have in force" {
		t.Errorf("suspended: %s", s)
	}
	if s := compare(got(nz.ExportList("SG", "csv"))(t)[:0:0]); !strings.Contains(s, "problems") {
		t.Errorf("an empty file: %s", s)
	}
	if _, err := nz.Reconcile(t.Context(), registry.Reconcile{Partner: "JP", File: file, Format: "csv", About: "them"}); !errors.Is(err, registry.ErrNotFound) && err != nil {
		t.Error(err)
	}
}

func TestTwoOfficersTakeAListOver(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	r := registry.ImportList{Partner: "JP", File: listOf(sakuraRow), Format: "csv", StatedAsOf: nz.day(-2), By: "Desk"}
	for _, second := range []string{"", " desk "} {
		r.Second = second
		if _, err := nz.ImportList(t.Context(), r); !errors.Is(err, registry.ErrNotAllowed) {
			t.Errorf("taken over by Desk and %q: %v", second, err)
		}
	}
	r.Second, r.DryRun = "Head", true
	if report := got(nz.ImportList(t.Context(), r))(t); report.Taken || len(got(nz.Lists())(t)) != 0 {
		t.Errorf("a dry run took it: %+v", report)
	}
	before := nz.size()
	r.DryRun, r.File = false, listOf(sakuraRow, sakuraRow)
	if report := got(nz.ImportList(t.Context(), r))(t); report.Taken || len(report.Problems) != 1 || nz.size() != before {
		t.Errorf("a list with a problem: %+v", report)
	}
}

// TestABackupHasTheLists: a node that is restored knows what officers took over.
func TestABackupHasTheLists(t *testing.T) {
	nz := found(t, newClock(), "NZ", "")
	nz.recogniseAlone(nz.day(-3))
	nz.takeList(nz.day(-2), listOf(sakuraRow, minatoRow))
	nz.lookup("before", sakuraID, time.Time{}, federation.ByArrangement, federation.List)
	node, keys := saved(t, nz)
	opts := nz.elsewhere()
	got(registry.Restore(opts, registry.RestoreRequest{Node: bytes.NewReader(node), SubjectKeys: bytes.NewReader(keys)}))(t)
	for _, name := range []string{"000001.json", "000001.received"} {
		was, is := got(os.ReadFile(filepath.Join(nz.opts.Dir, "lists", "jp", name)))(t), got(os.ReadFile(filepath.Join(opts.Dir, "lists", "jp", name)))(t)
		if !bytes.Equal(was, is) {
			t.Errorf("%s is another", name)
		}
	}
}
