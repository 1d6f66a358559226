package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/view"
	"github.com/gorilla/mux"
)

// A List is how the API answers with several things.
type List[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the page that follows, empty on the last. A page may
	// have few items, or none, and yet be followed by another.
	Next string `json:"next,omitzero"`
}

func listOf[T any](items []T) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{Items: items}
}

func asList[T any](items []T, err error) (List[T], error) { return listOf(items), err }

func asPage[T any](items []T, next string, err error) (List[T], error) {
	list := listOf(items)
	list.Next = next
	return list, err
}

// localFound are the lists that are as long as the register.
func localFound(r *mux.Router, n *registry.Node) {
	get(r, "/operators", func(q *http.Request) (List[authorisation.Operator], error) {
		p, err := pageOf(q)
		if err != nil {
			return List[authorisation.Operator]{}, err
		}
		name, identifier := q.URL.Query().Get("name"), q.URL.Query().Get("identifier")
		list, own, err := ownPage(q, p, "", func(holder string, _ registry.Page) ([]authorisation.Operator, string, error) {
			o, err := n.Operator(holder)
			if err != nil || !called(o, name, identifier) {
				return nil, "", err
			}
			return []authorisation.Operator{o}, "", nil
		})
		if own {
			return list, err
		}
		return asPage(n.FindOperators(name, identifier, p))
	})
	get(r, "/applications", func(q *http.Request) (List[authorisation.Application], error) {
		return found(q, n.FindApplications)
	})
	get(r, "/authorisations", func(q *http.Request) (List[authorisation.Authorisation], error) {
		return found(q, n.FindAuthorisations)
	})
	get(r, "/queue", func(q *http.Request) (List[registry.QueueItem], error) {
		p, errPage := pageOf(q)
		within, errWithin := number(q, "within", 0)
		if within < 0 || within > int64(maxWithin/time.Second) {
			errWithin = fmt.Errorf("%w: within: want seconds, at most those of ten years", registry.ErrInvalid)
		}
		if err := errors.Join(errPage, errWithin); err != nil {
			return List[registry.QueueItem]{}, err
		}
		w := registry.QueueOf{Officer: q.URL.Query().Get("officer"), Office: q.URL.Query().Get("office"), Within: time.Duration(within) * time.Second}
		if q.URL.Query().Has("mine") {
			if w.Account = registry.CallerOf(q.Context()).Account; w.Account == "" {
				return List[registry.QueueItem]{}, fmt.Errorf("%w: mine: nobody is logged in; name the officer", registry.ErrInvalid)
			}
		}
		return asPage(n.Queue(w, p))
	})
}

// called reports whether an operator is found by the beginning of a name or by an
// identifier.
func called(o authorisation.Operator, name, identifier string) bool {
	begins := func(f authorisation.Facet) bool {
		return f.Name == authorisation.ByName && strings.HasPrefix(f.Value, authorisation.Folded(name))
	}
	return (identifier == "" || slices.Contains(o.Holder.Identifiers, identifier)) && (name == "" || slices.ContainsFunc(o.Facets(), begins))
}

// found is a page of the cases wanted. Who is outside looks among their own, which
// are few: when something is due stands in each.
func found[T any](q *http.Request, find func(registry.Wanted, registry.Page) ([]T, string, error)) (list List[T], err error) {
	p, w, err := wantedOf(q)
	if err != nil {
		return list, err
	}
	list, own, err := ownPage(q, p, w.Holder, func(holder string, p registry.Page) ([]T, string, error) {
		w.Holder = holder
		if w.Before != 0 {
			return nil, "", fmt.Errorf("%w: due_before: this is for officers", registry.ErrInvalid)
		}
		return find(w, p)
	})
	if own {
		return list, err
	}
	return asPage(find(w, p))
}

const maxWithin = 3653 * 24 * time.Hour

func pageOf(q *http.Request) (registry.Page, error) {
	limit, err := number(q, "limit", view.MaxPage)
	if err == nil && (limit < 1 || limit > view.MaxPage) {
		err = fmt.Errorf("%w: limit: want 1 to %d", registry.ErrInvalid, view.MaxPage)
	}
	return registry.Page{Cursor: q.URL.Query().Get("cursor"), Limit: int(limit)}, err
}

func wantedOf(q *http.Request) (registry.Page, registry.Wanted, error) {
	p, errPage := pageOf(q)
	before, errBefore := number(q, "due_before", 0)
	if before < 0 {
		errBefore = fmt.Errorf("%w: due_before: want Unix seconds", registry.ErrInvalid)
	}
	v := q.URL.Query()
	if state := v.Get("state"); state != "" && !slices.Contains(statesOf(q.URL.Path), state) {
		errBefore = fmt.Errorf("%w: state: %.40q is not one of %v", registry.ErrInvalid, state, statesOf(q.URL.Path))
	}
	return p, registry.Wanted{State: v.Get("state"), Type: v.Get("type"), Holder: v.Get("holder"), Officer: v.Get("officer"),
		Office: v.Get("office"), Before: before}, errors.Join(errPage, errBefore)
}

// statesOf are the states that what a path lists may be in.
func statesOf(path string) (out []string) {
	if strings.HasPrefix(path, v1+"/applications") {
		for _, s := range authorisation.Draft.Values() {
			out = append(out, string(s))
		}
		return out
	}
	for _, s := range authorisation.Effective.Values() {
		out = append(out, string(s))
	}
	return out
}
