package programme

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// MaxIdentifier bounds the text of an identifier, scheme and separators included.
const MaxIdentifier = 64

// ErrAmbiguousIdentifier says that a text fits several schemes or values.
var ErrAmbiguousIdentifier = errors.New("ambiguous identifier")

// A Scheme is a kind of trader number.
type Scheme struct {
	Code         string      `json:"code"`
	Title        string      `json:"title"`
	Pattern      string      `json:"pattern"`                 // RE2, anchored at both ends, over the canonical value
	MemberPrefix bool        `json:"member_prefix,omitempty"` // begins with the code of a member of the union
	Personal     bool        `json:"personal"`                // belongs to a natural person: never in a public directory
	Explicit     bool        `json:"explicit,omitempty"`      // never guessed from a bare value
	Example      string      `json:"example"`                 // invented, well-formed
	Renderings   []Rendering `json:"renderings,omitempty"`
	Source       string      `json:"source"`
	Unsure       string      `json:"unsure,omitempty"`

	expr *regexp.Regexp
}

// An Identifier is a trader number in canonical form.
type Identifier struct {
	Territory, Scheme, Value string
	Personal                 bool
}

// String is territory:scheme:value (protocol 1).
func (id Identifier) String() string { return id.Territory + ":" + id.Scheme + ":" + id.Value }

// An IdentifierError says why a text is no identifier of the territory.
type IdentifierError struct {
	Kind error // ErrUnknownIdentifier or ErrAmbiguousIdentifier
	Text string
	Why  string
}

func (e *IdentifierError) Error() string { return fmt.Sprintf("%v %q: %s", e.Kind, e.Text, e.Why) }

func (e *IdentifierError) Unwrap() error { return e.Kind }

// ParseIdentifier reads a bare value, scheme:value or territory:scheme:value, in
// canonical form or in one of the scheme's renderings, in either case and with
// the separators space, full stop, hyphen and slash anywhere in the value.
func (p *Pack) ParseIdentifier(text string) (Identifier, error) {
	unknown := func(why string) (Identifier, error) {
		return Identifier{}, &IdentifierError{ErrUnknownIdentifier, clip(text), why}
	}
	if len(text) > MaxIdentifier {
		return unknown(fmt.Sprintf("longer than %d bytes", MaxIdentifier))
	}
	parts := strings.Split(text, ":")
	if len(parts) > 3 {
		return unknown("more than territory, scheme and value")
	}
	if len(parts) == 3 && !strings.EqualFold(strings.TrimSpace(parts[0]), p.Territory) {
		return unknown("not of territory " + p.Territory)
	}
	value, ok := canonical(parts[len(parts)-1])
	if !ok {
		return unknown("the value may hold letters A to Z and digits only")
	}
	named := ""
	if len(parts) > 1 {
		named = strings.ToLower(strings.TrimSpace(parts[len(parts)-2]))
		if !slices.ContainsFunc(p.Schemes, func(s Scheme) bool { return s.Code == named }) {
			return unknown("no such scheme; known: " + strings.Join(p.schemeCodes(), ", "))
		}
	}
	found := p.fits(named, value)
	switch len(found) {
	case 0:
		return unknown("fits no scheme of " + p.Territory)
	case 1:
		return found[0], nil
	}
	var forms []string
	for _, id := range found {
		forms = append(forms, id.String())
	}
	return Identifier{}, &IdentifierError{ErrAmbiguousIdentifier, text, "may be " + strings.Join(forms, " or ")}
}

// fits lists the identifiers a value may stand for: under one scheme, or without
// a name under all that may be guessed.
func (p *Pack) fits(named, value string) []Identifier {
	var found []Identifier
	for _, s := range p.Schemes {
		if named == "" && s.Explicit || named != "" && named != s.Code {
			continue
		}
		for _, v := range p.readings(s, value) {
			found = append(found, Identifier{p.Territory, s.Code, v, s.Personal})
		}
	}
	return found
}

// readings lists the canonical values a text stands for under a scheme: itself
// where it is one, otherwise whatever renders to it.
func (p *Pack) readings(s Scheme, value string) []string {
	if p.holds(s, value) {
		return []string{value}
	}
	var values []string
	for _, r := range s.Renderings {
		v, ok := r.undo(value)
		if ok && p.holds(s, v) && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

func (p *Pack) holds(s Scheme, value string) bool {
	if !s.expr.MatchString(value) {
		return false
	}
	return !s.MemberPrefix || slices.ContainsFunc(p.Members, func(m Member) bool { return strings.HasPrefix(value, m.Code) })
}

func (p *Pack) schemeCodes() []string {
	var codes []string
	for _, s := range p.Schemes {
		codes = append(codes, s.Code)
	}
	return codes
}

// canonical removes separators and raises letters; false for anything that is not
// ASCII letters and digits then. Look-alikes of other scripts are refused, not mapped.
func canonical(value string) (string, bool) {
	var b strings.Builder
	for _, c := range []byte(value) {
		switch {
		case c >= 'a' && c <= 'z':
			b.WriteByte(c - 'a' + 'A')
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			b.WriteByte(c)
		case strings.IndexByte(" .-/", c) >= 0:
		default:
			return "", false
		}
	}
	return b.String(), b.Len() > 0
}

// clip keeps error texts short whatever was given.
func clip(text string) string {
	if len(text) > MaxIdentifier {
		return text[:MaxIdentifier]
	}
	return text
}
