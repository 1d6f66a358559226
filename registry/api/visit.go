package api

import (
	"errors"
	"net/http"
	"slices"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/gorilla/mux"
)

// localVisits are the validation visits. Who is outside the administration reads of
// their own when and by whom, not what was found: that they hear with the decision.
func localVisits(r *mux.Router, n *registry.Node) {
	get(r, "/lookalikes", func(q *http.Request) (List[registry.Lookalike], error) {
		return asList(n.Lookalikes(q.URL.Query().Get("name")))
	})
	get(r, "/visits", func(q *http.Request) (List[authorisation.Visit], error) {
		p, err := pageOf(q)
		if err != nil {
			return List[authorisation.Visit]{}, err
		}
		inside, err := n.Inside(q.Context())
		if err != nil || inside {
			list, next, failed := n.FindVisits(p)
			return asPage(list, next, errors.Join(err, failed))
		}
		visits, err := n.Visits()
		if err != nil {
			return List[authorisation.Visit]{}, err
		}
		sees, err := n.Sees(q.Context())
		return listOf(slices.DeleteFunc(visits, func(v authorisation.Visit) bool { return !sees(v.Operator) })), err
	})
	get(r, "/visits/{id}", named(n.Visit))
	command(r, "/visits", n.PlanVisit)
	command(r, "/visits/move", n.MoveVisit)
	command(r, "/visits/cancel", n.CancelVisit)
	command(r, "/visits/export", n.ExportVisit)
	command(r, "/visits/import", n.ImportVisit)
	command(r, "/visits/sign-off", n.SignOffVisit)
}
