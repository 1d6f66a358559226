package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aeo-registry/aeo/registry/api"
)

// askBound is ask with headers, in pairs.
func askBound(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	record(method, path, body, w)
	return w
}

func TestARequestWithAKeyIsCarriedOutOnce(t *testing.T) {
	n := newNode(t)
	h := api.Local(n, quiet())
	suspend := `{"authorisation":"NZ-AUT-000001","by":"Decider","grounds":{"reason":"a","basis":"b"},"without_hearing":"law"}`
	before := n.LogHead().Size
	var sent sync.WaitGroup
	replayed := make([]string, 8)
	for i := range replayed {
		sent.Go(func() {
			w := askBound(h, "POST", "/api/v1/authorisations/suspend", suspend, "Idempotency-Key", "k-1")
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"suspended"`) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			replayed[i] = w.Header().Get("Idempotency-Replayed")
		})
	}
	sent.Wait()
	if got := strings.Count(strings.Join(replayed, ","), "true"); got != len(replayed)-1 {
		t.Errorf("%d of %d were replayed", got, len(replayed))
	}
	size := n.LogHead().Size
	if size == before {
		t.Error("nothing was written")
	}
	ask(h, "POST", "/api/v1/log/rebuild", "{}")
	for _, c := range []struct {
		path, body, key string
		status          int
		name            string
	}{
		{"/authorisations/suspend", suspend, "k-1", 200, ""},
		{"/authorisations/suspend", strings.Replace(suspend, `"a"`, `"z"`, 1), "k-1", 422, "key-reused"},
		{"/authorisations/reinstate", `{"authorisation":"NZ-AUT-000001","by":"Decider"}`, "k-1", 422, "key-reused"},
		{"/authorisations/suspend", suspend, "k-2", 409, "conflict"},
		{"/authorisations/suspend", suspend, strings.Repeat("k", 129), 422, "invalid"},
		{"/authorisations/suspend", suspend, "k 1", 422, "invalid"},
		{"/authorisations/suspend", suspend, "", 422, "invalid"},
	} {
		w := askBound(h, "POST", "/api/v1"+c.path, c.body, "Idempotency-Key", c.key)
		if w.Code != c.status || c.name != "" && problem(t, w).Type != api.ProblemPrefix+c.name {
			t.Errorf("%s with %.20q: %d %s", c.path, c.key, w.Code, w.Body)
		}
	}
	if n.LogHead().Size != size {
		t.Error("a repeated request reached the log")
	}
}

func TestADryRunTakesNoKey(t *testing.T) {
	h := api.Local(newNode(t), quiet())
	body := `{"authorisation":"NZ-AUT-000001","by":"Decider","grounds":{"reason":"a","basis":"b"},"without_hearing":"law"%s}`
	for _, dry := range []string{`,"dry_run":true`, ``} {
		w := askBound(h, "POST", "/api/v1/authorisations/suspend", fmt.Sprintf(body, dry), "Idempotency-Key", "k-1")
		if w.Code != http.StatusOK || w.Header().Get("Idempotency-Replayed") != "" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

func TestOneOfTwoOfficersWhoActAtOnceIsToldWhoWasFirst(t *testing.T) {
	n := newNode(t)
	h := api.Local(n, quiet())
	seen := askBound(h, "GET", "/api/v1/authorisations/NZ-AUT-000001", "").Header().Get("ETag")
	if seen == "" {
		t.Fatal("a case without an ETag")
	}
	act := []string{
		`/authorisations/suspend {"authorisation":"NZ-AUT-000001","by":"Mere","grounds":{"reason":"a","basis":"b"},"without_hearing":"law"}`,
		`/authorisations/amend {"authorisation":"NZ-AUT-000001","by":"Tane","roles":["exporter"],"scope_text":"fruit","grounds":{"reason":"a","basis":"b"},"without_hearing":"law"}`,
	}
	answers := make([]*httptest.ResponseRecorder, len(act))
	var officers sync.WaitGroup
	for i, a := range act {
		officers.Go(func() {
			path, body, _ := strings.Cut(a, " ")
			answers[i] = askBound(h, "POST", "/api/v1"+path, body, "If-Match", seen)
		})
	}
	officers.Wait()
	won, lost := answers[0], answers[1]
	first := "Mere"
	if won.Code != http.StatusOK {
		won, lost, first = lost, won, "Tane"
	}
	if won.Code != http.StatusOK || lost.Code != http.StatusPreconditionFailed {
		if !strings.Contains(lost.Body.String(), "suspended: reinstate") { // Amend looks before it locks
			t.Fatalf("%d %s\n%d %s", won.Code, won.Body, lost.Code, lost.Body)
		}
	} else if p := problem(t, lost); p.Type != "urn:aeo:problem:stale" || len(p.Changes) == 0 || p.Changes[0].Actor != first {
		t.Errorf("%+v", p)
	}
	now := askBound(h, "GET", "/api/v1/authorisations/NZ-AUT-000001", "").Header().Get("ETag")
	if now == seen {
		t.Errorf("it changed and its tag is %s as before", now)
	}
	if tag := won.Header().Get("ETag"); tag != now {
		t.Errorf("the answer's tag is %s, the case's %s", tag, now)
	}
}

func TestTagsThatCannotBeMatched(t *testing.T) {
	h := api.Local(newNode(t), quiet())
	suspend := `{"authorisation":"NZ-AUT-000001","by":"Decider","grounds":{"reason":"a","basis":"b"},"without_hearing":"law"}`
	for _, c := range []struct {
		path, body, tag string
		status          int
	}{
		{"/authorisations/suspend", suspend, `*`, 422}, {"/authorisations/suspend", suspend, `W/"1"`, 422},
		{"/authorisations/suspend", suspend, `"1","2"`, 422}, {"/authorisations/suspend", suspend, `"1"`, 412},
		{"/authorisations/suspend", suspend, `"no number"`, 422}, {"/authorisations/suspend", suspend, `"x"`, 412},
		{"/tick", `{}`, `"1"`, 422},
	} {
		w := askBound(h, "POST", "/api/v1"+c.path, c.body, "If-Match", c.tag)
		if w.Code != c.status {
			t.Errorf("%s with %s: %d %s", c.path, c.tag, w.Code, w.Body)
		}
	}
}

// An act on a case that changed since it was read is told so, whatever the kind of case.
func TestAnActOnAnApplicationThatChangedIsStale(t *testing.T) {
	n := newNode(t)
	h := api.Local(n, quiet())
	seen := askBound(h, "GET", "/api/v1/applications/NZ-APP-000001", "").Header().Get("ETag")
	serve := `{"application":"NZ-APP-000001","channel":"portal","by":"Mere"}`
	if got := askBound(h, "POST", "/api/v1/applications/serve", serve, "If-Match", seen); got.Code != http.StatusOK {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
	appeal := `{"application":"NZ-APP-000001","body":"court","reference":"1","by":"Tane"}`
	late := askBound(h, "POST", "/api/v1/applications/appeal", appeal, "If-Match", seen)
	if p := problem(t, late); late.Code != http.StatusPreconditionFailed || p.Type != "urn:aeo:problem:stale" || len(p.Changes) != 1 || p.Changes[0].Actor != "Mere" {
		t.Errorf("%d %+v", late.Code, p)
	}
}
