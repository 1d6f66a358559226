package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/visit"
)

// A walker is an office that works over the inside listener alone: each act is a
// request with a token and a key, sent twice.
type walker struct {
	t      testing.TB
	node   *registry.Node
	h      http.Handler
	now    time.Time
	tokens map[string]string
	asked  int
}

type body map[string]any

func newWalker(t testing.TB, territory, authority string) *walker {
	t.Helper()
	w := &walker{t: t, now: start, tokens: map[string]string{}}
	identity := filepath.Join(t.TempDir(), "identity.txt")
	must(t, keyring.CreateIdentity(identity))
	unlock, err := keyring.IdentityFile(identity)
	must(t, err)
	o := registry.Options{Dir: filepath.Join(t.TempDir(), "node"), Unlock: unlock, ListSize: statuslist.MinSize,
		Now: func() time.Time { return w.now }, PasswordCost: access.Cost{Time: 1, Memory: 64, Threads: 1}}
	must(t, registry.Create(o, territory, authority, "https://aeo."+strings.ToLower(territory+authority)+".example"))
	n, err := registry.Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { n.Close() })
	w.node, w.h = n, api.Inside(n, quiet())
	_, err = n.OpenAccount(t.Context(), registry.OpenAccount{Name: "ana", Password: "correct horse battery", By: "root"})
	must(t, err)
	w.login("ana")
	w.person("bo", access.Administrator)
	w.person("rita", access.Auditor)
	for name, role := range map[string]access.Role{"desk": access.Assessor, "vogel": access.Assessor, "thoma": access.Validator,
		"dora": access.DecisionMaker, "emil": access.DecisionMaker, "mara": access.MRAOfficer} {
		w.person(name, role)
	}
	return w
}

func (w *walker) login(name string) {
	w.t.Helper()
	a := askBound(w.h, http.MethodPost, "/api/v1/login", fmt.Sprintf(`{"name":%q,"password":"correct horse battery","seconds":30000000}`, name))
	var s registry.Session
	if err := json.Unmarshal(a.Body.Bytes(), &s); err != nil || s.Token == "" {
		w.t.Fatalf("%s: %d %s", name, a.Code, a.Body)
	}
	w.tokens[name] = s.Token
}

func (w *walker) person(name string, role access.Role, operator ...string) string {
	w.t.Helper()
	number := w.does("ana", "/accounts", body{"name": name, "password": "correct horse battery"})["case"].(string)
	w.together("ana", "bo", "/accounts/role", body{"account": number, "role": role, "operator": strings.Join(operator, "")})
	w.login(name)
	return number
}

// sends a request with a key, twice: the second time it is answered as the first and
// changes nothing, or the document says why it may be done again.
func (w *walker) sends(who, path string, raw []byte) *httptest.ResponseRecorder {
	w.t.Helper()
	w.asked++
	route, _, _ := strings.Cut(path, "?")
	headers := []string{"Authorization", "Bearer " + w.tokens[who], "Idempotency-Key", fmt.Sprint("step-", w.asked)}
	first := askBound(w.h, http.MethodPost, "/api/v1"+path, string(raw), headers...)
	if first.Code != http.StatusOK && first.Code != http.StatusAccepted {
		w.t.Fatalf("%s %s %s: %d %s", who, path, raw, first.Code, first.Body)
	}
	if again := keyWords(route); strings.HasPrefix(again, "taken and not needed") {
		return first
	}
	size := w.node.LogHead().Size
	second := askBound(w.h, http.MethodPost, "/api/v1"+path, string(raw), headers...)
	if second.Code != first.Code || second.Header().Get("Idempotency-Replayed") != "true" || w.node.LogHead().Size != size {
		w.t.Errorf("%s %s again: %d (%q) with %d leaves after %d with %d: %s", who, path, second.Code, second.Header().Get("Idempotency-Replayed"), w.node.LogHead().Size, first.Code, size, second.Body)
	}
	if second.Code == http.StatusOK && second.Body.String() != first.Body.String() {
		w.t.Errorf("%s %s: answered\n%s\nand then\n%s", who, path, first.Body, second.Body)
	}
	return first
}

// keyWords is what the document says of keys on a route.
func keyWords(path string) string {
	parameters, _ := agreed().doc["paths"].(map[string]any)["/api/v1"+path].(map[string]any)["post"].(map[string]any)["parameters"].([]any)
	for _, p := range parameters {
		if p := p.(map[string]any); p["name"] == "Idempotency-Key" {
			return p["description"].(string)
		}
	}
	return ""
}

