package api_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
)

var start = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// newNode is New Zealand with one holder, released for publication.
func newNode(t testing.TB) *registry.Node {
	t.Helper()
	n, _ := newNodeIn(t)
	return n
}

// newNodeIn says also with what it was opened.
func newNodeIn(t testing.TB) (*registry.Node, registry.Options) {
	t.Helper()
	identity := filepath.Join(t.TempDir(), "identity.txt")
	must(t, keyring.CreateIdentity(identity))
	unlock, err := keyring.IdentityFile(identity)
	must(t, err)
	o := registry.Options{Dir: filepath.Join(t.TempDir(), "node"), Unlock: unlock, ListSize: statuslist.MinSize,
		Now: func() time.Time { return start }}
	must(t, registry.Create(o, "NZ", "", "https://aeo.nz.example"))
	n, err := registry.Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { n.Close() })
	local := api.Local(n, quiet())
	for _, step := range [][2]string{
		{"/operators", `{"legal_name":"Southern Orchards Ltd","natural":false,"identifiers":["NZ:ses:12345678A"],"names":[],"address":{"country":"NZ","locality":"","postcode":"","street":""},"by":"Desk"}`},
		{"/applications", `{"operator":"NZ:ses:12345678A","type":"SES","roles":["exporter"],"by":"Southern Orchards Ltd"}`},
		{"/applications/accept", `{"application":"NZ-APP-000001","by":"Desk"}`},
		{"/applications/assess", `{"application":"NZ-APP-000001","all_met":true,"by":"Assessor"}`},
		{"/applications/decide", `{"application":"NZ-APP-000001","grant":true,"by":"Decider"}`},
		{"/releases", `{"operator":"NZ-OP-000001","purpose":"publication","basis":"consent","by":"Desk"}`},
		{"/tick", `{}`},
	} {
		if w := ask(local, http.MethodPost, "/api/v1"+step[0], step[1]); w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", step[0], w.Code, w.Body)
		}
	}
	return n, o
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask puts one request to a handler. The path arrives as a server would read it
// from the wire, dots and all.
func ask(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://node/", io.NopCloser(strings.NewReader(body)))
	if u, err := url.ParseRequestURI(path); err == nil {
		r.RequestURI, r.URL = path, u
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	record(method, path, body, w)
	return w
}

// problem reads problem details strictly.
func problem(t testing.TB, w *httptest.ResponseRecorder) api.Problem {
	t.Helper()
	if media := w.Header().Get("Content-Type"); media != "application/problem+json" {
		t.Errorf("%d answered as %s: %s", w.Code, media, w.Body)
		return api.Problem{}
	}
	var p api.Problem
	if err := jcs.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Errorf("%s: %v", w.Body, err)
	}
	if p.Status != w.Code || p.Title == "" || !strings.HasPrefix(p.Type, api.ProblemPrefix) {
		t.Errorf("%d with problem %+v", w.Code, p)
	}
	return p
}

// secured checks what every answer carries.
func secured(t testing.TB, what string, w *httptest.ResponseRecorder) {
	t.Helper()
	for name, value := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy":   "default-src 'none'; frame-ancestors 'none'",
		"Strict-Transport-Security": "max-age=31536000",
	} {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s: %s is %q", what, name, got)
		}
	}
	if w.Header().Get("Cache-Control") == "" || w.Header().Get("Content-Type") == "" {
		t.Errorf("%s: no Cache-Control or Content-Type", what)
	}
}
