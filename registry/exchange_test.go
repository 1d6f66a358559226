package registry_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry"
)

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

// TestKilledBetweenMessageAndAnswer: what was acted upon is not acted upon again,
// though nobody was told that it was.
func TestKilledBetweenMessageAndAnswer(t *testing.T) {
	nz, jp := partners(t)
	f := nz.message(jp, "dance", struct{}{})
	raw := f.sealed(t)
	got(jp.Exchange(t.Context(), raw))(t)
	name := filepath.Join(jp.opts.Dir, "exchange", "aeo.nz.example.jsonl")
	held := got(os.ReadFile(name))(t)
	lines := bytes.SplitAfter(held, []byte("\n"))
	answer := lines[len(lines)-2]
	if !bytes.Contains(lines[len(lines)-3], f.message.Raw()) {
		t.Fatalf("the message is not before its answer: %s", held)
	}
	must(t, os.WriteFile(name, held[:len(held)-len(answer)], 0o600))
	jp.restart()
	if _, err := jp.Exchange(t.Context(), raw); !errors.Is(err, registry.ErrStranger) {
		t.Errorf("acted upon again: %v", err)
	}
}

// TestStrangersCannotKeepANodeLooking: a message in a partner's name by a key
// nobody knows makes the node look for a new one, once in a while.
func TestStrangersCannotKeepANodeLooking(t *testing.T) {
	nz, jp := partners(t)
	us := found(t, nz.clock, "US", "")
	var looks atomic.Int64
	nz.serveBy(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/log/checkpoint" {
				looks.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	jp.meet(nz)
	rounds(t, jp)
	before := looks.Load()
	for range 20 {
		f := nz.message(jp, exchange.KindNotify, exchange.Head{Origin: "aeo.nz.example/log", Size: 1})
		f.signer = us.signer(keys.RoleExchange)
		if _, err := jp.Exchange(t.Context(), f.sealed(t)); !errors.Is(err, registry.ErrStranger) {
			t.Fatalf("taken: %v", err)
		}
		jp.FollowDue(t.Context())
	}
	if n := looks.Load() - before; n != 1 {
		t.Errorf("looked %d times for 20 messages", n)
	}
}

// TestWhatWasSaidToPartnersIsBackedUp: messages, also with one that was removed,
// and how far our witness and auditor have vouched for its log.
func TestWhatWasSaidToPartnersIsBackedUp(t *testing.T) {
	nz, jp, _ := suspended(t)
	rounds(t, nz, jp)
	must(t, jp.Gather(t.Context()))
	for _, state := range []string{"followed", "removed"} {
		node, _ := saved(t, nz)
		opts := nz.elsewhere()
		got(registry.Restore(opts, registry.RestoreRequest{Node: bytes.NewReader(node)}))(t)
		log := witness.Name("aeo.jp.example/log")
		for _, name := range []string{"exchange/aeo.jp.example.jsonl", "witness/" + log + "/checkpoint", "auditor/" + log + "/checkpoint"} {
			was, is := got(os.ReadFile(filepath.Join(nz.opts.Dir, name)))(t), got(os.ReadFile(filepath.Join(opts.Dir, name)))(t)
			if len(was) == 0 || !bytes.Equal(was, is) {
				t.Errorf("%s: %s has %d bytes, %d put back", state, name, len(was), len(is))
			}
		}
		if state == "followed" {
			must(t, nz.RemovePeer(t.Context(), "JP"))
		}
	}
}
