package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// ErrStale says that a case is no longer as whoever asks saw it.
var ErrStale = errors.New("changed meanwhile")

// ErrKeyReused says that a key was given to another request before.
var ErrKeyReused = errors.New("this key belongs to another request")

// A StaleError says what changed in a case since the version that was named.
type StaleError struct {
	Number  string
	Changes []view.Change // the newest last; more than there are here may have been made
}

func (e *StaleError) Error() string {
	text := fmt.Sprintf("%s: %v", e.Number, ErrStale)
	if n := len(e.Changes); n > 0 {
		last := e.Changes[n-1]
		text += fmt.Sprintf(": %s by %s", last.Type, last.Actor)
	}
	return text
}

func (e *StaleError) Unwrap() error { return ErrStale }

// A Caller is who makes a request and what the request is bound to. It travels
// with the context, from whoever authenticated it to the case it is about.
type Caller struct {
	Account string // number of the account; empty where the machine's own user speaks
	Act     string // path of the API, such as applications/withdraw: what a power of attorney is measured by
	// Request is written into the first event the request brings about; see [Node.Once].
	Request authorisation.Origin
	// Key is what the request bears, as it was sent: it seals the answer that is
	// kept; see [Node.Answered].
	Key string
	// IfMatch is the version the case the request is about must have; see [Node.Version].
	IfMatch string
	// Heard is told what became of Request and IfMatch; nil where nobody listens.
	Heard *Heard

	second string // the account that agreed to the act, where it takes two people
}

// Heard is what a node did with what a request is bound to.
type Heard struct {
	mu      sync.Mutex
	stamped bool
	matched bool
	number  string
	version string
}

// Version is the version the case the request is about had after the last event
// the request brought about in it, empty where it changed none.
func (h *Heard) Version() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.version
}

type callerKey struct{}

// WithCaller puts a caller into a context.
func WithCaller(ctx context.Context, c Caller) context.Context {
	if c.Heard == nil {
		c.Heard = new(Heard)
	}
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf is the caller in a context.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Version names what is written under a case number, whatever the kind of case:
// another one after each event. Empty for a number nothing is written under.
func (n *Node) Version(number string) (string, error) {
	changes, err := n.changes(number)
	return versionOf(changes), err
}

func versionOf(changes []view.Change) string {
	if len(changes) == 0 {
		return ""
	}
	return version(changes[len(changes)-1].Leaf)
}

func version(leaf int64) string { return strconv.FormatInt(leaf, 10) }

func (n *Node) changes(number string) (changes []view.Change, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		changes, err = view.Changes(tx, number)
		return err
	})
	if errors.Is(err, ledger.ErrNotFound) {
		err = nil
	}
	return changes, err
}

// match holds a case, whose lock the caller of this has, against the version its
// request names. Only the first case a request acts on is the one it is about:
// what follows from that is ours.
func (n *Node) match(ctx context.Context, number string) error {
	c := CallerOf(ctx)
	if c.IfMatch == "" {
		return nil
	}
	if err := n.MayTouch(ctx, number); err != nil {
		return err
	}
	c.Heard.mu.Lock()
	defer c.Heard.mu.Unlock()
	if c.Heard.matched {
		return nil
	}
	changes, err := n.changes(number)
	if err != nil {
		return err
	}
	if c.IfMatch != versionOf(changes) {
		seen := slices.IndexFunc(changes, func(ch view.Change) bool { return version(ch.Leaf) == c.IfMatch })
		return &StaleError{number, changes[seen+1:]} // all of them where it is none of these
	}
	c.Heard.matched = true
	return nil
}

// stamp writes the request into the first of the events it brings about.
func stamp(ctx context.Context, events []authorisation.Event) {
	c := CallerOf(ctx)
	if c.Request == (authorisation.Origin{}) || len(events) == 0 {
		return
	}
	c.Heard.mu.Lock()
	defer c.Heard.mu.Unlock()
	if !c.Heard.stamped {
		c.Heard.stamped, events[0].Request = true, c.Request
	}
}

// tell lets the caller hear the version that a case has now, if it is the one the
// request is about: the first it changed.
func tell(ctx context.Context, number, version string) {
	h := CallerOf(ctx).Heard
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.number == "" {
		h.number = number
	}
	if h.number == number {
		h.version = version
	}
}

// Once calls do unless the request in ctx was carried out before: then done is the
// case it changed, as it is now. Of two at the same time one waits for the other.
// It holds across a crash, because the key is part of the event that was written,
// and only for what writes an event.
func (n *Node) Once(ctx context.Context, do func() error) (done any, again bool, err error) {
	c := CallerOf(ctx)
	r := c.Request
	if r == (authorisation.Origin{}) {
		return nil, false, do()
	}
	defer n.cases.lock("request " + r.Key)()
	if _, answered, err := n.answerTo(c); err != nil || answered {
		return nil, false, cmp.Or(err, ErrKeyReused) // the other request was about no case
	}
	d, again, err := n.requested(r)
	if err != nil {
		return nil, false, err
	}
	if !again {
		return nil, false, do()
	}
	err = n.ledger.View(func(tx ledger.Projection) error {
		done, err = view.Case(tx, d.Kind, d.Number)
		return err
	})
	return done, true, err
}
