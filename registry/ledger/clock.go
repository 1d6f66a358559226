package ledger

import (
	"fmt"
	"sync"
	"time"
)

// A clock holds the wall clock against a monotonic one, from the start on.
type clock struct {
	now     func() time.Time
	elapsed func() time.Duration

	mu    sync.Mutex
	began time.Time     // guarded by mu
	at    time.Duration // guarded by mu
}

func newClock(o Options) *clock {
	if o.Elapsed == nil {
		return nil
	}
	return &clock{now: o.Now, elapsed: o.Elapsed, began: o.Now().Round(0), at: o.Elapsed()}
}

// check is ErrClock after a jump ahead. The wall clock alone can say nothing
// about it: while the node was off a gap is normal.
func (c *clock) check() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ahead := c.now().Round(0).Sub(c.began) - (c.elapsed() - c.at)
	if ahead > ClockJump {
		return fmt.Errorf("%w: it jumped %v ahead while the ledger was open; set it right, or restart where it is right now", ErrClock, ahead.Round(time.Second))
	}
	return nil
}

// ClockFault is what is wrong with the clock: ErrClock after a jump ahead.
func (l *Ledger) ClockFault() error { return l.clock.check() }

// BelieveClock takes the clock as right as it is: others, who are not wrong in
// the same way, show the same time.
func (l *Ledger) BelieveClock() {
	if c := l.clock; c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.began, c.at = c.now().Round(0), c.elapsed()
	}
}
