package access

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"sync"
	"time"
)

const (
	freeFailures = 5                // before anybody has to wait
	longestWait  = 15 * time.Minute // after many
	maxWaiting   = 1 << 16          // names remembered
	maxWritten   = 1 << 10          // of them beyond a restart
)

// A Backoff makes who guesses at a name wait ever longer. The name need not exist:
// known and unknown ones are treated alike. All its methods may be called from
// several goroutines.
type Backoff struct {
	mu     sync.Mutex
	failed map[string]Failures // by digest of the name, of whatever length; guarded by mu
}

// Failures are the guesses at one name.
type Failures struct {
	Count int   `json:"count"`
	Last  int64 `json:"last"` // Unix seconds
}

// wait is how long after the last failure nothing is tried.
func (f Failures) wait() time.Duration {
	if f.Count < freeFailures {
		return 0
	}
	return min(longestWait, time.Second<<min(f.Count-freeFailures, 16))
}

// left is how long there is to wait yet. A clock that jumped back does not make it longer.
func (f Failures) left(now time.Time) time.Duration {
	return max(0, f.wait()-max(0, now.Sub(time.Unix(f.Last, 0))))
}

// nameKey is what a name is remembered by: a person may have typed a password into
// the field of the name.
func nameKey(name string) string {
	sum := sha256.Sum256([]byte(Fold(name)))
	return hex.EncodeToString(sum[:])
}

// Try is how long a name has to wait yet; 0 where it may be tried now. Then that
// counts as a failure until [Backoff.Succeeded]: of many who try at once no more may
// than one after another. grave reports that the name waits from now on, which is
// worth writing down.
func (b *Backoff) Try(name string, now time.Time) (wait time.Duration, grave bool) {
	key := nameKey(name)
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.failed[key]
	if wait = f.left(now); wait > 0 {
		return wait, false
	}
	b.sweep(now)
	f = Failures{f.Count + 1, now.Unix()}
	b.failed[key] = f
	return 0, f.wait() > 0
}

// sweep makes room for one more; the caller holds mu.
func (b *Backoff) sweep(now time.Time) {
	if b.failed == nil {
		b.failed = map[string]Failures{}
	}
	if len(b.failed) < maxWaiting {
		return
	}
	maps.DeleteFunc(b.failed, func(_ string, f Failures) bool { return now.Sub(time.Unix(f.Last, 0)) > longestWait })
	if len(b.failed) >= maxWaiting {
		clear(b.failed) // rather than memory: each name costs a guesser one slow hash anyway
	}
}

// Succeeded forgets a name's failures, and reports whether they were grave.
func (b *Backoff) Succeeded(name string) (grave bool) {
	key := nameKey(name)
	b.mu.Lock()
	defer b.mu.Unlock()
	grave = b.failed[key].wait() > 0
	delete(b.failed, key)
	return grave
}

// Waiting are the names that wait, by digest, for [Backoff.Restore]; no more than a
// small file holds.
func (b *Backoff) Waiting(now time.Time) map[string]Failures {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]Failures{}
	for key, f := range b.failed {
		if len(out) < maxWritten && f.left(now) > 0 {
			out[key] = f
		}
	}
	return out
}

// Restore remembers what was waited for before a restart.
func (b *Backoff) Restore(waiting map[string]Failures) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = maps.Clone(waiting)
}
