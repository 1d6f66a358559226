package sdjwt

import (
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

// The members RFC 9901, 4.2.4 reserves for digests.
const (
	nameSD      = "_sd"
	nameElement = "..."
	nameAlg     = "_sd_alg"
)

// SHA256 is the only "_sd_alg" accepted, and the default (RFC 9901, 4.1.1).
const SHA256 = "sha-256"

// Reveal returns the processed payload of an SD-JWT (RFC 9901, 7.1, steps 2 to
// 6): payload, whose signature the caller has verified, with disclosures in
// the place of their digests and without any other trace of digests. Members
// named in plain may be neither disclosed selectively nor hold anything that is.
func Reveal(payload []byte, disclosures []string, plain []string) (map[string]any, error) {
	var tree map[string]any
	if err := jcs.UnmarshalOpen(payload, &tree); err != nil {
		return nil, fmt.Errorf("%w: payload: %w", ErrUnreadable, err)
	}
	if tree == nil {
		return nil, fmt.Errorf("%w: payload: not a JSON object", ErrUnreadable)
	}
	if alg, stated := tree[nameAlg]; stated && alg != SHA256 {
		return nil, fmt.Errorf("%w: _sd_alg %.40q, want %q", ErrFormat, fmt.Sprint(alg), SHA256)
	}
	delete(tree, nameAlg)
	for _, name := range plain {
		if holdsDigests(tree[name]) {
			return nil, fmt.Errorf("%w: %s holds digests and may not", ErrFormat, name)
		}
	}
	open, err := newMatcher(disclosures)
	if err != nil {
		return nil, err
	}
	r := &revealer{open: open, plain: plain}
	out, err := r.object(tree, 1)
	if err != nil {
		return nil, err
	}
	return out, open.done()
}

// A revealer walks a payload, following disclosures. Depth is counted through
// them, so that a chain of disclosures cannot exhaust the stack.
type revealer struct {
	open  *matcher
	plain []string
}

func (r *revealer) value(v any, depth int) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v[nameElement]; ok {
			return nil, fmt.Errorf("%w: %q outside an array", ErrFormat, nameElement)
		}
		return r.object(v, depth+1)
	case []any:
		return r.array(v, depth+1)
	}
	return v, nil
}

func (r *revealer) object(in map[string]any, depth int) (map[string]any, error) {
	if depth > jcs.MaxDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d levels", ErrDisclosure, jcs.MaxDepth)
	}
	out := make(map[string]any, len(in))
	for name, v := range in {
		switch name {
		case nameSD:
			continue
		case nameAlg:
			return nil, fmt.Errorf("%w: %s below the top level", ErrFormat, nameAlg)
		case nameElement:
			return nil, fmt.Errorf("%w: %q outside an array", ErrFormat, nameElement)
		}
		revealed, err := r.value(v, depth)
		if err != nil {
			return nil, err
		}
		out[name] = revealed
	}
	digests, hidden := in[nameSD]
	if !hidden {
		return out, nil
	}
	list, ok := digests.([]any)
	if !ok {
		return nil, fmt.Errorf("%w: %s is not an array", ErrFormat, nameSD)
	}
	for _, d := range list {
		if err := r.member(out, d, depth); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// member adds what the digest d of an object discloses, if anything.
func (r *revealer) member(out map[string]any, d any, depth int) error {
	digest, ok := d.(string)
	if !ok {
		return fmt.Errorf("%w: %s holds something other than a string", ErrFormat, nameSD)
	}
	text, disclosed, err := r.open.take(digest)
	if err != nil || !disclosed {
		return err
	}
	claim, err := property(text)
	if err != nil {
		return err
	}
	if _, taken := out[claim.Name]; taken {
		return fmt.Errorf("%w: %.40q exists already at its level", ErrDisclosure, claim.Name)
	}
	if depth == 1 && slices.Contains(r.plain, claim.Name) {
		return fmt.Errorf("%w: %s may not be disclosed selectively", ErrDisclosure, claim.Name)
	}
	out[claim.Name], err = r.disclosed(claim.Value, depth)
	return err
}

func (r *revealer) array(in []any, depth int) ([]any, error) {
	if depth > jcs.MaxDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d levels", ErrDisclosure, jcs.MaxDepth)
	}
	out := make([]any, 0, len(in))
	for _, v := range in {
		if m, ok := v.(map[string]any); ok {
			if d, ok := m[nameElement]; ok {
				elem, shown, err := r.element(d, len(m), depth)
				if err != nil {
					return nil, err
				}
				if shown {
					out = append(out, elem)
				}
				continue
			}
		}
		revealed, err := r.value(v, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, revealed)
	}
	return out, nil
}

// element returns what the placeholder {"...": d} of members members discloses.
func (r *revealer) element(d any, members, depth int) (v any, shown bool, err error) {
	digest, ok := d.(string)
	if !ok || members != 1 {
		return nil, false, fmt.Errorf("%w: %q stands alone and holds a string", ErrFormat, nameElement)
	}
	text, disclosed, err := r.open.take(digest)
	if err != nil || !disclosed {
		return nil, false, err
	}
	raw, err := element(text)
	if err != nil {
		return nil, false, err
	}
	v, err = r.disclosed(raw, depth)
	return v, err == nil, err
}

// disclosed reads the value of a disclosure, which may hold digests of its own.
func (r *revealer) disclosed(raw jsontext.Value, depth int) (any, error) {
	var v any
	if err := jcs.UnmarshalOpen(raw, &v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	return r.value(v, depth)
}

func holdsDigests(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if reserved(name) || holdsDigests(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, holdsDigests)
	}
	return false
}
