package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/api"
)

// What the node may have in memory beside what it had before strangers came,
// for each of their connections and in all.
const (
	memoryEach = 64 << 10
	memoryAll  = 192 << 20
)

// TestCampaignLoad lets idle, slow, oversized and malformed strangers come upon
// a node, with more than ten thousand connections at once in the campaign: some
// are cut off and rest before they come again. Clients go on reading and officers
// granting meanwhile: nothing but 503 is ever refused to them, memory stays
// bounded, and when the strangers are gone so is what they cost.
func TestCampaignLoad(t *testing.T) {
	if of := os.Getenv(strangersOf); of != "" {
		beStrangers(t, of)
		return
	}
	many, phase := 200, time.Second
	if campaign() {
		many, phase = scaled(t, "AEO_STRANGERS", 12_000), 15*time.Second
	}
	many = min(many, openFiles(t)-1000)
	d := deploy(t, buildBinary(t), t.TempDir())
	d.start()
	o, err := newClerk(d, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer o.file.Close()
	for range lifeOf { // so that there is something to read
		if err := o.act(); err != nil {
			t.Fatal(err)
		}
	}
	busy := d.readers(t, 16, 1000).during(phase) // what a border of the size of a continent asks
	t.Logf("figure http_reads %d reads of tokens, checkpoint, tiles and bundle at 1 000 a second: p50 %v, p99 %v", len(busy.took), busy.percentile(50), busy.percentile(99))
	before := d.readers(t, 8, 200).during(phase)
	quiet := d.usage(t)

	crowd := bring(t, d, many)
	acting, stopActing := context.WithCancel(t.Context())
	acts := make(chan int, 1)
	go func() { acts <- actUntil(acting, t, o) }()
	during := d.readers(t, 8, 200).during(2 * phase)
	stopActing()
	acted := <-acts
	most, full := d.usage(t), d.stats(t)
	met := crowd.leave()
	after := d.back(t, quiet)

	for name, r := range map[string]*readings{"a busy hour": busy, "before": before, "during": during} {
		for _, e := range r.other {
			t.Errorf("%s: %s", name, e)
		}
	}
	for _, e := range met.Unexpected {
		t.Errorf("a stranger: %s", e)
	}
	stats := d.stats(t)
	if stats.Failed != stats.Shed {
		t.Errorf("%d answers with status 5xx, only %d of them 503", stats.Failed, stats.Shed)
	}
	if acted == 0 || len(during.took) == 0 {
		t.Errorf("%d acts and %d reads meanwhile", acted, len(during.took))
	}
	if bound := quiet.peak + memoryAll + int64(many)*memoryEach; most.peak > bound {
		t.Errorf("the node took %d MiB, at most %d are fair", most.peak>>20, bound>>20)
	}
	if err := d.stop(); err != nil {
		t.Errorf("stop: %v\n%s", err, d.log())
	}
	t.Logf("figure load %d connections of strangers, %d at once; normal p50 %v before, %v during; p99 %v before, %v during; shed %d of %d (503), other errors %d; %d acts meanwhile; RSS max %d MiB, before %d MiB; files %d, then %d, after %d",
		many+met.Again, full.Connections, before.percentile(50), during.percentile(50), before.percentile(99), during.percentile(99),
		during.shed, len(during.took)+during.shed, len(during.other), acted, most.peak>>20, quiet.peak>>20, quiet.files, most.files, after.files)
}

// strangersOf has the address and the directory of a node in a process that is
// its strangers: they share neither threads nor a collector with whom is measured.
const strangersOf = "AEO_STRANGERS_OF"

// strangers are such a process.
type strangers struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.Closer
	out *bufio.Scanner
}

// met is what came of them.
type met struct {
	Again      int      `json:"again"` // connections made beyond the first of each
	Unexpected []string `json:"unexpected"`
}

