package programme

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestGrantTakesEffect(t *testing.T) {
	for name, tc := range map[string]struct{ territory, authority, decided, effective string }{
		"in Germany on the fifth day at midnight":                 {"EU", "DE", "2024-03-01T14:30:00Z", "2024-03-06T00:00:00+01:00"},
		"over a weekend without being rolled":                     {"EU", "DE", "2024-05-06T09:00:00Z", "2024-05-11T00:00:00+02:00"},
		"over Christmas without being rolled":                     {"EU", "FR", "2024-12-20T09:00:00Z", "2024-12-25T00:00:00+01:00"},
		"over the leap day":                                       {"EU", "NL", "2024-02-26T09:00:00Z", "2024-03-02T00:00:00+01:00"},
		"over the change to summer time":                          {"EU", "DE", "2024-03-28T09:00:00Z", "2024-04-02T00:00:00+02:00"},
		"over the change to winter time":                          {"EU", "DE", "2024-10-25T09:00:00Z", "2024-10-30T00:00:00+01:00"},
		"in Finland, where the day of the decision began earlier": {"EU", "FI", "2024-03-01T22:30:00Z", "2024-03-07T00:00:00+02:00"},
		"in Portugal, where at that instant it was still the 1st": {"EU", "PT", "2024-03-01T22:30:00Z", "2024-03-06T00:00:00Z"},
		"in Ireland over the turn of the year":                    {"EU", "IE", "2024-12-30T12:00:00Z", "2025-01-04T00:00:00Z"},
		"in the union's own zone when nobody else decides":        {"EU", "", "2024-03-01T14:30:00Z", "2024-03-06T00:00:00+01:00"},
		"in New Zealand at once":                                  {"NZ", "", "2024-03-01T14:30:00Z", "2024-03-01T14:30:00Z"},
	} {
		got := load(t, tc.territory, tc.authority).EffectiveAt(at(t, tc.decided))
		if !got.Equal(at(t, tc.effective)) {
			t.Errorf("%s: %s, want %s", name, got, tc.effective)
		}
	}
}

func TestEffectIsAlwaysALocalMidnightFiveDaysOn(t *testing.T) {
	var packs []*Pack
	for _, m := range load(t, "EU", "").Members {
		packs = append(packs, load(t, "EU", m.Code))
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(packs).Draw(t, "authority")
		decided := time.Unix(rapid.Int64Range(1_000_000_000, 4_000_000_000).Draw(t, "decided"), 0)
		got := p.EffectiveAt(decided).In(p.Zone())
		if h, m, s := got.Clock(); h != 0 || m != 0 || s != 0 {
			t.Fatalf("%s: %s is no midnight", p.Authority, got)
		}
		if days := got.Sub(decided); days <= 4*24*time.Hour-2*time.Hour || days > 5*24*time.Hour+2*time.Hour {
			t.Fatalf("%s: %s after %s", p.Authority, got, decided)
		}
	})
}

func TestValidityAndCredentialLife(t *testing.T) {
	sg := load(t, "SG", "")
	until, limited := sg.ValidUntil("STP", at(t, "2024-02-29T10:00:00+08:00"))
	if !limited || !until.Equal(at(t, "2027-03-01T00:00:00+08:00")) {
		t.Errorf("three years from a leap day end %s (%v)", until, limited)
	}
	if _, limited := load(t, "EU", "DE").ValidUntil("AEOF", at(t, "2024-03-06T00:00:00Z")); limited {
		t.Error("an EU authorisation ends by itself")
	}
	from := at(t, "2024-03-06T00:00:00Z")
	if got, want := sg.CredentialUntil(from, time.Time{}), from.Add(730*24*time.Hour); !got.Equal(want) {
		t.Errorf("credential until %s, want %s", got, want)
	}
	end := from.Add(24 * time.Hour)
	if got := sg.CredentialUntil(from, end); !got.Equal(end) {
		t.Errorf("a credential until %s outlives its authorisation", got)
	}
	if got := load(t, "NZ", "").LocalDate(at(t, "2024-03-05T12:00:00Z")); got != "2024-03-06" {
		t.Errorf("local date %s, want 2024-03-06", got)
	}
}
