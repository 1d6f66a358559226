package registry

import (
	"errors"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/peer"
)

// States of following a peer.
const (
	StateWaiting     = "waiting"     // not looked at since the node started
	StateFollowing   = "following"   // the last round succeeded
	StateBehind      = "behind"      // there is more than was fetched yet, or more came while it was
	StateUnreachable = "unreachable" // no answer came
	StateMisbehaving = "misbehaving" // an answer came that cannot be right
	StateFrozen      = "frozen"      // it is proven to have shown two histories: an officer has to act
)

// hourBytes is what a peer may cost in an hour, in bytes on the wire.
const hourBytes = 2 << 30

// health is how the following of a peer goes. It is guarded by the mutex of the
// following it belongs to.
type health struct {
	attempt  time.Time    // the last round ended
	contact  time.Time    // the last answer came, good or bad
	whole    time.Time    // the last round ended that asked for everything and succeeded
	state    string       // empty before the first round
	failures int          // rounds that failed since one succeeded
	failure  string       // of the last round; empty where it succeeded
	cost     peer.Traffic // of the last round
	more     bool         // the last round ended because it cost all it may

	hour      time.Time // when the hour began whose bytes are counted
	hourBytes int64
}

// note remembers how a round ended and what it cost; v is nil where it failed.
func (f *following) note(p *Peer, now time.Time, brief bool, cost peer.Traffic, v *peer.View, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := &f.of(p).health
	h.attempt, h.cost, h.state = now, cost, stateOf(err)
	if since := now.Sub(h.hour); since < 0 || since >= time.Hour {
		h.hour, h.hourBytes = now, 0
	}
	h.hourBytes += cost.Bytes()
	if h.state != StateUnreachable {
		h.contact = now
	}
	h.failure, h.more = "", errors.Is(err, peer.ErrBudget)
	if err != nil {
		h.failure = err.Error()
	}
	if v == nil {
		h.failures++
		return
	}
	h.failures, h.state = 0, StateFollowing // where a member failed, that is all that did
	if !brief {
		h.whole = now
	}
}

func stateOf(err error) string {
	switch {
	case err == nil:
		return StateFollowing
	case errors.Is(err, peer.ErrSplitView):
		return StateFrozen
	case errors.Is(err, peer.ErrBudget), errors.Is(err, peer.ErrMoved):
		return StateBehind
	case errors.Is(err, peer.ErrUnreachable):
		return StateUnreachable
	}
	return StateMisbehaving
}

// brief reports whether the next round may leave out what the log says nothing
// of. After a failure none is, nor ever so often.
func (f *following) brief(p *Peer, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := &f.of(p).health
	since := now.Sub(h.whole)
	return h.failures == 0 && since >= 0 && since < wholeEvery
}

// sameNews reports whether two pictures of a peer say the same.
func sameNews(a, b *peer.View) bool { return a.News() == b.News() }

// warnExpiry is how long before a peer's configuration runs out its officers and
// ours are to know.
const warnExpiry = 72 * time.Hour

// Following is how the following of a peer goes, in words. Instants are Unix
// seconds, 0 = never.
type Following struct {
	State       string   `json:"state"` // waiting, following, behind, unreachable, misbehaving, frozen
	LastContact int64    `json:"last_contact,omitzero"`
	LastSuccess int64    `json:"last_success,omitzero"`
	NextAttempt int64    `json:"next_attempt,omitzero"` // 0 where frozen, or nobody follows by itself
	Failures    int      `json:"failures,omitzero"`     // one after the other
	Failure     string   `json:"failure,omitzero"`      // of the last round
	RoundBytes  int64    `json:"round_bytes,omitzero"`  // of the last round, both ways, TLS included
	RoundOf     int64    `json:"round_of,omitzero"`     // bytes of the documents among them
	Age         int64    `json:"age,omitzero"`          // seconds since what we know was confirmed
	Expires     int64    `json:"expires,omitzero"`      // of the peer's entity configuration
	Frozen      []Frozen `json:"frozen,omitzero"`
	Warnings    []string `json:"warnings,omitzero"`
}

// followingOf is how the following of a peer goes; v is what is known of it, or nil.
func (n *Node) followingOf(p *Peer, v *peer.View) *Following {
	now := n.now()
	n.following.mu.Lock()
	u := n.following.pursuits[p.EntityID()]
	if u == nil {
		u = &pursuit{}
	}
	h := u.health
	s := &Following{State: h.state, Failures: h.failures, Failure: h.failure, RoundBytes: h.cost.Bytes(), RoundOf: h.cost.Payload, Frozen: p.Frozen,
		LastContact: unix(h.contact), NextAttempt: unix(u.next)}
	n.following.mu.Unlock()
	if s.State == "" {
		s.State = StateWaiting
	}
	if p.frozen(p.EntityID()) {
		s.State, s.NextAttempt = StateFrozen, 0
	}
	for _, f := range p.Frozen {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s was shown to have two histories on %s; nothing new of it is believed until an officer decides (aeo peer thaw); evidence: %s",
			f.EntityID, time.Unix(f.At, 0).UTC().Format(time.DateTime), f.Evidence))
	}
	if v == nil {
		return s
	}
	s.LastSuccess, s.Age, s.Expires = v.FetchedAt, max(0, now.Unix()-v.FetchedAt), v.Config.Exp
	s.LastContact = max(s.LastContact, s.LastSuccess)
	s.Warnings = append(s.Warnings, warnings(v, now)...)
	return s
}

// warnings are about what will keep verdicts from being given.
func warnings(v *peer.View, now time.Time) (out []string) {
	f := mra.DefaultFreshness()
	switch age := now.Unix() - v.FetchedAt; {
	case age >= f.HonourUntil:
		out = append(out, fmt.Sprintf("nothing was heard for %s: verdicts about its holders cannot be given", inWords(age)))
	case age >= f.WarnAfter:
		out = append(out, fmt.Sprintf("nothing was heard for %s: verdicts say so, and end after %s", inWords(age), inWords(f.HonourUntil)))
	}
	switch left := v.Config.Exp - now.Unix(); {
	case left <= 0:
		out = append(out, "its entity configuration has run out: verdicts about its holders cannot be given")
	case left < int64(warnExpiry/time.Second):
		out = append(out, fmt.Sprintf("its entity configuration runs out in %s and was not renewed", inWords(left)))
	}
	return out
}

// inWords is a number of seconds in the largest unit of which there are two.
func inWords(seconds int64) string {
	for _, u := range []struct {
		seconds int64
		name    string
	}{{24 * 3600, "days"}, {3600, "hours"}, {60, "minutes"}} {
		if seconds >= 2*u.seconds {
			return fmt.Sprint(seconds/u.seconds, " ", u.name)
		}
	}
	return fmt.Sprint(seconds, " seconds")
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
