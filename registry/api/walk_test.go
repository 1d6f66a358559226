package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/api"
)

// rests is what a register of before brings along, and a suspension with time to
// mend what is lacking.
func (w *walker) rests(day time.Duration) {
	grounds := func(reason string) body { return body{"reason": reason, "basis": "DA Art. 16"} }
	report := w.together("dora", "emil", "/imports", body{"register": "old", "format": "csv", "file": []byte(
		"identifiers,legal_name,reference,authorisation_type,roles,granted_on\nDE5678901,Elbe Spedition GmbH,R-1,AEOC,exporter,2020-03-02\n")})
	if r := report["result"].(map[string]any); r["imported"] != float64(1) {
		w.t.Fatalf("%v", report)
	}
	aut := report["result"].(map[string]any)["rows"].([]any)[0].(map[string]any)["authorisation"].(string)
	of := func(more body) body {
		more["authorisation"] = aut
		return more
	}
	w.passes(day)
	w.does("desk", "/authorisations/decisions", of(body{"id": "CGU-1", "kind": "guarantee_waiver", "authority": "Hauptzollamt Kiel"}))
	w.does("dora", "/authorisations/suspend", of(body{"ground": "remedy", "grounds": grounds("records"), "without_hearing": "DA Art. 10"}))
	w.does("desk", "/authorisations/serve", of(body{"channel": "portal", "received_at": w.now.Unix()}))
	w.does("desk", "/authorisations/decisions/told", of(body{}))
	w.does("desk", "/authorisations/decisions/ended", of(body{"id": "CGU-1", "outcome": "revoked", "note": "for the time being"}))
	w.does("dora", "/authorisations/extend", of(body{"days": 10, "reason": "the auditor is ill"}))
	w.does("desk", "/authorisations/remedied", of(body{"text": "the records are kept again"}))
	w.does("dora", "/authorisations/reinstate", of(body{"grounds": grounds("mended")}))
	w.does("desk", "/authorisations/withdraw", of(body{"grounds": body{"reason": "wish", "basis": "UCC Art. 23(1)"}}))
}

// rules approves the rules in force once more, and puts them in force.
func (w *walker) rules() {
	raw := askBound(w.h, http.MethodGet, "/api/v1/programme/document", "", "Authorization", "Bearer "+w.tokens["dora"])
	var rules struct{ Content string }
	must(w.t, json.Unmarshal(raw.Body.Bytes(), &rules))
	changed := strings.Replace(rules.Content, `"title":"`, `"title":"Newly: `, 1)
	if c := w.does("dora", "/programme/check", body{"content": changed}); c["problems"] != nil {
		w.t.Fatalf("%v", c["problems"])
	}
	status := w.together("dora", "emil", "/programme/approve", body{"content": changed})
	documents := status["result"].(map[string]any)["documents"].([]any)
	name := documents[len(documents)-1].(map[string]any)["name"]
	w.together("ana", "bo", "/programme/activate", body{"document": name, "from": w.now.Format(time.DateOnly)})
}

// looks reads what there is to read.
func (w *walker) looks() {
	for _, path := range []string{"/node", "/keys", "/keys/rotations", "/anchor", "/accounts", "/accounts/busy", "/accounts/reads", "/accounts/DE-ACC-000001", "/approvals",
		"/approvals?closed=true", "/approvals/DE-APR-000001", "/operators", "/operators/DE-OP-000001", "/lookalikes?name=Nordwatt", "/queue", "/applications", "/scoring",
		"/applications/DE-APP-000001", "/evidence/check", "/visits", "/visits/DE-VIS-000001", "/authorisations", "/authorisations/DE-AUT-000001", "/monitoring", "/monitoring/DE-AUT-000001",
		"/programme", "/party", "/mras", "/mras/negotiations", "/recognitions", "/lists", "/peers", "/log/head", "/log/entries?from=0&to=3", "/log/proof?index=1", "/log/evidence?index=1"} {
		w.reads("rita", path)
	}
	local, dir := api.Local(w.node, quiet()), filepath.Join(w.t.TempDir(), "log")
	for _, c := range []struct {
		h    http.Handler
		dir  string
		want int
	}{{w.h, dir, 403}, {local, "log", 422}, {local, filepath.Join(dir, "nowhere"), 422}, {local, dir, 200}, {local, dir, 409}} {
		if a := askBound(c.h, http.MethodPost, "/api/v1/log/export", fmt.Sprintf(`{"dir":%q}`, c.dir), "Authorization", "Bearer "+w.tokens["ana"]); a.Code != c.want {
			w.t.Errorf("export to %s: %d %s", c.dir, a.Code, a.Body)
		}
	}
	if a := askBound(w.h, http.MethodGet, "/api/v1/accounts/reads", "", "Authorization", "Bearer "+w.tokens["dora"]); a.Code != http.StatusForbidden {
		w.t.Errorf("an officer reads who reads: %d %s", a.Code, a.Body)
	}
	for path, who := range map[string]string{"/authorisations/DE-AUT-000001/credential": "vogel", "/backup": "ana", "/backup/subject-keys": "ana", "/openapi.json": "rita"} {
		if a := askBound(w.h, http.MethodGet, "/api/v1"+path, "", "Authorization", "Bearer "+w.tokens[who]); a.Code != http.StatusOK {
			w.t.Errorf("%s %s: %d %s", who, path, a.Code, a.Body)
		}
	}
}

// TestANodeThatStopsSaysSo and is asked again.
func TestANodeThatStopsSaysSo(t *testing.T) {
	n := newNode(t)
	h := api.Local(n, quiet())
	must(t, n.Close())
	w := ask(h, http.MethodPost, "/api/v1/releases", `{"operator":"NZ-OP-000001","purpose":"exchange","basis":"consent","by":"Desk"}`)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestALimitedLifeOverTheAPI is where authorisations do not last for ever.
func TestALimitedLifeOverTheAPI(t *testing.T) {
	w := newWalker(t, "KR", "")
	report := w.together("dora", "emil", "/imports", body{"register": "old", "format": "csv", "file": []byte(
		"identifiers,legal_name,reference,authorisation_type,roles,granted_on,expires_on\nKR1234567,Hangang Seonbak,R-1,AA,exporter,2021-03-10,2026-03-09\n")})
	if r := report["result"].(map[string]any); r["imported"] != float64(1) {
		t.Fatalf("%v", report)
	}
	aut := report["result"].(map[string]any)["rows"].([]any)[0].(map[string]any)["authorisation"].(string)
	w.passes(24 * time.Hour)
	kept := w.together("dora", "emil", "/authorisations/renew", body{"authorisation": aut, "grounds": body{"reason": "checked", "basis": "Art. 255-2"}})
	if kept["approval"].(map[string]any)["state"] != "done" {
		t.Errorf("%v", kept)
	}
	w.together("dora", "emil", "/authorisations/revoke", body{"authorisation": aut, "without_hearing": "agreed", "grounds": body{"reason": "wish", "basis": "Art. 255-5"}})
	w.person("tui", access.Applicant, "KR-OP-000001")
	w.does("ana", "/bundle", body{})
	w.does("tui", "/verify", body{"identifier": "KR:aeo:KR1234567", "status_only": true})
	for i := range 7 {
		a := askBound(w.h, http.MethodPost, "/api/v1/login", `{"name":"nobody","password":"a guess"}`)
		if want := []int{401, 429}[min(1, i/5)]; a.Code != want {
			t.Errorf("guess %d: %d %s", i, a.Code, fmt.Sprint(a.Body))
		}
	}
}