// does has somebody do something, and is what was answered.
func (w *walker) does(who, path string, request any) (answer body) {
	w.t.Helper()
	raw, err := jcs.Marshal(request)
	must(w.t, err)
	must(w.t, json.Unmarshal(w.sends(who, path, raw).Body.Bytes(), &answer))
	return answer
}

// together is an act of two people: the second agrees to what waits for them.
func (w *walker) together(who, second, path string, request body) body {
	w.t.Helper()
	answer := w.does(who, path, request)
	if number, _ := answer["case"].(string); strings.Contains(number, "-APR-") {
		answer = w.does(second, "/approvals/answer", body{"approval": number})
	}
	return answer
}

func (w *walker) reads(who, path string) (answer body) {
	w.t.Helper()
	a := askBound(w.h, http.MethodGet, "/api/v1"+path, "", "Authorization", "Bearer "+w.tokens[who])
	if a.Code != http.StatusOK {
		w.t.Fatalf("%s %s: %d %s", who, path, a.Code, a.Body)
	}
	must(w.t, json.Unmarshal(a.Body.Bytes(), &answer))
	return answer
}

func (w *walker) passes(d time.Duration) {
	w.now = w.now.Add(d)
	w.does("ana", "/tick", body{})
}

// TestALifeOverTheAPI is an authorisation from the draft of its application to its
// annulment, and the appeal against a refusal, by accounts with tokens.
func TestALifeOverTheAPI(t *testing.T) {
	w := newWalker(t, "EU", "DE")
	w.whole()
	if audit := w.does("bo", "/log/audit", body{}); audit["differing"] != float64(0) {
		t.Errorf("the log gives other rows: %v", audit)
	}
	w.wholly()
}

func (w *walker) whole() {
	t := w.t
	const app, day = "DE-APP-000001", 24 * time.Hour
	of := func(more body) body {
		more["application"] = app
		return more
	}
	w.does("desk", "/operators", body{"legal_name": "Nordwatt Sensorik GmbH", "identifiers": []string{"DE3456789"}, "natural": false,
		"names": []any{}, "address": body{"country": "DE", "locality": "Flensburg", "postcode": "", "street": ""}})
	jan := w.person("jan", access.Applicant, "DE-OP-000001")
	wish := body{"operator": "DE-OP-000001", "type": "AEOS", "roles": []string{"exporter"}, "sites": []any{
		body{"id": "FL-1", "name": "Werk", "address": body{"country": "DE", "locality": "Flensburg", "postcode": "", "street": ""}}}}
	w.does("jan", "/applications/draft", wish)
	w.does("jan", "/applications/section", of(body{"section": "G", "person": jan}))
	responses := []any{}
	for _, s := range w.reads("jan", "/applications/"+app+"/questionnaire")["sections"].([]any) {
		for _, q := range s.(map[string]any)["questions"].([]any) {
			q := q.(map[string]any)
			r := body{"criterion": q["criterion"], "answer": "yes"}
			if q["site"] != nil {
				r["site"] = q["site"]
			}
			responses = append(responses, r)
		}
	}
	w.does("jan", "/applications/questionnaire", of(body{"responses": responses}))
	evidence := func(content string) string {
		var a authorisation.Assessment
		must(t, json.Unmarshal(w.sends("jan", "/applications/evidence?application="+app+"&title=Seals&criterion=G-2", []byte(content)).Body.Bytes(), &a))
		return a.Evidence[len(a.Evidence)-1].SHA256
	}
	seals := evidence("seal,on\nK 4711,2026-01-05\n")
	w.does("jan", "/applications/certificates", of(body{"code": "ISO-28000", "number": "C-1", "issuer": "TÜV", "valid_until": "2028-01-01", "evidence": []string{seals}}))
	wish["application"] = app
	w.does("jan", "/applications", wish)
	w.does("desk", "/applications/request-info", of(body{"items": []string{"annual accounts"}}))
	w.does("jan", "/applications/answer", of(body{"answer": "they are on the file"}))
	w.does("desk", "/applications/accept", of(body{}))
	w.does("dora", "/applications/assign", of(body{"officer": "vogel"}))
	if queue := w.reads("vogel", "/queue?mine=true")["items"].([]any); len(queue) == 0 {
		t.Error("what vogel was given is not in the queue")
	}
	w.sends("vogel", "/applications/evidence/read", []byte(`{"application":"`+app+`","sha256":"`+seals+`","purpose":"examination"}`))
	w.does("vogel", "/applications/young", of(body{"established": "2024-05-01", "basis": "other_records", "note": "tax office"}))
	w.does("vogel", "/applications/extend", of(body{"for": w.extension(), "reason": "the site in winter", "period": body{"n": 10, "unit": "days"}}))
	w.does("vogel", "/applications/assess", of(body{"all_met": true, "findings": []any{
		body{"requirement": "G-2", "site": "FL-1", "result": "partly", "severity": "minor", "note": "by hand", "evidence": []string{seals}}}}))
	w.does("vogel", "/applications/actions", of(body{"criterion": "G-2", "site": "FL-1", "severity": "minor", "what": "number the seals", "owner": "jan"}))
	w.does("vogel", "/applications/actions/extend", of(body{"action": "CA-1", "due": "2026-08-31", "grounds": body{"reason": "winter", "basis": "practice"}}))
	w.does("vogel", "/applications/consult", of(body{"who": "FR", "question": "the site in Lyon?"}))
	w.does("vogel", "/applications/answer-consultation", of(body{"who": "FR", "answer": "no_objection"}))
	w.visits(app)
	first, err := w.node.Application(app)
	must(t, err)
	w.does("desk", "/scoring/draw", of(body{"percent": 30}))
	sample := w.reads("desk", "/applications/"+app+"/assessment")["sample"].(map[string]any)
	scores := []any{}
	for _, f := range first.Findings {
		if slices.Contains(sample["criteria"].([]any), any(f.Requirement)) {
			scores = append(scores, body{"requirement": f.Requirement, "site": f.Site, "result": "met"})
		}
	}
	for _, f := range w.does("dora", "/applications/assign", of(body{"officer": "desk"}))["findings"].([]any) {
		if code := f.(map[string]any)["requirement"]; slices.Contains(sample["criteria"].([]any), code) {
			t.Errorf("the first score of %s is shown before the second is given", code)
		}
	}
	w.does("desk", "/applications/scores", of(body{"findings": scores}))
	w.does("vogel", "/applications/actions/close", of(body{"action": "CA-1", "evidence": []string{evidence("seal,on\nN 1,2026-03-02\n")}, "note": "seen"}))
	w.does("dora", "/applications/decide", of(body{"grant": true, "reasons": "All is met."}))
	w.does("desk", "/applications/serve", of(body{"channel": "portal", "received_at": w.now.Unix()}))
	w.does("dora", "/applications/rectify", of(body{"field": "reasons", "old": "All is met.", "new": "All conditions are met.", "grounds": body{"reason": "slip", "basis": "§ 129 AO"}}))
	w.lives(day)
	w.refused()
	w.rests(day)
	w.rules()
	w.besides(jan)
	w.looks()
}

