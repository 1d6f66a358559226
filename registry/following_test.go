package registry_test

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/registry"
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

// A partner that does not end its answers delays nobody: not another partner,
// not our own acts, and not the officer who removes it.
func TestSlowPartnerDelaysNobody(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	a := nz.grant(orchards)
	file := nz.export(a.Case)
	jp.FollowDue(t.Context())
	us := found(t, jp.clock, "KR", "")
	asked, stop := make(chan struct{}, 1), make(chan struct{})
	us.serveBy(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case asked <- struct{}{}:
			default:
			}
			select {
			case <-r.Context().Done():
			case <-stop:
			}
		})
	})
	defer close(stop)
	jp.meet(us)
	jp.LookNow(us.Config().EntityID)
	ended := make(chan struct{})
	go func() { jp.FollowDue(t.Context()); close(ended) }()
	<-asked

	got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
	jp.LookNow(nz.Config().EntityID)
	jp.FollowDue(t.Context())
	jp.expect("while another hangs", file, federation.StatusSuspended)
	must(t, jp.Tick(t.Context()))
	got(jp.BuildBundle(t.Context(), registry.BuildBundle{}))(t)
	must(t, jp.Backup(io.Discard))
	select {
	case <-ended:
		t.Error("the round with the slow partner has ended")
	default:
	}
	must(t, jp.RemovePeer(t.Context(), us.Config().EntityID))
	<-ended
	if peers := got(jp.Peers())(t); len(peers) != 1 || peers[0].Territory != "NZ" {
		t.Errorf("peers after the removal: %+v", peers)
	}
}

// What is read for a bundle stays as it is while the next round adds to the log.
func TestBundlesAreBuiltWhileTheLogIsFollowed(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	a := nz.grant(orchards)
	file := nz.export(a.Case)
	jp.FollowDue(t.Context())
	done, built := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(built)
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := jp.BuildBundle(t.Context(), registry.BuildBundle{}); err != nil {
				built <- err
				return
			}
		}
	}()
	for range 3 {
		got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
		nz.pass(time.Second)
		jp.LookNow(nz.Config().EntityID)
		jp.FollowDue(t.Context())
		jp.expect("suspended", file, federation.StatusSuspended)
		got(nz.Reinstate(t.Context(), nz.measure(a.Case)))(t)
		nz.pass(time.Second)
		jp.LookNow(nz.Config().EntityID)
		jp.FollowDue(t.Context())
		jp.expect("reinstated", file, federation.ByArrangement)
	}
	close(done)
	if err := <-built; err != nil {
		t.Error(err)
	}
}

// Failures make us look less often, and one success as often as before.
func TestPartnerThatFailsIsAskedLessAndLess(t *testing.T) {
	nz, jp := partners(t)
	var broken atomic.Bool
	nz.serveBy(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if broken.Load() {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	jp.meet(nz)
	jp.FollowDue(t.Context())
	broken.Store(true)
	pause := func() time.Duration {
		s := got(jp.Peer("NZ"))(t).Following
		return time.Unix(s.NextAttempt, 0).Sub(jp.clock.Now())
	}
	last := pause()
	for i := range 10 {
		jp.pass(last + time.Second)
		jp.FollowDue(t.Context())
		now := pause()
		if s := got(jp.Peer("NZ"))(t).Following; s.State != registry.StateMisbehaving || s.Failures != i+1 {
			t.Fatalf("after %d failures: %+v", i+1, s)
		}
		if i < 3 && now <= last || now > 20*time.Minute {
			t.Errorf("failure %d: %v after %v", i+1, now, last)
		}
		last = now
	}
	broken.Store(false)
	jp.pass(last + time.Second)
	jp.FollowDue(t.Context())
	if now := pause(); now > 2*time.Minute {
		t.Errorf("%v after a success", now)
	}
}

// serveBy opens another public listener, whose answers pass through what is given.
func (o *office) serveBy(through func(http.Handler) http.Handler) {
	o.t.Helper()
	o.listen(through(api.Public(o.Node, discard)))
}
