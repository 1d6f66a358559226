package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// readCase reads one case, answering with this package's errors.
func readCase[S any](n *Node, number string, read func(ledger.Projection, string) (S, error)) (s S, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		s, err = read(tx, number)
		return err
	})
	if errors.Is(err, ledger.ErrNotFound) {
		return s, fmt.Errorf("%w: no case %.40q", ErrNotFound, number)
	}
	return s, err
}

// decide puts a command to a state and sorts the refusals.
func decide[S authorisation.Machine[S]](state S, c authorisation.Command) ([]authorisation.Event, error) {
	events, err := state.Decide(c)
	if err == nil {
		return events, nil
	}
	var transition *authorisation.TransitionError
	var input *authorisation.InputError
	switch {
	case errors.Is(err, authorisation.ErrFourEyes):
		return nil, fmt.Errorf("%w: %w", ErrNotAllowed, err)
	case errors.As(err, &transition):
		return nil, fmt.Errorf("%w: %w", ErrConflict, err)
	case errors.As(err, &input):
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil, err
}

// eventEntry is the log entry of an event between officers and a trader: a
// commitment in the log, the event itself sealed with the trader's key.
func eventEntry(e authorisation.Event, operator string) (ledger.Entry, error) {
	raw, err := authorisation.MarshalEvent(e)
	if err != nil {
		return ledger.Entry{}, err
	}
	return ledger.Entry{Subject: operator, Payload: raw}, nil
}

func eventEntries(events []authorisation.Event, operator string) ([]ledger.Entry, error) {
	var out []ledger.Entry
	for _, e := range events {
		entry, err := eventEntry(e, operator)
		if err != nil {
			return nil, err
		}
		out = append(out, entry)
	}
	return out, nil
}

// write appends events together with the status leaves that follow from them for
// the authorisation a (as it is after the events), and goes on until no status
// leaf is due: the log takes one per index and batch.
func (n *Node) write(ctx context.Context, entries []ledger.Entry, a authorisation.Authorisation) error {
	for {
		now := n.now().Unix()
		due := a.StatusDue(now)
		if len(due) > 0 {
			more, next, err := statusEntries(a, due, now)
			if err != nil {
				return err
			}
			entries, a = append(entries, more...), next
		}
		if len(entries) == 0 {
			return nil
		}
		if _, err := n.ledger.Append(ctx, entries...); err != nil {
			return err
		}
		n.directory.touch(a.Operator, false)
		entries = nil
	}
}

// statusEntries are the leaves of due status changes and the event that records them.
func statusEntries(a authorisation.Authorisation, due []authorisation.StatusChange, now int64) ([]ledger.Entry, authorisation.Authorisation, error) {
	var entries []ledger.Entry
	for _, c := range due {
		entries = append(entries, ledger.Entry{Leaf: transparency.Status{URI: c.URI, Idx: c.Idx, Value: c.Value, EffectiveAt: c.EffectiveAt}})
	}
	by := authorisation.By{Case: a.Case, Actor: authorisation.Scheduler, At: max(now, a.DecidedAt)}
	events, err := a.Decide(authorisation.SetStatus{By: by, Changes: due})
	if err != nil {
		return nil, a, err
	}
	for _, e := range events {
		if a, err = a.Apply(e); err != nil {
			return nil, a, err
		}
	}
	more, err := eventEntries(events, a.Operator)
	return append(entries, more...), a, err
}

// actOnAuthorisation decides a command about an authorisation and writes what follows.
func (n *Node) actOnAuthorisation(ctx context.Context, number string, dryRun bool,
	command func(authorisation.Authorisation) (authorisation.Command, error)) (authorisation.Authorisation, error) {
	defer n.lockCase(number)()
	a, err := readCase(n, number, view.Authorisation)
	if err != nil {
		return a, err
	}
	if err := n.match(ctx, number); err != nil {
		return a, err
	}
	c, err := command(a)
	if err != nil {
		return a, err
	}
	events, err := decide(a, c)
	if err != nil {
		return a, err
	}
	stamp(ctx, events)
	next, err := applyAll(a, events)
	if err != nil || dryRun {
		return next, err
	}
	entries, err := eventEntries(events, a.Operator)
	if err != nil {
		return a, err
	}
	if err := n.write(ctx, entries, next); err != nil {
		return a, err
	}
	return n.asItIs(ctx, number)
}

// asItIs reads an authorisation after a change, while its lock is held.
func (n *Node) asItIs(ctx context.Context, number string) (authorisation.Authorisation, error) {
	now, err := n.Version(number)
	if err != nil {
		return authorisation.Authorisation{}, err
	}
	tell(ctx, number, now)
	return readCase(n, number, view.Authorisation)
}

func applyAll[S authorisation.Machine[S]](s S, events []authorisation.Event) (S, error) {
	for _, e := range events {
		next, err := s.Apply(e)
		if err != nil {
			return s, err
		}
		s = next
	}
	return s, nil
}

// settle lets take effect whatever fell due in an authorisation.
func (n *Node) settle(ctx context.Context, number string) error {
	defer n.lockCase(number)()
	a, err := readCase(n, number, view.Authorisation)
	if err != nil {
		return err
	}
	var entries []ledger.Entry
	for _, c := range a.Due(n.now().Unix()) {
		events, err := decide(a, c)
		if err != nil {
			return err
		}
		if a, err = applyAll(a, events); err != nil {
			return err
		}
		more, err := eventEntries(events, a.Operator)
		if err != nil {
			return err
		}
		entries = append(entries, more...)
	}
	return n.write(ctx, entries, a)
}

// settleDue does so for every case in which something is due.
func (n *Node) settleDue(ctx context.Context) error {
	var due []view.Waking
	err := n.ledger.View(func(tx ledger.Projection) (err error) {
		due, err = view.Due(tx, n.now().Unix())
		return err
	})
	if err != nil {
		return err
	}
	// What comes in force may move what is due after it, so it goes first.
	if slices.ContainsFunc(due, func(w view.Waking) bool { return w.Kind == view.KindProgramme }) {
		if err := n.enforceLaw(ctx); err != nil {
			return fmt.Errorf("put rules in force: %w", err)
		}
	}
	return inParallel(ctx, due, func(w view.Waking) error {
		if err := n.wake(ctx, w); err != nil {
			return fmt.Errorf("let %s take effect: %w", w.Number, err)
		}
		return nil
	})
}

// wake does what is due in one case.
func (n *Node) wake(ctx context.Context, w view.Waking) error {
	switch w.Kind {
	case view.KindAuthorisation:
		if err := n.settle(ctx, w.Number); err != nil {
			return err
		}
		a, err := n.Authorisation(w.Number)
		if err != nil {
			return err
		}
		return n.unwatch(ctx, a)
	case view.KindMonitoring:
		return n.settleMonitoring(ctx, w.Number)
	case view.KindProgramme:
		return n.enforceLaw(ctx)
	case view.KindAssessment:
		return n.passDue(ctx, w.Number)
	case view.KindApplication:
		return n.settleApplication(ctx, w.Number)
	case view.KindApproval:
		return n.lapse(ctx, w.Number)
	}
	return fmt.Errorf("nothing is ever due in a case of kind %s", w.Kind)
}

// together is how many cases are worked on at once where there are many: enough
// to fill the ledger's batches while others wait for the disk, and few enough that
// its queue has room for officers.
const together = 1024

// maxTold is how many errors of many are told.
const maxTold = 8

// inParallel does something with many cases. One that cannot go on does not hold
// up the others: the error tells of a few and counts the rest. It ends with ctx.
func inParallel[C any](ctx context.Context, cases []C, do func(C) error) error {
	var next, failed atomic.Int64
	first := make([]error, min(together, len(cases)))
	var workers sync.WaitGroup
	for w := range first {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(len(cases)) && ctx.Err() == nil; i = next.Add(1) {
				if err := do(cases[i-1]); err != nil {
					failed.Add(1)
					first[w] = cmp.Or(first[w], err)
				}
			}
		})
	}
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	told := slices.DeleteFunc(first, func(err error) bool { return err == nil })
	if n := failed.Load(); n > maxTold {
		told = append(told[:min(maxTold, len(told))], fmt.Errorf("%d of %d cases in all", n, len(cases)))
	}
	return errors.Join(told...)
}