// extension is one the rules allow for a decision.
func (w *walker) extension() string {
	for _, r := range w.node.Pack().Deadlines {
		for _, e := range r.Extensions {
			if r.ID == "decision" && !e.OpenEnded && e.Most.N >= 10 {
				return e.ID
			}
		}
	}
	w.t.Fatal("the rules allow no extension of a decision")
	return ""
}

// visits plans one, moves it, takes it along and brings it back; another is cancelled.
func (w *walker) visits(app string) {
	v := w.does("vogel", "/visits", body{"for": app, "criteria": []string{"G"}, "from": "2026-03-09", "team": []string{"thoma"}})["case"].(string)
	w.does("vogel", "/visits/move", body{"visit": v, "from": "2026-03-10", "reason": "snow"})
	out := w.does("thoma", "/visits/export", body{"visit": v, "draw": 1, "list": "mrn,goods\n26DE0001,sensors\n26DE0002,cables\n"})
	raw, err := json.Marshal(out["file"])
	must(w.t, err)
	file, form, err := visit.Parse(raw)
	must(w.t, err)
	file.VisitedOn = "2026-03-10"
	for _, line := range form.Lines {
		file.Answer(visit.Answer{Line: line.Line, Result: authorisation.Met})
	}
	for _, row := range form.Sample.Drawn {
		file.Samples = append(file.Samples, authorisation.VisitSample{Row: row.Row, Result: "agrees"})
	}
	filled, err := file.Marshal()
	must(w.t, err)
	w.passes(9 * 24 * time.Hour)
	w.does("thoma", "/visits/import", body{"visit": v, "file": json.RawMessage(filled)})
	w.does("thoma", "/visits/sign-off", body{"visit": v})
	more := w.does("vogel", "/visits", body{"for": app, "criteria": []string{"G"}, "from": "2026-03-20", "team": []string{"thoma"}})["case"].(string)
	w.does("vogel", "/visits/cancel", body{"visit": more, "reason": "all was seen"})
}

