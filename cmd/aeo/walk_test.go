package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A step is a block of commands of the README with what it says they print.
type step struct{ commands, output string }

// walks are the sections of the README whose commands are typed here.
var walks = []string{"A five-minute walk", "Run a programme", "Federate with a partner", "Begin without one"}

// walkSteps reads the blocks of one section of the README.
func walkSteps(t *testing.T, readme, section string) (steps []step) {
	t.Helper()
	_, walk, ok := strings.Cut(readme, "## "+section+"\n")
	walk, _, end := strings.Cut(walk, "\n## ")
	if !ok || !end {
		t.Fatalf("the README has no section %q", section)
	}
	blocks := regexp.MustCompile("(?s)```(sh|text)\n(.*?)```\n").FindAllStringSubmatch(walk, -1)
	for _, b := range blocks {
		if b[1] == "sh" {
			steps = append(steps, step{commands: b[2]})
		} else {
			steps[len(steps)-1].output = b[2]
		}
	}
	return steps
}

// masks hide what differs from run to run: times, digests, sizes, ports, words, keys.
var masks = []struct {
	find *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d (UTC|[+-]\d{4})`), "<time>"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d`), "<date>"},
	{regexp.MustCompile(`confirmed [^\n]*? by`), "confirmed <age> by"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "<address>"},
	{regexp.MustCompile(`fingerprint  [a-z ]+`), "fingerprint  <words>"},
	{regexp.MustCompile(`\d+ (bytes|leaves)`), "<n> $1"},
	{regexp.MustCompile(`published \d+`), "published <n>"},
	{regexp.MustCompile(`(?m)^\d+$`), "<n>"},
	{regexp.MustCompile(`(?m)^\d+  \{`), "<n>  {"},
	{regexp.MustCompile(`[0-9a-f]{64}`), "<sha256>"},
	{regexp.MustCompile(`[A-Za-z0-9+/]{43}=`), "<hash>"},
	{regexp.MustCompile(`— (\S+) [A-Za-z0-9+/=]+`), "— $1 <signature>"},
	{regexp.MustCompile(`"(idx|effective_at|at|applied)":\d+`), `"$1":<n>`},
	{regexp.MustCompile(`/status/\d+`), "/status/<n>"},
	{regexp.MustCompile(`among them leaf \d+`), "among them leaf <n>"},
	{regexp.MustCompile(`(?m)^(\w+): [A-Za-z0-9_-]{8} signs`), "$1: <key> signs"},
	{regexp.MustCompile(`(leaves), \d+ of them`), "$1, <n> of them"},
	{regexp.MustCompile(`trust bundle \d+`), "trust bundle <n>"},
	{regexp.MustCompile(`[\d.]+ GiB`), "<n> GiB"},
	{regexp.MustCompile(`tokens at size \d+`), "tokens at size <n>"},
}

func mask(s string) string {
	for _, m := range masks {
		s = m.find.ReplaceAllString(s, m.with)
	}
	return s
}

// TestWalkOfTheREADME types the README's walks, block by block, each into one
// shell, and compares what they print. With REWRITE=1 it writes the output into
// the README.
func TestWalkOfTheREADME(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash to type the walk into")
	}
	name := filepath.Join("..", "..", "README.md")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)
	for _, section := range walks {
		t.Run(section, func(t *testing.T) {
			steps := walkSteps(t, readme, section)
			for i, output := range typeWalk(t, steps) {
				s := steps[i]
				if os.Getenv("REWRITE") != "" {
					readme = strings.Replace(readme, "```sh\n"+s.commands+"```\n```text\n"+s.output, "```sh\n"+s.commands+"```\n```text\n"+output, 1)
				} else if diff := cmp.Diff(mask(s.output), mask(output)); diff != "" {
					t.Errorf("the README says another thing about\n%s(- README, + now)\n%s", s.commands, diff)
				}
			}
		})
	}
	if os.Getenv("REWRITE") != "" && !t.Failed() {
		if err := os.WriteFile(name, []byte(readme), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const stepMark = "=== step ==="

// typeWalk runs the blocks in one shell and returns the standard output of each.
func typeWalk(t *testing.T, steps []step) []string {
	t.Helper()
	dir, bin := t.TempDir(), t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "aeo"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	// The shell ends what it started, also when a command fails.
	script := "set -e -m\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
	for _, s := range steps {
		script += s.commands + "echo '" + stepMark + "'\n"
	}
	for _, port := range []string{"8443", "8444"} {
		script = strings.ReplaceAll(script, "127.0.0.1:"+port, freeAddress(t))
	}
	var out, errs bytes.Buffer
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_COLOR=1")
	if err := cmd.Run(); err != nil {
		logs, _ := os.ReadFile(filepath.Join(dir, "nz.log"))
		t.Fatalf("the walk stops: %v\n%s\n%s\n%s", err, out.String(), errs.String(), logs)
	}
	outputs := strings.Split(out.String(), stepMark+"\n")
	if len(outputs) != len(steps)+1 {
		t.Fatalf("%d outputs of %d blocks", len(outputs)-1, len(steps))
	}
	outputs = outputs[:len(steps)]
	for i := range outputs {
		outputs[i] = withoutServing(outputs[i])
	}
	return outputs
}

// withoutServing drops the lines of the nodes in the background, which come when they come.
func withoutServing(s string) string {
	return regexp.MustCompile(`(?m)^serving .*\n`).ReplaceAllString(s, "")
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr())
}
