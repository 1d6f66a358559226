package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every verb shows how it is typed, and what it shows can be typed.
func TestExamplesCanBeTyped(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			walk(c)
		}
		switch {
		case cmd.HasSubCommands() || cmd.Name() == "help" || !cmd.IsAvailableCommand():
			return
		}
		example := strings.ReplaceAll(exampleOf(cmd), "\\\n", " ")
		if example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for line := range strings.Lines(example) {
			typed(t, cmd, words(strings.TrimSpace(line)))
		}
	}
	walk(newRoot(&app{in: &bytes.Buffer{}, out: io.Discard, err: io.Discard, env: func(string) string { return "" }}))
}

// typed holds where a command line is one of the command's own, but for what a node would say to it.
func typed(t *testing.T, shown *cobra.Command, line []string) {
	t.Helper()
	root := newRoot(&app{in: &bytes.Buffer{}, out: io.Discard, err: io.Discard, env: func(string) string { return "" }})
	if len(line) == 0 || line[0] != "aeo" {
		t.Errorf("%s: %q is no command line", shown.CommandPath(), line)
		return
	}
	cmd, rest, err := root.Find(line[1:])
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err == nil {
		err = cmd.ValidateRequiredFlags()
	}
	if err != nil || cmd.HasSubCommands() {
		t.Errorf("%s: %q cannot be typed: %v", shown.CommandPath(), line, err)
	}
}

// words takes a line apart as a shell does, as far as examples go.
func words(line string) (out []string) {
	var word strings.Builder
	quote, open := rune(0), false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, open = r, true
		case r != ' ':
			word.WriteRune(r)
			open = true
		case open:
			out = append(out, word.String())
			word.Reset()
			open = false
		}
	}
	if open {
		out = append(out, word.String())
	}
	return out
}