// lives is from the grant to the annulment.
func (w *walker) lives(day time.Duration) {
	const aut = "DE-AUT-000001"
	of := func(more body) body {
		more["authorisation"] = aut
		return more
	}
	grounds := func(reason string) body { return body{"reason": reason, "basis": "UCC Art. 28"} }
	w.passes(6 * day)
	w.does("jan", "/releases", body{"operator": "DE-OP-000001", "purpose": "publication", "basis": "consent"})
	w.does("desk", "/credentials", of(body{"days": 30}))
	w.does("desk", "/credentials/all", body{"days": 60})
	w.does("dora", "/authorisations/amend", of(body{"roles": []string{"exporter", "manufacturer"}, "scope_text": "sensors", "grounds": grounds("wish")}))
	w.does("dora", "/monitoring/plan", of(body{"risk": "high", "note": "young"}))
	w.does("jan", "/monitoring/report", of(body{"kind": "incident", "text": "the fence was cut"}))
	w.does("dora", "/monitoring/acknowledge", of(body{"report": 1, "note": "We come."}))
	w.does("dora", "/monitoring/action", of(body{"criterion": "G-2", "severity": "minor", "what": "mend the fence", "owner": "jan", "due": w.now.Add(20 * day).Unix()}))
	w.does("dora", "/monitoring/check", of(body{"what": "insolvency", "finding": "clear", "source": "register"}))
	w.does("dora", "/monitoring/reassess", of(body{"cause": "incident", "note": "the fence"}))
	w.does("dora", "/authorisations/suspend", of(body{"urgent": true, "grounds": grounds("risk"), "without_hearing": "DA Art. 10"}))
	w.does("emil", "/authorisations/confirm", of(body{"grounds": grounds("risk")}))
	w.does("dora", "/authorisations/reinstate", of(body{"grounds": grounds("mended")}))
	w.does("dora", "/monitoring/reassess", of(body{"result": "revoke", "told": "portal", "said": "the seal log is not yours"}))
	w.together("dora", "emil", "/authorisations/annul", of(body{"heard_at": w.now.Add(-day).Unix(), "grounds": body{"reason": "false-information", "basis": "UCC Art. 27(1)"}}))
	a := w.reads("jan", "/authorisations/"+aut)
	if c := a["components"].([]any)[0].(map[string]any); c["end"] != "annul" {
		w.t.Errorf("annulled: %v", c)
	}
	w.does("dora", "/authorisations/rectify", of(body{"of": "annul", "field": "basis", "old": "UCC Art. 27(1)", "new": "UCC Art. 27(1)(a)", "grounds": grounds("slip")}))
	w.does("desk", "/authorisations/appeal", of(body{"body": "Finanzgericht Hamburg", "reference": "4 K 7/26"}))
	w.does("dora", "/authorisations/stay", of(body{"who": "court", "grounds": grounds("appeal")}))
	w.does("desk", "/authorisations/appeal", of(body{"reference": "4 K 7/26", "outcome": "upheld"}))
	w.does("dora", "/authorisations/set-aside", of(body{"who": "court", "grounds": grounds("judgment")}))
}

// refused is an application that is refused after a hearing, and the appeal against that.
func (w *walker) refused() {
	w.does("desk", "/operators", body{"legal_name": "Rheinkabel AG", "identifiers": []string{"DE4567890"}, "natural": false, "names": []any{},
		"address": body{"country": "DE", "locality": "Köln", "postcode": "", "street": ""}})
	w.person("kai", access.Applicant, "DE-OP-000002")
	app := w.does("kai", "/applications", body{"operator": "DE-OP-000002", "type": "AEOC", "roles": []string{"exporter"}})["case"].(string)
	of := func(more body) body {
		more["application"] = app
		return more
	}
	grounds := body{"reason": "records", "basis": "UCC Art. 39(b)"}
	w.does("desk", "/applications/accept", of(body{}))
	w.does("vogel", "/applications/assess", of(body{"all_met": true}))
	w.does("vogel", "/applications/hear", of(body{"grounds": grounds, "text": "your records are not kept"}))
	w.does("kai", "/applications/reply", of(body{"text": "they are"}))
	w.does("dora", "/applications/decide", of(body{"grant": false, "grounds": grounds, "reasons": "They are not."}))
	w.does("desk", "/applications/serve", of(body{"channel": "portal", "received_at": w.now.Unix()}))
	w.does("desk", "/applications/appeal", of(body{"body": "Finanzgericht Hamburg", "reference": "4 K 12/26"}))
	w.does("dora", "/applications/stay", of(body{"who": "court", "grounds": grounds}))
	w.does("desk", "/applications/appeal", of(body{"reference": "4 K 12/26", "outcome": "upheld"}))
	w.does("dora", "/applications/set-aside", of(body{"who": "court", "grounds": grounds}))
	late := w.does("kai", "/applications", body{"operator": "DE-OP-000002", "type": "AEOC", "roles": []string{"exporter"}})["case"].(string)
	w.does("kai", "/applications/withdraw", body{"application": late})
}

