package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry/api"
)

// A spoken path is one that the source of the command line asks a node for.
type spoken struct {
	path   string
	posted bool // it is given to what posts
	at     string
}

// spokenPaths are all of them, and every other text that stands in the source.
func spokenPaths(t *testing.T) (list []spoken) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		posts := map[ast.Node]bool{}
		post := func(e ast.Expr) {
			if sum, ok := e.(*ast.BinaryExpr); ok { // "/applications/" + verb
				e = sum.X
			}
			posts[e] = true
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if slices.Contains([]string{"post", "change", "changed"}, called(n.Fun)) {
					for _, arg := range n.Args {
						post(arg)
					}
				}
			case *ast.KeyValueExpr: // of a verb that does something to what it names
				if called(n.Key) == "path" {
					post(n.Value)
				}
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				if n.Kind == token.STRING && err == nil {
					path, _, _ := strings.Cut(text, "?")
					list = append(list, spoken{path, posts[n], files.Position(n.Pos()).String()})
				}
			}
			return true
		})
	}
	return list
}

func called(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.IndexExpr:
		return called(f.X)
	}
	return ""
}

// onlyHTTP are routes that no verb needs, and why.
var onlyHTTP = map[string]string{
	"GET /openapi.json": "for programs that are not this one",
	"GET /events":       "for screens that follow what happens",
	"GET /anchor":       "the file anchor.aeoanchor of the node's directory is the same",
	"POST /tick":        "a node that runs does so by itself",
	"POST /verify":      "aeo verify answers without a node",
}

// TestVerbsAndRoutesAreInStep: whatever the API does, a verb of the command line asks
// for, and no verb posts what the API does not take.
func TestVerbsAndRoutesAreInStep(t *testing.T) {
	w := httptest.NewRecorder()
	api.Local(nil, slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/openapi.json", nil))
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	all := spokenPaths(t)
	for full, methods := range doc.Paths {
		path := strings.TrimPrefix(full, "/api/v1")
		before, after, byID := strings.Cut(path, "{id}")
		for method := range methods {
			route := strings.ToUpper(method) + " " + path
			verb := slices.ContainsFunc(all, func(s spoken) bool {
				if byID { // the end stands in the source by itself, or in a format
					return (s.path == before || strings.HasPrefix(s.path, before+"%") || s.path == strings.TrimSuffix(before, "/")) &&
						(after == "" || strings.HasSuffix(s.path, after) || slices.ContainsFunc(all, func(o spoken) bool { return o.path == after }))
				}
				noun, word, below := strings.Cut(path[1:], "/")
				return s.path == path || below && s.posted && s.path == "/"+noun+"/" && slices.ContainsFunc(all, func(o spoken) bool { return o.path == word })
			})
			if _, known := onlyHTTP[route]; known == verb {
				t.Errorf("%s: a verb asks for it: %v", route, verb)
			}
		}
	}
	posted := 0
	for _, s := range all {
		if !s.posted || !strings.HasPrefix(s.path, "/") {
			continue
		}
		posted++
		if strings.HasSuffix(s.path, "/") {
			continue // what stands behind it is looked for above
		}
		if doc.Paths["/api/v1"+s.path]["post"] == nil {
			t.Errorf("%s posts %s, which the API does not take", s.at, s.path)
		}
	}
	if posted < 60 {
		t.Errorf("%d posts were found in the source", posted)
	}
}
