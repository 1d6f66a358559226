package deadline

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func date(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// german is the year 2026 as Germany has it in common to all its states.
func german() *Holidays {
	return &Holidays{Format: HolidaysFormat, Authority: "DE", Year: 2026, Weekend: []string{"saturday", "sunday"}, Source: "test", Days: []Holiday{
		{"2026-01-01", "Neujahr"}, {"2026-04-03", "Karfreitag"}, {"2026-04-06", "Ostermontag"}, {"2026-05-01", "Tag der Arbeit"},
		{"2026-05-14", "Christi Himmelfahrt"}, {"2026-05-25", "Pfingstmontag"}, {"2026-10-03", "Tag der Deutschen Einheit"},
		{"2026-12-25", "1. Weihnachtstag"}, {"2026-12-26", "2. Weihnachtstag"},
	}}
}

func berlin(t testing.TB) *Calendar {
	t.Helper()
	c, err := NewCalendar(zone(t, "Europe/Berlin"), german())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// union are rules as the EU has them.
func union() Rules {
	return Rules{
		{ID: "acceptance", Title: "Acceptance", Period: Period{30, Days}, Roll: true, Outcome: "deemed_accepted", Warn: []int{10, 3, 1}, Stops: []string{"information"}, Source: "UCC Art. 22(2)"},
		{ID: "decision", Title: "Decision", Period: Period{120, Days}, Roll: true, Warn: []int{10, 3, 1}, Stops: []string{"information", "hearing"}, Source: "UCC Art. 22(3)", Extensions: []Extension{
			{ID: "authority", Most: Period{60, Days}, Source: "DA Art. 28(1)"}, {ID: "criminal", OpenEnded: true, Source: "DA Art. 28(2)"}, {ID: "applicant", Source: "UCC Art. 22(3)"}}},
		{ID: "recheck", Title: "Re-check", Period: Period{5, Years}, Source: "test"},
		{ID: "renewal", Title: "Renewal", Period: Period{6, Months}, Before: true, Source: "test"},
		{ID: "urgent_suspension", Title: "Urgent suspension", Period: Period{72, Hours}, Outcome: "lifted", Source: "test"},
		{ID: "answer", Title: "Answer", Period: Period{10, WorkingDays}, Stops: []string{"information"}, Source: "test"},
	}
}

func due(at int64, c *Calendar) string {
	return time.Unix(at, 0).In(c.Zone()).Format("2006-01-02 15:04 -0700")
}
