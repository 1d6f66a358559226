package authorisation

import (
	"slices"
	"strings"
)

// Scheduler is the actor of acts that fall due by the clock. No officer may bear the name.
const Scheduler = "scheduler"

// A By says in which case somebody acts, who it is and when the act was decided
// (Unix seconds). Every command carries one.
type By struct {
	Case  string
	Actor string
	At    int64
	// Also are other names and accounts of the same person, known to whoever
	// authenticated them: one person with two accounts is one person. They are
	// no part of the event.
	Also []string
}

// is reports whether who acts is the person of that name.
func (b By) is(name string) bool {
	return samePerson(b.Actor, name) || slices.ContainsFunc(b.Also, func(also string) bool { return samePerson(also, name) })
}

func (b By) by() By { return b }

// A Command is something a person, or the clock, wants done. The commands of this
// package are all there are.
type Command interface {
	name() string
	by() By
}

// Grounds are the reason code and the legal basis every adverse act needs. They
// never leave the administration.
type Grounds struct {
	Reason string `json:"reason"`
	Basis  string `json:"basis"` // "UCC Art. 28(1)(a)"
}

func (g Grounds) check() error {
	return first(code("reason", g.Reason), text("basis", g.Basis, maxLine))
}

// samePerson compares officers by name, whatever the case of its letters.
func samePerson(a, b string) bool { return strings.EqualFold(a, b) }

// admit holds for every command: the case is the right one, the actor has a name
// of a person (or is the clock, where the clock may act), and time does not run
// backwards within a case.
func admit(c Command, state, caseID string, decidedAt int64) error {
	by := c.by()
	if err := first(code("case", by.Case), text("actor", by.Actor, maxName), instant("at", by.At)); err != nil {
		return err
	}
	if samePerson(by.Actor, Scheduler) && !byClock(c) {
		return &InputError{"actor", "this act needs a person"}
	}
	if caseID != "" && by.Case != caseID {
		return &TransitionError{state, c.name(), "the case is " + caseID}
	}
	if by.At < decidedAt {
		return &TransitionError{state, c.name(), "decided earlier than the last act of the case"}
	}
	return nil
}

// byClock reports whether the clock may give a command: those that say so.
func byClock(c Command) bool {
	_, ok := c.(interface{ byClock() })
	return ok
}

// from is when an act takes effect: at once unless the command says otherwise.
func from(b By, given int64) int64 {
	if given == 0 {
		return b.At
	}
	return given
}
