package api

import (
	"net/http"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/gorilla/mux"
)

// localMonitoring is what happens after a grant.
func localMonitoring(r *mux.Router, n *registry.Node) {
	get(r, "/monitoring", func(q *http.Request) (List[authorisation.Monitoring], error) {
		p, err := pageOf(q)
		if err != nil {
			return List[authorisation.Monitoring]{}, err
		}
		return asPage(n.FindMonitorings(p))
	})
	get(r, "/monitoring/{id}", named(n.Monitoring))
	command(r, "/monitoring/plan", n.PlanMonitoring)
	command(r, "/monitoring/report", n.Report)
	command(r, "/monitoring/acknowledge", n.AcknowledgeReport)
	command(r, "/monitoring/reassess", n.Reassess)
	command(r, "/monitoring/check", n.RecordCheck)
	command(r, "/monitoring/action", n.AskAction)
}
