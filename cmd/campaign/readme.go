package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// The section of the README between these lines is written by this program.
const (
	beginMark = "<!-- written by `go run ./cmd/campaign -readme README.md` from cmd/campaign/promises.go -->\n"
	endMark   = "<!-- end of what is written -->\n"
)

// section is the table of promises as people read it.
func section() string {
	var b strings.Builder
	b.WriteString("\n| about | we promise | how it is tested | each submission / each release |\n|---|---|---|---|\n")
	for _, p := range promises {
		short := p.short.words
		if short == "" {
			short = "-"
		}
		size := short + " / " + p.long.words
		if p.short.words == p.long.words {
			size = short
		}
		fmt.Fprintf(&b, "| %s (`%s`) | %s | %s | %s |\n", p.about, p.id, p.holds, p.method, size)
	}
	b.WriteString("\n")
	return b.String()
}

// inStep is a README with its section as the table says it.
func inStep(readme string) (string, error) {
	before, rest, ok := strings.Cut(readme, beginMark)
	_, after, end := strings.Cut(rest, endMark)
	if !ok || !end {
		return "", errors.New("the README has no section of promises between its marks")
	}
	return before + beginMark + section() + endMark + after, nil
}

func rewrite(name string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text, err := inStep(string(raw))
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644)
}
