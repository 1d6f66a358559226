package deadline

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// What happens to a clock.
const (
	Start  = "start"
	Stop   = "stop"   // it stands still for a reason
	Resume = "resume" // that reason is gone
	Extend = "extend" // longer by a period; without one, it stands still until resumed
	Warn   = "warn"   // somebody is told that it will be due
	Lapse  = "lapse"  // it fell due and nobody had acted
	Move   = "move"   // rules or holidays changed what is due
	End    = "end"    // what it was for was done, or is no more to be done
)

// A Change is what happens to one clock: what an event of a case carries.
type Change struct {
	Rule string `json:"rule"` // id of the rule; of several clocks of one rule, "corrective_action#2"
	Do   string `json:"do"`
	At   int64  `json:"at"`           // Unix seconds
	Due  int64  `json:"due,omitzero"` // when it is due after the change; 0 while it stands still

	By      *Period `json:"by,omitzero"`      // of an extension; of a start where the period was set for the case
	For     string  `json:"for,omitzero"`     // id of the extension, reason of a stop: a word of the rule
	Reason  string  `json:"reason,omitzero"`  // for people
	Basis   string  `json:"basis,omitzero"`   // in law; of a start the source of the rule
	Outcome string  `json:"outcome,omitzero"` // of a start and a lapse: what silence means
	Warn    []int   `json:"warn,omitzero"`    // of a start: days before it is due
}

// A Why says why a clock is touched: For is the word of the rule that allows it.
type Why struct {
	For    string `json:"for"`
	Reason string `json:"reason,omitzero"`
	Basis  string `json:"basis,omitzero"`
}

// Check refuses a malformed change, whatever the clock is.
func (c Change) Check() error {
	id, item, several := strings.Cut(c.Rule, "#")
	switch {
	case !word.MatchString(id) || several && (item == "" || len(item) > 40 || strings.ContainsFunc(item, notOfAName)):
		return fmt.Errorf("clock: rule %.60q is malformed", c.Rule)
	case !slices.Contains([]string{Start, Stop, Resume, Extend, Warn, Lapse, Move, End}, c.Do):
		return fmt.Errorf("clock %s: nothing is called %.20q", c.Rule, c.Do)
	case c.At <= 0 || c.At > jcs.MaxInt || c.Due < 0 || c.Due > jcs.MaxInt:
		return fmt.Errorf("clock %s: at or due is no time in Unix seconds", c.Rule)
	case c.For != "" && !word.MatchString(c.For) || c.Outcome != "" && !word.MatchString(c.Outcome):
		return fmt.Errorf("clock %s: for or outcome is not a word", c.Rule)
	case c.By != nil && c.Do != Extend && c.Do != Start || c.Warn != nil && c.Do != Start:
		return fmt.Errorf("clock %s: %s has no such member", c.Rule, c.Do)
	case len(c.Warn) > 8 || slices.ContainsFunc(c.Warn, func(n int) bool { return n < 1 || n > 366 }):
		return fmt.Errorf("clock %s: warn: want at most eight numbers of days within 1 to 366", c.Rule)
	case c.Warn != nil && len(c.Warn) == 0:
		return fmt.Errorf("clock %s: warn: empty", c.Rule)
	case (c.Do == Stop || c.Do == Extend) && c.For == "":
		return fmt.Errorf("clock %s: %s: for is missing", c.Rule, c.Do)
	case !line(c.Reason) || !line(c.Basis):
		return fmt.Errorf("clock %s: reason or basis is no line of at most 512 bytes", c.Rule)
	}
	if c.By != nil {
		if err := c.By.Check(); err != nil {
			return fmt.Errorf("clock %s: %w", c.Rule, err)
		}
	}
	return nil
}

func notOfAName(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/-", r))
}

func line(s string) bool {
	return len(s) <= 512 && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.C) })
}
