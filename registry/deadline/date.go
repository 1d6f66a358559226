package deadline

import (
	"fmt"
	"time"
)

// A Date is a day of the civil calendar, as days since 1970-01-01.
type Date int

const secondsPerDay = 24 * 60 * 60

// DateOf is the day it is at an instant in a zone.
func DateOf(at time.Time, zone *time.Location) Date {
	y, m, d := at.In(zone).Date()
	return DateFor(y, m, d)
}

// DateFor is the day of that name; what is past the end of a month runs into the next.
func DateFor(year int, month time.Month, day int) Date {
	seconds := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
	return Date((seconds - mod(seconds, secondsPerDay)) / secondsPerDay)
}

func mod(n, by int64) int64 { return ((n % by) + by) % by }

// ParseDate reads 2006-01-02.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("date %.20q: want the form 2006-01-02", s)
	}
	return DateOf(t, time.UTC), nil
}

func (d Date) utc() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String writes 2006-01-02.
func (d Date) String() string { return d.utc().Format(time.DateOnly) }

// Year is the year of the day.
func (d Date) Year() int { return d.utc().Year() }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Begins is the first instant at which it is that day, or where clocks jump over
// all of it a later one, in a zone. Mostly that is midnight. Where clocks go
// forward at midnight there is none, and the day begins at one; where they go
// back to it there are two, and the first counts.
func (d Date) Begins(zone *time.Location) time.Time {
	midnight := d.utc()
	var first time.Time
	offsets := [2]int{}
	for i, near := range []time.Time{midnight.Add(-36 * time.Hour), midnight.Add(36 * time.Hour)} {
		_, offsets[i] = near.In(zone).Zone()
		at := midnight.Add(-time.Duration(offsets[i]) * time.Second).In(zone)
		if h, m, s := at.Clock(); h == 0 && m == 0 && s == 0 && DateOf(at, zone) == d && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if !first.IsZero() {
		return first
	}
	before := midnight.Add(-time.Duration(max(offsets[0], offsets[1])) * time.Second).In(zone)
	_, jump := before.ZoneBounds()
	return jump
}

// addMonths is the day of the same number some months on, or the last of a month
// that has none (Reg. 1182/71 Art. 3(2)(c)).
func (d Date) addMonths(n int) Date {
	y, m, day := d.utc().Date()
	last := DateFor(y, m+time.Month(n)+1, 0)
	return min(DateFor(y, m+time.Month(n), 1)+Date(day-1), last)
}
