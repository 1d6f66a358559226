package main

import (
	"strings"

	"golang.org/x/text/unicode/bidi"
)

// The isolates of Unicode's bidirectional algorithm (UAX 9).
const (
	isolate    = "\u2068" // first strong isolate
	endIsolate = "\u2069"
)

// isolated is a text for people in which whatever is written from right to left stands
// in an isolate of its own: the numbers and columns beside an Arabic or a Hebrew name
// stay where they are. What is for machines - JSON, CSV, files - is never touched.
func isolated(text string) string {
	var out strings.Builder
	from, to := -1, 0 // the run that is open, and the end of its last letter
	shut := func() {
		if from >= 0 {
			out.WriteString(isolate + text[from:to] + endIsolate)
			from = -1
		}
	}
	for at, r := range text {
		switch p, size := bidi.LookupRune(r); {
		case p.Class() == bidi.R || p.Class() == bidi.AL:
			if from < 0 {
				out.WriteString(text[to:at])
				from = at
			}
			to = at + size
		case p.Class() == bidi.NSM && from >= 0 && at == to: // a mark on the letter before
			to = at + size
		case p.Class() == bidi.L || p.Class() == bidi.EN || r == '\n' || at > to: // one blank joins two words of a name
			shut()
		}
	}
	shut()
	out.WriteString(text[to:])
	return out.String()
}
