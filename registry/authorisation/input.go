package authorisation

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// Bounds of what an event may hold.
const (
	maxName = 256  // bytes of a name of a person or company
	maxLine = 512  // bytes of a legal basis or an address line
	maxNote = 4096 // bytes of a finding
	maxList = 64   // entries of any list

	maxReasons = 16384 // bytes of the reasons of a decision
	maxCode    = 64    // bytes of a code

	maxRequirements = 256 // of one application: SAFE alone has some 65
)

// code admits identifiers, numbers of cases and codes of packs.
func code(field, s string) error {
	if s == "" {
		return &InputError{field, "missing"}
	}
	ok := len(s) <= maxCode
	for i := 0; ok && i < len(s); i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		ok = letter || i > 0 && strings.IndexByte("._/-", c) >= 0
	}
	if !ok {
		return &InputError{field, fmt.Sprintf("want 1 to %d letters, digits or . _ / -, beginning with a letter or digit", maxCode)}
	}
	return nil
}

// codes admits lists of distinct codes with at least least entries.
func codes(field string, list []string, least int) error { return several(field, list, least, maxList) }

func several(field string, list []string, least, most int) error {
	if least > 0 && len(list) == 0 {
		return &InputError{field, "missing"}
	}
	if len(list) < least || len(list) > most {
		return &InputError{field, fmt.Sprintf("want %d to %d entries", least, most)}
	}
	for i, s := range list {
		if err := code(field, s); err != nil {
			return err
		}
		if slices.Contains(list[:i], s) {
			return &InputError{field, "an entry is named twice"}
		}
	}
	return nil
}

// text admits one line for people: no control or format characters, so that it
// reads in a log and on a page as what it is.
func text(field, s string, limit int) error { return legible(field, s, limit, isControl) }

// prose admits several lines: of such characters line feeds alone.
func prose(field, s string, limit int) error {
	return legible(field, s, limit, func(r rune) bool { return r != '\n' && isControl(r) })
}

func legible(field, s string, limit int, refused func(rune) bool) error {
	switch {
	case s == "":
		return &InputError{field, "missing"}
	case len(s) > limit:
		return &InputError{field, fmt.Sprintf("longer than %d bytes", limit)}
	case !utf8.ValidString(s):
		return &InputError{field, "not UTF-8"}
	case strings.TrimSpace(s) != s:
		return &InputError{field, "begins or ends with space"}
	case strings.ContainsFunc(s, refused):
		return &InputError{field, "holds control characters"}
	}
	return nil
}

// isControl answers for ASCII itself, of which most lines are: the table is slow.
func isControl(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return unicode.In(r, unicode.C)
}

// optional is text where nothing is allowed too.
func optional(field, s string, limit int) error {
	if s == "" {
		return nil
	}
	return text(field, s, limit)
}

func instant(field string, at int64) error {
	if at <= 0 || at > jcs.MaxInt {
		return &InputError{field, "not a time in Unix seconds"}
	}
	return nil
}

func digest(field, s string) error {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != 32 || strings.ToLower(s) != s {
		return &InputError{field, "not a SHA-256 digest in lower-case hexadecimal"}
	}
	return nil
}

func oneOf[T ~string](field string, s T, known ...T) error {
	if !slices.Contains(known, s) {
		return &InputError{field, fmt.Sprintf("%q is not one of %v", s, known)}
	}
	return nil
}

// either names states of a case that an act needs; one that is not there yet is new.
func either[S ~string](states []S) string {
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = cmp.Or(strings.ReplaceAll(string(s), "_", " "), "new")
	}
	return strings.Join(words, " or ")
}
