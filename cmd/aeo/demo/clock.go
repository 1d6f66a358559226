package demo

import (
	"sync"
	"time"
)

// A clock starts some months back, jumps from event to event, and follows the
// real one once the present is reached. All nodes of a demo share it.
type clock struct {
	present func() time.Time

	mu sync.Mutex
	at time.Time // guarded by mu; zero = the present
}

// Now is the time in the demo.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return c.present()
	}
	// Everything that happens in one stop of the clock happens within its first seconds.
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

func (c *clock) jump(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.After(c.at) {
		c.at = to
	}
}

func (c *clock) arrive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Time{}
}
