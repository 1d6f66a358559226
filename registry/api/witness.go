package api

import (
	"net/http"

	"github.com/aeo-registry/aeo/registry"
)

const addCheckpoint = "/witness/add-checkpoint"

// witness answers C2SP tlog-witness. Each answer that cosigns waits for the
// disk, so they share the places of what has to be made.
func (d *desk) witness(n *registry.Node) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case d.places <- struct{}{}:
			defer func() { <-d.places }()
		default:
			logError(w, errCrowded)
			return
		}
		n.Witness().Handle(w, r, func(w http.ResponseWriter, err error) {
			remember(w, err)
			logError(w, err)
		})
	}
}
