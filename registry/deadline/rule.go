package deadline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Rule is a period of a programme's law.
type Rule struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Period Period `json:"period"`
	// Before says that the period is counted backwards from its event: it must be
	// done while the whole period still lies ahead.
	Before     bool        `json:"before,omitempty"`
	Roll       bool        `json:"roll,omitempty"`    // a closed last day moves the end to the next open one
	Outcome    string      `json:"outcome,omitempty"` // what silence means: "deemed_accepted"; empty: nothing by itself
	Warn       []int       `json:"warn,omitempty"`    // days before it is due
	Extensions []Extension `json:"extensions,omitempty"`
	Stops      []string    `json:"stops,omitempty"` // reasons for which the clock may stand still
	Source     string      `json:"source"`
	Unsure     string      `json:"unsure,omitempty"`
}

// An Extension is a reason for which a period may be made longer.
type Extension struct {
	ID string `json:"id"`
	// Most is the most that may be added for it in all; omitted: as long as is agreed.
	Most      Period `json:"most,omitzero"`
	OpenEnded bool   `json:"open_ended,omitempty"` // the clock stands still until it is over
	Source    string `json:"source"`
	Unsure    string `json:"unsure,omitempty"`
}

// Rules are the rules of a programme.
type Rules []Rule

// Rule is the rule of a clock: of its name up to the first '#'.
func (r Rules) Rule(name string) (Rule, error) {
	id, _, _ := strings.Cut(name, "#")
	i := slices.IndexFunc(r, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, fmt.Errorf("no deadline %.40q in the programme", id)
	}
	return r[i], nil
}

// Check refuses rules that do not hold together, saying which.
func (r Rules) Check() error {
	for i, rule := range r {
		if slices.ContainsFunc(r[:i], func(o Rule) bool { return o.ID == rule.ID }) {
			return fmt.Errorf("deadline %s: repeated", rule.ID)
		}
		if err := rule.check(); err != nil {
			return fmt.Errorf("deadline %.40q: %w", rule.ID, err)
		}
	}
	return nil
}

var word = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func (r Rule) check() error {
	if !word.MatchString(r.ID) || r.Title == "" || r.Source == "" {
		return fmt.Errorf("id malformed, or title or source missing")
	}
	if r.Outcome != "" && !word.MatchString(r.Outcome) {
		return fmt.Errorf("outcome %.40q is not a word", r.Outcome)
	}
	if err := r.Period.Check(); err != nil {
		return err
	}
	hours := r.Period.Unit == Hours
	if r.Roll && (hours || r.Before) {
		return fmt.Errorf("hours and periods counted backwards do not roll")
	}
	if len(r.Warn) > 8 || slices.ContainsFunc(r.Warn, func(n int) bool { return n < 1 || n > 366 }) {
		return fmt.Errorf("warn: want at most eight numbers of days within 1 to 366")
	}
	for _, s := range r.Stops {
		if !word.MatchString(s) {
			return fmt.Errorf("stops: %.40q is not a word", s)
		}
	}
	var seen []string
	for _, e := range r.Extensions {
		if !word.MatchString(e.ID) || slices.Contains(seen, e.ID) || e.Source == "" {
			return fmt.Errorf("extension %.40q: id malformed or repeated, or source missing", e.ID)
		}
		seen = append(seen, e.ID)
		switch bounded := e.Most != (Period{}); {
		case e.OpenEnded && bounded:
			return fmt.Errorf("extension %s: open-ended, and yet at most %s", e.ID, e.Most)
		case bounded:
			if err := e.Most.Check(); err != nil {
				return fmt.Errorf("extension %s: %w", e.ID, err)
			}
			if (e.Most.Unit == Hours) != hours {
				return fmt.Errorf("extension %s: hours are added to hours, days to days", e.ID)
			}
		}
	}
	return nil
}
