package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxText bounds a time or a duration on the command line.
const maxText = 64

// parseInstant reads what --at and --now take: RFC 3339, a date, which means
// its 00:00:00 UTC, or Unix seconds.
func parseInstant(s string) (int64, error) { return parseIn(s, time.UTC) }

// parseIn is parseInstant where a date begins by the time of a zone.
func parseIn(s string, zone *time.Location) (int64, error) {
	want := fmt.Sprintf("want a time as 2026-11-23T09:15:00Z, a date as 2026-11-23 (its 00:00 in %s), or Unix seconds", zone)
	if len(s) > maxText {
		return 0, fmt.Errorf("a time of %d characters: %s", len(s), want)
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && s[0] != '+' && s[0] != '-' {
		return bounded(n, s)
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return bounded(t.Unix(), s)
		}
	}
	return 0, fmt.Errorf("%q is no time: %s", s, want)
}

// lastInstant is the end of the year 9999, the last that RFC 3339 can write.
const lastInstant = 253402300799

func bounded(n int64, s string) (int64, error) {
	if n < 1 || n > lastInstant {
		return 0, fmt.Errorf("%q is not between 1970 and 9999", s)
	}
	return n, nil
}

// parseAge reads what --max-age takes: a duration such as 90m, 24h or 7d.
func parseAge(s string) (int64, error) {
	const want = "want a duration of at least a second, as 90m, 24h or 7d"
	if len(s) > maxText {
		return 0, fmt.Errorf("a duration of %d characters: %s", len(s), want)
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil || n == 0 {
			return 0, fmt.Errorf("%q is no duration: %s", s, want)
		}
		return int64(n) * 24 * 3600, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Second || d.Seconds() > math.MaxUint16*24*3600 {
		return 0, fmt.Errorf("%q is no duration: %s", s, want)
	}
	return int64(d / time.Second), nil
}

// readFlag reads the text of a flag that was given; else the value stays.
func readFlag(name, text string, parse func(string) (int64, error), value *int64) error {
	if text == "" {
		return nil
	}
	v, err := parse(text)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("--%s: %w", name, err))
	}
	*value = v
	return nil
}

// instant is a time as people read it.
func instant(t int64) string { return time.Unix(t, 0).UTC().Format("2006-01-02 15:04 UTC") }

// day is the date of a time, UTC.
func day(t int64) string { return time.Unix(t, 0).UTC().Format(time.DateOnly) }
