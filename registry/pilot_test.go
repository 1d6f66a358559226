package registry_test

import (
	"testing"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
)

// TestPilotStandsBesideTheVerdict: while an arrangement is in pilot every verdict
// is what it is without; who asks about test data is told what the pilot says.
func TestPilotStandsBesideTheVerdict(t *testing.T) {
	nz, jp := partners(t)
	ctx := t.Context()
	file := nz.export(nz.grant(timber).Case)
	d := draft(t, nz, jp)
	for i := range d.Recognitions {
		d.Recognitions[i].Pilot, d.Recognitions[i].Until, d.Recognitions[i].As = true, "2026-06-01", "AEO (test)"
	}
	half := got(jp.SignAnnex(ctx, registry.SignAnnex{Document: d, By: "Desk", Second: "Head"}))(t)
	whole := got(nz.SignAnnex(ctx, registry.SignAnnex{Annex: half, By: "Desk", Second: "Head"}))(t)
	for _, o := range []*office{nz, jp} {
		if a := got(o.ImportAnnex(ctx, whole))(t); a.State != "pilot" || len(a.Live) != 0 || a.Rules[0].State != "pilot" {
			t.Errorf("the arrangement: %+v", a)
		}
	}
	everybody(t, nz, jp)
	if subs := got(jp.Subordinates())(t); len(subs) != 0 {
		t.Errorf("a pilot made a partner of %v", subs)
	}
	q := federation.Question{Now: jp.clock.Now().Unix()}
	v := jp.verifier()
	real := v.Verify(file, q)
	q.Pilot = true
	test := v.Verify(file, q)
	for _, d := range []*federation.Decision{real, test} {
		if d.Reason != federation.NoArrangement || d.Verdict != federation.NotRecognised || len(d.RecognisedFor) != 0 {
			t.Errorf("%s %s %v", d.Verdict, d.Reason, d.RecognisedFor)
		}
	}
	if real.Pilot != nil || len(real.Caveats) != 0 {
		t.Errorf("nobody asked about test data: %+v", real)
	}
	if p := test.Pilot; p == nil || p.Answer != "ok" || len(p.RecognisedFor) != 1 || p.RecognisedFor[0].As != "AEO (test)" {
		t.Errorf("the pilot: %+v", p)
	}
	q.Direction = "export"
	if p := v.Verify(file, q).Pilot; p == nil || p.Answer != "direction" || len(p.RecognisedFor) != 0 {
		t.Errorf("the pilot, for exports: %+v", p)
	}
}
