// Command aeo runs a customs administration's registry of Authorized Economic
// Operators, federates it with those of other administrations, and verifies a
// trader's status offline.
//
// The command holds no rule: what is decided is decided by the packages it
// calls. Here are words, files, flags and exit codes.
//
// Standard output carries the result and nothing else; everything said besides
// goes to standard error, one line each: "aeo: ...", "aeo: warning: ...",
// "aeo: error: ...", "aeo: hint: ...". With --json the result is exactly one
// JSON object with a member "schema", also on failure (aeo.error/1). Exit codes
// come from one table (aeo help exit-codes).
package main

import (
	"os"
	"time"

	"golang.org/x/term"
)

func main() {
	os.Exit(run(os.Args[1:], newApp()))
}

// newApp is the command among its real surroundings.
func newApp() *app {
	isTerminal := func(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
	return &app{
		in:         os.Stdin,
		out:        os.Stdout,
		err:        os.Stderr,
		now:        time.Now,
		env:        os.Getenv,
		isTerminal: isTerminal(os.Stdin) && isTerminal(os.Stderr),
		colour:     isTerminal(os.Stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
	}
}
