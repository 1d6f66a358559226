package deadline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// HolidaysFormat is the format name of a year's holidays.
const HolidaysFormat = "aeo.holidays/1"

// MaxHolidays bounds the bytes of a year's holidays.
const MaxHolidays = 32 << 10

// Holidays are the days of one year on which an authority is closed, as published.
type Holidays struct {
	Format    string    `json:"format"`
	Authority string    `json:"authority"` // ISO 3166-1 alpha-2, or EU, ...
	Year      int       `json:"year"`
	Weekend   []string  `json:"weekend"` // "saturday"; closed every week of the year
	Days      []Holiday `json:"days"`
	Working   []Holiday `json:"working,omitempty"` // days of a weekend that are worked
	Source    string    `json:"source"`
	Unsure    string    `json:"unsure,omitempty"`
}

// A Holiday is a day with its name.
type Holiday struct {
	Date string `json:"date"` // 2006-01-02
	Name string `json:"name"`
}

// ParseHolidays reads a year's holidays and refuses what does not hold together.
func ParseHolidays(raw []byte) (*Holidays, error) {
	if len(raw) > MaxHolidays {
		return nil, fmt.Errorf("holidays: larger than %d bytes", MaxHolidays)
	}
	h := new(Holidays)
	if err := jcs.Unmarshal(raw, h); err != nil {
		return nil, fmt.Errorf("holidays: %w", err)
	}
	return h, h.Check()
}

// Check refuses holidays that do not hold together, saying where.
func (h *Holidays) Check() error {
	if h.Format != HolidaysFormat {
		return fmt.Errorf("holidays: format is %.40q, want %q", h.Format, HolidaysFormat)
	}
	if len(h.Authority) != 2 || strings.ToUpper(h.Authority) != h.Authority {
		return fmt.Errorf("holidays: authority: %.20q is not a code of two capitals", h.Authority)
	}
	if h.Year < 1970 || h.Year > 2199 {
		return fmt.Errorf("holidays: year: %d is not within 1970 to 2199", h.Year)
	}
	if h.Source == "" || len(h.Source) > 512 || len(h.Unsure) > 512 {
		return fmt.Errorf("holidays: source: missing, or longer than 512 bytes")
	}
	if _, err := h.weekend(); err != nil {
		return err
	}
	for name, list := range map[string][]Holiday{"days": h.Days, "working": h.Working} {
		if len(list) > 120 {
			return fmt.Errorf("holidays: %s: more than 120", name)
		}
		for i, day := range list {
			d, err := ParseDate(day.Date)
			if err == nil && d.Year() != h.Year {
				err = fmt.Errorf("%s is not in %d", day.Date, h.Year)
			}
			if err == nil && (day.Name == "" || len(day.Name) > 128) {
				err = fmt.Errorf("the name of %s is missing or longer than 128 bytes", day.Date)
			}
			if err == nil && i > 0 && list[i-1].Date >= day.Date {
				err = fmt.Errorf("%s is not after the day before it in the list", day.Date)
			}
			if err != nil {
				return fmt.Errorf("holidays: %s[%d]: %w", name, i, err)
			}
		}
	}
	return nil
}

func (h *Holidays) weekend() (closed [7]bool, err error) {
	for _, name := range h.Weekend {
		i := slices.IndexFunc(weekdays, func(d time.Weekday) bool { return strings.ToLower(d.String()) == name })
		if i < 0 || closed[i] {
			return closed, fmt.Errorf("holidays: weekend: %.20q is no day of the week in small letters, or named twice", name)
		}
		closed[i] = true
	}
	if len(h.Weekend) > 4 {
		return closed, fmt.Errorf("holidays: weekend: more than four days of a week")
	}
	return closed, nil
}

var weekdays = []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday}

// A Calendar is an authority's own time and the days on which it is closed. It is
// not changed once made.
type Calendar struct {
	zone  *time.Location
	years []year // ascending
}

type year struct {
	number  int
	weekend [7]bool
	days    map[Date]bool // closed, or worked though of a weekend
}

// NewCalendar makes a calendar of yearly holidays, each of which was checked; of two
// for one year the later in the list counts. A year without holidays has the
// weekend of the nearest year that has, and no others; without any, nothing is closed.
func NewCalendar(zone *time.Location, holidays ...*Holidays) (*Calendar, error) {
	c := &Calendar{zone: zone}
	for _, h := range holidays {
		if err := h.Check(); err != nil {
			return nil, err
		}
		y := year{number: h.Year, days: map[Date]bool{}}
		y.weekend, _ = h.weekend()
		for closed, list := range map[bool][]Holiday{true: h.Days, false: h.Working} {
			for _, day := range list {
				if d, err := ParseDate(day.Date); err == nil && (closed || !y.days[d]) {
					y.days[d] = closed
				}
			}
		}
		c.years = slices.DeleteFunc(c.years, func(old year) bool { return old.number == h.Year })
		c.years = append(c.years, y)
	}
	slices.SortFunc(c.years, func(a, b year) int { return cmp.Compare(a.number, b.number) })
	return c, nil
}

// Zone is the authority's time zone.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Covers reports whether the holidays of a year are known.
func (c *Calendar) Covers(number int) bool {
	return slices.ContainsFunc(c.years, func(y year) bool { return y.number == number })
}

// Closed reports whether the authority is closed on a day.
func (c *Calendar) Closed(d Date) bool {
	if len(c.years) == 0 {
		return false
	}
	number := d.Year()
	nearest := c.years[0]
	for _, y := range c.years {
		if distance(y.number, number) <= distance(nearest.number, number) {
			nearest = y
		}
	}
	if nearest.number == number {
		if closed, said := nearest.days[d]; said {
			return closed
		}
	}
	return nearest.weekend[d.Weekday()]
}

func distance(a, b int) int { return max(a-b, b-a) }

// roll is the first open day from d on.
func (c *Calendar) roll(d Date) Date {
	for c.Closed(d) {
		d++
	}
	return d
}

// working is the n-th open day after d; d itself for none.
func (c *Calendar) working(d Date, n int) Date {
	for n > 0 {
		if d++; !c.Closed(d) {
			n--
		}
	}
	return d
}

func (c *Calendar) workingBefore(d Date, n int) Date {
	for n > 0 {
		if d--; !c.Closed(d) {
			n--
		}
	}
	return d
}

// open counts the open days after from until to.
func (c *Calendar) open(from, to Date) (n int) {
	for d := from + 1; d <= to; d++ {
		if !c.Closed(d) {
			n++
		}
	}
	return n
}
