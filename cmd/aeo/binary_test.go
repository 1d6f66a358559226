package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
)

// campaign reports whether cmd/campaign asks, and not somebody who runs all
// tests: then the scenarios on the real binary are of the size it names.
func campaign() bool { return os.Getenv("AEO_CAMPAIGN") != "" }

// scaled is how much of a scenario to run: short, or what the variable says.
func scaled(t testing.TB, variable string, short int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return short
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q", variable, text)
	}
	return n
}

// A deployment is the real binary with a node's directory.
type deployment struct {
	t        testing.TB
	bin, dir string
	identity string
	address  string // of the public listener; it changes with every start
	cmd      *exec.Cmd
	local    *http.Client
	public   *http.Client
}

const deployedHost = "aeo.customs.nz.example"

// buildBinary builds the command as it is shipped.
func buildBinary(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "aeo")
	build := exec.Command("go", "build", "-trimpath", "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// deploy makes a node of New Zealand in a new directory below dir.
func deploy(t testing.TB, bin, dir string) *deployment {
	t.Helper()
	d := &deployment{t: t, bin: bin, dir: filepath.Join(dir, "nz"), identity: filepath.Join(dir, "nz.key")}
	if out, err := exec.Command(bin, "init", d.dir, "--territory", "NZ", "--entity", "https://"+deployedHost,
		"--identity", d.identity, "--yes").CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	d.connect()
	t.Cleanup(d.kill)
	return d
}

// connect makes the clients: for the socket, and for the public listener,
// whose certificate is checked.
func (d *deployment) connect() {
	d.local = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		socket, err := api.SocketPath(d.dir)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(filepath.Join(d.dir, "tls", "ca.pem"))
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		d.t.Fatalf("certificate of the node: %v", err)
	}
	d.public = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: deployedHost},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", d.address)
		},
	}}
}

func (d *deployment) serveArgs() []string {
	return []string{d.bin, "serve", d.dir, "--identity", d.identity, "--public", "127.0.0.1:0"}
}

// begin starts the node, behind another command if one is given, and does not
// wait. What it prints on stdout comes from the reader, its log goes to DIR.log.
func (d *deployment) begin(behind ...string) *bufio.Reader {
	d.t.Helper()
	args := append(behind, d.serveArgs()...)
	d.cmd = exec.Command(args[0], args[1:]...)
	d.cmd.Env = append(os.Environ(), "NO_COLOR=1")
	// A group of its own, so that what stands before the node dies with it.
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := os.OpenFile(d.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer log.Close()
	d.cmd.Stderr = log
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	return bufio.NewReader(out)
}

// ready waits for the line a node prints when it serves.
func (d *deployment) ready(out *bufio.Reader) error {
	for {
		line, err := out.ReadString('\n')
		if m := serving.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
			d.address = m[1]
			return nil
		}
		if err != nil {
			return fmt.Errorf("the node does not serve: %s", d.log())
		}
	}
}

// start starts the node and waits until it serves.
func (d *deployment) start(behind ...string) {
	d.t.Helper()
	if err := d.ready(d.begin(behind...)); err != nil {
		d.t.Fatal(err)
	}
}

// kill ends the node with SIGKILL if it runs, and what it ran behind.
func (d *deployment) kill() {
	if d.cmd == nil {
		return
	}
	group := -d.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGKILL)
	_ = d.cmd.Wait()
	for start := time.Now(); syscall.Kill(group, 0) == nil && time.Since(start) < 10*time.Second; {
		<-time.After(time.Millisecond) // a node behind something else is not ours to wait for
	}
	d.forget()
}

// stop ends the node as an operator does.
func (d *deployment) stop() error {
	err := d.cmd.Process.Signal(syscall.SIGTERM)
	if err == nil {
		err = d.cmd.Wait()
	}
	d.forget()
	return err
}

func (d *deployment) forget() {
	d.cmd = nil
	d.local.CloseIdleConnections()
	d.public.CloseIdleConnections()
}

// log is the end of what the node logged.
func (d *deployment) log() string {
	raw, _ := os.ReadFile(d.dir + ".log")
	return string(raw[max(0, len(raw)-2000):])
}

// An answer is what came back, with the problem it describes where it is one.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) ok() bool { return a.status == http.StatusOK }

func ask(c *http.Client, method, url string, body []byte) (answer, error) {
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	resp, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, raw}, err
}

// post sends a request to the node's socket.
func (d *deployment) post(path string, request any) (answer, error) {
	raw, err := jcs.Marshal(request)
	if err != nil {
		return answer{}, err
	}
	return ask(d.local, http.MethodPost, "http://node/api/v1"+path, raw)
}

// get reads from the node's socket.
func (d *deployment) get(path string) (answer, error) {
	return ask(d.local, http.MethodGet, "http://node/api/v1"+path, nil)
}

// read reads from the public listener.
func (d *deployment) read(path string) (answer, error) {
	return ask(d.public, http.MethodGet, "https://"+deployedHost+path, nil)
}

// open opens the node of a directory that nobody serves, in this process.
func (d *deployment) open() (*registry.Node, error) {
	unlock, err := keyring.IdentityFile(d.identity)
	if err != nil {
		return nil, err
	}
	return registry.Open(context.Background(), registry.Options{Dir: d.dir, Unlock: unlock})
}
