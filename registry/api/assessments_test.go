package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/files"
)

func evidence(pairs ...string) string {
	q := url.Values{"application": {"NZ-APP-000001"}, "title": {"seal log"}, "by": {"J. Tamihana"}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/api/v1/applications/evidence?" + q.Encode()
}

func TestAFileOfEvidenceOverTheAPI(t *testing.T) {
	n := newNode(t)
	h := api.Local(n, quiet())
	const log = "seal,date\n1,2026-01-05\n"
	for range 2 { // the second is the first asked again
		w := askBound(h, http.MethodPost, evidence("criterion", "G-2"), log, "Idempotency-Key", "k-1")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"media_type":"text/csv"`) || w.Header().Get("ETag") == "" && w.Header().Get("Idempotency-Replayed") == "" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	digest := strings.Split(ask(h, http.MethodGet, "/api/v1/applications/NZ-APP-000001/assessment", "").Body.String(), `"sha256":"`)[1][:64]
	for name, c := range map[string]struct {
		path, body string
		status     int
	}{
		"another file under the same key":    {evidence("criterion", "G-2"), "seal,date\n2,2026-01-05\n", http.StatusUnprocessableEntity},
		"a member that describes no file":    {evidence("file", "seal.csv"), "x", http.StatusUnprocessableEntity},
		"a page":                             {evidence(), "<html>", http.StatusUnprocessableEntity},
		"nothing":                            {evidence(), "", http.StatusUnprocessableEntity},
		"more than a file may have":          {evidence(), strings.Repeat("x", files.MaxFile+2), http.StatusRequestEntityTooLarge},
		"a title that turns the text around": {evidence("title", "gol\u202efdp"), "x", http.StatusUnprocessableEntity},
	} {
		if w := askBound(h, http.MethodPost, c.path, c.body, "Idempotency-Key", "k-1"); w.Code != c.status {
			t.Errorf("%s: %d %.300s", name, w.Code, w.Body)
		}
	}
	w := ask(h, http.MethodPost, "/api/v1/applications/evidence/read", `{"application":"NZ-APP-000001","sha256":"`+digest+`","by":"Assessor","purpose":"validation"}`)
	if w.Code != http.StatusOK || w.Body.String() != log || w.Header().Get("Content-Type") != "text/csv" ||
		!strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := ask(h, http.MethodPost, "/api/v1/applications/evidence/read", `{"application":"NZ-APP-000001","sha256":"`+strings.Repeat("0", 64)+`","by":"Assessor"}`); w.Code != http.StatusNotFound {
		t.Errorf("a file nobody has: %d %s", w.Code, w.Body)
	}
	if w := ask(h, http.MethodGet, "/api/v1/evidence/check", ""); !strings.Contains(w.Body.String(), `"files":1`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
