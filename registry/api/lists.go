package api

import (
	"fmt"
	"net/http"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/registry"
	"github.com/gorilla/mux"
)

// localLists are the routes about partners without a node. None of them is on
// the public listener: nobody consented to what lists name.
func localLists(r *mux.Router, n *registry.Node) {
	get(r, "/recognitions", listed(n.Recognitions))
	get(r, "/recognitions/{id}", named(n.Recognition))
	command(r, "/recognitions", n.Recognise)
	get(r, "/lists", listed(n.Lists))
	command(r, "/lists", n.ImportList)
	command(r, "/lists/reconcile", n.Reconcile)
	raw(r, http.MethodGet, "/lists/{id}/export", "application/octet-stream", func(w http.ResponseWriter, q *http.Request) {
		raw, err := n.ExportList(id(q), q.URL.Query().Get("format"))
		answer(w, raw, "application/octet-stream", err)
	})
}

// localBundle is the newest bundle of the profile asked for.
func localBundle(n *registry.Node, q *http.Request) (raw []byte, err error) {
	switch profile := q.URL.Query().Get("profile"); profile {
	case "", bundle.ProfilePublic:
		raw, _, err = n.Bundle()
	case bundle.ProfileBorder:
		raw, _, err = n.BorderBundle(q.Context())
	default:
		err = fmt.Errorf("%w: profile %.20q", registry.ErrInvalid, profile)
	}
	return raw, err
}
