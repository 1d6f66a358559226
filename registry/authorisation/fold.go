package authorisation

import (
	"errors"
	"fmt"
)

// one is the answer to most commands: a single event.
func one(by By, effectiveAt int64, data Data) ([]Event, error) {
	return events(Event{Case: by.Case, Actor: by.Actor, DecidedAt: by.At, EffectiveAt: effectiveAt, Data: data})
}

// events lets no malformed event leave this package.
func events(list ...Event) ([]Event, error) {
	for _, e := range list {
		if err := e.check(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// follows reports whether an event can be the next one of a case. That it is well
// formed was seen when it was decided, and again when it was written or read.
func follows(e Event, caseID string, decidedAt int64) error {
	if e.Data == nil {
		return errors.New("applying event: data is missing")
	}
	_, opening := e.Data.(interface{ opens() })
	switch {
	case opening != (caseID == ""):
		return fmt.Errorf("applying %s: a case is opened once, and first", e.Type())
	case !opening && e.Case != caseID:
		return fmt.Errorf("applying %s of case %s to case %s", e.Type(), e.Case, caseID)
	case e.DecidedAt < decidedAt:
		return fmt.Errorf("applying %s: decided earlier than the event before it", e.Type())
	}
	return nil
}

// A Machine is a state that commands are put to and events change.
type Machine[S any] interface {
	Decide(Command) ([]Event, error)
	Apply(Event) (S, error)
}

// Replay folds the events of one case, in order, from the zero state.
func Replay[S Machine[S]](list []Event) (S, error) {
	var state S
	for i, e := range list {
		next, err := state.Apply(e)
		if err != nil {
			return state, fmt.Errorf("event %d: %w", i, err)
		}
		state = next
	}
	return state, nil
}
