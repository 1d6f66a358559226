package deadline

import (
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
)

func TestWhatIsClosed(t *testing.T) {
	china := &Holidays{Format: HolidaysFormat, Authority: "CN", Year: 2026, Weekend: []string{"saturday", "sunday"}, Source: "test",
		Days: []Holiday{{"2026-02-17", "Spring Festival"}}, Working: []Holiday{{"2026-02-14", "instead of the 20th"}}}
	gulf := &Holidays{Format: HolidaysFormat, Authority: "SA", Year: 2027, Weekend: []string{"friday", "saturday"}, Source: "test"}
	c, err := NewCalendar(zone(t, "Asia/Shanghai"), gulf, china)
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]bool{
		"2026-02-17": true, "2026-02-14": false, "2026-02-15": true, "2026-02-18": false,
		"2025-02-15": true,  // the weekend of the nearest year
		"2027-02-20": true,  // a Saturday
		"2027-02-21": false, // a Sunday, worked from that year on
		"2031-02-21": true,  // a Friday
	} {
		if got := c.Closed(date(t, day)); got != want {
			t.Errorf("closed on %s: %v, want %v", day, got, want)
		}
	}
	if !c.Covers(2026) || c.Covers(2028) {
		t.Error("which years are known")
	}
	none, err := NewCalendar(zone(t, "Asia/Shanghai"))
	if err != nil || none.Closed(date(t, "2026-02-15")) {
		t.Errorf("without holidays something is closed, %v", err)
	}
}

func TestHolidaysThatAreRefused(t *testing.T) {
	raw, err := jcs.Marshal(german())
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	if _, err := ParseHolidays(raw); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{
		"another format":        {HolidaysFormat, "aeo.holidays/2"},
		"an unknown member":     {`{"authority"`, `{"a":1,"authority"`},
		"no authority":          {`"DE"`, `"Germany"`},
		"another year":          {`2026-05-01`, `2027-05-01`},
		"days out of order":     {`2026-05-01`, `2026-06-01`},
		"a day that is not":     {`2026-05-01`, `2026-04-31`},
		"a day without a name":  {`"Neujahr"`, `""`},
		"no such day of a week": {`"sunday"`, `"Sonntag"`},
		"one day twice":         {`"sunday"`, `"saturday"`},
		"no source":             {`"source":"test"`, `"source":""`},
		"a year long gone":      {`"year":2026`, `"year":26`},
	} {
		bad := strings.Replace(good, edit[0], edit[1], 1)
		if _, err := ParseHolidays([]byte(bad)); err == nil || bad == good {
			t.Errorf("%s was read", name)
		}
	}
}

func FuzzParseHolidays(f *testing.F) {
	raw, err := jcs.Marshal(german())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := ParseHolidays(raw)
		if err != nil {
			return
		}
		c, err := NewCalendar(zone(t, "Europe/Berlin"), h)
		if err != nil {
			t.Fatal(err)
		}
		first := DateFor(h.Year, 1, 1)
		if d := c.roll(first); d < first || c.Closed(d) {
			t.Fatalf("%s is the first open day from %s", d, first)
		}
	})
}

func TestRulesThatAreRefused(t *testing.T) {
	if err := union().Check(); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(*Rule){
		"no id":                            func(r *Rule) { r.ID = "" },
		"an id that is no word":            func(r *Rule) { r.ID = "Decision#1" },
		"no source":                        func(r *Rule) { r.Source = "" },
		"no period":                        func(r *Rule) { r.Period = Period{} },
		"a negative period":                func(r *Rule) { r.Period.N = -1 },
		"a unit nobody knows":              func(r *Rule) { r.Period.Unit = "weeks" },
		"hours that roll":                  func(r *Rule) { r.Period, r.Extensions = Period{72, Hours}, nil },
		"a backward period that rolls":     func(r *Rule) { r.Before = true },
		"a warning after it is due":        func(r *Rule) { r.Warn = []int{-1} },
		"an extension twice":               func(r *Rule) { r.Extensions = append(r.Extensions, r.Extensions[0]) },
		"an extension in hours":            func(r *Rule) { r.Extensions[0].Most = Period{1, Hours} },
		"an open end with a bound":         func(r *Rule) { r.Extensions[1].Most = Period{1, Days} },
		"an extension without a source":    func(r *Rule) { r.Extensions[0].Source = "" },
		"a reason to stop that is no word": func(r *Rule) { r.Stops = []string{"why not?"} },
	} {
		rules := union()
		edit(&rules[1])
		if err := rules.Check(); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if err := append(union(), union()[0]).Check(); err == nil {
		t.Error("a rule twice was accepted")
	}
}
