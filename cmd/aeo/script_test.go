package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"aeo": main})
}

// TestScript runs the command as people do: testdata/script/*.txt. $CORRIDOR
// has what makeCorridor made; $NOW is an hour after its bundles were built.
func TestScript(t *testing.T) {
	dir := t.TempDir()
	makeCorridor(t, dir)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "serve": serve, "stop": stop, "crash": crash, "published": published,
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
	})
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
