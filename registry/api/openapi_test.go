package api_test

import (
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/aeo-registry/aeo/registry/api"
)

// A contract is the OpenAPI document every exchange of these tests is held against.
type contract struct {
	raw      []byte
	doc      map[string]any
	compiler *jsonschema.Compiler
	mu       sync.Mutex
}

var agreed = sync.OnceValue(func() *contract {
	w := httptest.NewRecorder()
	api.Local(nil, quiet()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/openapi.json", nil))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		panic(err)
	}
	c := &contract{raw: w.Body.Bytes(), doc: doc.(map[string]any), compiler: jsonschema.NewCompiler()}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	if err := c.compiler.AddResource("openapi.json", doc); err != nil {
		panic(err)
	}
	return c
})

// template is the path of the document that a path is of.
func (c *contract) template(path string) string {
	best := ""
	for t := range c.doc["paths"].(map[string]any) {
		a, b := strings.Split(t, "/"), strings.Split(path, "/")
		fits := len(a) == len(b)
		for i := 0; fits && i < len(a); i++ {
			fits = a[i] == b[i] || a[i] == "{id}"
		}
		if fits && (best == "" || strings.Count(t, "{") < strings.Count(best, "{")) {
			best = t
		}
	}
	return best
}

// holds holds a value against the schema at a place of the document.
func (c *contract) holds(t testing.TB, what string, raw []byte, place ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	pointer := ""
	for _, step := range place {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
	}
	schema, err := c.compiler.Compile("openapi.json#" + (&url.URL{Path: pointer}).EscapedPath())
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		t.Errorf("%s is not as the document says: %v: %.400s", what, err, raw)
	}
}

// exchange holds a request and its answer against the document.
func (c *contract) exchange(t testing.TB, method, path, body string, w *httptest.ResponseRecorder) {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	template := c.template(path)
	if method == http.MethodHead || template == "" {
		return
	}
	at := []string{"paths", template, strings.ToLower(method)}
	if _, has := c.doc["paths"].(map[string]any)[template].(map[string]any)[at[2]]; !has {
		return // answered with 405, which other tests look at
	}
	place := func(end ...string) []string { return append(at[:len(at):len(at)], end...) }
	media, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	switch {
	case w.Code == http.StatusAccepted:
		c.holds(t, method+" "+path+" awaits a second", w.Body.Bytes(), place("responses", "202", "content", "application/json", "schema")...)
	case w.Code != http.StatusOK:
		c.holds(t, method+" "+path+" refused", w.Body.Bytes(), place("responses", "default", "content", "application/problem+json", "schema")...)
	case media == "application/json" && !strings.HasSuffix(path, ".json"):
		c.holds(t, "answer of "+method+" "+path, w.Body.Bytes(), place("responses", "200", "content", media, "schema")...)
		if method == http.MethodPost && !strings.HasSuffix(template, "/evidence") {
			c.holds(t, "request "+method+" "+path, []byte(body), place("requestBody", "content", media, "schema")...)
		}
	}
}

// record keeps an exchange of any test, until all are held against the document.
func record(method, path, body string, w *httptest.ResponseRecorder) {
	if strings.HasPrefix(path, "/api/v1/") {
		recording.mu.Lock()
		defer recording.mu.Unlock()
		recording.list = append(recording.list, func(t testing.TB) { agreed().exchange(t, method, path, body, w) })
		if recording.met == nil {
			recording.met = map[string]map[int]int{}
		}
		route, _, _ := strings.Cut(path, "?")
		route = method + " " + strings.TrimPrefix(agreed().template(route), "/api/v1")
		if recording.met[route] == nil {
			recording.met[route] = map[int]int{}
		}
		recording.met[route][w.Code]++
	}
}

var recording struct {
	mu   sync.Mutex
	list []func(testing.TB)
	met  map[string]map[int]int // how often a route was answered with a status
}

// unmet are the routes of which no test has what a client meets: an answer, and of
// what changes something a refusal. Statuses are those no route was answered with; what
// partners cause (502, 504) and a full disk (507) is met where there are any.
func unmet() (routes []string, statuses []int) {
	all := map[int]bool{}
	for _, met := range recording.met {
		for status := range met {
			all[status] = true
		}
	}
	for path, at := range agreed().doc["paths"].(map[string]any) {
		for method := range at.(map[string]any) {
			route := strings.ToUpper(method) + " " + strings.TrimPrefix(path, "/api/v1")
			done, refused := false, method == "get"
			for status := range recording.met[route] {
				done, refused = done || status < 300, refused || status >= 400 && status < 500
			}
			if !slices.Contains(elsewhere, route) && !done || !refused {
				routes = append(routes, route)
			}
		}
	}
	for _, status := range []int{200, 202, 400, 401, 403, 404, 405, 409, 412, 413, 422, 429, 503} {
		if !all[status] {
			statuses = append(statuses, status)
		}
	}
	slices.Sort(routes)
	return routes, statuses
}

// TestMain holds every exchange the tests had against the document.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		ok := testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "TestExchangesAreAsTheDocumentSays", F: func(t *testing.T) {
			for _, hold := range recording.list {
				hold(t)
			}
			if routes, statuses := unmet(); !testing.Short() && flag.Lookup("test.run").Value.String() == "" && len(routes)+len(statuses) > 0 {
				t.Errorf("no test walks %s; none meets %v", strings.Join(routes, ", "), statuses)
			}
		}}})
		if !ok {
			code = 1
		}
	}
	os.Exit(code)
}

func TestTheDocumentIsWhole(t *testing.T) {
	for path, at := range agreed().doc["paths"].(map[string]any) {
		for method, o := range at.(map[string]any) {
			about := o.(map[string]any)
			if about["summary"] == "" {
				t.Errorf("%s %s is not in words.go", method, path)
			}
			ids := strings.Count(path, "{")
			parameters, _ := about["parameters"].([]any)
			for _, p := range parameters {
				if p.(map[string]any)["in"] == "path" {
					ids--
				}
				if p.(map[string]any)["description"] == "" {
					t.Errorf("%s %s: parameter %v is not in openapi.go", method, path, p)
				}
			}
			if ids != 0 {
				t.Errorf("%s %s: what it is called by is not described", method, path)
			}
		}
	}
}
