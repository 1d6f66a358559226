package deadline

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestDaysBeginAtTheirFirstInstant goes over the edges of summer time in twelve
// zones, and of one that moved over the date line.
func TestDaysBeginAtTheirFirstInstant(t *testing.T) {
	for _, tc := range []struct{ zone, day, begins string }{
		{"Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00+01:00"},
		{"Europe/Berlin", "2026-03-30", "2026-03-30T00:00:00+02:00"},
		{"Europe/Berlin", "2026-10-26", "2026-10-26T00:00:00+01:00"},
		{"America/New_York", "2026-03-08", "2026-03-08T00:00:00-05:00"},
		{"America/New_York", "2026-11-02", "2026-11-02T00:00:00-05:00"},
		{"Pacific/Auckland", "2026-04-05", "2026-04-05T00:00:00+13:00"},
		{"Pacific/Auckland", "2026-09-28", "2026-09-28T00:00:00+13:00"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"}, // no midnight: forward at 00:00
		{"America/Sao_Paulo", "2019-02-17", "2019-02-17T00:00:00-03:00"}, // back at 24:00, the hour before it twice
		{"America/Havana", "2026-03-08", "2026-03-08T01:00:00-04:00"},
		{"America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00"}, // midnight twice: the first
		{"America/Santiago", "2026-09-06", "2026-09-06T01:00:00-03:00"},
		{"Asia/Beirut", "2026-03-29", "2026-03-29T01:00:00+03:00"},
		{"Africa/Cairo", "2026-04-24", "2026-04-24T01:00:00+03:00"},
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-05T00:00:00+11:00"}, // half an hour
		{"Asia/Kolkata", "2026-03-29", "2026-03-29T00:00:00+05:30"},
		{"Asia/Tokyo", "2024-02-29", "2024-02-29T00:00:00+09:00"},
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"}, // a day that never was
		{"Pacific/Apia", "2011-12-31", "2011-12-31T00:00:00+14:00"},
	} {
		loc := zone(t, tc.zone)
		if got, want := date(t, tc.day).Begins(loc), instant(t, tc.begins); !got.Equal(want) {
			t.Errorf("%s begins in %s at %s, want %s", tc.day, tc.zone, got, want.In(loc))
		}
	}
}

var zones = []string{"Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "America/Havana", "America/Santiago",
	"Pacific/Auckland", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Beirut", "Africa/Cairo", "Asia/Kolkata", "Asia/Tokyo"}

func TestNoInstantBelongsToAnotherDay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		loc := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		at := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(rt, "at"), 0)
		d := DateOf(at, loc)
		if d.Begins(loc).After(at) || !(d + 1).Begins(loc).After(at) {
			rt.Fatalf("%s is on %s in %s, which goes from %s to %s", at, d, loc, d.Begins(loc), (d + 1).Begins(loc))
		}
		if before := d.Begins(loc).Add(-time.Second); DateOf(before, loc) >= d {
			rt.Fatalf("a second before %s begins it is %s", d, DateOf(before, loc))
		}
		if again, err := ParseDate(d.String()); err != nil || again != d {
			rt.Fatalf("%s reads as %s, %v", d, again, err)
		}
	})
}
