package registry

import (
	"context"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// A Caller is who makes a request and what the request is bound to. It travels
// with the context, from whoever authenticated it to the case it is about.
type Caller struct {
	Account string // number of the account; empty where the machine's own user speaks
}

type callerKey struct{}

// WithCaller puts a caller into a context.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

func callerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// by is who acts in a case now, as one of the given roles. An account acts under
// its own number; where nobody is authenticated it is who the request names.
func (n *Node) by(ctx context.Context, number, named string, _ ...access.Role) (authorisation.By, error) {
	actor := named
	if c := callerOf(ctx); c.Account != "" {
		actor = c.Account
	}
	return authorisation.By{Case: number, Actor: actor, At: n.now().Unix()}, nil
}

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
	if err != nil {
		return state, err
	}
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
	_, err = n.ledger.Append(ctx, entries...)
	return state, err
}
