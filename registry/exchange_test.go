package registry_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
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

// A message as somebody of New Zealand's makes it.
type forged struct {
	signer  *keys.Signer
	to      *keys.PublicKey
	message *exchange.Message
}

func (o *office) signer(role keys.Role) *keys.Signer {
	o.t.Helper()
	ring := got(keyring.Open(filepath.Join(o.opts.Dir, "keys.age"), o.opts.Unlock))(o.t)
	return got(ring.Signer(role, o.clock.Now()))(o.t)
}

func (o *office) message(to *office, kind string, body any) *forged {
	o.t.Helper()
	m := got(exchange.New(o.Config().EntityID, to.Config().EntityID, kind, body, o.clock.Now().Unix(), rand.Reader))(o.t)
	return &forged{o.signer(keys.RoleExchange), to.signer(keys.RoleExchange).Public(), m}
}

func (f *forged) sealed(t *testing.T) []byte {
	t.Helper()
	must(t, f.message.Sign(f.signer))
	return got(f.message.Seal(f.to))(t)
}

func TestMessagesThatAreRefused(t *testing.T) {
	nz, jp := partners(t)
	us := found(t, nz.clock, "US", "")
	head := exchange.Head{Origin: "aeo.nz.example/log", Size: 1}
	for name, c := range map[string]struct {
		change func(*forged)
		garble func([]byte) []byte
		want   error
	}{
		"one that is good":                 {want: nil},
		"for another":                      {change: func(f *forged) { f.message.Aud = "https://aeo.us.example" }, want: registry.ErrStranger},
		"from a stranger":                  {change: func(f *forged) { f.message.Iss = "https://aeo.us.example"; f.signer = us.signer(keys.RoleExchange) }, want: registry.ErrStranger},
		"in another's name":                {change: func(f *forged) { f.signer = us.signer(keys.RoleExchange) }, want: registry.ErrStranger},
		"signed by a key for other things": {change: func(f *forged) { f.signer = nz.signer(keys.RoleFederation) }, want: registry.ErrStranger},
		"sealed to another":                {change: func(f *forged) { f.to = us.signer(keys.RoleExchange).Public() }, want: registry.ErrStranger},
		"sealed to a key for other things": {change: func(f *forged) { f.to = jp.signer(keys.RoleFederation).Public() }, want: registry.ErrStranger},
		"expired":                          {change: func(f *forged) { f.message.Iat -= 400; f.message.Exp -= 400 }, want: registry.ErrStranger},
		"of a clock a little slow":         {change: func(f *forged) { f.message.Iat -= 350; f.message.Exp -= 350 }},
		"of a clock a little fast":         {change: func(f *forged) { f.message.Iat += 50; f.message.Exp += 50 }},
		"of the future":                    {change: func(f *forged) { f.message.Iat += 100; f.message.Exp += 100 }, want: registry.ErrStranger},
		"good for too long":                {change: func(f *forged) { f.message.Exp++ }, want: registry.ErrStranger},
		"an answer to nothing":             {change: func(f *forged) { f.message.Re = f.message.JTI }, want: registry.ErrStranger},
		"garbled":                          {garble: func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, want: registry.ErrStranger},
		"cut off":                          {garble: func(b []byte) []byte { return b[:len(b)-1] }, want: registry.ErrStranger},
		"nothing":                          {garble: func([]byte) []byte { return nil }, want: registry.ErrStranger},
		"without end":                      {garble: func([]byte) []byte { return bytes.Repeat([]byte("a"), keys.MaxSealed+1) }, want: registry.ErrStranger},
	} {
		t.Run(name, func(t *testing.T) {
			f := nz.message(jp, exchange.KindNotify, head)
			if c.change != nil {
				c.change(f)
			}
			raw := f.sealed(t)
			if c.garble != nil {
				raw = c.garble(raw)
			}
			answer, err := jp.Exchange(t.Context(), raw)
			if !errors.Is(err, c.want) || c.want != nil && err.Error() != registry.ErrStranger.Error() {
				t.Fatalf("answered %q, %v; want %v", answer, err, c.want)
			}
			if c.want != nil {
				return
			}
			if a := nz.answer(answer); a.Kind != exchange.KindAck || a.Re != f.message.JTI {
				t.Errorf("answer: %+v", a)
			}
			if _, err := jp.Exchange(t.Context(), raw); !errors.Is(err, registry.ErrStranger) {
				t.Errorf("sent again: %v", err)
			}
		})
	}
}

// answer opens what came back.
func (o *office) answer(raw []byte) *exchange.Message {
	o.t.Helper()
	key := o.signer(keys.RoleExchange)
	return got(exchange.Open(raw, func(kid string) *keys.Signer {
		if kid != key.Public().KID() {
			return nil
		}
		return key
	}))(o.t)
}

