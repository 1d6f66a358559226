package mra

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestStartOfDay(t *testing.T) {
	for _, c := range []struct{ name, zone, date, want string }{
		{"midnight in winter", "Pacific/Auckland", "2026-07-01", "2026-06-30T12:00:00Z"},
		{"midnight in summer", "Pacific/Auckland", "2026-12-01", "2026-11-30T11:00:00Z"},
		{"the day clocks go forward", "Pacific/Auckland", "2026-09-27", "2026-09-26T12:00:00Z"},
		{"the day after clocks went forward", "Pacific/Auckland", "2026-09-28", "2026-09-27T11:00:00Z"},
		{"the day clocks go back", "Pacific/Auckland", "2026-04-05", "2026-04-04T11:00:00Z"},
		{"the day after clocks went back", "Pacific/Auckland", "2026-04-06", "2026-04-05T12:00:00Z"},
		{"clocks pass over midnight", "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"},
		{"clocks go back to before midnight", "America/Sao_Paulo", "2019-02-17", "2019-02-17T03:00:00Z"},
		{"clocks show midnight twice", "America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"},
		{"a day that was left out", "Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},
		{"no offset at all", "UTC", "2026-01-01", "2026-01-01T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			loc, err := zone(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			date, err := parseDate("date", c.date)
			if err != nil {
				t.Fatal(err)
			}
			if got := time.Unix(startOfDay(date, loc), 0).UTC().Format(time.RFC3339); got != c.want {
				t.Errorf("%s begins at %s, want %s", c.date, got, c.want)
			}
		})
	}
}

// The naive model walks the clock minute by minute and looks at the calendar.
func TestStartOfDayIsWhenCalendarsTurn(t *testing.T) {
	zones := []string{"Pacific/Auckland", "Pacific/Chatham", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Tokyo", "Asia/Kolkata",
		"Asia/Beirut", "Asia/Amman", "Africa/Cairo", "Europe/Brussels", "America/Havana", "America/Sao_Paulo", "America/Santiago", "America/St_Johns"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := zone(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		date := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 20000).Draw(t, "day"))
		if rapid.Bool().Draw(t, "near a change of clocks") {
			if _, change := date.In(loc).ZoneBounds(); !change.IsZero() {
				y, m, d := change.Date()
				date = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
			}
		}
		shows := func(at time.Time) time.Time {
			y, m, d := at.In(loc).Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		}
		want := date.Add(-30 * time.Hour)
		for shows(want).Before(date) {
			want = want.Add(time.Minute)
		}
		if got := startOfDay(date, loc); got != want.Unix() {
			t.Errorf("%s in %s begins at %s, calendars turn at %s", date.Format(time.DateOnly), loc,
				time.Unix(got, 0).UTC(), want.UTC())
		}
	})
}
