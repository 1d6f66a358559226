package mra

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// An IDRendering is how a holder's canonical number is written in the
// recognising party's declarations. Its steps run in order and can be undone.
type IDRendering struct {
	Scheme string `json:"scheme"` // of the trader identifier
	To     string `json:"to"`     // the form's name
	Ops    []Op   `json:"ops"`
}

// The steps a rendering may have.
const (
	OpDropPrefix = "drop_prefix" // take Text off the front
	OpPrefix     = "prefix"      // put Text in front
	OpUpper      = "upper"       // in capital letters
	OpPadLeft    = "pad_left"    // fill up with zeros to Width
)

// An Op is one step.
type Op struct {
	Op    string `json:"op"`
	Text  string `json:"text,omitzero"`
	Width int64  `json:"width,omitzero"`
}

const (
	maxOps    = 8
	maxAffix  = 16
	maxNumber = 64
)

// ErrRendering says that a number cannot be written, or read back, by a rendering.
var ErrRendering = errors.New("number does not fit its rendering")

// Render writes a canonical number. A number that Unrender would not give back
// is refused: a form that two numbers share could show one holder as another.
func (i *IDRendering) Render(value string) (string, error) {
	out, err := i.apply(value)
	if err != nil {
		return "", err
	}
	if back, err := i.undo(out); err != nil || back != value {
		return "", fmt.Errorf("%w: %.64q cannot be read back from %.64q", ErrRendering, value, out)
	}
	return out, nil
}

// Unrender reads a number written by Render.
func (i *IDRendering) Unrender(value string) (string, error) {
	out, err := i.undo(value)
	if err != nil {
		return "", err
	}
	if again, err := i.apply(out); err != nil || again != value {
		return "", fmt.Errorf("%w: %.64q was not written by it", ErrRendering, value)
	}
	return out, nil
}

func (i *IDRendering) apply(value string) (string, error) {
	if err := checkNumber(value); err != nil {
		return "", err
	}
	for _, op := range i.Ops {
		switch op.Op {
		case OpDropPrefix:
			var err error
			if value, err = without(value, op.Text); err != nil {
				return "", err
			}
		case OpPrefix:
			value = op.Text + value
		case OpUpper:
			value = strings.ToUpper(value) // ASCII, checked above
		case OpPadLeft:
			value = strings.Repeat("0", max(0, int(op.Width)-len(value))) + value
		}
	}
	return value, checkNumber(value)
}

func (i *IDRendering) undo(value string) (string, error) {
	if err := checkNumber(value); err != nil {
		return "", err
	}
	for n := len(i.Ops) - 1; n >= 0; n-- {
		switch op := i.Ops[n]; op.Op {
		case OpDropPrefix:
			value = op.Text + value
		case OpPrefix:
			var err error
			if value, err = without(value, op.Text); err != nil {
				return "", err
			}
		case OpPadLeft:
			value = strings.TrimLeft(value, "0")
		}
	}
	return value, checkNumber(value)
}

// without takes a prefix off; something must be left.
func without(value, prefix string) (string, error) {
	rest, ok := strings.CutPrefix(value, prefix)
	if !ok || rest == "" {
		return "", fmt.Errorf("%w: %.64q is not %q and a number", ErrRendering, value, prefix)
	}
	return rest, nil
}

func checkNumber(s string) error {
	if s == "" || len(s) > maxNumber || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return fmt.Errorf("%w: %.64q, want 1 to %d visible ASCII characters", ErrRendering, s, maxNumber)
	}
	return nil
}

func (i *IDRendering) check() error {
	if i == nil {
		return nil
	}
	if err := cmp.Or(
		checkText("id_rendering.scheme", i.Scheme, 32),
		checkText("id_rendering.to", i.To, 64),
	); err != nil {
		return err
	}
	if len(i.Ops) > maxOps {
		return fmt.Errorf("id_rendering: %d ops, at most %d", len(i.Ops), maxOps)
	}
	sample := "9A8"
	added := false // something stands in front that the number did not have
	for n, op := range i.Ops {
		if err := op.check(); err != nil {
			return fmt.Errorf("id_rendering.ops[%d]: %w", n, err)
		}
		if op.Op == OpDropPrefix && added {
			return fmt.Errorf("id_rendering.ops[%d] drops what an earlier step put in front", n)
		}
		added = added || op.Op == OpPrefix || op.Op == OpPadLeft
	}
	for n := len(i.Ops) - 1; n >= 0; n-- {
		if i.Ops[n].Op == OpDropPrefix {
			sample = i.Ops[n].Text + sample
		}
	}
	if _, err := i.Render(sample); err != nil {
		return fmt.Errorf("id_rendering does not round-trip: %w", err)
	}
	return nil
}

func (op Op) check() error {
	switch op.Op {
	case OpPrefix, OpDropPrefix:
		if len(op.Text) > maxAffix || checkNumber(op.Text) != nil || op.Width != 0 {
			return fmt.Errorf("%s has a text of 1 to %d visible ASCII characters and no width", op.Op, maxAffix)
		}
	case OpPadLeft:
		if op.Width < 1 || op.Width > maxNumber || op.Text != "" {
			return fmt.Errorf("pad_left has a width of 1 to %d and no text", maxNumber)
		}
	case OpUpper:
		if op.Width != 0 || op.Text != "" {
			return errors.New("upper has neither text nor width")
		}
	default:
		return fmt.Errorf("op %.20q, want drop_prefix, prefix, upper or pad_left", op.Op)
	}
	return nil
}
