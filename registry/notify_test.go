package registry_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
)

// suspended is a holder of New Zealand's that both know and that is suspended
// now; Japan was not told and is not due to look.
func suspended(t *testing.T) (nz, jp *office, file []byte) {
	t.Helper()
	nz, jp = partners(t)
	agree(t, nz, jp)
	a := nz.grant(orchards)
	file = nz.export(a.Case)
	rounds(t, nz, jp)
	got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
	jp.expect("before anything was said", file, federation.ByArrangement)
	return nz, jp, file
}

// rounds lets all look and tell until nobody has anything left to say.
func rounds(t *testing.T, offices ...*office) {
	t.Helper()
	for range 4 {
		for _, o := range offices {
			o.FollowDue(t.Context())
			o.NotifyDue(t.Context())
		}
	}
}

func TestSuspensionIsKnownAbroadWithoutAnybodyLooking(t *testing.T) {
	nz, jp, file := suspended(t)
	nz.NotifyDue(t.Context())
	jp.FollowDue(t.Context())
	jp.expect("told to look", file, federation.StatusSuspended)
	if d := got(jp.Verdict(registry.Ask{Presentation: string(file)}))(t); d.Reason != federation.StatusSuspended {
		t.Errorf("asked online: %s", d.Reason)
	}
	s := got(nz.Peer("JP"))(t).Notices
	if s.Sent == 0 || s.Received == 0 || s.Known != 0 && s.KnownSize >= s.Size {
		t.Errorf("before Japan says so: %+v", s)
	}
	jp.NotifyDue(t.Context())
	s = got(nz.Peer("JP"))(t).Notices
	if s.KnownSize != s.Size || s.Known != nz.clock.Now().Unix() || s.Lag != 0 || s.Outstanding != 0 {
		t.Errorf("after Japan said so: %+v", s)
	}
	nz.restart()
	if again := got(nz.Peer("JP"))(t).Notices; *again != *s {
		t.Errorf("after a restart: %+v, was %+v", again, s)
	}
}

// TestNoNoticeCausesAnother: what partners tell each other comes to an end, and
// no log grows by it.
func TestNoNoticeCausesAnother(t *testing.T) {
	nz, jp, _ := suspended(t)
	var messages atomic.Int64
	for _, o := range []*office{nz, jp} {
		o.serveBy(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/exchange" {
					messages.Add(1)
				}
				next.ServeHTTP(w, r)
			})
		})
	}
	nz.meet(jp)
	jp.meet(nz)
	rounds(t, nz, jp)
	said, sizes := messages.Load(), [2]int64{nz.size(), jp.size()}
	if said < 2 || said > 4 {
		t.Errorf("%d messages for one suspension, want a notice and an acknowledgement or two", said)
	}
	rounds(t, nz, jp)
	if messages.Load() != said || [2]int64{nz.size(), jp.size()} != sizes {
		t.Errorf("%d messages, then %d; sizes %v, then %d %d", said, messages.Load(), sizes, nz.size(), jp.size())
	}
}

