package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var root = filepath.Join("..", "..")

// The README says what the table says.
func TestREADMEIsInStep(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := inStep(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Errorf("run go run ./cmd/campaign -readme README.md (- table, + README)\n%s", diff)
	}
}

// What the table runs is there: a test that was renamed would print no figure,
// but only on the day of the campaign.
func TestPromisesAreTested(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range promises {
		if seen[p.id] || !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(p.id) {
			t.Errorf("%s: not an id, or not the only one", p.id)
		}
		seen[p.id] = true
		if p.about == "" || p.holds == "" || p.method == "" || p.long.words == "" || len(p.commands) == 0 {
			t.Errorf("%s: something is missing", p.id)
		}
		if strings.ContainsAny(p.about+p.holds+p.method, "|\n") {
			t.Errorf("%s: does not fit into a table", p.id)
		}
		for _, command := range p.commands {
			if len(command) == 8 && command[1] == "test" {
				checkTests(t, p.id, command[7], command[6])
			}
		}
	}
}

// checkTests checks that every test named in a -run flag is in the package's directory.
func checkTests(t *testing.T, id, dir, names string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(raw)
	}
	for name := range strings.SplitSeq(strings.Trim(names, "^()$"), "|") {
		if !regexp.MustCompile(`(?m)^func ` + name + `\(t \*testing\.T\)`).MatchString(source.String()) {
			t.Errorf("%s: there is no %s in %s", id, name, dir)
		}
	}
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		out  string
		p    promise
		s    scale
		want state
	}{
		"a figure of a test":        {"=== RUN   TestX\n    x_test.go:12: figure x 200 kills, 0 lost\nok", promise{}, scale{count: 200}, held},
		"a figure of a program":     {"figure x 12.5 ms\n", promise{}, scale{}, held},
		"a ratio":                   {"ratio x 0.712\n", promise{least: 0.65}, scale{}, held},
		"no figure":                 {"ok  \tpkg\t0.1s [no tests to run]\n", promise{}, scale{}, failed},
		"another figure":            {"figure y 1\n", promise{}, scale{}, failed},
		"in the middle of a line":   {"it said figure x 200 kills\n", promise{}, scale{count: 200}, failed},
		"fewer than asked for":      {"figure x 20 kills\n", promise{}, scale{count: 200}, failed},
		"no number where one is":    {"figure x many kills\n", promise{}, scale{count: 200}, failed},
		"too slow":                  {"figure x 2.5 s\n", promise{most: 2}, scale{}, slow},
		"too small a ratio":         {"ratio x 0.600\n", promise{least: 0.65}, scale{}, slow},
		"skipped":                   {"    x_test.go:1: figure x skipped: no strace here\n", promise{}, scale{count: 10}, skipped},
		"one of two is missing":     {"figure x 1\n", promise{figures: []string{"x", "y"}}, scale{}, failed},
		"slow does not hide failed": {"figure x 9\n", promise{figures: []string{"x", "y"}, most: 1}, scale{}, failed},
	} {
		c.p.id = "x"
		r := result{promise: c.p, state: held}
		if r.judge(c.out, c.s); r.state != c.want {
			t.Errorf("%s: %s (%s), want %s", name, r.state, r.said, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	all, err := choose("", false)
	if err != nil || len(all) != len(promises) {
		t.Errorf("chose %d of %d (%v)", len(all), len(promises), err)
	}
	two, err := choose("power_cuts,kills", true)
	if err != nil || len(two) != 2 || two[0].id != "kills" {
		t.Errorf("chose %v (%v)", two, err)
	}
	if _, err := choose("kills,nothing", true); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("chose what is not there: %v", err)
	}
}

// A defect that no longer applies, or whose test was renamed, would never be
// caught again.
func TestDefectsStillApply(t *testing.T) {
	all, err := readDefects(root)
	if err != nil || len(all) < 40 {
		t.Fatalf("%d defects (%v)", len(all), err)
	}
	for i, d := range all {
		if !regexp.MustCompile(fmt.Sprintf(`^%02d-[a-z0-9-]+$`, i+1)).MatchString(d.name) {
			t.Errorf("%s is number %d", d.name, i+1)
		}
		n := len(d.caughtBy)
		checkTests(t, d.name, d.caughtBy[n-1], d.caughtBy[n-2])
		if err := d.apply(root, "--check"); err != nil {
			t.Error(err)
		}
	}
}

func TestFailedTest(t *testing.T) {
	for out, want := range map[string]string{
		"--- FAIL: TestX (0.01s)\n    x_test.go:1: no\nFAIL\n":                              "TestX",
		"panic: test timed out after 30s\n\trunning tests:\n\t\tTestY (30s)\n\ngoroutine 1": "TestY",
		"# pkg [pkg.test]\n./x.go:1:2: undefined: y\nFAIL\tpkg [build failed]\n":            "",
		"    --- FAIL: TestX/inner (0.01s)\n":                                               "",
		"ok  \tpkg\t0.1s\n":                                                                 "",
	} {
		got := ""
		if m := failedTest.FindStringSubmatch(out); m != nil {
			got = m[1]
		}
		if got != want {
			t.Errorf("%q: %q failed, want %q", out, got, want)
		}
	}
}
