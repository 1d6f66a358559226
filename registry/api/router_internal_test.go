package api

import (
	"log/slog"
	"testing"

	"github.com/gorilla/mux"
)

// Every route is an operation, so that the document has it, and words are of routes there are.
func TestEveryRouteIsDescribed(t *testing.T) {
	r := localRoutes(nil, slog.New(slog.DiscardHandler), false)
	err := r.Walk(func(at *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		if _, ok := at.GetHandler().(*operation); !ok {
			path, _ := at.GetPathTemplate()
			t.Errorf("%s is registered without describing it: use get, command or raw", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, o := range operations(r) {
		known[o.method+" "+o.path] = true
	}
	for name := range operationWords {
		if !known[name] {
			t.Errorf("words.go describes %s, which there is not", name)
		}
	}
}
