package registry

import (
	"sync"
	"time"

	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// caseLocks lets one command at a time work on a case, so that what a decision
// was based on still holds when it is written. Commands on different cases meet
// only in the ledger's queue. A lock nobody holds or waits for takes no memory.
type caseLocks struct {
	mu   sync.Mutex
	held map[string]*caseLock // guarded by mu
}

type caseLock struct {
	sync.Mutex
	users int // who hold it or wait; guarded by caseLocks.mu
}

func (c *caseLocks) lock(name string) (unlock func()) {
	c.mu.Lock()
	l := c.held[name]
	if l == nil {
		if c.held == nil {
			c.held = map[string]*caseLock{}
		}
		l = &caseLock{}
		c.held[name] = l
	}
	l.users++
	c.mu.Unlock()
	l.Lock()
	return func() {
		l.Unlock()
		c.mu.Lock()
		defer c.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(c.held, name)
		}
	}
}

// lockCase locks a case. What it is called in a request can be any text, so it is
// kept apart from the names of other locks.
func (n *Node) lockCase(number string) (unlock func()) { return n.cases.lock("case " + number) }

// An allowance is what a partner may still have us do. A new one is whole. Whoever
// has it guards it.
type allowance struct {
	spent float64
	at    time.Time
}

// spend takes one out of burst, of which one comes back in each refill; false
// where none is left.
func (a *allowance) spend(burst float64, refill time.Duration, now time.Time) bool {
	a.spent = max(0, a.spent-max(0, now.Sub(a.at).Seconds())/refill.Seconds())
	a.at = now
	if a.spent+1 > burst {
		return false
	}
	a.spent++
	return true
}

// numbers are the case numbers given and not yet in the log: cases are opened
// side by side, and each is durable in its own time.
type numbers struct {
	mu    sync.Mutex
	given map[string]int64 // series -> the highest number given; guarded by mu
}

// openCase gives the next number of a series to do, which writes the case that
// bears it. Where do does not, the number is given back, unless a higher one was
// given meanwhile: then it stays unused.
func (n *Node) openCase(series string, do func(number string) (written bool, err error)) error {
	number, err := n.nextNumber(series)
	if err != nil {
		return err
	}
	written, err := do(view.FormatNumber(series, number))
	if !written || err != nil {
		n.numbers.mu.Lock()
		defer n.numbers.mu.Unlock()
		if n.numbers.given[series] == number {
			n.numbers.given[series]--
		}
	}
	return err
}

func (n *Node) nextNumber(series string) (int64, error) {
	n.numbers.mu.Lock()
	defer n.numbers.mu.Unlock()
	var last int64
	if err := n.ledger.View(func(tx ledger.Projection) (err error) {
		last, err = view.LastNumber(tx, series)
		return err
	}); err != nil {
		return 0, err
	}
	if n.numbers.given == nil {
		n.numbers.given = map[string]int64{}
	}
	next := max(last, n.numbers.given[series]) + 1
	n.numbers.given[series] = next
	return next, nil
}

// series names a series of case numbers of this authority.
func (n *Node) series(kind string) string { return n.config.Authority + "-" + kind }
