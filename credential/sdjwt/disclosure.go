package sdjwt

import (
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

// A Claim is a disclosed member of an object.
type Claim struct {
	Name       string
	Value      jsontext.Value // one strict JSON value
	Disclosure string         // the text it came from
}

// Flat matches disclosures with the digests of one object whose values hold no
// further digests, in the order of the disclosures. It is the whole of RFC
// 9901, 7.1, step 3 for such formats.
func Flat(digests, disclosures []string) ([]Claim, error) {
	sorted := slices.Clone(digests)
	slices.Sort(sorted)
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return nil, fmt.Errorf("%w: %.43q", ErrDuplicateDigest, sorted[i])
		}
	}
	unmatched := 0
	shown := make([]bool, len(sorted))
	for i, text := range disclosures {
		at, found := slices.BinarySearch(sorted, Digest(text))
		switch {
		case !found:
			unmatched++
		case shown[at]:
			return nil, fmt.Errorf("%w: disclosure %d is presented twice", ErrDisclosure, i)
		default:
			shown[at] = true
		}
	}
	if unmatched > 0 {
		return nil, noDigest(unmatched)
	}
	claims := make([]Claim, 0, len(disclosures))
	for _, text := range disclosures {
		c, err := property(text)
		if err != nil {
			return nil, err
		}
		for _, other := range claims {
			if other.Name == c.Name {
				return nil, fmt.Errorf("%w: %.40q is disclosed twice", ErrDisclosure, c.Name)
			}
		}
		claims = append(claims, c)
	}
	return claims, nil
}

// NewDisclosure makes the disclosure of an object member (RFC 9901, 4.2.1).
// The salt must be unpredictable and used once: 128 random bits.
func NewDisclosure(salt [16]byte, name string, value any) (string, error) {
	if reserved(name) {
		return "", fmt.Errorf("%w: %q is reserved", ErrDisclosure, name)
	}
	quoted, err := jcs.Marshal(name)
	if err != nil {
		return "", fmt.Errorf("disclose %s: %w", name, err)
	}
	shown, err := jcs.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("disclose %s: %w", name, err)
	}
	raw := make([]byte, 0, len(`["",,]`)+base64.RawURLEncoding.EncodedLen(len(salt))+len(quoted)+len(shown))
	raw = base64.RawURLEncoding.AppendEncode(append(raw, `["`...), salt[:])
	raw = append(append(raw, `",`...), quoted...)
	raw = append(append(append(raw, ','), shown...), ']')
	return keys.EncodeBase64URL(raw), nil
}

// A matcher pairs the digests met in a payload with the disclosures presented.
type matcher struct {
	open map[string]string // digest -> disclosure nothing has referred to yet
	seen map[string]bool   // digests met, disclosed or not
}

func newMatcher(disclosures []string) (*matcher, error) {
	m := &matcher{open: make(map[string]string, len(disclosures)), seen: map[string]bool{}}
	for i, text := range disclosures {
		d := Digest(text)
		if m.open[d] != "" {
			return nil, fmt.Errorf("%w: disclosure %d is presented twice", ErrDisclosure, i)
		}
		m.open[d] = text
	}
	return m, nil
}

// take notes that the payload holds digest and returns its disclosure, if presented.
func (m *matcher) take(digest string) (disclosure string, ok bool, err error) {
	if m.seen[digest] {
		return "", false, fmt.Errorf("%w: %.43q", ErrDuplicateDigest, digest)
	}
	m.seen[digest] = true
	disclosure, ok = m.open[digest]
	delete(m.open, digest)
	return disclosure, ok, nil
}

// done refuses disclosures the payload never referred to.
func (m *matcher) done() error {
	if n := len(m.open); n > 0 {
		return noDigest(n)
	}
	return nil
}

func noDigest(n int) error {
	return fmt.Errorf("%w: %d of them match no digest", ErrDisclosure, n)
}

// property reads [salt, name, value]; its digest was found in an object's "_sd".
func property(text string) (Claim, error) {
	parts, err := elements(text)
	if err != nil {
		return Claim{}, err
	}
	if len(parts) != 3 || parts[1].Kind() != '"' {
		return Claim{}, fmt.Errorf("%w: a disclosed member is [salt, name, value]", ErrDisclosure)
	}
	name, err := jsontext.AppendUnquote(nil, parts[1])
	if err != nil {
		return Claim{}, fmt.Errorf("%w: name: %w", ErrDisclosure, err)
	}
	if reserved(string(name)) {
		return Claim{}, fmt.Errorf("%w: the name %q is reserved", ErrDisclosure, name)
	}
	return Claim{Name: string(name), Value: parts[2], Disclosure: text}, nil
}

// element reads [salt, value]; its digest was found in an array.
func element(text string) (jsontext.Value, error) {
	parts, err := elements(text)
	if err != nil {
		return nil, err
	}
	if len(parts) != 2 {
		return nil, fmt.Errorf("%w: a disclosed array element is [salt, value]", ErrDisclosure)
	}
	return parts[1], nil
}

func elements(text string) ([]jsontext.Value, error) {
	raw, err := keys.DecodeBase64URL(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	parts, err := jcs.Array(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	if len(parts) == 0 || parts[0].Kind() != '"' {
		return nil, fmt.Errorf("%w: a disclosure is an array that begins with its salt, a string", ErrDisclosure)
	}
	return parts, nil
}

// reserved names carry digests (RFC 9901, 4.1).
func reserved(name string) bool { return name == nameSD || name == nameElement || name == nameAlg }
