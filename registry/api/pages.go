package api

import (
	"errors"
	"fmt"
	"net/http"
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
		list, err := asPage(n.FindOperators(q.URL.Query().Get("name"), q.URL.Query().Get("identifier"), p))
		return seen(q, list, err, func(o authorisation.Operator) string { return o.Case })
	})
	get(r, "/applications", func(q *http.Request) (List[authorisation.Application], error) {
		p, w, err := wantedOf(q)
		if err != nil {
			return List[authorisation.Application]{}, err
		}
		list, err := asPage(n.FindApplications(w, p))
		return seen(q, list, err, func(a authorisation.Application) string { return a.Wish.Operator })
	})
	get(r, "/authorisations", func(q *http.Request) (List[authorisation.Authorisation], error) {
		p, w, err := wantedOf(q)
		if err != nil {
			return List[authorisation.Authorisation]{}, err
		}
		list, err := asPage(n.FindAuthorisations(w, p))
		return seen(q, list, err, func(a authorisation.Authorisation) string { return a.Operator })
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
	return p, registry.Wanted{State: v.Get("state"), Type: v.Get("type"), Holder: v.Get("holder"), Officer: v.Get("officer"),
		Office: v.Get("office"), Before: before}, errors.Join(errPage, errBefore)
}
