package registry_test

import (
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
)

// TestEveryChangeHasItsDay: a later version, a suspension, its lifting and an end
// each change the verdict at their instant; asked later about an earlier day, the
// bundle gives that day's answer.
func TestEveryChangeHasItsDay(t *testing.T) {
	nz, jp := partners(t)
	ctx := t.Context()
	file := nz.export(nz.grant(timber).Case)
	agree(t, nz, jp)

	second := got(jp.Arrangement("JP-NZ"))(t).Text.Amend(jp.clock.Now().Format(time.DateOnly))
	second.Cease("JP", "NZ", "", "2026-03-10")
	carriers := second.Recognitions[0]
	carriers.Roles, carriers.From, carriers.Until = []string{"packer"}, "2026-03-10", ""
	second.Recognise(carriers)
	back := carriers
	back.Roles, back.From = []string{"exporter"}, "2026-03-12"
	second.Recognise(back)
	got(jp.SignAnnex(ctx, registry.SignAnnex{Document: second, By: "Desk", Second: "Head"}))(t)
	got(jp.Propose(ctx, registry.Propose{Name: "JP-NZ", By: "Desk"}))(t)
	got(nz.SignAnnex(ctx, registry.SignAnnex{Kept: "JP-NZ", By: "Desk", Second: "Head"}))(t)
	got(nz.Propose(ctx, registry.Propose{Name: "JP-NZ", By: "Desk"}))(t)
	for _, o := range []*office{nz, jp} {
		got(o.ImportAnnex(ctx, got(o.Negotiation("JP-NZ"))(t).Annex))(t)
	}
	for _, n := range []registry.GiveNotice{
		{Act: "suspend", From: time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC).Unix()},
		{Act: "resume", From: time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC).Unix()},
		{Act: "end", From: time.Date(2026, 3, 16, 0, 0, 0, 0, time.UTC).Unix()},
	} {
		n.MRA, n.By, n.Second = "JP-NZ", "Desk", "Head"
		got(nz.GiveNotice(ctx, n))(t)
	}
	nz.pass(20 * day)
	jp.pass(time.Second)
	everybody(t, nz, jp)
	v := jp.verifier()
	for _, c := range []struct {
		at   string
		want federation.Reason
	}{
		{"2026-03-02T15:00:00Z", federation.ByArrangement},
		{"2026-03-09T14:59:59Z", federation.ByArrangement}, // the last second of 9 March in Tokyo
		{"2026-03-09T15:00:00Z", federation.RoleNotCovered},
		{"2026-03-11T14:59:59Z", federation.RoleNotCovered},
		{"2026-03-11T15:00:00Z", federation.ByArrangement},
		{"2026-03-13T23:59:59Z", federation.ByArrangement},
		{"2026-03-14T00:00:00Z", federation.SuspendedArrangement},
		{"2026-03-14T23:59:59Z", federation.SuspendedArrangement},
		{"2026-03-15T00:00:00Z", federation.ByArrangement},
		{"2026-03-15T23:59:59Z", federation.ByArrangement},
		{"2026-03-16T00:00:00Z", federation.ArrangementEnded},
		{"2026-03-22T00:00:00Z", federation.ArrangementEnded},
	} {
		at := got(time.Parse(time.RFC3339, c.at))(t)
		d := v.Verify(file, federation.Question{Now: jp.clock.Now().Unix(), At: at.Unix()})
		if d.Reason != c.want {
			t.Errorf("%s: %s, want %s", c.at, d.Reason, c.want)
		}
	}
}
