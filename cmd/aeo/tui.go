package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// An app is one run of the command: its surroundings, and the flags that every
// verb has. This file holds the only ways in which it speaks to a person.
type app struct {
	in         io.Reader
	out, err   io.Writer
	now        func() time.Time
	elapsed    func() time.Duration // monotonic; nil = the machine's
	env        func(string) string
	isTerminal bool // somebody is there to be asked
	colour     bool // the result goes to a terminal that shows colours

	dir                      string // -C; see nodeDir
	nodeURL, nodeDial, tlsCA string // --node, --node-dial, --node-ca; see remote
	json, yes, dryRun, quiet bool

	args    []string // of this run, for hints
	started bool     // a verb runs
	spoken  bool     // the result was printed

	names map[string]string // of accounts, by number; see nameOf
	zone  *time.Location    // the node's; see zoneOf
}

// result prints the result: with --json one object, which must have a member
// "schema", else what human writes. A verb calls it once.
func (a *app) result(v any, human func(w io.Writer)) error {
	if !a.json {
		var text bytes.Buffer
		human(&text)
		return a.bare([]byte(isolated(text.String())))
	}
	raw, err := jcs.Marshal(v)
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if err := jcs.UnmarshalOpen(raw, &head); err != nil || head.Schema == "" {
		return errors.New("write result: it has no schema")
	}
	a.spoken = true
	_, err = a.out.Write(append(raw, '\n'))
	return wrapOutput(err)
}

// bare prints a result that is no text for people: a file, CSV, JSON a line.
func (a *app) bare(content []byte) error {
	a.spoken = true
	_, err := a.out.Write(content)
	return wrapOutput(err)
}

func wrapOutput(err error) error {
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// note says what is going on; -q silences it.
func (a *app) note(format string, args ...any) {
	if !a.quiet {
		a.say("", fmt.Sprintf(format, args...))
	}
}

// warn says what the reader should know although the command goes on.
func (a *app) warn(format string, args ...any) { a.say("warning: ", fmt.Sprintf(format, args...)) }

// hint says what can be typed next, as it stands.
func (a *app) hint(format string, args ...any) {
	if !a.quiet {
		a.say("hint: ", fmt.Sprintf(format, args...))
	}
}

func (a *app) say(kind, text string) { fmt.Fprintf(a.err, "aeo: %s%s\n", kind, isolated(plain(text))) }

// maxHints keeps the next step findable.
const maxHints = 2

// An errorResult is what --json prints where there is no result: aeo.error/1.
type errorResult struct {
	Schema  string   `json:"schema"`
	Code    int      `json:"code"`
	Name    string   `json:"name"`
	Message string   `json:"message"`
	Hints   []string `json:"hints"`
}

// error reports how the command ended and returns its exit code.
func (a *app) error(err error) int {
	code := codeOf(err)
	var marked *exitError
	if errors.As(err, &marked) && marked.err == nil {
		return code
	}
	hints := []string{}
	if marked != nil {
		hints = append(hints, marked.hints[:min(maxHints, len(marked.hints))]...)
	}
	a.say("error: ", err.Error())
	for _, h := range hints {
		a.hint("%s", h)
	}
	if a.json && !a.spoken {
		_ = a.result(errorResult{"aeo.error/1", code, exitName(code), plain(err.Error()), hints}, nil) // nobody left to tell
	}
	return code
}

// confirm says what will be done and asks; the verb goes on only where it
// returns nil. Without a terminal --yes must have been said. A verb that was
// asked for --dry-run does not come this far.
func (a *app) confirm(what string) error {
	a.note("%s", what)
	if a.yes {
		return nil
	}
	if !a.isTerminal {
		return fail(exitUsage, errors.New("this changes something, and nobody is there to be asked"), a.again("--yes"))
	}
	fmt.Fprint(a.err, "aeo: go on? [y/N] ")
	answer, err := readLine(a.in)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return fail(exitCancelled, errors.New("cancelled; nothing was changed"))
}

// readLine reads one line of at most 256 bytes and nothing beyond it, so that
// another question finds its answer.
func readLine(r io.Reader) (string, error) {
	var line []byte
	var one [1]byte
	for len(line) < 256 {
		if _, err := io.ReadFull(r, one[:]); err != nil {
			return string(line), err
		}
		if one[0] == '\n' {
			break
		}
		line = append(line, one[0])
	}
	return string(line), nil
}

// again is this very command line with more said, to be typed as it stands.
func (a *app) again(more ...string) string {
	return commandLine(append(append([]string{"aeo"}, a.args...), more...)...)
}

// commandLine joins words so that a shell takes them apart again as they were.
func commandLine(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return strings.Join(quoted, " ")
}

func quote(word string) string {
	safe := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./:=,@+", r))
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !safe(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// plain makes foreign text fit for a terminal and for one line: control
// characters and those that turn the direction of writing could make a
// terminal show something else than was said.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029':
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