// bring starts so many strangers and returns when all have connected.
func bring(t testing.TB, d *deployment, many int) *strangers {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &strangers{t: t, cmd: exec.Command(self, "-test.run=^TestCampaignLoad$", "-test.v=false")}
	s.cmd.Env = append(os.Environ(), strangersOf+"="+d.address+" "+d.dir, "AEO_STRANGERS="+strconv.Itoa(many))
	s.cmd.Stderr = os.Stderr
	in, errIn := s.cmd.StdinPipe()
	out, errOut := s.cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, s.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	})
	s.in, s.out = in, bufio.NewScanner(out)
	s.read("arrived")
	return s
}

// read is what follows a word on a line of the strangers.
func (s *strangers) read(word string) string {
	s.t.Helper()
	for s.out.Scan() {
		if rest, ok := strings.CutPrefix(s.out.Text(), word); ok {
			return rest
		}
	}
	s.t.Fatalf("the strangers end before they say %q", word)
	return ""
}

func (s *strangers) leave() (m met) {
	s.t.Helper()
	if err := s.in.Close(); err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(s.read("met ")), &m); err != nil {
		s.t.Fatal(err)
	}
	return m
}

// beStrangers is what such a process does until its input ends.
func beStrangers(t *testing.T, of string) {
	openFiles(t)
	address, dir, _ := strings.Cut(of, " ")
	d := &deployment{t: t, dir: dir, address: address}
	d.connect()
	c := d.attack(t, scaled(t, "AEO_STRANGERS", 1))
	fmt.Println("arrived")
	_, _ = io.Copy(io.Discard, os.Stdin)
	c.leave()
	raw, err := json.Marshal(met{int(c.again.Load()), c.unexpected})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("met %s\n", raw)
}

// openFiles raises how many files this process may open as far as it goes.
func openFiles(t testing.TB) int {
	t.Helper()
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	files.Cur = files.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		t.Logf("open files stay at what they are: %v", err)
	}
	return int(min(files.Cur, 1<<20))
}

func actUntil(ctx context.Context, t *testing.T, c *clerk) (acts int) {
	for ctx.Err() == nil {
		if err := c.act(); err != nil {
			t.Errorf("an officer: %v", err)
			return acts
		}
		acts++
	}
	return acts
}

// usage is what a node takes of the machine.
type usage struct {
	rss, peak int64 // bytes
	files     int
}

func (d *deployment) usage(t testing.TB) (u usage) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return u
	}
	proc := filepath.Join("/proc", strconv.Itoa(d.cmd.Process.Pid))
	raw, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			u.peak = kib << 10
		} else if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			u.rss = kib << 10
		}
	}
	files, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	u.files = len(files)
	return u
}

func (d *deployment) stats(t testing.TB) (s api.Stats) {
	t.Helper()
	a, err := ask(d.local, http.MethodGet, "http://node/debug/stats", nil)
	if err == nil && a.ok() {
		err = jcs.UnmarshalOpen(a.body, &s)
	}
	if err != nil || !a.ok() {
		t.Fatalf("stats: status %d, %v", a.status, err)
	}
	return s
}

// back waits until connections of strangers are closed and the files are few again.
func (d *deployment) back(t testing.TB, before usage) (u usage) {
	t.Helper()
	const slack = 32 // of the ledger, which goes on
	for range 900 {
		if u = d.usage(t); u.files <= before.files+slack && d.stats(t).Connections <= slack {
			return u
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("%d files stay open, %d were: %+v", u.files, before.files, d.stats(t))
	return u
}

// readings are what came of reading.
type readings struct {
	mu    sync.Mutex
	took  []time.Duration // of good answers, from when the request was due
	shed  int
	other []string // any other answer, or none
}

func (r *readings) percentile(p int) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	slices.Sort(r.took)
	return r.took[min(len(r.took)-1, len(r.took)*p/100)].Round(10 * time.Microsecond)
}

func (r *readings) add(took time.Duration, a answer, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		r.other = append(r.other, err.Error())
	case a.status == http.StatusServiceUnavailable:
		r.shed++
	case a.status != http.StatusOK && a.status != http.StatusNotModified:
		r.other = append(r.other, fmt.Sprintf("status %d: %.200s", a.status, a.body))
	default:
		r.took = append(r.took, took)
	}
}

