package main

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseInstant(t *testing.T) {
	for text, want := range map[string]int64{
		"2026-03-02":                1772409600,
		"2026-03-02T00:00:00Z":      1772409600,
		"2026-03-02T13:00:00+13:00": 1772409600,
		"1772409600":                1772409600,
		"9999-12-31T23:59:59Z":      lastInstant,
	} {
		if got, err := parseInstant(text); err != nil || got != want {
			t.Errorf("%s: got %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "0", "-1", "+1772409600", "1970-01-01", "1969-12-31", "253402300800", "99999999999999999999", "2026-02-30",
		"2026-3-2", "2026-03-02 00:00", "2026-03-02T00:00:00", "yesterday", "1772409600.5", " 1772409600", "1e9",
	} {
		if got, err := parseInstant(text); err == nil {
			t.Errorf("%q was taken for %d", text, got)
		}
	}
}

func TestParseAge(t *testing.T) {
	for text, want := range map[string]int64{"1s": 1, "90m": 5400, "24h": 86400, "7d": 604800, "1h30m": 5400} {
		if got, err := parseAge(text); err != nil || got != want {
			t.Errorf("%s: got %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "0d", "-1h", "24", "1d12h", "7D", "soon", "100000d", "500ms", "9999999h", "1.5d", "+7d"} {
		if got, err := parseAge(text); err == nil {
			t.Errorf("%q was taken for %d", text, got)
		}
	}
}

func TestAnInstantReadsTheSameInAllForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(1, lastInstant).Draw(t, "at")
		zone := time.FixedZone("", rapid.IntRange(-14*60, 14*60).Draw(t, "minutes")*60)
		local := time.Unix(at, 0).In(zone)
		if local.Year() > 9999 || local.Year() < 0 {
			return
		}
		for _, text := range []string{strconv.FormatInt(at, 10), local.Format(time.RFC3339)} {
			if got, err := parseInstant(text); err != nil || got != at {
				t.Errorf("%s: got %d, %v; want %d", text, got, err, at)
			}
		}
	})
}

func FuzzTimes(f *testing.F) {
	for _, seed := range []string{"2026-03-02", "2026-03-02T00:00:00Z", "1772409600", "7d", "24h", "", "-5d", "99999999999h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if at, err := parseInstant(text); err == nil && (at < 1 || at > lastInstant) {
			t.Errorf("%q is %d", text, at)
		}
		if age, err := parseAge(text); err == nil && (age < 1 || age > 65535*24*3600) {
			t.Errorf("%q is %d", text, age)
		}
	})
}
