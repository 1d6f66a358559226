package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/google/go-cmp/cmp"
)

// runApp runs a command line where nobody is to be asked.
func runApp(args ...string) (out, errs string, code int) {
	var o, e bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &o, err: &e, now: time.Now, env: func(string) string { return "" }}
	code = run(args, a)
	return o.String(), e.String(), code
}

func TestEveryExitCodeOfAReasonIsInTheTable(t *testing.T) {
	known := map[int]bool{}
	for _, c := range exitCodes {
		if known[c.Code] || c.Name == "" || c.Meaning == "" {
			t.Errorf("exit code %d twice, or without a word", c.Code)
		}
		known[c.Code] = true
	}
	for _, r := range federation.Reasons() {
		if !known[r.Exit()] {
			t.Errorf("%s exits with %d, which the table does not have", r, r.Exit())
		}
		if (r.Exit() == exitOK) != r.Verdict().Good() {
			t.Errorf("%s of verdict %s exits with %d", r, r.Verdict(), r.Exit())
		}
	}
	for _, v := range federation.Verdicts() {
		if l := looks[v]; l.word == "" || l.glyph == "" {
			t.Errorf("verdict %s has no word or no glyph", v)
		}
	}
}

func TestErrorsHaveTheirCodes(t *testing.T) {
	cases := map[string]struct {
		err  error
		want int
	}{
		"nothing wrong":                    {nil, exitOK},
		"something nobody thought of":      {errors.New("oops"), exitInternal},
		"one that was marked":              {fail(exitConflict, errors.New("locked")), exitConflict},
		"one that was marked, wrapped":     {fmt.Errorf("open node: %w", fail(exitBehind, errors.New("behind"))), exitBehind},
		"a question that cannot be asked":  {&federation.QuestionError{Field: "as"}, exitUsage},
		"a file that is not there":         {fmt.Errorf("read: %w", fs.ErrNotExist), exitFile},
		"a bundle that does not hold":      {fmt.Errorf("open: %w", bundle.ErrInvalid), exitCannotTell},
		"two histories":                    {fmt.Errorf("open: %w", bundle.ErrSplitView), exitMisbehaviour},
		"a log that is at fault":           {&transparency.FaultError{}, exitMisbehaviour},
		"a faulty log in a bundle's chain": {fmt.Errorf("%w: %w", bundle.ErrInvalid, transparency.ErrFaulty), exitMisbehaviour},
	}
	for name, c := range cases {
		if got := codeOf(c.err); got != c.want {
			t.Errorf("%s: code %d, want %d", name, got, c.want)
		}
	}
	if exitWith(exitOK) != nil || codeOf(exitWith(exitSuspended)) != exitSuspended {
		t.Error("exitWith does not keep its code")
	}
}

func TestConfirm(t *testing.T) {
	cases := map[string]struct {
		terminal, yes bool
		typed         string
		want          int
	}{
		"yes was said on the command line":   {yes: true, want: exitOK},
		"nobody is there to be asked":        {want: exitUsage},
		"somebody types y":                   {terminal: true, typed: "y\n", want: exitOK},
		"somebody types Yes and goes":        {terminal: true, typed: " Yes ", want: exitOK},
		"somebody types n":                   {terminal: true, typed: "n\n", want: exitCancelled},
		"somebody only presses return":       {terminal: true, typed: "\n", want: exitCancelled},
		"somebody goes without answering":    {terminal: true, want: exitCancelled},
		"somebody holds down a key":          {terminal: true, typed: strings.Repeat("y", 1000), want: exitCancelled},
		"somebody types something like y, n": {terminal: true, typed: "y, n\n", want: exitCancelled},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			a := &app{in: strings.NewReader(c.typed), err: &errs, isTerminal: c.terminal, yes: c.yes, args: []string{"key", "rotate"}}
			err := a.confirm("this rotates the key")
			if got := codeOf(err); got != c.want {
				t.Errorf("code %d, want %d: %v", got, c.want, err)
			}
			if !strings.HasPrefix(errs.String(), "aeo: this rotates the key\n") {
				t.Errorf("it did not say what it is about: %q", errs.String())
			}
			if c.want == exitUsage && !cmp.Equal(err.(*exitError).hints, []string{"aeo key rotate --yes"}) {
				t.Errorf("hints %q", err.(*exitError).hints)
			}
		})
	}
}

func TestTwoQuestionsHaveTwoAnswers(t *testing.T) {
	a := &app{in: strings.NewReader("y\nn\n"), err: io.Discard, isTerminal: true}
	if first, second := a.confirm("one"), a.confirm("two"); first != nil || codeOf(second) != exitCancelled {
		t.Errorf("got %v and %v", first, second)
	}
}

func TestAResultWithoutASchemaIsRefused(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out, json: true}
	if err := a.result(map[string]string{"verdict": "recognised"}, nil); err == nil || out.Len() > 0 {
		t.Errorf("got %v and %q", err, out.String())
	}
}

func TestAResultAndThenAnErrorAreOneObject(t *testing.T) {
	var out, errs bytes.Buffer
	a := &app{out: &out, err: &errs, json: true}
	if err := a.result(map[string]string{"schema": "aeo.test/1"}, nil); err != nil {
		t.Fatal(err)
	}
	if code := a.error(fail(exitLater, errors.New("later"))); code != exitLater {
		t.Errorf("code %d", code)
	}
	if out.String() != "{\"schema\":\"aeo.test/1\"}\n" || errs.String() != "aeo: error: later\n" {
		t.Errorf("got %q and %q", out.String(), errs.String())
	}
}

func TestCommandLinesCanBeTypedAsTheyStand(t *testing.T) {
	got := commandLine("aeo", "verify", "my file.aeo", "--at", "2026-01-01T00:00:00Z", "it's", "", "$HOME", "é")
	want := `aeo verify 'my file.aeo' --at 2026-01-01T00:00:00Z 'it'\''s' '' '$HOME' 'é'`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPlainTextCannotSteerATerminal(t *testing.T) {
	got := plain("a\x1b[2Jb\nc\td\u202ee\u0085f Ōtāhuhu\x00")
	if want := "a\ufffd[2Jb c d\ufffde\ufffdf Ōtāhuhu\ufffd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProgress(t *testing.T) {
	cases := map[string]struct {
		terminal, quiet bool
		step            time.Duration // between two reports
		want            string
	}{
		"short work says nothing":                      {terminal: true, step: time.Millisecond},
		"a terminal sees one line, cleared at the end": {terminal: true, step: time.Second, want: "\raeo: read 1 of 3, 1 a second, 2s left\x1b[K\raeo: read 2 of 3, 1 a second, 1s left\x1b[K\r\x1b[K"},
		"a file gets a line every ten seconds":         {step: 10 * time.Second, want: "aeo: read 1 of 3, 0 a second, 20s left\naeo: read 2 of 3, 0 a second, 10s left\naeo: read 3 of 3, 0 a second, 0s left\n"},
		"but not more often":                           {step: time.Second},
		"and none where it shall be quiet":             {terminal: true, quiet: true, step: time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var errs bytes.Buffer
			now := time.Unix(built, 0)
			a := &app{err: &errs, isTerminal: c.terminal, quiet: c.quiet, now: func() time.Time { return now }}
			tick := a.progress("read", 3)
			for done := int64(1); done <= 3; done++ {
				now = now.Add(c.step)
				tick(done)
			}
			if diff := cmp.Diff(c.want, errs.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