// readers are normal clients: each keeps its connection and reads at a pace.
type readers struct {
	d       *deployment
	t       testing.TB
	clients int
	rate    int // requests a second of all
}

func (d *deployment) readers(t testing.TB, clients, rate int) *readers {
	return &readers{d, t, clients, rate}
}

// during reads for so long. A request that is answered late makes those behind
// it late, too, and that counts: each has a time at which it is due.
func (r *readers) during(phase time.Duration) *readings {
	out := new(readings)
	paths := r.paths()
	var group sync.WaitGroup
	every := time.Second * time.Duration(r.clients) / time.Duration(r.rate)
	begin := time.Now()
	for i := range r.clients {
		group.Go(func() {
			client := r.d.stranger("127.0.0.1")
			defer client.CloseIdleConnections()
			due := begin.Add(every * time.Duration(i) / time.Duration(r.clients))
			for n := i; due.Before(begin.Add(phase)); n, due = n+1, due.Add(every) {
				time.Sleep(time.Until(due))
				a, err := ask(client, http.MethodGet, "https://"+deployedHost+paths[n%len(paths)], nil)
				out.add(time.Since(due), a, err)
			}
		})
	}
	group.Wait()
	return out
}

// paths are what a verifier and a partner read.
func (r *readers) paths() []string {
	a, err := r.d.read("/log/checkpoint")
	lines := strings.Split(string(a.body), "\n")
	if err != nil || len(lines) < 2 {
		r.t.Fatalf("checkpoint: %v %s", err, a.body)
	}
	size, err := strconv.Atoi(lines[1])
	if err != nil {
		r.t.Fatal(err)
	}
	tile := fmt.Sprintf("/log/tile/entries/000.p/%d", size)
	if size >= 256 {
		tile = "/log/tile/entries/000"
	}
	return []string{"/status/1", "/log/checkpoint", "/status/2", tile, "/bundle", "/roster", "/.well-known/openid-federation", "/healthz"}
}

// tls is how the node's listener is spoken to.
func (d *deployment) tls() *tls.Config {
	return d.public.Transport.(*http.Transport).TLSClientConfig.Clone()
}

// dial connects to the public listener from an address of this machine: Linux has all of 127/8.
func (d *deployment) dial(ctx context.Context, from string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 30 * time.Second}
	if runtime.GOOS == "linux" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	return dialer.DialContext(ctx, "tcp", d.address)
}

// stranger is a client with connections of its own.
func (d *deployment) stranger(from string) *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig: d.tls(),
		DialContext:     func(ctx context.Context, _, _ string) (net.Conn, error) { return d.dial(ctx, from) },
	}}
}

// A crowd is strangers who hold connections until they leave.
type crowd struct {
	d     *deployment
	ctx   context.Context
	leave func()
	again atomic.Int64 // connections made beyond the first of each

	mu         sync.Mutex
	unexpected []string
}

