package api

import (
	"net/http"

	"github.com/aeo-registry/aeo/registry"
	"github.com/gorilla/mux"
)

func localVisits(r *mux.Router, n *registry.Node) {
	get(r, "/visits", func(*http.Request) (any, error) { return asList(n.Visits()) })
	get(r, "/visits/{id}", func(q *http.Request) (any, error) { return n.Visit(id(q)) })
	command(r, "/visits", n.PlanVisit)
	command(r, "/visits/move", n.MoveVisit)
	command(r, "/visits/cancel", n.CancelVisit)
	command(r, "/visits/export", n.ExportVisit)
	command(r, "/visits/import", n.ImportVisit)
	command(r, "/visits/sign-off", n.SignOffVisit)
}
