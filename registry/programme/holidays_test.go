package programme

import (
	"slices"
	"testing"

	"github.com/aeo-registry/aeo/registry/deadline"
)

func TestEmbeddedHolidays(t *testing.T) {
	files, err := holidays.ReadDir("holidays")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		year, err := readHolidays("holidays/" + f.Name())
		if err != nil {
			t.Fatalf("%s: %v", f.Name(), err)
		}
		for i, h := range year {
			if h.Unsure == "" || slices.ContainsFunc(year[:i], func(o *deadline.Holidays) bool { return o.Authority == h.Authority }) {
				t.Errorf("%s: %s is there twice, or claims to be sure", f.Name(), h.Authority)
			}
		}
		for _, m := range load(t, "EU", "").Members {
			if !slices.ContainsFunc(year, func(h *deadline.Holidays) bool { return h.Authority == m.Code }) {
				t.Errorf("%s: nothing of %s", f.Name(), m.Code)
			}
		}
	}
}

func TestCalendarsOfAuthorities(t *testing.T) {
	for _, tc := range []struct {
		territory, authority, day string
		closed                    bool
	}{
		{"EU", "DE", "2026-04-03", true}, {"EU", "DE", "2026-04-10", false},
		{"EU", "GR", "2026-04-03", false}, {"EU", "GR", "2026-04-10", true}, // Easter by the other reckoning
		{"EU", "FR", "2026-07-14", true}, {"EU", "", "2026-12-24", true},
		{"NZ", "", "2026-07-10", true}, {"NZ", "", "2027-02-08", true}, // Waitangi Day, observed on the Monday
		{"US", "", "2026-07-03", true}, {"US", "", "2027-12-31", true},
		{"JP", "", "2026-05-06", true}, {"JP", "", "2026-09-22", true}, // between two holidays
		{"GB", "", "2027-12-28", true}, {"CN", "", "2026-02-14", false}, {"CN", "", "2026-02-15", true},
		{"IN", "", "2026-09-04", true}, {"IN", "", "2027-09-03", false}, {"SG", "", "2027-02-08", true},
		{"EU", "BG", "2026-05-25", true}, {"EU", "HU", "2026-08-08", false}, // instead of a Sunday; a Saturday that is worked
		{"EU", "NL", "2026-05-05", true}, {"EU", "SK", "2026-05-08", false}, {"EU", "", "2026-12-29", true},
		{"KR", "", "2026-05-01", true}, {"CN", "", "2027-02-10", true}, {"MY", "", "2026-06-02", true},
		{"UY", "", "2031-08-23", true}, // a Saturday of a year nobody wrote down
	} {
		c, err := load(t, tc.territory, tc.authority).Calendar()
		if err != nil {
			t.Fatal(err)
		}
		d, err := deadline.ParseDate(tc.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Closed(d); got != tc.closed {
			t.Errorf("%s%s closed on %s: %v", tc.territory, tc.authority, tc.day, got)
		}
	}
}

// TestPublishedHolidaysTakeThePlaceOfTheTemplate: those of another authority do not.
func TestPublishedHolidaysTakeThePlaceOfTheTemplate(t *testing.T) {
	p := load(t, "EU", "DE")
	own := &deadline.Holidays{Format: deadline.HolidaysFormat, Authority: "DE", Year: 2026, Weekend: []string{"sunday"}, Source: "test",
		Days: []deadline.Holiday{{Date: "2026-10-31", Name: "Reformation Day"}}}
	other := *own
	other.Authority = "FR"
	for _, tc := range []struct {
		published *deadline.Holidays
		closed    bool
	}{{own, true}, {&other, true}} {
		c, err := p.Calendar(tc.published)
		if err != nil {
			t.Fatal(err)
		}
		d, _ := deadline.ParseDate("2026-10-31") // a Saturday
		e, _ := deadline.ParseDate("2026-04-03")
		if c.Closed(d) != tc.closed || c.Closed(e) != (tc.published == &other) {
			t.Errorf("published by %s: %v, %v", tc.published.Authority, c.Closed(d), c.Closed(e))
		}
	}
}