func TestLostNoticeIsCaughtByTheNextLook(t *testing.T) {
	nz, jp, file := suspended(t)
	jp.serveBy(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/exchange" {
				http.Error(w, "dropped", http.StatusBadGateway)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	nz.meet(jp)
	nz.NotifyDue(t.Context())
	jp.FollowDue(t.Context())
	jp.expect("the notice was lost", file, federation.ByArrangement)
	s := got(nz.Peer("JP"))(t).Notices
	if s.Received != 0 || s.Fault == "" || s.Failed == 0 || s.Outstanding == 0 {
		t.Errorf("New Zealand thinks it arrived: %+v", s)
	}
	jp.pass(2 * time.Minute)
	jp.FollowDue(t.Context())
	jp.expect("looked by itself", file, federation.StatusSuspended)
	jp.NotifyDue(t.Context())
	s = got(nz.Peer("JP"))(t).Notices
	if s.KnownSize != s.Size || s.Lag != 120 {
		t.Errorf("after Japan said so: %+v", s)
	}
}

// TestWhatAPartnerKnewOnADay: shown without any node, and only what it said, of
// the log it said it of, by the day it said it.
func TestWhatAPartnerKnewOnADay(t *testing.T) {
	nz, jp, _ := suspended(t)
	at, index := nz.clock.Now().Unix(), lastStatus(t, nz)
	if _, err := nz.KnownEvidence("JP", at, index); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("before Japan knew: %v", err)
	}
	rounds(t, nz, jp)
	nz.grant(timber)
	nz.pass(day)
	e := got(nz.KnownEvidence("JP", at, index))(t)
	raw := got(jcs.Marshal(e))(t)
	e = got(exchange.ParseEvidence(raw))(t)
	ours, theirs := got(nz.Anchor())(t).Root, got(jp.Anchor())(t).Root
	s := got(e.Check(theirs, ours))(t)
	status, ok := s.Leaves[0].(transparency.Status)
	if !ok || status.Value != 2 || s.By != jp.Config().EntityID || s.SignedAt != at || s.Known.Size <= index {
		t.Errorf("shown: %+v, of leaf %+v", s, s.Leaves[0])
	}
	if _, err := nz.KnownEvidence("JP", at-1, index); !errors.Is(err, registry.ErrNotFound) || !strings.Contains(err.Error(), "first did") {
		t.Errorf("the second before: %v", err)
	}
	if _, err := nz.KnownEvidence("JP", nz.clock.Now().Unix(), nz.size()-1); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("a leaf Japan was not told of: %v", err)
	}
	if last := got(nz.KnownEvidence("JP", nz.clock.Now().Unix(), -1))(t); len(last.Leaves) != 0 {
		t.Errorf("without a leaf: %+v", last)
	}
	for name, change := range map[string]func(*exchange.Evidence){
		"another leaf":         func(e *exchange.Evidence) { e.Leaves[0].Index-- },
		"another tree":         func(e *exchange.Evidence) { e.Proof = nil },
		"another's word":       func(e *exchange.Evidence) { e.By = e.Rosters },
		"another's log":        func(e *exchange.Evidence) { e.Rosters = e.By },
		"a word of our own":    func(e *exchange.Evidence) { e.Known = string(nz.message(jp, exchange.KindKnown, s.Known).signed(t)) },
		"a word of other kind": func(e *exchange.Evidence) { e.Known = string(jp.message(nz, exchange.KindNotify, s.Known).signed(t)) },
		"a word to another": func(e *exchange.Evidence) {
			f := jp.message(nz, exchange.KindKnown, s.Known)
			f.message.Aud = "https://aeo.us.example"
			e.Known = string(f.signed(t))
		},
	} {
		changed := got(exchange.ParseEvidence(raw))(t)
		change(changed)
		if _, err := changed.Check(theirs, ours); !errors.Is(err, exchange.ErrEvidence) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := e.Check(ours, theirs); !errors.Is(err, exchange.ErrEvidence) {
		t.Errorf("under other pins: %v", err)
	}
}

func (f *forged) signed(t *testing.T) []byte {
	t.Helper()
	must(t, f.message.Sign(f.signer))
	return f.message.Raw()
}

// TestPartnerThatIsGoneGrowsStale: what was known of it counts for as long as was
// agreed and no longer.
func TestPartnerThatIsGoneGrowsStale(t *testing.T) {
	nz, jp, file := suspended(t)
	jp.serveBy(func(http.Handler) http.Handler { return http.HandlerFunc(http.NotFound) })
	nz.meet(jp)
	nz.serveBy(func(http.Handler) http.Handler { return http.HandlerFunc(http.NotFound) })
	jp.meet(nz)
	for _, c := range []struct {
		after time.Duration
		want  federation.Reason
	}{{6 * day, federation.ByArrangement}, {2 * day, federation.StatusStale}} {
		nz.pass(c.after)
		jp.pass(0)
		rounds(t, nz, jp)
		jp.expect("gone for "+nz.clock.Now().Sub(start).String(), file, c.want)
	}
}

