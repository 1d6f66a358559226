package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry"
)

const module = "github.com/aeo-registry/aeo/"

// reached are the types of this module that requests and answers are made of.
func reached(kind reflect.Kind) (list []reflect.Type) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(at reflect.Type) {
		if at == nil || seen[at] {
			return
		}
		seen[at] = true
		switch at.Kind() {
		case reflect.Map:
			walk(at.Key())
			walk(at.Elem())
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(at.Elem())
		case reflect.Struct:
			for i := range at.NumField() {
				walk(at.Field(i).Type)
			}
		}
		if at.Kind() == kind && strings.HasPrefix(at.PkgPath(), module) {
			list = append(list, at)
		}
	}
	for _, o := range operations(localRoutes(nil, slog.New(slog.DiscardHandler), false)) {
		walk(o.request)
		walk(o.response)
	}
	return list
}

// constants are the texts the source declares as constants of a type.
func constants(t *testing.T, of reflect.Type) (list []string) {
	t.Helper()
	dir := filepath.Join("..", "..", filepath.FromSlash(strings.TrimPrefix(of.PkgPath(), module)))
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	fatal(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		p, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		fatal(t, err)
		ast.Inspect(p, func(at ast.Node) bool {
			v, ok := at.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if name, ok := v.Type.(*ast.Ident); !ok || name.Name != of.Name() || len(v.Values) != 1 {
				return true
			}
			if lit, ok := v.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && text != "" {
					list = append(list, text)
				}
			}
			return true
		})
	}
	return list
}

// Every word that a type of the API knows is in the document, because it is in the
// type's own list: a constant that is added to the code and not to the list is found here.
func TestTheDocumentKnowsAllWords(t *testing.T) {
	types := reached(reflect.String)
	if len(types) < 20 {
		t.Fatalf("only %v are reached", types)
	}
	for _, at := range types {
		said, _ := words(at)["enum"].([]string)
		if said == nil {
			t.Errorf("%v has no Values", at)
		}
		if known := constants(t, at); !slices.Equal(slices.Sorted(slices.Values(known)), slices.Sorted(slices.Values(said))) {
			t.Errorf("%v is one of %v in the code and of %v in the document", at, known, said)
		}
	}
}

// What comes of an approval has the form of the answer of the route that was asked.
func TestTheDocumentSaysWhatIsApproved(t *testing.T) {
	r := localRoutes(nil, slog.New(slog.DiscardHandler), false)
	forms := approved(r)
	for _, o := range operations(r) {
		if registry.TakesTwo(strings.TrimPrefix(o.path, "/")) && o.method == "POST" && !slices.Contains(forms, o.response) {
			t.Errorf("%s is no result", o.path)
		}
		if o.response != nil && o.response.Kind() == reflect.Interface {
			t.Errorf("%s %s may answer anything", o.method, o.path)
		}
	}
}
