package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aeo-registry/aeo/registry"
)

// untried are what a request at random is not put to: it writes where it is told to,
// works on the whole of the log each time, or ends the very accounts that ask.
var untried = []string{"/log/export", "/log/rebuild", "/log/audit", "/keys/rotate", "/credentials/all", "/tick", "/events", "/backup", "/backup/subject-keys",
	"/accounts/disable", "/accounts/password", "/tokens/revoke", "/programme/activate"}

// odd are texts that there is nothing for, whatever they are asked as.
var odd = []string{"", " ", "=1+1", "../..", "\u202egnitor", "a\x00b", "Орчардс", strings.Repeat("x", 10_000), "2026-02-30", "DE-APP-000099"}

// A fuzzer makes requests from the document about what there is in a node that has
// lived, by everybody who has an account there.
type fuzzer struct {
	*walker
	doc   map[string]any
	known map[string][]string // texts by the member or parameter that they are likely for
	all   []string            // numbers of everything
}

func newFuzzer(t testing.TB) *fuzzer {
	f := &fuzzer{walker: newWalker(t, "EU", "DE"), doc: agreed().doc}
	f.whole()
	delete(f.tokens, "desk") // is disabled by then, and jan's password another
	var again registry.Session
	must(t, json.Unmarshal(askBound(f.h, http.MethodPost, "/api/v1/login", `{"name":"jan","password":"another horse battery"}`).Body.Bytes(), &again))
	f.tokens["jan"] = again.Token
	numbered := func(series string, count int) (list []string) {
		for i := range count {
			list = append(list, fmt.Sprintf("DE-%s-%06d", series, i+1))
		}
		return list
	}
	applications, authorisations, accounts := numbered("APP", 3), numbered("AUT", 2), numbered("ACC", 11)
	operators := append(numbered("OP", 3), "DE3456789", "DE4567890")
	evidence := f.reads("rita", "/applications/DE-APP-000001/assessment")["evidence"].([]any)[0].(map[string]any)["sha256"].(string)
	f.known = map[string][]string{
		"application": applications, "authorisation": authorisations, "operator": operators, "holder": operators, "identifier": operators, "account": accounts,
		"visit": numbered("VIS", 2), "approval": numbered("APR", 12), "successor_of": authorisations, "person": accounts, "officer": {"vogel", "dora", accounts[5]},
		"for": slices.Concat(applications, authorisations, accounts), "type": {"AEOC", "AEOS", "AEOF"}, "roles": {"exporter", "manufacturer"}, "components": {"AEOC", "AEOS"},
		"component": {"AEOC", "AEOS"}, "sha256": {evidence, evidence[:8]}, "evidence": {evidence}, "requirement": {"G-2", "39A", "A-1"}, "criterion": {"G-2", "G", "A-1"},
		"criteria": {"G", "A"}, "failed": {"39A", "G-2"}, "site": {"FL-1"}, "sites": {"FL-1"}, "section": {"G", "A"}, "action": {"CA-1"}, "who": {"FR", "court", "error"},
		"code": {"ISO-28000", "address"}, "format": {"csv", "jsonl", "xlsx"}, "peer": {"JP"}, "team": {"thoma"}, "basis": {"UCC Art. 28", "consent"}, "reason": {"audit"},
		"country": {"DE"}, "legal_name": {"Weser Logistik GmbH"}, "identifiers": {"DE6789012"}, "name": {"nordwatt", "vogel"}, "channel": {"portal"}, "field": {"reasons", "basis"},
		"from": {"2026-04-01"}, "due": {"2026-09-01"}, "valid_until": {"2029-01-01"}, "established": {"2024-05-01"}, "purpose": {"publication", "examination"},
	}
	f.all = slices.Concat(applications, authorisations, accounts, operators, f.known["visit"], f.known["approval"])
	return f
}

func (f *fuzzer) word(t *rapid.T, name string) string {
	if known := f.known[name]; known != nil && rapid.IntRange(0, 5).Draw(t, "known") > 0 {
		return rapid.SampledFrom(known).Draw(t, name)
	}
	return rapid.SampledFrom(slices.Concat(odd, f.all, []string{"publication", "note", "because"})).Draw(t, name)
}

