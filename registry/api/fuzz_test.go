package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aeo-registry/aeo/registry/api"
)

// untried are what a request at random is not put to: it writes where it is told to,
// or works on the whole of the log each time.
var untried = []string{"/api/v1/log/export", "/api/v1/log/rebuild", "/api/v1/log/audit", "/api/v1/keys/rotate", "/api/v1/credentials/all", "/api/v1/tick", "/api/v1/events"}

// words are what there is in the node, and what there is nowhere.
var words = []string{"NZ-OP-000001", "NZ-APP-000001", "NZ-AUT-000001", "NZ:ses:12345678A", "SES", "exporter", "Desk", "Assessor", "JP", "publication", "consent", "A", "A-1",
	"", " ", "=1+1", "../..", "\u202egnitor", "a\x00b", "Орчардс", strings.Repeat("x", 10_000), "2026-02-30", "https://aeo.jp.example"}

// valueOf draws something that a schema of the document admits, or nearly.
func valueOf(t *rapid.T, doc, schema map[string]any, depth int) any {
	if ref, ok := schema["$ref"].(string); ok {
		schema = doc["components"].(map[string]any)["schemas"].(map[string]any)[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
	}
	if forms, ok := schema["anyOf"].([]any); ok {
		return valueOf(t, doc, forms[rapid.IntRange(0, len(forms)-1).Draw(t, "of")].(map[string]any), depth)
	}
	switch schema["type"] {
	case "object":
		out := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		names := make([]string, 0, len(properties))
		for name := range properties {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			if rapid.IntRange(0, 4).Draw(t, "left out") > 0 && depth < 6 {
				out[name] = valueOf(t, doc, properties[name].(map[string]any), depth+1)
			}
		}
		return out
	case "array":
		out := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			out = append(out, valueOf(t, doc, schema["items"].(map[string]any), depth+1))
		}
		return out
	case "integer":
		return rapid.OneOf(rapid.Int64Range(-1, 3), rapid.SampledFrom([]int64{1 << 53, -1 << 62, 1772460000, 1 << 62})).Draw(t, "number")
	case "boolean":
		return rapid.Bool().Draw(t, "flag")
	case "string":
		return rapid.SampledFrom(words).Draw(t, "word")
	case "null":
		return nil
	}
	return rapid.SampledFrom([]any{nil, 1, "x", []any{}, map[string]any{"a": 1}}).Draw(t, "value")
}

// Whatever is asked that the document admits is done or refused in words: the node
// never fails, and every refusal is problem details.
func TestRequestsMadeFromTheDocumentNeverFailTheNode(t *testing.T) {
	h := api.Local(newNode(t), quiet())
	doc := agreed().doc
	type operation struct {
		method, path string
		about        map[string]any
	}
	var all []operation
	for path, at := range doc["paths"].(map[string]any) {
		for method, about := range at.(map[string]any) {
			if !slices.Contains(untried, path) && !strings.HasPrefix(path, "/api/v1/backup") {
				all = append(all, operation{method, path, about.(map[string]any)})
			}
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	rapid.Check(t, func(t *rapid.T) {
		for range 5 {
			o := rapid.SampledFrom(all).Draw(t, "operation")
			path, query, headers, body := o.path, "", []string{}, ""
			parameters, _ := o.about["parameters"].([]any)
			for _, p := range parameters {
				p := p.(map[string]any)
				value := rapid.SampledFrom([]string{"NZ-OP-000001", "NZ-APP-000001", "NZ-AUT-000001", "SES", "Desk", "1", "0", "-1", "x", "%00", "%2e%2e", "9223372036854775807"}).Draw(t, "parameter")
				switch name := p["name"].(string); {
				case p["in"] == "path":
					path = strings.Replace(path, "{"+name+"}", value, 1)
				case p["in"] == "query" && rapid.Bool().Draw(t, "given"):
					query += "&" + name + "=" + value
				case p["in"] == "header" && rapid.IntRange(0, 3).Draw(t, "given") == 0:
					headers = append(headers, name, `"`+strings.ReplaceAll(value, "%", "")+`"`)
				}
			}
			if query != "" {
				path += "?" + query[1:]
			}
			if b, ok := o.about["requestBody"].(map[string]any); ok {
				if c, ok := b["content"].(map[string]any)["application/json"].(map[string]any); ok {
					raw, err := json.Marshal(valueOf(t, doc, c["schema"].(map[string]any), 0))
					if err != nil {
						t.Fatal(err)
					}
					body = string(raw)
				}
			}
			w := askBound(h, strings.ToUpper(o.method), path, body, headers...)
			if w.Code == http.StatusInternalServerError {
				t.Fatalf("%s %s %s: %d %s", o.method, path, body, w.Code, w.Body)
			}
			if media := w.Header().Get("Content-Type"); w.Code != http.StatusOK && media != "application/problem+json" {
				t.Fatalf("%s %s %s: %d as %s", o.method, path, body, w.Code, media)
			}
		}
	})
}
