package api

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

const (
	maxKept  = 1024        // answers
	keptLife = time.Second // for those that depend on the instant, as signatures do
)

// kept are the newest answers by path: made once for all who ask, and named by
// an entity tag, so that who has one need not fetch it again.
type kept struct {
	mu      sync.Mutex
	answers map[string]*keptAnswer // guarded by mu
}

type keptAnswer struct {
	raw  []byte
	tag  string    // RFC 9110, 8.8.3
	size int64     // of the log it follows from
	at   time.Time // by the node's clock
}

func newKept() *kept { return &kept{answers: map[string]*keptAnswer{}} }

// get is the answer made at a size of the log, if it was made just now.
func (k *kept) get(path string, size int64, now time.Time) *keptAnswer {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := k.answers[path]
	if a == nil || a.size != size || now.Before(a.at) || now.Sub(a.at) >= keptLife {
		return nil
	}
	return a
}

// put keeps an answer. Bytes that are the very ones kept before keep their tag:
// a large bundle is not digested for each who asks.
func (k *kept) put(path string, raw []byte, size int64, now time.Time) *keptAnswer {
	k.mu.Lock()
	old := k.answers[path]
	k.mu.Unlock()
	var a *keptAnswer
	if old != nil && len(raw) == len(old.raw) && len(raw) > 0 && &raw[0] == &old.raw[0] {
		a = &keptAnswer{raw: raw, tag: old.tag}
	} else {
		a = newAnswer(raw)
	}
	a.size, a.at = size, now
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.answers) >= maxKept {
		clear(k.answers)
	}
	k.answers[path] = a
	return a
}

func newAnswer(raw []byte) *keptAnswer {
	digest := sha256.Sum256(raw)
	return &keptAnswer{raw: raw, tag: `"` + hex.EncodeToString(digest[:16]) + `"`}
}
