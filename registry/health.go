package registry

import (
	"time"

	"github.com/aeo-registry/aeo/federation/peer"
)

// health is how the following of a peer goes. It is guarded by the mutex of the
// following it belongs to.
type health struct {
	attempt  time.Time // the last round ended
	whole    time.Time // the last round began that asked for everything and succeeded
	failures int       // rounds that failed since one succeeded
	failure  string    // of the last round; empty where it succeeded
	frozen   string    // why we look no more; empty where we do
}

// note remembers how a round ended.
func (f *following) note(p *Peer, now time.Time, brief bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := &f.of(p).health
	h.attempt = now
	if err == nil {
		h.failures, h.failure = 0, ""
		if !brief {
			h.whole = now
		}
		return
	}
	h.failures, h.failure = h.failures+1, err.Error()
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
