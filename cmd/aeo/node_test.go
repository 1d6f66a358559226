package main

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/rogpeppe/go-internal/testscript"
)

// serving is the line a node prints when it is ready.
var serving = regexp.MustCompile(`^serving \S+ on (127\.0\.0\.1:\d+)$`)

// insideOn is the line a node prints before, where it has an inside listener.
var insideOn = regexp.MustCompile(`(?m)^aeo: the API is on https://(127\.0\.0\.1:\d+)$`)

// A background is a node that runs beside a script.
type background struct {
	cmd *exec.Cmd
	out *bufio.Reader
}

// nodes are the nodes of one script by directory; a script stops them itself or
// leaves that to its end.
type nodes map[string]*background

// nodesOf is where a script keeps its nodes.
const nodesOf = "nodes"

func nodesIn(ts *testscript.TestScript) nodes { return ts.Value(nodesOf).(nodes) }

// serve starts `aeo serve DIR` with more flags, waits until it is ready, and
// puts the address of its public listener into the variable ADDRESS_DIR, that of
// its inside listener into INSIDE_DIR.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: serve DIR FLAGS...")
	}
	cmd := exec.Command("aeo", append([]string{"serve", args[0], "--public", "127.0.0.1:0"}, args[1:]...)...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME")}
	log, err := os.Create(ts.MkAbs(args[0] + ".log"))
	ts.Check(err)
	defer log.Close()
	cmd.Stderr = log
	pipe, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	b := &background{cmd, bufio.NewReader(pipe)}
	n := nodesIn(ts)
	n[args[0]] = b
	ts.Defer(func() { n.kill(args[0]) })
	line, err := b.out.ReadString('\n')
	ready := serving.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
	if ready == nil {
		ts.Fatalf("the node of %s says %q (%v)\n%s", args[0], line, err, ts.ReadFile(args[0]+".log"))
	}
	ts.Setenv("ADDRESS_"+args[0], ready[1])
	if inside := insideOn.FindStringSubmatch(ts.ReadFile(args[0] + ".log")); inside != nil {
		ts.Setenv("INSIDE_"+args[0], inside[1])
	}
}

// stop interrupts the node of a directory, which must then end well.
func stop(ts *testscript.TestScript, neg bool, args []string) {
	n := nodesIn(ts)
	if neg || len(args) != 1 || n[args[0]] == nil {
		ts.Fatalf("usage: stop DIR, of a node that runs")
	}
	b := n[args[0]]
	delete(n, args[0])
	ts.Check(b.cmd.Process.Signal(syscall.SIGTERM))
	if err := b.cmd.Wait(); err != nil {
		ts.Fatalf("the node of %s: %v\n%s", args[0], err, ts.ReadFile(args[0]+".log"))
	}
}

// crash ends the node of a directory as a power cut does.
func crash(ts *testscript.TestScript, neg bool, args []string) {
	n := nodesIn(ts)
	if neg || len(args) != 1 || n[args[0]] == nil {
		ts.Fatalf("usage: crash DIR, of a node that runs")
	}
	n.kill(args[0])
}

func (n nodes) kill(dir string) {
	if b := n[dir]; b != nil {
		_ = b.cmd.Process.Kill()
		_ = b.cmd.Wait()
		delete(n, dir)
	}
}

// published waits until all that was committed by the node of a directory is
// published, which takes it a second at most.
func published(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: published DIR")
	}
	for range 200 {
		cmd := exec.Command("aeo", "log", "head", "--json", "-C", ts.MkAbs(args[0]))
		raw, err := cmd.Output()
		ts.Check(err)
		var head registry.LogHead
		ts.Check(jcs.UnmarshalOpen(raw, &head))
		if head.Size == head.PublishedSize {
			return
		}
	}
	ts.Fatalf("the node of %s does not publish", args[0])
}
