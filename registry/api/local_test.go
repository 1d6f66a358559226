package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
)

func TestLocalReading(t *testing.T) {
	h := api.Local(newNode(t), quiet())
	for path, holds := range map[string]string{
		"/node": `"territory":"NZ"`, "/keys": `"role":"issuer"`, "/anchor": `"aeo.anchor/1"`,
		"/operators": "Southern Orchards Ltd", "/operators/NZ-OP-000001": "NZ:ses:12345678A", "/operators/NZ:ses:12345678A": "NZ-OP-000001",
		"/operators/NZ%3Ases%3A12345678A": "NZ-OP-000001",
		"/applications":                   "decided_grant", "/applications/NZ-APP-000001": "decided_grant",
		"/authorisations": `"effective"`, "/authorisations/NZ-AUT-000001": `"effective"`,
		"/authorisations/NZ-AUT-000001/credential":               "~",
		"/authorisations/NZ-AUT-000001/credential?receipts=none": "~",
		"/party": "aeo.nz.example", "/mras": `"items":[]`, "/mras/negotiations": `"items":[]`, "/programmes/NZ": `"aeo.programme/1"`, "/peers": `"items":[]`, "/bundle": "PK",
		"/log/head": `"origin":"aeo.nz.example/log"`, "/log/entries": `"genesis"`, "/log/entries?from=0&to=1": `"genesis"`, "/log/proof?index=0": `"checkpoint"`,
	} {
		w := ask(h, http.MethodGet, "/api/v1"+path, "")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), holds) {
			t.Errorf("%s: %d without %s: %.300s", path, w.Code, holds, w.Body)
		}
		secured(t, path, w)
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached", path)
		}
		if head := ask(h, http.MethodHead, "/api/v1"+path, ""); head.Code != http.StatusOK {
			t.Errorf("HEAD %s: %d", path, head.Code)
		}
	}
}

// commands are all paths a command is posted to.
var commands = []string{
	"/tick", "/operators", "/releases", "/applications", "/applications/accept", "/applications/assess", "/applications/decide",
	"/applications/withdraw", "/authorisations/suspend", "/authorisations/confirm", "/authorisations/renew", "/authorisations/reinstate", "/authorisations/revoke", "/authorisations/annul",
	"/monitoring/plan", "/monitoring/report", "/monitoring/acknowledge", "/monitoring/reassess", "/monitoring/check", "/monitoring/action",
	"/authorisations/withdraw", "/authorisations/amend", "/credentials", "/mras/sign", "/mras/notices", "/mras", "/mras/negotiations", "/mras/negotiations/drop", "/mras/negotiations/propose", "/peers", "/peers/sync",
	"/peers/remove", "/bundle", "/verify",
}

func TestLocalCommandsAreStrict(t *testing.T) {
	n := newNode(t)
	h := api.Local(n, quiet())
	before := n.LogHead().Size
	large := `{"by":"` + strings.Repeat("x", 8<<20) + `"}`
	for _, path := range commands {
		for what, body := range map[string]string{
			"an unknown member": `{"loud":true}`, "a member twice": `{"by":"x","by":"y"}`, "no JSON": `{`, "nothing": ``,
			"something behind it": `{} {}`, "a list": `[]`,
		} {
			w := ask(h, http.MethodPost, "/api/v1"+path, body)
			if p := problem(t, w); w.Code != http.StatusUnprocessableEntity || p.Type != "urn:aeo:problem:invalid" {
				t.Errorf("%s with %s: %d %s", path, what, w.Code, w.Body)
			}
		}
		w := ask(h, http.MethodPost, "/api/v1"+path, large)
		if p := problem(t, w); w.Code != http.StatusRequestEntityTooLarge || p.Type != "urn:aeo:problem:too-large" {
			t.Errorf("%s with too much: %d %.200s", path, w.Code, w.Body)
		}
		secured(t, path, w)
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
			w := ask(h, method, "/api/v1"+path, "{}")
			if problem(t, w); w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Header().Get("Allow"), http.MethodPost) {
				t.Errorf("%s %s: %d, Allow %q", method, path, w.Code, w.Header().Get("Allow"))
			}
			secured(t, method+" "+path, w)
		}
	}
	if n.LogHead().Size != before {
		t.Error("a refused command reached the log")
	}
}

func TestLocalProblems(t *testing.T) {
	h := api.Local(newNode(t), quiet())
	for _, c := range []struct {
		method, path, body string
		status             int
		name               string
	}{
		{"GET", "/nowhere", "", 404, "not-found"},
		{"GET", "/operators/", "", 400, "path"},
		{"GET", "/operators/NZ-OP-000009", "", 404, "not-found"},
		{"GET", "/applications/accept", "", 404, "not-found"},
		{"GET", "/authorisations/NZ-AUT-000009/credential", "", 404, "not-found"},
		{"GET", "/authorisations/NZ-AUT-000001/credential?preset=loud", "", 422, "invalid"},
		{"GET", "/authorisations/NZ-AUT-000001/credential?component=AEOS", "", 404, "not-found"},
		{"GET", "/log/entries?from=x", "", 422, "invalid"},
		{"GET", "/log/entries?from=9&to=3", "", 422, "invalid"},
		{"GET", "/log/proof", "", 404, "not-found"},
		{"GET", "/log/proof?index=0&size=1", "", 422, "invalid"},
		{"GET", "/mras/JP-NZ", "", 404, "not-found"},
		{"POST", "/peers/sync", `{"peer":"JP"}`, 404, "not-found"},
		{"POST", "/authorisations/revoke", `{"authorisation":"NZ-AUT-000001","by":"Decider","grounds":{"reason":"a","basis":"b"},"without_hearing":"law"}`, 403, "not-allowed"},
		{"POST", "/authorisations/reinstate", `{"authorisation":"NZ-AUT-000001","by":"Decider"}`, 409, "conflict"},
		{"POST", "/applications/accept", `{"application":"NZ-APP-000001","by":"Desk"}`, 409, "conflict"},
		{"POST", "/bundle", `{"history_days":-1}`, 422, "invalid"},
	} {
		w := ask(h, c.method, "/api/v1"+c.path, c.body)
		if p := problem(t, w); w.Code != c.status || p.Type != api.ProblemPrefix+c.name {
			t.Errorf("%s %s: %d %s, want %d %s", c.method, c.path, w.Code, p.Type, c.status, c.name)
		}
		secured(t, c.path, w)
	}
	if w := ask(h, http.MethodGet, "/roster", ""); w.Code != http.StatusNotFound {
		t.Errorf("outside /api/v1: %d", w.Code)
	}
}

func TestLocalDryRunsAnswerAsTheCommandWould(t *testing.T) {
	n := newNode(t)
	h := api.Local(n, quiet())
	before := n.LogHead().Size
	w := ask(h, http.MethodPost, "/api/v1/authorisations/suspend",
		`{"authorisation":"NZ-AUT-000001","by":"Decider","grounds":{"reason":"a","basis":"b"},"without_hearing":"law","dry_run":true}`)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"suspended"`) || n.LogHead().Size != before {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var s registry.NodeStatus
	if err := jcs.Unmarshal(ask(h, http.MethodPost, "/api/v1/tick", "{}").Body.Bytes(), &s); err != nil || s.PublishedSize != s.LogSize {
		t.Errorf("after a tick: %+v, %v", s, err)
	}
}
