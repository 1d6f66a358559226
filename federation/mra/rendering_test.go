package mra_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/mra"
	"pgregory.net/rapid"
)

func TestRendering(t *testing.T) {
	toTCUIN := &mra.IDRendering{Scheme: "aeo", To: "tcuin", Ops: []mra.Op{
		{Op: "drop_prefix", Text: "AEO"}, {Op: "prefix", Text: "JP"},
	}}
	padded := &mra.IDRendering{Scheme: "ses", To: "ten digits", Ops: []mra.Op{{Op: "upper"}, {Op: "pad_left", Width: 10}}}
	for _, c := range []struct {
		name      string
		rendering *mra.IDRendering
		value     string
		want      string
	}{
		{"one prefix for another", toTCUIN, "AEOCN1101260123", "JPCN1101260123"},
		{"filled up with zeros", padded, "1234567A", "001234567A"},
		{"long enough already", padded, "1234567890AB", "1234567890AB"},
		{"no steps", &mra.IDRendering{}, "12345678A", "12345678A"},
		{"without the prefix to drop", toTCUIN, "CN1101260123", ""},
		{"zeros that could not be told from filling", padded, "01234", ""},
		{"small letters that would be lost", padded, "1234567a", ""},
		{"nothing", padded, "", ""},
		{"no number at all", padded, "12 34", ""},
		{"too long to write", toTCUIN, "AEO" + strings.Repeat("9", 64), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.rendering.Render(c.value)
			if got != c.want || (err == nil) != (c.want != "") || err != nil && !errors.Is(err, mra.ErrRendering) {
				t.Fatalf("got %q, %v", got, err)
			}
			if err == nil {
				if back, err := c.rendering.Unrender(got); back != c.value || err != nil {
					t.Errorf("read back as %q, %v", back, err)
				}
			}
		})
	}
	t.Run("a form it did not write is not read", func(t *testing.T) {
		for _, form := range []string{"JP", "CN123", ""} {
			if got, err := toTCUIN.Unrender(form); err == nil {
				t.Errorf("%q read as %q", form, got)
			}
		}
		if got, err := padded.Unrender("1234567A"); err == nil {
			t.Errorf("a short form read as %q", got)
		}
	})
}

func TestRenderingSteps(t *testing.T) {
	for _, c := range []struct {
		name string
		ops  []mra.Op
		ok   bool
	}{
		{"all four", []mra.Op{{Op: "drop_prefix", Text: "AEO"}, {Op: "upper"}, {Op: "pad_left", Width: 12}, {Op: "prefix", Text: "CN"}}, true},
		{"no step", nil, true},
		{"an unknown step", []mra.Op{{Op: "reverse"}}, false},
		{"a prefix of nothing", []mra.Op{{Op: "prefix"}}, false},
		{"a prefix with a width", []mra.Op{{Op: "prefix", Text: "X", Width: 3}}, false},
		{"a long prefix", []mra.Op{{Op: "prefix", Text: strings.Repeat("X", 17)}}, false},
		{"capitals with a text", []mra.Op{{Op: "upper", Text: "X"}}, false},
		{"filling without a width", []mra.Op{{Op: "pad_left"}}, false},
		{"filling beyond what a number may have", []mra.Op{{Op: "pad_left", Width: 65}}, false},
		{"filling with something else", []mra.Op{{Op: "pad_left", Width: 5, Text: "X"}}, false},
		{"dropping what was just added", []mra.Op{{Op: "prefix", Text: "X"}, {Op: "drop_prefix", Text: "X"}}, false},
		{"capitals of a small prefix", []mra.Op{{Op: "prefix", Text: "nz"}, {Op: "upper"}}, false},
		{"a prefix that begins like filling", []mra.Op{{Op: "prefix", Text: "0"}, {Op: "pad_left", Width: 8}}, false},
		{"nine steps", make([]mra.Op, 9), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rule("JP", "NZ", "2026-04-01")
			r.IDRendering = &mra.IDRendering{Scheme: "ses", To: "form", Ops: c.ops}
			d := jpnz(t, r)
			if err := d.Check(); (err == nil) != c.ok {
				t.Errorf("got %v, want accepted = %t", err, c.ok)
			}
		})
	}
}

func TestRenderingRoundTrips(t *testing.T) {
	op := rapid.Custom(func(t *rapid.T) mra.Op {
		switch name := rapid.SampledFrom([]string{"drop_prefix", "prefix", "upper", "pad_left"}).Draw(t, "op"); name {
		case "upper":
			return mra.Op{Op: name}
		case "pad_left":
			return mra.Op{Op: name, Width: rapid.Int64Range(1, 64).Draw(t, "width")}
		default:
			return mra.Op{Op: name, Text: rapid.StringMatching(`[A-Z0-9]{1,3}`).Draw(t, "text")}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		r := &mra.IDRendering{Scheme: "s", To: "t", Ops: rapid.SliceOfN(op, 0, 8).Draw(t, "ops")}
		value := rapid.StringMatching(`[A-Za-z0-9]{1,20}`).Draw(t, "value")
		if form, err := r.Render(value); err == nil {
			if back, err := r.Unrender(form); err != nil || back != value {
				t.Fatalf("%q written as %q, read as %q, %v", value, form, back, err)
			}
		}
		if number, err := r.Unrender(value); err == nil {
			if form, err := r.Render(number); err != nil || form != value {
				t.Fatalf("%q read as %q, written as %q, %v", value, number, form, err)
			}
		}
	})
}
