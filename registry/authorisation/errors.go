package authorisation

import (
	"errors"
	"fmt"
)

var (
	// ErrFourEyes says that one person wanted to do what takes two.
	ErrFourEyes = errors.New("two different officers are needed")
	// ErrUnknownEvent says that an event is of a type or version this software does not know.
	ErrUnknownEvent = errors.New("unknown event")
)

// A TransitionError says that a command is not possible in the state a case is in.
type TransitionError struct {
	State   string
	Command string
	Why     string
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("%s is not possible while %s: %s", e.Command, e.State, e.Why)
}

// An InputError says which field of a command or event is malformed.
type InputError struct {
	Field string
	Why   string
}

func (e *InputError) Error() string { return e.Field + ": " + e.Why }

// first returns the first error there is.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
