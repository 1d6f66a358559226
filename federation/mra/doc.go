// Package mra reads the executable annex of a Mutual Recognition Arrangement
// and notices about it, and says which rule is in force between two
// territories at an instant.
//
// The arrangement is a legal instrument; the annex is the copy that machines
// run. Where the two differ the instrument prevails and a new version of the
// annex corrects it.
//
// # Annex
//
// A JWS in general JSON serialization, typ aeo-mra+jws, whose payload is a
// [Document] in RFC 8785 form. Each party signs once, with a root key the
// document lists for it, in order of the parties; every signature must verify
// on its own, and a version counts only when all parties have signed.
//
// # Rule in force
//
// Recognition runs between ordered pairs: who recognises (by) and whose status
// (of). Dates begin at local midnight of the recognising party. For a pair and
// an instant the newest version governs whose rules for the pair have begun, so
// a version signed today with rules from next year leaves the older rules in
// force until then. A version is a whole statement: what it leaves out of a
// pair it speaks about is gone, and a pair it no longer mentions ends on the
// day it was signed.
//
// # Notices
//
// A compact JWS, typ aeo-mra-notice+jwt, by which one party alone suspends,
// resumes or ends the recognition between itself and others. Each party numbers
// its notices; of those in effect at an instant its last word counts, except
// that an end is final. A pair is suspended while either side suspends it.
//
// # Life
//
// [Register.Life] puts all this into words for an ordered pair: signed, pilot,
// in effect, suspended, terminated, each with its instant and cause. A pilot is
// a rule marked pilot, for test data alone; nothing real is judged by it.
//
// The package is pure: no file, no network, no clock. Time zones come with it.
package mra

import (
	"errors"

	_ "time/tzdata" // the same midnights in a browser, where there is no zone database
)

var (
	// ErrAnnex says that an annex, or the chain of its versions, does not hold.
	ErrAnnex = errors.New("annex does not hold")
	// ErrNotice says that a notice, or the sequence of a party's notices, does not hold.
	ErrNotice = errors.New("notice does not hold")
)
