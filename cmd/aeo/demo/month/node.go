package month

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/api"
)

// A node is one administration's: a directory, and while it runs a process.
type node struct {
	place
	dir      string
	identity string
	log      string // file of its standard error
	address  string // of its public listener; the same after a restart

	cmd   *exec.Cmd
	life  io.Closer // a node of the demo ends when this is closed
	alone bool      // it runs in its own time, and ends when it is told to
	ended chan error
	local *http.Client
}

// serving is the line a node prints when it is ready.
var serving = regexp.MustCompile(`^serving \S+ on (127\.0\.0\.1:\d+)\n$`)

// stopFor is how long a node may take to end well.
const stopFor = 20 * time.Second

// line is the command line that serves the node.
func (n *node) line() []string {
	listen := n.address
	if listen == "" {
		listen = "127.0.0.1:0"
	}
	return []string{"serve", n.dir, "--identity", n.identity, "--public", listen}
}

// start runs the node in the time of the demo and waits until it serves.
func (n *node) start(binary string) error { return n.run(binary, true) }

func (n *node) run(binary string, demonstrating bool) error {
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	line := n.line()
	if demonstrating {
		line = append(line, "--demo-clock")
	}
	cmd := exec.Command(binary, line...)
	cmd.Stderr = log
	// A group of its own: Ctrl-C is for the demo, which then ends its nodes in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "GOMAXPROCS=2")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if n.life, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the node of %s: %w", n.code, err)
	}
	n.cmd, n.ended, n.alone = cmd, make(chan error, 1), !demonstrating
	first, err := bufio.NewReader(out).ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, out)
		n.ended <- cmd.Wait()
	}()
	ready := serving.FindStringSubmatch(first)
	if ready == nil {
		_ = n.kill()
		return fmt.Errorf("the node of %s does not start: %q, %v; it said: %s", n.code, first, err, lastLines(n.log))
	}
	n.address = ready[1]
	return n.connect()
}

func (n *node) connect() error {
	socket, err := api.SocketPath(n.dir)
	if err != nil {
		return err
	}
	n.local = &http.Client{Timeout: 5 * time.Minute, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	return nil
}

func (n *node) runs() bool { return n.cmd != nil }

// stop lets the node end well.
func (n *node) stop() error {
	if !n.runs() {
		return nil
	}
	if n.alone {
		_ = n.cmd.Process.Signal(syscall.SIGTERM)
	} else {
		_ = n.life.Close()
	}
	select {
	case err := <-n.ended:
		n.gone()
		if err != nil {
			return fmt.Errorf("the node of %s ended with %w; it said: %s", n.code, err, lastLines(n.log))
		}
		return nil
	case <-time.After(stopFor):
		return errors.Join(fmt.Errorf("the node of %s does not end", n.code), n.kill())
	}
}

// kill ends the node as a power cut does.
func (n *node) kill() error {
	if !n.runs() {
		return nil
	}
	err := n.cmd.Process.Kill()
	<-n.ended
	n.gone()
	return err
}

func (n *node) gone() {
	if n.local != nil {
		n.local.CloseIdleConnections()
	}
	_ = n.life.Close()
	n.cmd, n.local = nil, nil
}

// api asks the running node over its socket; without a request it reads.
func (n *node) api(ctx context.Context, path string, request, answer any) error {
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if request != nil {
		raw, err := jcs.Marshal(request)
		if err != nil {
			return err
		}
		method, body = http.MethodPost, bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://node/api/v1"+path, body)
	if err != nil {
		return err
	}
	if n.local == nil {
		return fmt.Errorf("%s: the node is switched off", n.code)
	}
	resp, err := n.local.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", n.code, path, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s answers %d: %.300s", n.code, path, resp.StatusCode, raw)
	}
	if answer == nil {
		return nil
	}
	return jcs.UnmarshalOpen(raw, answer)
}

// memory is the resident memory of the process in bytes; 0 where the system does not say.
func (n *node) memory() int64 {
	if !n.runs() {
		return 0
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", n.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(raw), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}

// lastLines is the end of what a node logged.
func lastLines(name string) string {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], "\n")
}

func newNode(dir string, p place) *node {
	return &node{place: p, dir: filepath.Join(dir, "nodes", p.code), identity: filepath.Join(dir, "identity.txt"),
		log: filepath.Join(dir, "logs", p.code+".log")}
}