// TestPartnerThatTakesNoMessagesFillsNoDisk: it can be followed, and what we know
// of it is said again after each look.
func TestPartnerThatTakesNoMessagesFillsNoDisk(t *testing.T) {
	nz, jp, _ := suspended(t)
	rounds(t, nz, jp)
	jp.serveBy(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/exchange" {
				http.Error(w, "dropped", http.StatusBadGateway)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	nz.meet(jp)
	jp.grant(trader{"Sakura Precision KK", "JP12345678901234567", "AEO-EXPORTER", []string{"exporter"}})
	kept := func() int {
		return len(got(os.ReadFile(filepath.Join(nz.opts.Dir, "exchange", "aeo.jp.example.jsonl")))(t))
	}
	before, failed := kept(), got(nz.Peer("JP"))(t).Notices.Failed
	for range 5 {
		nz.pass(2 * time.Minute)
		jp.pass(0)
		rounds(t, nz)
	}
	if s := got(nz.Peer("JP"))(t).Notices; s.Failed < failed+5 || kept() != before {
		t.Errorf("%d messages failed, %d bytes kept, %d before", s.Failed-failed, kept(), before)
	}
}

// TestWordOfAPartnerThatWasRemoved: its messages stay; who is added again and was
// not followed yet has no keys to read them by.
func TestWordOfAPartnerThatWasRemoved(t *testing.T) {
	nz, jp, _ := suspended(t)
	rounds(t, nz, jp)
	must(t, nz.RemovePeer(t.Context(), "JP"))
	nz.meet(jp)
	at, index := nz.clock.Now().Unix(), lastStatus(t, nz)
	if _, err := nz.KnownEvidence("JP", at, index); !errors.Is(err, registry.ErrConflict) {
		t.Errorf("before it was followed: %v", err)
	}
	must(t, nz.SyncPeers(t.Context()))
	got(nz.KnownEvidence("JP", at, index))(t)
}

// TestUnionTellsOfItsMembers: partners follow a member through its union, so the
// union says when there is news of it.
func TestUnionTellsOfItsMembers(t *testing.T) {
	eu, de := union(t, newClock())
	nz := found(t, eu.clock, "NZ", "")
	nz.serve()
	nz.meet(eu, de)
	eu.meet(nz)
	a := de.grant(rhein)
	de.pass(6 * day)
	eu.pass(0)
	nz.pass(0)
	everybody(t, eu, de, nz)
	file := de.export(a.Case, "AEOS")
	rounds(t, eu, de, nz)
	status := func() federation.Reason {
		return nz.verifier().Verify(file, federation.Question{Now: nz.clock.Now().Unix(), StatusOnly: true}).Reason
	}
	if r := status(); r != federation.OK {
		t.Fatalf("before: %s", r)
	}
	got(de.Suspend(t.Context(), de.measure(a.Case)))(t)
	de.NotifyDue(t.Context())
	eu.FollowDue(t.Context())
	eu.expect("at the union", file, federation.StatusSuspended)
	eu.NotifyDue(t.Context())
	nz.FollowDue(t.Context())
	if r := status(); r != federation.StatusSuspended {
		t.Errorf("at the union's partner: %s", r)
	}
	sizes := [3]int64{eu.size(), de.size(), nz.size()}
	rounds(t, eu, de, nz)
	if again := [3]int64{eu.size(), de.size(), nz.size()}; again != sizes {
		t.Errorf("logs grew by notices: %v, then %v", sizes, again)
	}
}

// TestAnotherCertificateChangesNoVerdict: TLS keeps readers out, and says nothing
// about anybody.
func TestAnotherCertificateChangesNoVerdict(t *testing.T) {
	nz, jp, file := suspended(t)
	must(t, os.RemoveAll(filepath.Join(nz.opts.Dir, "tls")))
	must(t, keyring.CreateTLS(filepath.Join(nz.opts.Dir, "tls"), nz.Config().Host(), nz.clock.Now()))
	nz.serve()
	got(jp.AddPeer(t.Context(), registry.AddPeer{Anchor: got(nz.Anchor())(t).Marshal(), By: "Desk",
		Dial: map[string]string{nz.Config().Host(): nz.addr}, CA: string(got(os.ReadFile(filepath.Join(jp.opts.Dir, "tls", "ca.pem")))(t))}))(t)
	nz.NotifyDue(t.Context())
	jp.FollowDue(t.Context())
	jp.expect("its certificate is not known", file, federation.ByArrangement)
	jp.meet(nz)
	rounds(t, jp, nz)
	jp.expect("it is known again", file, federation.StatusSuspended)
	if s := got(nz.Peer("JP"))(t).Notices; s.KnownSize < s.Size {
		t.Errorf("Japan knows: %+v", s)
	}
}