// strange is what strangers do with a connection, and the statuses it may be
// answered with. Of a hundred strangers so many do it.
var strange = []struct {
	name    string
	percent int
	do      func(ctx context.Context, conn net.Conn) (status int)
}{
	{"keeps a connection", 60, func(_ context.Context, conn net.Conn) int {
		return hold(conn, "GET /log/checkpoint HTTP/1.1\r\nHost: x\r\n\r\n")
	}},
	{"never asks", 10, func(_ context.Context, conn net.Conn) int { return hold(conn, "") }},
	{"dribbles a header", 15, func(ctx context.Context, conn net.Conn) int {
		for _, b := range []byte("GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 1000)) {
			if _, err := conn.Write([]byte{b}); err != nil || !rest(ctx, time.Second/2) {
				return 0
			}
		}
		return 0
	}},
	{"reads slowly", 9, func(ctx context.Context, conn net.Conn) int {
		io.WriteString(conn, "GET /bundle HTTP/1.1\r\nHost: x\r\n\r\n")
		for n, b := 1, make([]byte, 1); n > 0 && rest(ctx, time.Second); {
			n, _ = conn.Read(b)
		}
		return 0
	}},
	{"has an endless header", 3, func(_ context.Context, conn net.Conn) int {
		return say(conn, "GET / HTTP/1.1\r\nX: "+strings.Repeat("x", 40<<10))
	}},
	{"sends what nobody wants", 2, func(_ context.Context, conn net.Conn) int {
		return say(conn, "POST /roster HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"+strings.Repeat("x", 4<<10))
	}},
	{"speaks another protocol", 1, func(_ context.Context, conn net.Conn) int { return say(conn, "EHLO x\r\nQUIT\r\n\r\n") }},
}

// refusals are the answers to strangers that are no fault of the node.
var refusals = []int{0, http.StatusOK, http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge,
	http.StatusRequestHeaderFieldsTooLarge, http.StatusServiceUnavailable}

// attack brings so many strangers from forty networks and returns when all have connected.
func (d *deployment) attack(t testing.TB, many int) *crowd {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &crowd{d: d, ctx: ctx}
	var group, arrived sync.WaitGroup
	c.leave = func() { cancel(); group.Wait() }
	t.Cleanup(c.leave)
	places := make(chan struct{}, 64) // handshakes at once: all else is the machine's own queue
	for i := range many {
		share, kind := i*37%100, 0
		for share >= strange[kind].percent {
			share, kind = share-strange[kind].percent, kind+1
		}
		arrived.Add(1)
		group.Go(func() { c.visit(fmt.Sprintf("127.%d.%d.%d", 66+kind, i%40, 1+i/40%250), kind, places, arrived.Done) })
	}
	arrived.Wait()
	return c
}

// visit comes back whenever its connection ends.
func (c *crowd) visit(from string, kind int, places chan struct{}, arrived func()) {
	once := sync.OnceFunc(arrived)
	defer once()
	for first := true; c.ctx.Err() == nil; first = false {
		if !first {
			c.again.Add(1)
		}
		places <- struct{}{}
		conn, err := c.dial(from)
		<-places
		once()
		if err == nil {
			gone := context.AfterFunc(c.ctx, func() { conn.Close() })
			status := strange[kind].do(c.ctx, conn)
			gone()
			conn.Close()
			if c.ctx.Err() == nil && !slices.Contains(refusals, status) {
				c.complain(fmt.Sprintf("%s: status %d", strange[kind].name, status))
			}
		} else if c.ctx.Err() == nil && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
			c.complain(err.Error())
		}
		rest(c.ctx, 5*time.Second)
	}
}

func (c *crowd) complain(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.unexpected) < 20 {
		c.unexpected = append(c.unexpected, what)
	}
}

func (c *crowd) dial(from string) (net.Conn, error) {
	conn, err := c.d.dial(c.ctx, from)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(4 << 10)
	}
	secured := tls.Client(conn, c.d.tls())
	if err := secured.HandshakeContext(c.ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secured, nil
}

// rest is false when the context ends first.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// hold asks once, if at all, and keeps the connection until the node ends it.
func hold(conn net.Conn, request string) (status int) {
	if request != "" {
		if status = say(conn, request); status == 0 {
			return 0
		}
	}
	_, _ = io.Copy(io.Discard, conn)
	return status
}

// say sends a request and returns the status of the answer; 0 for none.
func say(conn net.Conn, request string) int {
	go io.WriteString(conn, request) // it may be cut off while it speaks
	head := make([]byte, len("HTTP/1.1 200"))
	if _, err := io.ReadFull(conn, head); err != nil {
		return 0
	}
	status, err := strconv.Atoi(string(head[9:]))
	if err != nil {
		return -1
	}
	return status
}
