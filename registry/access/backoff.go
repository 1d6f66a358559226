package access

import (
	"sync"
	"time"
)

const (
	freeFailures = 5                // before anybody has to wait
	longestWait  = 15 * time.Minute // after many
	maxWaiting   = 1 << 16          // names remembered
)

// A Backoff makes who guesses at a name wait ever longer. The name need not exist:
// known and unknown ones are treated alike. All its methods may be called from
// several goroutines.
type Backoff struct {
	mu     sync.Mutex
	failed map[string]failures // by name; guarded by mu
}

type failures struct {
	count int
	last  time.Time
}

// wait is how long after the last failure nothing is tried.
func (f failures) wait() time.Duration {
	if f.count < freeFailures {
		return 0
	}
	return min(longestWait, time.Second<<min(f.count-freeFailures, 16))
}

// Wait is how long a name has to wait yet; 0 where it may try.
func (b *Backoff) Wait(name string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.failed[Fold(name)]
	return max(0, f.wait()-max(0, now.Sub(f.last)))
}

// Failed notes a failure. It is noted before the password is tried, so that many
// at once gain nothing, and forgotten by Succeeded.
func (b *Backoff) Failed(name string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed == nil {
		b.failed = map[string]failures{}
	}
	if len(b.failed) >= maxWaiting {
		for old, f := range b.failed {
			if now.Sub(f.last) > longestWait {
				delete(b.failed, old)
			}
		}
		if len(b.failed) >= maxWaiting {
			clear(b.failed) // rather than memory: each name costs a guesser one slow hash anyway
		}
	}
	name = Fold(name)
	b.failed[name] = failures{b.failed[name].count + 1, now}
}

// Succeeded forgets a name's failures.
func (b *Backoff) Succeeded(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.failed, Fold(name))
}
