package api_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry/api"
)

// client speaks to a node over its socket.
func client(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
}

func TestServeAnswersAndStops(t *testing.T) {
	n := newNode(t)
	dir := t.TempDir()
	local, err := api.ListenSocket(dir)
	must(t, err)
	public, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	config, err := n.TLS()
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- api.Serve(ctx, n, api.Listeners{Public: public, TLS: config, Local: local, Log: quiet()})
	}()

	socket, err := api.SocketPath(dir)
	must(t, err)
	c := client(socket)
	resp, err := c.Get("http://node/api/v1/node")
	must(t, err)
	if raw, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(raw), `"NZ"`) {
		t.Errorf("over the socket: %d %s %v", resp.StatusCode, raw, err)
	}
	resp.Body.Close()
	world := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // the certificate is keyring's matter
	resp, err = world.Get("https://" + public.Addr().String() + "/roster")
	must(t, err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.TLS.Version != tls.VersionTLS13 {
		t.Errorf("in public: %d under TLS %x", resp.StatusCode, resp.TLS.Version)
	}
	if resp, err := http.Get("http://" + public.Addr().String() + "/roster"); err == nil {
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			t.Error("the public listener answers without TLS")
		}
	}

	cancel()
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
	if _, err := c.Get("http://node/api/v1/node"); err == nil {
		t.Error("it still answers")
	}
	if err := n.Healthy(); err != nil {
		t.Errorf("the node was closed: %v", err)
	}
}

func TestServeEndsWhenAListenerFails(t *testing.T) {
	n := newNode(t)
	local, err := api.ListenSocket(t.TempDir())
	must(t, err)
	public, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, public.Close())
	config, err := n.TLS()
	must(t, err)
	if err := api.Serve(t.Context(), n, api.Listeners{Public: public, TLS: config, Local: local, Log: quiet()}); err == nil {
		t.Error("it served without a listener")
	}
}

func TestSocket(t *testing.T) {
	run := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", run)
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	must(t, os.Mkdir(long, 0o700))
	for name, dir := range map[string]string{"beside the node": t.TempDir(), "where the path is too long": long} {
		for range 2 { // the second time over what the first left behind
			l, err := api.ListenSocket(dir)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			path, err := api.SocketPath(dir)
			must(t, err)
			if elsewhere := strings.HasPrefix(path, run); elsewhere != (dir == long) || len(path) > 104 {
				t.Errorf("%s: %s", name, path)
			}
			if s, err := os.Stat(path); err != nil || s.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode %v, %v", name, s.Mode(), err)
			}
			conn, err := net.Dial("unix", path)
			must(t, err)
			conn.Close()
			must(t, l.Close())
		}
	}
	if left, err := os.ReadDir(run); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	must(t, os.WriteFile(filepath.Join(long, "aeo.sock.path"), []byte(strings.Repeat("y", 200)), 0o600))
	if path, err := api.SocketPath(long); err == nil {
		t.Errorf("a pointer of 200 bytes names %s", path)
	}
}
