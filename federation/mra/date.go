package mra

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// parseDate reads a calendar date; its time is midnight UTC.
func parseDate(name, s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1970 {
		return time.Time{}, fmt.Errorf("%s %.16q is no date after 1970 in the form 2006-01-02", name, s)
	}
	return t, nil
}

// zone loads a time zone by its IANA name. Names that mean another zone on
// another machine, and those that would need a file system to agree on
// spelling, are refused.
func zone(name string) (*time.Location, error) {
	if name != "UTC" && !strings.Contains(name, "/") || len(name) > 64 {
		return nil, fmt.Errorf("time_zone %.70q is no IANA name such as Pacific/Auckland", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time_zone %.70q: %w", name, errors.New("no such zone"))
	}
	return loc, nil
}

// startOfDay is the first instant, in Unix seconds, at which calendars in loc
// show the date or a later one. That is local midnight but for the days on
// which clocks pass over midnight (the day begins where they resume), show it
// twice (the first time counts), or leave a whole day out.
func startOfDay(date time.Time, loc *time.Location) int64 {
	const farthest = 26 * time.Hour // no place has ever been so far ahead of UTC
	t := date.Add(-farthest).In(loc)
	for { // each period of one offset in turn
		_, offset := t.Zone()
		midnight := max(date.Unix()-int64(offset), t.Unix())
		_, until := t.ZoneBounds()
		if until.IsZero() || midnight < until.Unix() {
			return midnight
		}
		t = until
	}
}
