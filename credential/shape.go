package credential

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// isEntityID reports whether s is the name of an administration: an https URL
// of a host name in lower case, without port, path, query, user or IP literal.
func isEntityID(s string) bool {
	host, ok := strings.CutPrefix(s, "https://")
	if !ok || len(host) > 253 {
		return false
	}
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || !only(l, isLower, isDigit, is("-")) {
			return false
		}
	}
	// A last label of digits makes an IPv4 address (or is one in disguise).
	last := labels[len(labels)-1]
	return len(labels) > 1 && !only(last, isDigit) && !strings.HasPrefix(last, "0x")
}

// isTerritory reports whether s has the form of a customs territory or
// authority: ISO 3166-1 alpha-2, or EU, GB, XI and the like.
func isTerritory(s string) bool { return len(s) == 2 && only(s, isUpper) }

// isCode reports whether s can be the code of a programme, type or role.
func isCode(s string) bool {
	return s != "" && len(s) <= 64 && only(s[:1], isUpper, isLower, isDigit) && only(s, isUpper, isLower, isDigit, is("._-+/"))
}

// isOrdinal reports whether s is the decimal number of a status list.
func isOrdinal(s string) bool {
	return s != "" && len(s) <= 9 && only(s, isDigit) && (s == "0" || s[0] != '0')
}

// isDate reports whether s is a calendar day written 2006-01-02.
func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// isScript reports whether s has the form of an ISO 15924 code, e.g. Latn.
func isScript(s string) bool { return len(s) == 4 && only(s[:1], isUpper) && only(s[1:], isLower) }

// isText reports whether s is one line of at most limit characters that no
// control character can disguise or break.
func isText(s string, limit int) bool {
	if s == "" || len(s) > utf8.UTFMax*limit || !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit {
		return false
	}
	return !strings.ContainsFunc(s, breaks)
}

// breaks reports whether r is a control character or ends a line or a paragraph. It
// answers for ASCII itself, of which most lines are: the tables are slow.
func breaks(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp)
}

// SplitIdentifier takes a trader identifier territory:scheme:value apart, e.g.
// NZ:ses:12345678A. The value is in canonical form: capital letters and digits
// without separators.
func SplitIdentifier(id string) (territory, scheme, value string, err error) {
	parts := strings.Split(id, ":")
	if len(parts) != 3 {
		return "", "", "", fmt.Errorf("identifier %.80q is not territory:scheme:value", id)
	}
	territory, scheme, value = parts[0], parts[1], parts[2]
	switch {
	case !isTerritory(territory):
		err = fmt.Errorf("identifier %.80q: its territory is not two capital letters", id)
	case scheme == "" || len(scheme) > 16 || !only(scheme[:1], isLower) || !only(scheme, isLower, isDigit, is("-")):
		err = fmt.Errorf("identifier %.80q: its scheme is not 1 to 16 lower-case letters, digits and hyphens", id)
	case value == "" || len(value) > 40 || !only(value, isUpper, isDigit):
		err = fmt.Errorf("identifier %.80q: its value is not 1 to 40 capital letters and digits", id)
	}
	return territory, scheme, value, err
}

// only reports whether every byte of s is of one of the classes.
func only(s string, classes ...func(byte) bool) bool {
next:
	for i := range len(s) {
		for _, in := range classes {
			if in(s[i]) {
				continue next
			}
		}
		return false
	}
	return true
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func is(set string) func(byte) bool {
	return func(c byte) bool { return strings.IndexByte(set, c) >= 0 }
}
