package mra

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

// decode takes JSON only if it holds exactly what this package would write for
// it, the order of members aside: nothing foreign, missing or null.
func decode(payload []byte, v any) error {
	if err := jcs.Unmarshal(payload, v); err != nil {
		return err
	}
	again, err := jcs.Marshal(v)
	if err != nil {
		return err
	}
	given := jsontext.Value(bytes.Clone(payload))
	if err := given.Canonicalize(); err != nil {
		return err
	}
	if !bytes.Equal(given, again) {
		return errors.New("a member is missing, null or not in its one spelling")
	}
	return nil
}

// checkText wants 1 to most characters without control characters, the marks
// that turn the direction of writing, or space around them.
func checkText(name, s string, most int) error {
	if s == "" || utf8.RuneCountInString(s) > most {
		return fmt.Errorf("%s has %d characters, want 1 to %d", name, utf8.RuneCountInString(s), most)
	}
	if s != strings.TrimSpace(s) || strings.ContainsFunc(s, unwritable) {
		return fmt.Errorf("%s %.40q holds control characters or outer space", name, s)
	}
	return nil
}

func unwritable(c rune) bool {
	return c == utf8.RuneError || unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)
}

// checkTexts wants at most so many texts, none twice.
func checkTexts(name string, list []string, least, most, length int) error {
	if len(list) < least || len(list) > most {
		return fmt.Errorf("%d %s, want %d to %d", len(list), name, least, most)
	}
	for i, s := range list {
		if err := checkText(fmt.Sprintf("%s[%d]", name, i), s, length); err != nil {
			return err
		}
		if slices.Contains(list[:i], s) {
			return fmt.Errorf("%s lists %.40q twice", name, s)
		}
	}
	return nil
}

// checkOneOf wants a word of a closed list.
func checkOneOf(name, s string, words ...string) error {
	if !slices.Contains(words, s) {
		return fmt.Errorf("%s %.20q, want %s", name, s, strings.Join(words, ", "))
	}
	return nil
}

// checkWord wants a canonical lower-case word: a letter, then letters, digits and underscores.
func checkWord(name, s string) error {
	if made := strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_"); s == "" || len(s) > 32 || made != "" || s[0] < 'a' {
		return fmt.Errorf("%s %.40q, want 1 to 32 lower-case letters, digits and underscores", name, s)
	}
	return nil
}

// checkID wants a name that is also safe in the path of a bundle member:
// capital letters, digits and inner hyphens.
func checkID(id string) error {
	made := strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
	if id == "" || len(id) > 40 || made != "" || id[0] == '-' || id[len(id)-1] == '-' {
		return fmt.Errorf("id %.50q, want 1 to 40 capital letters, digits and inner hyphens", id)
	}
	return nil
}

func checkTerritory(name, s string) error {
	if len(s) != 2 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return fmt.Errorf("%s %.16q, want two capital letters", name, s)
	}
	return nil
}

func checkDigest(name, s string) error {
	if !keys.IsSHA256Hex(s) {
		return fmt.Errorf("%s is no SHA-256 in lower-case hexadecimal", name)
	}
	return nil
}

// ValidID reports whether id can name an arrangement.
func ValidID(id string) bool { return checkID(id) == nil }
