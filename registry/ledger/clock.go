package ledger

import (
	"fmt"
	"time"
)

// A clock holds the wall clock against a monotonic one, from the start on.
type clock struct {
	now     func() time.Time
	elapsed func() time.Duration
	began   time.Time
	at      time.Duration
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
	ahead := c.now().Round(0).Sub(c.began) - (c.elapsed() - c.at)
	if ahead > ClockJump {
		return fmt.Errorf("%w: it jumped %v ahead while the ledger was open; set it right, or restart where it is right now", ErrClock, ahead.Round(time.Second))
	}
	return nil
}
