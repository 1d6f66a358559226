package api

import (
	"net/http"

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
		visits, err := n.Visits()
		list, err := seen(q, listOf(visits), err, func(v authorisation.Visit) string { return v.Operator })
		if err != nil {
			return list, err
		}
		for i, v := range list.Items {
			if list.Items[i], err = shown(q, n, v); err != nil {
				return list, err
			}
		}
		return list, nil
	})
	get(r, "/visits/{id}", func(q *http.Request) (authorisation.Visit, error) {
		v, err := n.Visit(id(q))
		if err != nil {
			return v, err
		}
		return shown(q, n, v)
	})
	command(r, "/visits", n.PlanVisit)
	command(r, "/visits/move", n.MoveVisit)
	command(r, "/visits/cancel", n.CancelVisit)
	command(r, "/visits/export", n.ExportVisit)
	command(r, "/visits/import", n.ImportVisit)
	command(r, "/visits/sign-off", n.SignOffVisit)
}

func shown(q *http.Request, n *registry.Node, v authorisation.Visit) (authorisation.Visit, error) {
	inside, err := n.Inside(q.Context())
	if err != nil || inside {
		return v, err
	}
	v.Exports, v.Reports = []authorisation.VisitExport{}, []authorisation.VisitReport{}
	return v, nil
}
