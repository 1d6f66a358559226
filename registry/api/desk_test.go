package api_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
)

// askWith asks for a path with one header more, from an address.
func askWith(h http.Handler, from, path, header, value string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = from
	r.Header.Set(header, value)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhatOneHasIsNotSentAgain(t *testing.T) {
	n := newNode(t)
	h := api.Public(n, quiet())
	for _, path := range []string{"/log/checkpoint", "/status/1", "/bundle", "/roster", "/directory", "/federation/list"} {
		tag := ask(h, http.MethodGet, path, "").Header().Get("ETag")
		if w := askWith(h, "192.0.2.1:1", path, "If-None-Match", tag); tag == "" || w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("%s with tag %s: %d, %d bytes", path, tag, w.Code, w.Body.Len())
		}
		if w := askWith(h, "192.0.2.1:1", path, "If-None-Match", `"another"`); w.Code != http.StatusOK {
			t.Errorf("%s with another tag: %d", path, w.Code)
		}
	}
	before := ask(h, http.MethodGet, "/status/1", "").Header().Get("ETag")
	w := ask(api.Local(n, quiet()), http.MethodPost, "/api/v1/authorisations/suspend",
		`{"authorisation":"NZ-AUT-000001","by":"Decider","grounds":{"reason":"a","basis":"b"},"without_hearing":"law"}`)
	must(t, statusOK(w))
	if w := askWith(h, "192.0.2.1:1", "/status/1", "If-None-Match", before); w.Code != http.StatusOK {
		t.Errorf("after a suspension the old token is still the newest: %d", w.Code)
	}
}

func statusOK(w *httptest.ResponseRecorder) error {
	if w.Code != http.StatusOK {
		return fmt.Errorf("%d %s", w.Code, w.Body)
	}
	return nil
}

// TestAKeptAnswerIsNoOlderThanTheLog: what was asked for before an act is made anew after it.
func TestAKeptAnswerIsNoOlderThanTheLog(t *testing.T) {
	n := newNode(t)
	h, local := api.Public(n, quiet()), api.Local(n, quiet())
	before := ask(h, http.MethodGet, "/directory", "").Body.String()
	must(t, statusOK(ask(local, http.MethodPost, "/api/v1/authorisations/revoke",
		`{"authorisation":"NZ-AUT-000001","by":"Decider","second":"Assessor","grounds":{"reason":"a","basis":"b"},"without_hearing":"law"}`)))
	must(t, n.Tick(t.Context()))
	if after := ask(h, http.MethodGet, "/directory", "").Body.String(); after == before {
		t.Error("the directory still lists who was revoked")
	}
}

func TestPartsOfFiles(t *testing.T) {
	n := newNode(t)
	h := api.Public(n, quiet())
	for _, path := range []string{"/bundle", fmt.Sprintf("/log/tile/entries/000.p/%d", n.LogHead().PublishedSize)} {
		whole := ask(h, http.MethodGet, path, "").Body.String()
		w := askWith(h, "192.0.2.1:1", path, "Range", "bytes=10-19")
		if w.Code != http.StatusPartialContent || w.Body.String() != whole[10:20] {
			t.Errorf("%s: %d, %q", path, w.Code, w.Body)
		}
		if w := askWith(h, "192.0.2.1:1", path, "Range", "bytes=99999999-"); w.Code != http.StatusRequestedRangeNotSatisfiable {
			t.Errorf("%s beyond its end: %d", path, w.Code)
		}
	}
}