// value draws something that a schema of the document admits, or nearly.
func (f *fuzzer) value(t *rapid.T, name string, schema map[string]any, depth int) any {
	if ref, ok := schema["$ref"].(string); ok {
		schema = f.doc["components"].(map[string]any)["schemas"].(map[string]any)[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
	}
	if forms, ok := schema["anyOf"].([]any); ok {
		return f.value(t, name, forms[rapid.IntRange(0, len(forms)-1).Draw(t, "of")].(map[string]any), depth)
	}
	if words, ok := schema["enum"].([]any); ok && rapid.IntRange(0, 9).Draw(t, "word") > 0 {
		return rapid.SampledFrom(words).Draw(t, name)
	}
	switch schema["type"] {
	case "object":
		out := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		for _, member := range slices.Sorted(maps.Keys(properties)) {
			_, known := f.known[member]
			if member == "by" || member == "second" || depth > 5 {
				continue // accounts act as themselves
			}
			if out[member] = f.value(t, member, properties[member].(map[string]any), depth+1); rapid.IntRange(0, 9).Draw(t, "left out") > 8 || !known && rapid.Bool().Draw(t, "left out too") {
				delete(out, member)
			}
		}
		return out
	case "array":
		out := []any{}
		for range rapid.IntRange(0, 2).Draw(t, "items") {
			out = append(out, f.value(t, name, schema["items"].(map[string]any), depth+1))
		}
		return out
	case "integer":
		return rapid.OneOf(rapid.Int64Range(-1, 30), rapid.Int64Range(f.now.Unix()-9_000_000, f.now.Unix()+90_000_000),
			rapid.SampledFrom([]int64{1 << 53, -1 << 62, 1 << 62})).Draw(t, "number")
	case "boolean":
		return rapid.Bool().Draw(t, "flag")
	case "string":
		return f.word(t, name)
	case "null":
		return nil
	}
	return rapid.SampledFrom([]any{nil, 1, "x", []any{}, map[string]any{"a": 1}}).Draw(t, "value")
}

// met puts a request as somebody, and holds the answer against what holds of all.
func (f *fuzzer) met(t *rapid.T, met map[int]int, who, method, path, body string, headers []string) (status int) {
	size := f.node.LogHead().Size
	w := askBound(f.h, method, path, body, append([]string{"Authorization", "Bearer " + f.tokens[who]}, headers...)...)
	met[w.Code]++
	if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
		t.Fatalf("%s: %s %s %s: %d %s", who, method, path, body, w.Code, w.Body)
	}
	if media := w.Header().Get("Content-Type"); w.Code >= 400 && media != "application/problem+json" {
		t.Fatalf("%s %s %s: %d as %s", method, path, body, w.Code, media)
	}
	grown := f.node.LogHead().Size != size
	if w.Code >= 400 && grown && !strings.HasSuffix(path, "/approvals/answer") { // of which the log says that it failed
		t.Fatalf("%s: %s %s %s: %d %s, and the log grew", who, method, path, body, w.Code, w.Body)
	}
	audits := who == "rita" && !strings.HasSuffix(path, "/accounts/conflict") // everybody declares their own
	if grown && (audits || strings.Contains(body, `"dry_run":true`)) {
		t.Fatalf("%s: %s %s %s: %d, and the log grew", who, method, path, body, w.Code)
	}
	return w.Code
}

// Whatever is asked that the document admits is done or refused in words: the node
// never fails, every answer is as the document says, and what is refused changes nothing.
func TestRequestsMadeFromTheDocumentNeverFailTheNode(t *testing.T) {
	f := newFuzzer(t)
	type operation struct {
		method, path string
		about        map[string]any
	}
	var all []operation
	for path, at := range f.doc["paths"].(map[string]any) {
		for method, about := range at.(map[string]any) {
			if !slices.Contains(untried, strings.TrimPrefix(path, "/api/v1")) {
				all = append(all, operation{strings.ToUpper(method), path, about.(map[string]any)})
			}
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	people := slices.Sorted(maps.Keys(f.tokens))
	met := map[int]int{}
	rapid.Check(t, func(t *rapid.T) {
		for range 8 {
			o := rapid.SampledFrom(all).Draw(t, "operation")
			path, query, headers, body := o.path, url.Values{}, []string{}, ""
			parameters, _ := o.about["parameters"].([]any)
			for _, p := range parameters {
				p := p.(map[string]any)
				name := p["name"].(string)
				switch {
				case p["in"] == "path":
					noun := strings.TrimSuffix(strings.Split(path, "/")[3], "s")
					if noun == "monitoring" {
						noun = "authorisation"
					}
					path = strings.Replace(path, "{id}", url.PathEscape(f.word(t, noun)), 1)
				case p["in"] == "query" && rapid.Bool().Draw(t, "given"):
					query.Set(name, fmt.Sprint(f.value(t, name, p["schema"].(map[string]any), 0)))
				case p["in"] == "header" && rapid.IntRange(0, 3).Draw(t, "given") == 0:
					headers = append(headers, name, fmt.Sprintf(`"%d"`, rapid.IntRange(0, 400).Draw(t, "header")))
				}
			}
			if len(query) > 0 {
				path += "?" + query.Encode()
			}
			if b, ok := o.about["requestBody"].(map[string]any); ok {
				if c, ok := b["content"].(map[string]any)["application/json"].(map[string]any); ok {
					raw, err := json.Marshal(f.value(t, "", c["schema"].(map[string]any), 0))
					if err != nil {
						t.Fatal(err)
					}
					body = string(raw)
				}
			}
			for _, who := range rapid.Permutation(people).Draw(t, "who")[:5] {
				if f.met(t, met, who, o.method, path, body, headers) != http.StatusForbidden {
					break
				}
			}
		}
	})
	t.Logf("answers by status: %v", met)
	if met[http.StatusOK] < 50 || met[http.StatusConflict] < 5 {
		t.Errorf("requests do not reach behind what is not there: %v", met)
	}
}
