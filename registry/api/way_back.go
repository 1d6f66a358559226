package api

import (
	"github.com/aeo-registry/aeo/registry"
	"github.com/gorilla/mux"
)

// localWayBack is what undoes measures about an authorisation.
func localWayBack(r *mux.Router, n *registry.Node) {
	command(r, "/authorisations/appeal", n.AppealMeasure)
	command(r, "/authorisations/stay", n.StayMeasure)
	command(r, "/authorisations/rectify", n.RectifyAuthorisation)
	command(r, "/authorisations/set-aside", n.SetAsideMeasure)
}
