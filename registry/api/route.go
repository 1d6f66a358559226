package api

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/gorilla/mux"
)

// An operation is a route: it answers requests and says of what form they and the answers are.
// The router and the description of the API are made of the same operations.
type operation struct {
	http.Handler
	method, path      string
	request, response reflect.Type // nil where it is no JSON
	media             string       // of an answer that is no JSON
}

// describe registers a route; one that reads answers HEAD too.
func describe(r *mux.Router, method, path string, request, response reflect.Type, media string, h http.Handler) {
	methods := []string{method}
	if method == http.MethodGet {
		methods = append(methods, http.MethodHead)
	}
	r.Handle(v1+path, &operation{asked(method+" "+path, h), method, path, request, response, media}).Methods(methods...)
}

// asked refuses query parameters that an operation does not have: one that is misspelt
// would be answered as if it had not been asked.
func asked(operation string, h http.Handler) http.Handler {
	known := strings.Fields(operationWords[operation].query)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name := range r.URL.Query() {
			if !slices.Contains(known, name) {
				refuse(w, fmt.Errorf("%w: query parameter %.40q is not one of %v", registry.ErrInvalid, name, known))
				return
			}
		}
		h.ServeHTTP(w, r)
	})
}

// raw registers a route whose answer is a file.
func raw(r *mux.Router, method, path, media string, h http.HandlerFunc) {
	describe(r, method, path, nil, nil, media, h)
}

// reading, named and listed are what most reading routes do.
func reading[T any](read func() (T, error)) func(*http.Request) (T, error) {
	return func(*http.Request) (T, error) { return read() }
}

func named[T any](read func(string) (T, error)) func(*http.Request) (T, error) {
	return func(q *http.Request) (T, error) { return read(id(q)) }
}

func listed[T any](read func() ([]T, error)) func(*http.Request) (List[T], error) {
	return func(*http.Request) (List[T], error) { return asList(read()) }
}

// operations are those of a router, in the order they were registered.
func operations(r *mux.Router) (list []*operation) {
	_ = r.Walk(func(at *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		if one, ok := at.GetHandler().(*operation); ok {
			list = append(list, one)
		}
		return nil
	})
	return list
}
