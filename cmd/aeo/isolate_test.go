package main

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRightToLeftIsIsolated(t *testing.T) {
	for text, want := range map[string]string{
		"DE-OP-000003  DE1236  Nordlicht": "DE-OP-000003  DE1236  Nordlicht",
		"شركة النور":                      "<شركة النور>",
		"OP-3  שלום  12 rows\nשלום":       "OP-3  <שלום>  12 rows\n<שלום>",
		"שלום 12 עולם":                    "<שלום> 12 <עולם>",
		"Al Noor (شركة)":                  "Al Noor (<شركة>)",
		"مُحَمَّد 5":                      "<مُحَمَّد> 5",
		"a\tb":                            "a\tb",
	} {
		want = strings.NewReplacer("<", isolate, ">", endIsolate).Replace(want)
		if got := isolated(text); got != want {
			t.Errorf("isolated(%q) = %q, want %q", text, got, want)
		}
	}
}

// Nothing is lost or reordered: without the isolates it is the text that was given.
func TestIsolatesChangeNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "1", " ", "\n", "ש", "ع", "َ", "(", "-", "\u200f", "é", "\xff", "漢"})).Draw(t, "text"), "")
		got := isolated(text)
		if plain := strings.NewReplacer(isolate, "", endIsolate, "").Replace(got); plain != text {
			t.Fatalf("%q became %q", text, got)
		}
		if strings.Count(got, isolate) != strings.Count(got, endIsolate) {
			t.Fatalf("%q: isolates that do not end", got)
		}
	})
}