func TestMessageOfNoKindWeKnowIsRefusedInWriting(t *testing.T) {
	nz, jp := partners(t)
	for kind, c := range map[string]struct {
		body any
		want string
	}{
		"dance":             {struct{}{}, "unknown-kind"},
		exchange.KindNotify: {exchange.Head{Origin: "aeo.us.example/log", Size: 1}, "invalid"},
		exchange.KindKnown:  {exchange.Known{Origin: "aeo.jp.example/log", Size: 1, Root: "x"}, "conflict"},
	} {
		f := nz.message(jp, kind, c.body)
		var r exchange.Refusal
		a := nz.answer(got(jp.Exchange(t.Context(), f.sealed(t)))(t))
		if err := a.Into(&r); err != nil || a.Kind != exchange.KindRefusal || r.Type != c.want {
			t.Errorf("%s: %s %+v, %v", kind, a.Kind, r, err)
		}
	}
}

// TestMessageComesOnceThoughTheNodeStops: what was received is on disk before it
// is answered, and what a crash left of a line counts for nothing.
func TestMessageComesOnceThoughTheNodeStops(t *testing.T) {
	nz, jp := partners(t)
	f := nz.message(jp, exchange.KindNotify, exchange.Head{Origin: "aeo.nz.example/log", Size: 1})
	raw := f.sealed(t)
	got(jp.Exchange(t.Context(), raw))(t)
	name := filepath.Join(jp.opts.Dir, "exchange", "aeo.nz.example.jsonl")
	file := got(os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0))(t)
	got(file.WriteString(`{"at":1,"jws":"ey`))(t)
	must(t, file.Close())
	jp.restart()
	if _, err := jp.Exchange(t.Context(), raw); !errors.Is(err, registry.ErrStranger) {
		t.Errorf("sent again after a restart: %v", err)
	}
	second := nz.message(jp, exchange.KindNotify, exchange.Head{Origin: "aeo.nz.example/log", Size: 1})
	got(jp.Exchange(t.Context(), second.sealed(t)))(t)
	jp.restart()
	for _, raw := range [][]byte{raw, got(second.message.Seal(second.to))(t)} {
		if _, err := jp.Exchange(t.Context(), raw); !errors.Is(err, registry.ErrStranger) {
			t.Errorf("sent again after another: %v", err)
		}
	}
	if held := got(os.ReadFile(name))(t); bytes.Count(held, []byte("\n")) < 4 || bytes.Contains(held, []byte("ey{")) {
		t.Errorf("kept: %s", held)
	}
}

func TestPartnerThatSendsWithoutEndIsHeldBack(t *testing.T) {
	nz, jp := partners(t)
	var err error
	for range 200 {
		f := nz.message(jp, exchange.KindNotify, exchange.Head{Origin: "aeo.nz.example/log", Size: 1})
		if _, err = jp.Exchange(t.Context(), f.sealed(t)); err != nil {
			break
		}
	}
	if !errors.Is(err, registry.ErrBusy) {
		t.Errorf("200 messages in one instant: %v", err)
	}
	jp.clock.forward(time.Minute)
	f := nz.message(jp, exchange.KindNotify, exchange.Head{Origin: "aeo.nz.example/log", Size: 1})
	got(jp.Exchange(t.Context(), f.sealed(t)))(t)
}

// lastStatus is where the newest status leaf stands: leaves of one batch have no order of their own.
func lastStatus(t *testing.T, o *office) int64 {
	t.Helper()
	for _, e := range slices.Backward(got(o.LogEntries(0, -1))(t)) {
		if bytes.Contains(e.Leaf, []byte(`"t":"status"`)) {
			return e.Index
		}
	}
	t.Fatal("no status leaf")
	return 0
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

// TestMessagesArriveWhileExchangeKeysAreReplaced: at every moment of it, with the
// partner's roster as new or as old as it may be.
func TestMessagesArriveWhileExchangeKeysAreReplaced(t *testing.T) {
	nz, jp := partners(t)
	agree(t, nz, jp)
	a := nz.grant(orchards)
	file := nz.export(a.Case)
	rounds(t, nz, jp)
	told := func(what string) {
		t.Helper()
		nz.pass(time.Second)
		jp.pass(time.Second)
		got(nz.Suspend(t.Context(), nz.measure(a.Case)))(t)
		nz.NotifyDue(t.Context())
		jp.FollowDue(t.Context())
		jp.expect(what, file, federation.StatusSuspended)
		jp.NotifyDue(t.Context())
		got(nz.Reinstate(t.Context(), nz.measure(a.Case)))(t)
		rounds(t, nz, jp)
		jp.expect(what+", reinstated", file, federation.ByArrangement)
		if s := got(nz.Peer("JP"))(t).Notices; s.Failed != 0 || s.KnownSize != s.Size {
			t.Errorf("%s: %+v", what, s)
		}
	}
	told("before")
	old := jp.signer(keys.RoleExchange).Public()
	switchAt := time.Unix(jp.rotate("exchange").SwitchAt, 0)
	if other := time.Unix(nz.rotate("exchange").SwitchAt, 0); !other.Equal(switchAt) {
		t.Fatalf("switched at %v and %v", switchAt, other)
	}
	told("announced")
	for _, at := range []time.Duration{-time.Second, 5 * time.Second, keyring.Overlap / 2, keyring.Overlap + time.Minute, 10 * day} {
		nz.clock.forward(switchAt.Add(at).Sub(nz.clock.Now()))
		told(at.String() + " from the switch")
	}
	if jp.signer(keys.RoleExchange).Public().Equal(old) {
		t.Error("nothing was replaced")
	}
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
