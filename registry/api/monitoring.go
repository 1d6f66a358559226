package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/gorilla/mux"
)

// localMonitoring is what happens after a grant.
func localMonitoring(r *mux.Router, n *registry.Node) {
	get(r, "/monitoring", listed(n.Monitorings))
	get(r, "/monitoring/{id}", func(q *http.Request) (authorisation.Monitoring, error) {
		m, err := n.Monitoring(id(q))
		return forHolder(q.Context(), n, m, err)
	})
	command(r, "/monitoring/plan", n.PlanMonitoring)
	command(r, "/monitoring/report", n.Report)
	command(r, "/monitoring/acknowledge", n.AcknowledgeReport)
	command(r, "/monitoring/reassess", n.Reassess)
	command(r, "/monitoring/check", n.RecordCheck)
	command(r, "/monitoring/action", n.AskAction)
}

// forHolder leaves out of what is watched what the administration keeps for itself:
// the class of risk, what others' registers say, re-checks that run.
func forHolder(ctx context.Context, n *registry.Node, m authorisation.Monitoring, err error) (authorisation.Monitoring, error) {
	if err != nil {
		return m, err
	}
	inside, err := n.Inside(ctx)
	if !inside {
		m.Risk, m.Checks, m.Recheck = "", nil, nil
		m.Clocks = slices.DeleteFunc(slices.Clone(m.Clocks), func(c deadline.Clock) bool { return c.Rule == programme.RuleRecheck })
	}
	return m, err
}
