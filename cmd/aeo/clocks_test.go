package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/google/go-cmp/cmp"
)

func TestClocksAreToldInTheAuthoritysTime(t *testing.T) {
	berlin := must(time.LoadLocation("Europe/Berlin"))
	calendar := must(deadline.NewCalendar(berlin))
	plan := deadline.Planner{Calendar: calendar, Rules: deadline.Rules{
		{ID: "decision", Period: deadline.Period{N: 120, Unit: deadline.Days}, Stops: []string{"information"}, Source: "UCC Art. 22(3)",
			Extensions: []deadline.Extension{{ID: "authority", Source: "DA Art. 28"}}},
		{ID: "acceptance", Period: deadline.Period{N: 30, Unit: deadline.Days}, Outcome: "deemed_accepted", Source: "IA Art. 12"},
		{ID: "urgent_suspension", Period: deadline.Period{N: 72, Unit: deadline.Hours}, Source: "x"},
	}}
	on := func(s string) time.Time { return must(time.Parse(time.RFC3339, s)) }
	var clocks deadline.Clocks
	add := func(ch deadline.Change, err error) {
		t.Helper()
		if err == nil {
			clocks, err = clocks.Apply(ch)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	told := func() string {
		var b strings.Builder
		printClocks(&b, clocks, berlin)
		return b.String()
	}
	add(plan.Start("decision", on("2026-01-05T09:00:00Z")))
	add(plan.Start("acceptance", on("2026-03-01T09:00:00Z")))
	add(plan.Start("urgent_suspension", on("2026-03-28T12:00:00Z")))
	add(plan.Extend(clocks, "decision", on("2026-02-01T09:00:00Z"), &deadline.Period{N: 10, Unit: deadline.Days}, deadline.Why{For: "authority", Reason: "many sites", Basis: "DA Art. 28"}))
	want := "" +
		"  due            decision: until the end of 2026-05-15 (Europe/Berlin); UCC Art. 22(3)\n" +
		"                 extended by 10 days on 2026-02-01; many sites; DA Art. 28\n" +
		"  due            acceptance: until the end of 2026-03-31 (Europe/Berlin); then deemed accepted; IA Art. 12\n" +
		"  due            urgent suspension: until 2026-03-31 14:00 +0200; x\n"
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	add(clocks.Ends("urgent_suspension", on("2026-03-29T12:00:00Z").Unix()))
	add(plan.Stop(clocks, "decision", on("2026-03-02T23:30:00Z"), deadline.Why{For: "information", Reason: "accounts of 2025", Basis: "DA Art. 13(1)"}))
	for _, ch := range clocks.Fallen(on("2026-05-01T00:00:00Z").Unix()) {
		add(ch, nil)
	}
	want = "" +
		"  stands still   decision: since 2026-03-03 for information; accounts of 2025; DA Art. 13(1)\n" +
		"  overdue        acceptance: until the end of 2026-03-31 (Europe/Berlin); then deemed accepted; IA Art. 12\n"
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDoctorMissesTheHolidaysOfAYear(t *testing.T) {
	for name, tc := range map[string]struct {
		known []int
		at    string
		want  string
	}{
		"both years":         {[]int{2026, 2027}, "2026-11-24T00:00:00Z", ""},
		"the next, in time":  {[]int{2026}, "2026-05-24T00:00:00Z", ""},
		"the next, too late": {[]int{2026}, "2026-11-24T00:00:00Z", "the holidays of 2027 are not known"},
		"this one":           {nil, "2026-11-24T00:00:00Z", "the holidays of 2026 are not known"},
	} {
		h := &health{}
		h.sayHolidays(&registry.ProgrammeStatus{Holidays: tc.known}, must(time.Parse(time.RFC3339, tc.at)).Unix())
		if (tc.want == "") != (len(h.Findings) == 0) || tc.want != "" && !strings.HasPrefix(h.Findings[0].What, tc.want) {
			t.Errorf("%s: %+v", name, h.Findings)
		}
	}
}
