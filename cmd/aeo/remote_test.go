package main

import (
	"bytes"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// someToken has the form of a token, and is nobody's.
var someToken = "aeo_" + strings.Repeat("A", 43)

// A node on the network is spoken to with the token of who is logged in, over TLS
// that was checked; lists are followed to their end.
func TestVerbsSpeakToANodeOnTheNetwork(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+someToken:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"detail":"who is asking?","status":401,"title":"Log in","type":"urn:aeo:problem:unauthenticated"}`))
		case r.URL.Path == "/api/v1/operators/elsewhere":
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
		case r.URL.Query().Get("cursor") == "":
			_, _ = w.Write([]byte(`{"items":[{"case":"NZ-OP-000001"}],"next":"more"}`))
		default:
			_, _ = w.Write([]byte(`{"items":[{"case":"NZ-OP-000002"}]}`))
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	ca, token, none := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "token"), filepath.Join(dir, "none")
	for name, content := range map[string][]byte{ca: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), token: []byte(someToken + "\n"), none: []byte("secret\n")} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(token string, args ...string) (string, string, int) {
		var out, errs bytes.Buffer
		a := &app{in: strings.NewReader(""), out: &out, err: &errs, now: time.Now, env: func(name string) string {
			return map[string]string{"AEO_TOKEN_FILE": token}[name]
		}}
		code := run(args, a)
		return out.String(), errs.String(), code
	}
	for _, c := range []struct {
		what, token, says string
		args              []string
		code              int
	}{
		{"a list to its end", token, "NZ-OP-000002", []string{"operator", "list", "--node", server.URL, "--node-ca", ca}, exitOK},
		{"as many as wanted", token, "NZ-OP-000001", []string{"operator", "list", "--limit", "1", "--node", server.URL, "--node-ca", ca}, exitOK},
		{"nobody logged in", filepath.Join(dir, "missing"), "who is asking?", []string{"operator", "list", "--node", server.URL, "--node-ca", ca}, exitNotAllowed},
		{"a certificate of nobody we know", token, "certificate", []string{"operator", "list", "--node", server.URL}, exitUsage},
		{"roots that are none", token, "no certificate", []string{"operator", "list", "--node", server.URL, "--node-ca", none}, exitFile},
		{"in clear", token, "want https://", []string{"operator", "list", "--node", "http://aeo.example"}, exitUsage},
		{"somewhere else", token, "status 302", []string{"operator", "show", "elsewhere", "--node", server.URL, "--node-ca", ca}, exitInternal},
	} {
		out, errs, code := run(c.token, c.args...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("%s: exit %d, want %d with %q: %s%s", c.what, code, c.code, c.says, out, errs)
		}
		if c.what == "as many as wanted" && strings.Contains(out, "000002") {
			t.Errorf("%s: %s", c.what, out)
		}
	}
}