// besides is what an office does beside its cases.
func (w *walker) besides(jan string) {
	desk := w.reads("desk", "/self")["case"].(string)
	vogel := w.reads("vogel", "/self")["case"].(string)
	w.does("ana", "/accounts/attorney", body{"account": jan, "operator": "DE-OP-000001", "until": w.now.Add(1000 * time.Hour).Unix(), "evidence": "deed"})
	w.does("ana", "/accounts/deputy", body{"account": desk, "for": vogel, "until": w.now.Add(100 * time.Hour).Unix()})
	w.does("vogel", "/accounts/conflict", body{"account": vogel, "operator": "DE-OP-000001", "reason": "my brother"})
	id := w.does("desk", "/tokens", body{"label": "screen", "seconds": 3600})["token"]
	if id == "" {
		w.t.Error("no token")
	}
	w.does("desk", "/tokens/revoke", body{"id": tokenOf(w.reads("desk", "/accounts/"+desk+"/tokens"), "screen")})
	w.together("ana", "bo", "/accounts/disable", body{"account": desk, "reason": "left"})
	w.does("ana", "/accounts/password", body{"account": jan, "password": "another horse battery"})
	w.together("ana", "bo", "/keys/rotate", body{"role": "issuer", "announce_for": 86400, "short": true})
	raw := askBound(w.h, http.MethodGet, "/api/v1/programme/document", "", "Authorization", "Bearer "+w.tokens["dora"])
	var rules struct{ Content string }
	must(w.t, json.Unmarshal(raw.Body.Bytes(), &rules))
	w.does("dora", "/programme/check", body{"content": rules.Content})
	w.does("ana", "/log/rebuild", body{})
	anchor, err := w.node.Anchor()
	must(w.t, err)
	anchor.Territory, anchor.EntityID = "JP", "https://aeo.jp.example"
	w.does("mara", "/peers", body{"anchor": anchor})
	w.does("mara", "/peers/remove", body{"peer": "JP"})
}

func tokenOf(list body, label string) any {
	for _, t := range list["items"].([]any) {
		if t := t.(map[string]any); t["label"] == label {
			return t["id"]
		}
	}
	return ""
}

// elsewhere are the routes that other tests walk: all but the stream need a partner's
// node, of which the scripts of cmd/aeo have several.
var elsewhere = []string{"GET /events", "GET /log/known", "GET /lists/{id}/export", "POST /lists", "POST /lists/reconcile", "GET /recognitions/{id}", "POST /recognitions",
	"GET /mras/{id}", "POST /mras", "POST /mras/sign", "POST /mras/notices", "GET /mras/negotiations/{id}", "POST /mras/negotiations", "POST /mras/negotiations/drop",
	"POST /mras/negotiations/propose", "POST /peers/sync", "POST /peers/thaw"}

// wholly holds the walk against the document: a key is taken wherever something can be
// posted, and what is refused leaves no trace of one.
func (w *walker) wholly() {
	w.t.Helper()
	for path, at := range agreed().doc["paths"].(map[string]any) {
		route := strings.TrimPrefix(path, "/api/v1")
		if _, posted := at.(map[string]any)["post"]; !posted {
			continue
		}
		if words := keyWords(route); words == "" || strings.HasSuffix(words, ": ") {
			w.t.Errorf("%s: nothing is said of a request with the same key", route)
		}
		size := w.node.LogHead().Size
		for range 2 {
			a := askBound(w.h, http.MethodPost, path, `{"nobody":"knows"}`, "Authorization", "Bearer "+w.tokens["mara"], "Idempotency-Key", "refused-"+strings.ReplaceAll(route, "/", "-"))
			if a.Header().Get("Idempotency-Replayed") != "" || a.Code < 400 || a.Code >= 500 || w.node.LogHead().Size != size {
				w.t.Errorf("%s: %d %s, %d leaves of %d", route, a.Code, a.Body, w.node.LogHead().Size, size)
			}
		}
	}
}
