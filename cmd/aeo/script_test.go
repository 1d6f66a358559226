package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	// Also in the commands of scripts, which are this program: under the race detector
	// a password costs seconds.
	access.DefaultCost = access.Cost{Time: 1, Memory: 64, Threads: 1}
	testscript.Main(tidy{m}, map[string]func(){"aeo": main})
}

// tidy takes away what tests share, once all of them ran.
type tidy struct{ *testing.M }

func (t tidy) Run() int {
	defer func() { os.RemoveAll(demoParent) }() // "" is nothing
	return t.M.Run()
}

// TestScript runs the command as people do: testdata/script/*.txt. $CORRIDOR
// has what makeCorridor made; $NOW is an hour after its bundles were built.
func TestScript(t *testing.T) {
	p := scripts(t)
	p.Dir = filepath.Join("testdata", "script")
	testscript.Run(t, p)
}

// TestCampaignRestore is the restore drill by itself: a node that is backed up
// while it serves loses its disk, comes back, and signs nothing before it has
// proven what it signed last.
func TestCampaignRestore(t *testing.T) {
	if !campaign() {
		t.Skip("it is one of TestScript")
	}
	p := scripts(t)
	drill := filepath.Join("testdata", "script", "drill.txt")
	p.Files = []string{drill}
	start := time.Now()
	if !t.Run("drill", func(t *testing.T) { testscript.Run(t, p) }) {
		return
	}
	text, err := os.ReadFile(drill)
	if err != nil {
		t.Fatal(err)
	}
	commands := len(regexp.MustCompile(`(?m)^(?:exec|exits \d+|serve|stop|crash) `).FindAll(text, -1))
	t.Logf("figure restore %d commands of the drill went as they must, in %v", commands, time.Since(start).Round(100*time.Millisecond))
}

// scripts is how scripts are run, all but which.
func scripts(t *testing.T) testscript.Params {
	dir := t.TempDir()
	makeCorridor(t, dir)
	return testscript.Params{
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "serve": serve, "stop": stop, "crash": crash, "published": published, "until": until,
		},
		Setup: func(e *testscript.Env) error {
			e.Values[nodesOf] = nodes{}
			e.Setenv("CORRIDOR", dir)
			e.Setenv("NOW", "2026-03-02T01:00:00Z")
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			for _, name := range []string{"AEO_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"} {
				e.Setenv(name, "")
			}
			return os.MkdirAll(filepath.Join(e.WorkDir, "home"), 0o700)
		},
	}
}

// until runs a command again and again until its output matches: until REGEXP COMMAND...
// It is for what other processes do in their own time.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until REGEXP COMMAND...")
	}
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		out := ts.ReadFile("stdout")
		if err == nil && want.MatchString(out) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no output matched %s; the last was %v\n%s", args[0], err, out)
		}
	}
}

// exits runs a command that must exit with a code: exits CODE COMMAND...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
