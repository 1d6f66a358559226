package programme

import (
	"fmt"
	"strings"
)

// Plain is the rendering every scheme has: the canonical value as it is.
const Plain = "plain"

// Operations a rendering may consist of; each has exactly one inverse.
const (
	OpPrefix     = "prefix"
	OpDropPrefix = "drop_prefix"
)

// A Rendering is how a number is written somewhere else: in a partner's
// declaration, in a national form. Its operations run in order and can be undone,
// so that nothing is lost on the way (protocol 8, id_rendering).
type Rendering struct {
	Profile string `json:"profile"`
	Title   string `json:"title"`
	Ops     []Op   `json:"ops"`
	Source  string `json:"source"`
	Unsure  string `json:"unsure,omitempty"`
}

// An Op is one step of a rendering.
type Op struct {
	Op  string `json:"op"`
	Arg string `json:"arg"`
}

// Render writes an identifier, given in any form [Pack.ParseIdentifier] reads, by
// a rendering of its scheme.
func (p *Pack) Render(identifier, profile string) (string, error) {
	id, err := p.ParseIdentifier(identifier)
	if err != nil {
		return "", err
	}
	if profile == Plain {
		return id.Value, nil
	}
	known := []string{Plain}
	for _, s := range p.Schemes {
		if s.Code != id.Scheme {
			continue
		}
		for _, r := range s.Renderings {
			if r.Profile == profile {
				return r.do(id.Value)
			}
			known = append(known, r.Profile)
		}
	}
	return "", &UnknownError{Kind: ErrUnknownRendering, Given: profile, Known: known}
}

func (r Rendering) do(value string) (string, error) {
	for _, op := range r.Ops {
		out, ok := op.do(value)
		if !ok {
			return "", fmt.Errorf("rendering %s: %q does not begin with %q", r.Profile, value, op.Arg)
		}
		value = out
	}
	return value, nil
}

func (r Rendering) undo(value string) (string, bool) {
	for i := len(r.Ops) - 1; i >= 0; i-- {
		out, ok := r.Ops[i].inverse().do(value)
		if !ok {
			return "", false
		}
		value = out
	}
	return value, true
}

func (op Op) do(value string) (string, bool) {
	if op.Op == OpPrefix {
		return op.Arg + value, true
	}
	return strings.CutPrefix(value, op.Arg)
}

func (op Op) inverse() Op {
	if op.Op == OpPrefix {
		return Op{OpDropPrefix, op.Arg}
	}
	return Op{OpPrefix, op.Arg}
}
