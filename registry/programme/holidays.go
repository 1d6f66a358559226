package programme

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"sync"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/deadline"
)

// Each year's file is a list of `aeo.holidays/1` documents, one per authority.
// They are templates: an administration puts what it published in their place.
//
//go:embed holidays/*.json
var holidays embed.FS

// Holidays are the embedded holidays of an authority, in order of year; none where
// nobody wrote them down. They are shared and not changed.
func Holidays(authority string) ([]*deadline.Holidays, error) {
	all, err := everyYear()
	return all[authority], err
}

// everyYear reads the files once: each act in a case asks for a calendar.
var everyYear = sync.OnceValues(func() (map[string][]*deadline.Holidays, error) {
	files, err := holidays.ReadDir("holidays")
	if err != nil {
		return nil, err
	}
	all := map[string][]*deadline.Holidays{}
	for _, f := range files {
		year, err := readHolidays(path.Join("holidays", f.Name()))
		if err != nil {
			return nil, fmt.Errorf("holidays %s: %w", f.Name(), err)
		}
		for _, h := range year {
			all[h.Authority] = append(all[h.Authority], h)
		}
	}
	return all, nil
})

func readHolidays(name string) (out []*deadline.Holidays, err error) {
	raw, err := holidays.ReadFile(name)
	if err != nil {
		return nil, err
	}
	docs, err := jcs.Array(raw)
	if err != nil {
		return nil, err
	}
	for _, doc := range docs {
		h, err := deadline.ParseHolidays(doc)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// Calendar is the calendar of the authority that sees the pack so: the embedded
// holidays, and what it published itself in the place of those for the same years.
func (p *Pack) Calendar(published ...*deadline.Holidays) (*deadline.Calendar, error) {
	list, err := Holidays(p.Authority)
	if err != nil {
		return nil, err
	}
	list = slices.Clip(list)
	for _, h := range published {
		if h.Authority == p.Authority {
			list = append(list, h)
		}
	}
	return deadline.NewCalendar(p.zone, list...)
}
