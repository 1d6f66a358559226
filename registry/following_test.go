package registry_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry/api"
)

func TestPartnersAreFollowedByTheClock(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	a := nz.grant(orchards)
	file := nz.export(a.Case)
	jp.FollowDue(t.Context()) // never looked at by itself before: at once
	jp.expect("after the first round", file, federation.ByArrangement)

	got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
	nz.pass(time.Second)
	jp.FollowDue(t.Context())
	jp.expect("before the next round is due", file, federation.ByArrangement)
	jp.pass(2 * time.Minute)
	jp.FollowDue(t.Context())
	jp.expect("when it is due", file, federation.StatusSuspended)
}

func TestWhoSaysLookNowIsLookedAt(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	a := nz.grant(orchards)
	file := nz.export(a.Case)
	jp.FollowDue(t.Context())

	got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
	jp.LookNow("https://nobody.example")
	jp.LookNow(nz.Config().EntityID)
	jp.FollowDue(t.Context())
	jp.expect("told to look", file, federation.StatusSuspended)
}

// A partner that never ceases to say so makes us look no more than so often.
func TestWhoAlwaysSaysLookNowIsLookedAtAtAPace(t *testing.T) {
	nz, jp := partners(t)
	var asked atomic.Int64
	nz.serveBy(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/log/checkpoint" {
				asked.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	jp.meet(nz)
	for range 100 {
		jp.LookNow(nz.Config().EntityID)
		jp.FollowDue(t.Context())
	}
	if n := asked.Load(); n < 2 || n > 20 {
		t.Errorf("looked %d times for 100 calls in one instant", n)
	}
}

// serveBy opens another public listener, whose answers pass through what is given.
func (o *office) serveBy(through func(http.Handler) http.Handler) {
	o.t.Helper()
	o.listen(through(api.Public(o.Node, discard)))
}
