package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A promise is what the product promises about one fault, and what tests it.
type promise struct {
	id       string
	about    string // the fault or the quality
	holds    string
	method   string   // how it is tested
	short    scale    // with every submission; without words, never
	long     scale    // with every release
	needs    string   // a variable that must name a directory, or the promise is skipped
	module   string   // a nested module whose requirements must be had, or the promise is skipped
	figures  []string // that must be printed; nil = one of the promise's id
	commands [][]string
	most     float64 // where the promise is a speed: bounds of the first number
	least    float64 // of each figure, 0 = none
}

// A scale is how much of a test is run.
type scale struct {
	words string // for people
	count int    // each figure's text begins with a number not below it
	env   []string
}

// times is a scale that a test reads from an environment variable.
func times(variable string, n int, unit string) scale {
	return scale{fmt.Sprintf("%s %s", grouped(n), unit), n, []string{fmt.Sprintf("%s=%d", variable, n)}}
}

// lasting is a scale of time.
func lasting(variable, duration string) scale {
	return scale{duration, 0, []string{variable + "=" + duration}}
}

// whole is the scale of a test that has only one.
var whole = scale{words: "all"}

// grouped writes a number as people read it.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// goTest runs tests of one package by their names.
func goTest(dir string, names ...string) []string {
	return []string{"go", "test", "-count=1", "-timeout=24h", "-v", "-run", "^(" + strings.Join(names, "|") + ")$", dir}
}

// bench runs a measure of cmd/bench.
func bench(measures string) []string { return []string{"go", "run", "./cmd/bench", "-only", measures} }

func (p promise) size(short bool) scale {
	if short {
		return p.short
	}
	return p.long
}

func (p promise) wanted() []string {
	if p.figures == nil {
		return []string{p.id}
	}
	return p.figures
}

// environment is what the commands are told beside the caller's own.
func (p promise) environment(short bool) []string {
	return append([]string{"AEO_CAMPAIGN=1"}, p.size(short).env...)
}

// commandLines are the commands as one types them.
func (p promise) commandLines(short bool) (lines []string) {
	for _, command := range p.commands {
		words := slices.Concat(p.environment(short), command)
		for i, w := range words {
			if strings.ContainsAny(w, "^$()|*") {
				words[i] = "'" + w + "'"
			}
		}
		lines = append(lines, strings.Join(words, " "))
	}
	return lines
}

// A state is how a promise came out.
type state string

const (
	held    state = "ok"
	failed  state = "FAILED"
	slow    state = "slow"
	skipped state = "skipped"
)

// A result is what came of testing a promise.
type result struct {
	promise
	state    state
	measured []string // one text per figure
	said     string   // of a failure
	took     time.Duration
}

func (p promise) run(ctx context.Context, short bool) result {
	start := time.Now()
	r := result{promise: p, state: held}
	if dir := os.Getenv(p.needs); p.needs != "" && !exists(dir) {
		r.state, r.measured = skipped, []string{fmt.Sprintf("%s names no directory: %q", p.needs, dir)}
		return r
	}
	if p.module != "" {
		var why bytes.Buffer
		if err := execute(ctx, []string{"go", "mod", "download", "-C", p.module}, nil, &why); err != nil {
			r.state, r.measured = skipped, []string{"what " + p.module + " requires is not to be had here: " + tail(why.String(), 1)}
			return r
		}
	}
	var out bytes.Buffer
	for i, command := range p.commands {
		fmt.Fprintf(os.Stderr, "campaign: %s: %s\n", p.id, p.commandLines(short)[i])
		if err := execute(ctx, command, p.environment(short), &out); err != nil {
			r.state = failed
			r.said = fmt.Sprintf("%s: %v\n%s", p.commandLines(short)[i], err, tail(out.String(), 60))
			break
		}
	}
	r.judge(out.String(), p.size(short))
	r.took = time.Since(start)
	return r
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// execute runs a command in a process group of its own, which ends with it.
func execute(ctx context.Context, command, env []string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	return cmd.Run()
}

// judge looks for the figures in what was printed. Nothing is taken for granted:
// a test that was renamed, or skipped itself, prints no figure and so fails.
func (r *result) judge(out string, s scale) {
	printed := figures(out)
	for _, name := range r.wanted() {
		text, ok := printed[name]
		if !ok {
			r.fault("no line \"figure %s\" was printed", name)
			continue
		}
		r.measured = append(r.measured, text)
		if strings.HasPrefix(text, "skipped: ") {
			if r.state == held {
				r.state = skipped
			}
			continue
		}
		r.measure(name, text, s)
	}
}

func (r *result) measure(name, text string, s scale) {
	if s.count == 0 && r.most == 0 && r.least == 0 {
		return
	}
	n, err := firstNumber(text)
	switch {
	case err != nil:
		r.fault("figure %s: %v", name, err)
	case int(n) < s.count:
		r.fault("figure %s: %v of %d", name, n, s.count)
	case r.state == held && (r.most > 0 && n > r.most || r.least > 0 && n < r.least):
		r.state = slow
	}
}

func (r *result) fault(format string, args ...any) {
	r.state = failed
	r.said += fmt.Sprintf(format, args...) + "\n"
}

func (r result) print(w io.Writer) {
	fmt.Fprintf(w, "%-7s %-18s %5.0f s  %s: %s | %s\n", r.state, r.id, r.took.Seconds(), r.about, r.holds, strings.Join(r.measured, "; "))
	if r.state == failed {
		for line := range strings.Lines(strings.TrimSpace(r.said) + "\n") {
			fmt.Fprint(w, "    ", line)
		}
	}
}

// figureLine is a figure or ratio as a program prints it, or as the log of a test shows it.
var figureLine = regexp.MustCompile(`(?m)^(?:\s+\S+\.go:\d+: )?(?:figure|ratio) (\S+) (.+)$`)

// figures are the texts of all figures by name; of one printed twice, the later.
func figures(out string) map[string]string {
	found := map[string]string{}
	for _, m := range figureLine.FindAllStringSubmatch(out, -1) {
		found[m[1]] = strings.TrimSpace(m[2])
	}
	return found
}

// firstNumber is the number a text begins with.
func firstNumber(text string) (float64, error) {
	word, _, _ := strings.Cut(text, " ")
	n, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return 0, errors.New("it does not begin with a number")
	}
	return n, nil
}

// tail is the end of an output, where tests say what went wrong.
func tail(out string, lines int) string {
	all := strings.Split(strings.TrimSpace(out), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
