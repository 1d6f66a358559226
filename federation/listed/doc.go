// Package listed knows holders of a partner that runs no node: as its lists name
// them, which people send by mail and officers import.
//
// A list is a whole statement as of a day: who holds what, in which state. It
// replaces the one before; who is missing from it has lost the authorisation
// with that day. Lists of one partner are numbered 1, 2, 3 ... as they were
// imported, each stated as of a later day than the one before, so that what was
// known at an instant is always a beginning of the sequence.
//
// # Questions about the past
//
// About a past day the list answers that was current on it, not what a later
// list says of that day: nobody signed either, and what customs officers had
// before them is what counts. See [History.Standing].
//
// # Formats
//
// [Header] and [Row] are JSON in RFC 8785 form. Dates are written 2006-01-02 and
// begin at local midnight of the partner.
//
// The package is pure: no file, no network, no clock.
package listed

import "errors"

// ErrList says that a list, or what it is made of, does not hold.
var ErrList = errors.New("imported list does not hold")
