package registry

import (
	"context"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// A caseKind is how cases of a kind are read, and whose key seals their events.
type caseKind[S authorisation.Machine[S]] struct {
	read    func(ledger.Projection, string) (S, error)
	subject func(S) string
}

var applicationCases = caseKind[authorisation.Application]{
	view.Application, func(a authorisation.Application) string { return a.Wish.Operator },
}

// act locks a case, reads it, puts a command to it and makes what follows durable.
func act[S authorisation.Machine[S]](ctx context.Context, n *Node, k caseKind[S], number string, dryRun bool,
	command func(S) (authorisation.Command, error)) (S, error) {
	defer n.lockCase(number)()
	state, err := readCase(n, number, k.read)
	if err != nil {
		return state, err
	}
	if err := n.match(ctx, number); err != nil {
		return state, err
	}
	c, err := command(state)
	if err != nil {
		return state, err
	}
	return enact(ctx, n, k, state, c, dryRun)
}

// enact puts a command to the state of a case that the caller has locked, or is
// about to open, and makes what follows durable.
func enact[S authorisation.Machine[S]](ctx context.Context, n *Node, k caseKind[S], state S, c authorisation.Command, dryRun bool) (S, error) {
	events, err := decide(state, c)
	if err != nil || len(events) == 0 { // nothing new was said
		return state, err
	}
	return record(ctx, n, k, state, events, dryRun)
}

// record makes events of a case durable, and those of a case that the first of them
// brings about, and returns the state after them.
func record[S authorisation.Machine[S]](ctx context.Context, n *Node, k caseKind[S], state S, events []authorisation.Event, dryRun bool) (S, error) {
	stamp(ctx, events)
	var err error
	for _, e := range events {
		if e.Case != events[0].Case {
			continue // a grant also opens the case of the authorisation
		}
		if state, err = state.Apply(e); err != nil {
			return state, err
		}
	}
	if dryRun {
		return state, nil
	}
	entries, err := eventEntries(events, k.subject(state))
	if err != nil {
		return state, err
	}
	where, err := n.ledger.Append(ctx, entries...)
	if err != nil {
		return state, err
	}
	for i, e := range events {
		if e.Case != events[0].Case {
			events, where.Leaves = events[:i], where.Leaves[:i]
			break
		}
	}
	tell(ctx, events[0].Case, version(where.Leaves[len(events)-1]))
	return state, nil
}
