package api

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/registry"
)

const (
	addCheckpoint = "/witness/add-checkpoint"
	// witnessEffort is that of a checkpoint: two signatures and a wait for the disk.
	witnessEffort = 20
)

// witness answers C2SP tlog-witness. Each answer that cosigns waits for the
// disk, so they share the places of what has to be made; who sends slowly waits
// outside, where its network is counted.
func (d *desk) witness(n *registry.Node) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fail := func(w http.ResponseWriter, err error) {
			remember(w, err)
			logError(w, err)
		}
		from, now := networkOf(r.RemoteAddr), time.Now()
		if !d.shares.spend(from, witnessEffort, now) {
			fail(w, errCrowded)
			return
		}
		done := d.shares.hold(from, witness.MaxBody, now)
		if done == nil {
			fail(w, errCrowded)
			return
		}
		defer done()
		body, err := io.ReadAll(io.LimitReader(r.Body, witness.MaxBody+1))
		if err != nil {
			return // it went away, or took too long
		}
		leave, err := enter(r.Context(), d.places)
		if err != nil {
			fail(w, err)
			return
		}
		defer leave()
		r.Body = io.NopCloser(bytes.NewReader(body))
		n.Witness().Handle(w, r, fail)
	}
}