// TestOneNetworkMayNotUseUpTheNode: what takes effort is refused to who asks too
// often, and to nobody else; what lies ready is refused to nobody.
func TestOneNetworkMayNotUseUpTheNode(t *testing.T) {
	h := api.Public(newNode(t), quiet())
	var shed *httptest.ResponseRecorder
	for range 2000 {
		if w := askWith(h, "192.0.2.1:1", "/mras/none", "Accept", "*/*"); w.Code == http.StatusServiceUnavailable {
			shed = w
			break
		}
	}
	if shed == nil {
		t.Fatal("never refused")
	}
	if p := problem(t, shed); p.Type != "urn:aeo:problem:busy" || shed.Header().Get("Retry-After") == "" {
		t.Errorf("%v %+v", shed.Header(), p)
	}
	w := askWith(h, "192.0.2.99:1", "/federation/fetch?sub=https://aeo.jp.example", "Accept", "*/*")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "temporarily_unavailable") || w.Header().Get("Retry-After") == "" {
		t.Errorf("in the form of OpenID Federation: %d %s", w.Code, w.Body)
	}
	if w := askWith(h, "198.51.100.1:1", "/mras/none", "Accept", "*/*"); w.Code != http.StatusNotFound {
		t.Errorf("another network: %d", w.Code)
	}
	for _, path := range []string{"/log/checkpoint", "/status/1", "/bundle", "/healthz"} {
		if w := askWith(h, "192.0.2.1:1", path, "Accept", "*/*"); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestNamesOfTheRequestAreNotBelieved: no header leads to another answer.
func TestNamesOfTheRequestAreNotBelieved(t *testing.T) {
	h := api.Public(newNode(t), quiet())
	for _, path := range []string{"/.well-known/jwt-vc-issuer", "/status", "/federation/list", "/nowhere", "/mras/none"} {
		want := ask(h, http.MethodGet, path, "").Body.String()
		for _, name := range []string{"Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For", "Forwarded", "X-Original-URL", "X-HTTP-Method-Override"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set(name, "evil.example/\r\nX: y")
			r.Host = "evil.example"
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Body.String() != want || w.Header().Get("Location") != "" {
				t.Errorf("%s with %s: %s", path, name, w.Body)
			}
		}
	}
}

// onWire starts both listeners of a node as they are served and returns how to reach them.
func onWire(t *testing.T, n *registry.Node) (public, local func() net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	socket, err := api.ListenSocket(t.TempDir())
	must(t, err)
	config, err := n.TLS()
	must(t, err)
	done := make(chan error, 1)
	ctx := t.Context()
	go func() {
		done <- api.Serve(ctx, n, api.Listeners{Public: l, TLS: config, Local: socket, Log: quiet()})
	}()
	t.Cleanup(func() { // the context has ended
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	dial := func(conn net.Conn, err error) net.Conn {
		t.Helper()
		must(t, err)
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	public = func() net.Conn {
		return dial(tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})) // its certificate is keyring's matter
	}
	return public, func() net.Conn { return dial(net.Dial("unix", socket.Addr().String())) }
}

// TestUnwantedRequestsAreCutOff: the answer comes at once, whatever is still to
// be sent, and then the connection ends.
func TestUnwantedRequestsAreCutOff(t *testing.T) {
	public, local := onWire(t, newNode(t))
	for name, c := range map[string]struct {
		dial    func() net.Conn
		request string
		status  int
	}{
		"a body where none is read":            {public, "GET /roster HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nx", 413},
		"a body to no such method":             {public, "POST /roster HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nx", 405},
		"a body in pieces without end":         {public, "POST /roster HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nxx", 405},
		"a body somebody waits to send":        {public, "PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n", 404},
		"headers without measure":              {public, "GET /roster HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 64<<10), 431},
		"no HTTP":                              {public, "EHLO x\r\n\r\n", 400},
		"no host":                              {public, "GET /roster HTTP/1.1\r\n\r\n", 400},
		"two lengths":                          {public, "GET /roster HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
		"an unknown coding":                    {public, "GET /roster HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
		"a command that is declared too large": {local, "POST /api/v1/operators HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n{", 413},
		"a command that grows too large": {local, "POST /api/v1/operators HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
			strings.Repeat("100000\r\n"+strings.Repeat(" ", 1<<20)+"\r\n", 9), 413},
	} {
		t.Run(name, func(t *testing.T) {
			conn := c.dial()
			go io.WriteString(conn, c.request)
			in := bufio.NewReader(conn)
			resp, err := http.ReadResponse(in, nil)
			must(t, err)
			if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != c.status {
				t.Errorf("%s, %v; want %d", resp.Status, err, c.status)
			}
			if _, err := in.ReadByte(); err == nil || !resp.Close {
				t.Errorf("the connection goes on: %v", err)
			}
		})
	}
}

func TestWhatTheProcessTellsItsOperator(t *testing.T) {
	public, local := onWire(t, newNode(t))
	io.WriteString(public(), "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
	send := func(path string) (*http.Response, []byte) {
		conn := local()
		io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		must(t, err)
		raw, err := io.ReadAll(resp.Body)
		must(t, err)
		return resp, raw
	}
	var s api.Stats
	for s.Refused == 0 {
		_, raw := send("/debug/stats")
		must(t, jcs.Unmarshal(raw, &s))
	}
	if s.Connections != 1 || s.Goroutines == 0 || s.HeapBytes == 0 {
		t.Errorf("%+v", s)
	}
	if resp, raw := send("/debug/pprof/goroutine?debug=1"); resp.StatusCode != http.StatusOK || !strings.Contains(string(raw), "goroutine profile") {
		t.Errorf("%s %.100s", resp.Status, raw)
	}
	conn := public()
	io.WriteString(conn, "GET /debug/stats HTTP/1.1\r\nHost: x\r\n\r\n")
	if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("to the world: %v, %v", resp, err)
	}
}
