package registry_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/registry"
)

// twin is a node on a copy of another's directory: it has the same keys and
// goes on with a history of its own.
func (o *office) twin() *office {
	o.t.Helper()
	must(o.t, o.Close())
	opts := o.opts
	opts.Dir = filepath.Join(o.t.TempDir(), "twin")
	must(o.t, exec.Command("cp", "-a", o.opts.Dir, opts.Dir).Run())
	o.open()
	w := &office{t: o.t, clock: o.clock, opts: opts}
	w.open()
	o.t.Cleanup(func() { w.Close() })
	return w
}

// A partner that shows two histories is frozen where it was last agreed with:
// nothing heals it but two officers, and verdicts cannot be given meanwhile.
func TestPartnerWithTwoHistoriesIsFrozen(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	file := nz.export(nz.grant(orchards).Case)
	twin := nz.twin()
	nz.serve()
	jp.meet(nz)
	jp.FollowDue(t.Context())
	jp.expect("before", file, federation.ByArrangement)

	got(nz.Suspend(t.Context(), nz.measure(got(nz.Authorisations())(t)[0].Case)))(t)
	nz.pass(time.Second)
	must(t, jp.SyncPeers(t.Context()))
	agreed := got(jp.Peer("NZ"))(t)

	for range 4 { // the other history grows past the one that was seen
		twin.grant(trader{"Kauri Timber Exports Ltd", "NZ:ses:2345678" + string(rune('0'+twin.size()%10)) + "B", "SES", []string{"exporter"}})
	}
	twin.serve()
	jp.meet(twin)
	jp.pass(2 * time.Minute)
	jp.FollowDue(t.Context())
	s := got(jp.Peer("NZ"))(t)
	if s.Following.State != registry.StateFrozen || len(s.Following.Frozen) != 1 || s.LogSize != agreed.LogSize || len(s.Following.Warnings) == 0 {
		t.Fatalf("after two histories: %+v, %+v", s, s.Following)
	}
	if seen, err := os.ReadFile(s.Following.Frozen[0].Evidence + "/now.checkpoint"); err != nil || len(seen) == 0 {
		t.Errorf("evidence: %v", err)
	}
	jp.expect("frozen", file, federation.LogMisbehaviour)

	// The true history again: it is not believed by itself, nor after a restart.
	jp.meet(nz)
	jp.restart()
	jp.pass(2 * time.Minute)
	jp.FollowDue(t.Context())
	if err := jp.SyncPeers(t.Context()); !errors.Is(err, peer.ErrSplitView) {
		t.Errorf("asked to follow a frozen peer: %v", err)
	}
	jp.expect("still frozen", file, federation.LogMisbehaviour)

	thaw := registry.ThawPeer{Peer: "NZ", By: "Desk", Second: "Desk"}
	if _, err := jp.ThawPeer(t.Context(), thaw); !errors.Is(err, registry.ErrNotAllowed) {
		t.Errorf("thawed by one person: %v", err)
	}
	thaw.Second, thaw.DryRun = "Head", true
	got(jp.ThawPeer(t.Context(), thaw))(t)
	jp.expect("a dry run", file, federation.LogMisbehaviour)
	thaw.DryRun = false
	got(jp.ThawPeer(t.Context(), thaw))(t)
	jp.FollowDue(t.Context())
	jp.expect("thawed", file, federation.StatusSuspended)
	if _, err := jp.ThawPeer(t.Context(), thaw); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("thawed twice: %v", err)
	}
	must(t, jp.RemovePeer(t.Context(), "NZ"))
	if kept, _ := filepath.Glob(jp.opts.Dir + "/evidence/*/mirror/evidence-1/now.checkpoint"); len(kept) != 1 {
		t.Error("the evidence went with the peer")
	}
}

// A partner that is gone is answered for from the mirror: what is known grows
// old, verdicts say so, and end.
func TestPartnerThatIsGoneIsAnsweredForFromTheMirror(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	file := nz.export(nz.grant(orchards).Case)
	jp.FollowDue(t.Context())
	gone := registry.AddPeer{Anchor: got(nz.Anchor())(t).Marshal(), By: "Desk", Dial: map[string]string{nz.Config().Host(): "127.0.0.1:1"}}
	got(jp.AddPeer(t.Context(), gone))(t)
	must(t, os.Remove(jp.opts.Dir+"/bundle.aeobundle"))
	jp.restart()
	caveats := func() int {
		return len(jp.verifier().Verify(file, federation.Question{Now: jp.clock.Now().Unix()}).Caveats)
	}
	jp.expect("after a restart", file, federation.ByArrangement)
	fresh := caveats()

	for range 3 {
		jp.pass(15 * time.Minute)
		jp.FollowDue(t.Context())
	}
	s := got(jp.Peer("NZ"))(t).Following
	if s.State != registry.StateUnreachable || s.Failures != 3 || s.Failure == "" || s.Age < 45*60 || s.NextAttempt <= jp.clock.Now().Unix() {
		t.Errorf("after three looks: %+v", s)
	}
	jp.pass(30 * time.Hour)
	jp.restart()
	jp.expect("after a day", file, federation.ByArrangement)
	if old := caveats(); old <= fresh {
		t.Errorf("%d caveats after a day, %d before", old, fresh)
	}
	if w := got(jp.Peer("NZ"))(t).Following.Warnings; len(w) == 0 {
		t.Error("no warning after a day")
	}
	jp.pass(7 * day)
	jp.expect("after a week", file, federation.StatusStale)
}

func TestPartnerWhoseConfigurationRunsOutIsWarnedOf(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	file := nz.export(nz.grant(orchards).Case)
	jp.FollowDue(t.Context())
	expires := time.Unix(got(jp.Peer("NZ"))(t).Following.Expires, 0)
	jp.pass(expires.Sub(jp.clock.Now()) - 71*time.Hour)
	warned := false
	for _, w := range got(jp.Peer("NZ"))(t).Following.Warnings {
		warned = warned || w == "its entity configuration runs out in 2 days and was not renewed"
	}
	if !warned {
		t.Errorf("warnings: %v", got(jp.Peer("NZ"))(t).Following.Warnings)
	}
	jp.pass(72 * time.Hour)
	if r := jp.reason(file, time.Time{}); r.Verdict() != federation.CannotTell {
		t.Errorf("after its configuration ran out: %s", r)
	}
}
