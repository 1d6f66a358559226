package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/cmd/aeo/demo"
)

// startMonth starts a month whose nodes are processes of their own, of the
// program as it is shipped: under the race detector seven of them take minutes.
func startMonth(t *testing.T, bin string, nodes int) (cmd *exec.Cmd, dir string, out *bufio.Scanner) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "month")
	cmd = exec.Command(bin, "demo", "--nodes", strconv.Itoa(nodes), "--keep", "--dir", dir)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, dir, bufio.NewScanner(pipe)
}

// left are the processes that have something to do with a directory.
func left(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Skip("this system does not list its processes")
	}
	var out []string
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err == nil && strings.Contains(string(raw), dir) {
			out = append(out, e.Name()+": "+strings.ReplaceAll(string(raw), "\x00", " "))
		}
	}
	return out
}

// noneLeft waits until no process has to do with a directory.
func noneLeft(t *testing.T, dir string) {
	t.Helper()
	var still []string
	for range 200 {
		if still = left(t, dir); len(still) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("left behind:\n%s", strings.Join(still, "\n"))
}

// TestMonth is the month in short: seven processes, or as many as the campaign asks for.
func TestMonth(t *testing.T) {
	nodes := scaled(t, "AEO_NODES", 7)
	start := time.Now()
	cmd, dir, out := startMonth(t, buildBinary(t), nodes)
	var said strings.Builder
	for out.Scan() {
		said.WriteString(out.Text() + "\n")
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("aeo demo: %v\n%s", err, said.String())
	}
	raw, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r demo.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Facts) < 38 || len(r.Cases) < 14 || len(r.Untrue()) > 0 || len(r.Failed()) > 0 {
		t.Errorf("%d facts and %d cases; untrue %v, failed %v", len(r.Facts), len(r.Cases), r.Untrue(), r.Failed())
	}
	noneLeft(t, dir)
	t.Logf("figure month %d processes lived through 31 days in %v: %d facts held, %d cases came to what they must",
		nodes, time.Since(start).Round(time.Second), len(r.Facts), len(r.Cases))
	if nodes < 20 {
		return
	}
	for _, line := range strings.Split(said.String(), "\n") {
		if strings.Contains(line, "processes lived through") {
			t.Logf("figure month_memory %s", line)
		}
	}
}

// However a month ends, its nodes end with it.
func TestNoNodeOutlivesItsMonth(t *testing.T) {
	bin := buildBinary(t)
	for name, end := range map[string]struct {
		signal os.Signal
		exit   int // -1 = none of its own
	}{"interrupted": {os.Interrupt, exitCancelled}, "killed": {syscall.SIGKILL, -1}} {
		t.Run(name, func(t *testing.T) {
			cmd, dir, out := startMonth(t, bin, 7)
			for out.Scan() && !strings.Contains(out.Text(), "they follow each other") {
			}
			if n := len(left(t, dir)); n < 8 {
				t.Fatalf("%d processes, want the demo and its 7 nodes", n)
			}
			if err := cmd.Process.Signal(end.signal); err != nil {
				t.Fatal(err)
			}
			for out.Scan() {
			}
			if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != end.exit {
				t.Errorf("exit %d, want %d", cmd.ProcessState.ExitCode(), end.exit)
			}
			noneLeft(t, dir)
		})
	}
}
