package main

import (
	"errors"
	"io/fs"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
)

// The exit codes. Those of verdicts are federation's (Reason.Exit).
const (
	exitOK            = 0
	exitInternal      = 1
	exitUsage         = 2
	exitFile          = 3
	exitNotCredential = 4
	exitNotAllowed    = 5
	exitConflict      = 6
	exitCancelled     = 7
	exitNotInForce    = 20
	exitSuspended     = 21
	exitNotAuthentic  = 22
	exitIssuer        = 23
	exitCannotTell    = 24
	exitMisbehaviour  = 25
	exitNotRecognised = 26
	exitNotListed     = 27
	exitStorage       = 70
	exitBehind        = 71
	exitLater         = 75
)

// An exitCode is one row of `aeo help exit-codes`.
type exitCode struct {
	Code    int    `json:"code"`
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
}

// exitCodes is the one table of exit codes.
var exitCodes = []exitCode{
	{exitOK, "ok", "done; verdict recognised, or in_force with --status-only; nothing to do"},
	{exitInternal, "internal", "internal error"},
	{exitUsage, "usage", "the command line is not understood, or more must be said"},
	{exitFile, "file", "a named file is missing or cannot be opened (what was read and is bad has its verdict)"},
	{exitNotCredential, "not_a_credential", "verdict not_a_credential"},
	{exitNotAllowed, "not_allowed", "not allowed"},
	{exitConflict, "conflict", "conflict, lock held, or changed meanwhile"},
	{exitCancelled, "cancelled", "cancelled"},
	{exitNotInForce, "not_in_force", "verdict not_in_force: ended, annulled, expired, not yet"},
	{exitSuspended, "suspended", "verdict suspended"},
	{exitNotAuthentic, "not_authentic", "verdict not_authentic"},
	{exitIssuer, "issuer", "verdict cannot_tell: issuer_unknown, chain_invalid, issuer_key_unknown, issuer_key_compromised"},
	{exitCannotTell, "cannot_tell", "verdict cannot_tell: every other reason"},
	{exitMisbehaviour, "log_misbehaviour", "a log or an administration contradicts itself: keep the evidence"},
	{exitNotRecognised, "not_recognised", "verdict not_recognised: in force, but not recognised here"},
	{exitNotListed, "not_listed", "look-up: not listed"},
	{exitStorage, "storage", "storage fault; the process ended itself"},
	{exitBehind, "behind", "the store is behind its head or its witnesses, or the rules of the programme are lost: nothing is signed"},
	{exitLater, "later", "try again later"},
}

// exitName is the word for a code; "internal" for one that is not in the table.
func exitName(code int) string {
	for _, c := range exitCodes {
		if c.Code == code {
			return c.Name
		}
	}
	return exitName(exitInternal)
}

// An exitError ends the command with a code. With a nil err nothing is said:
// the result has been printed and the code is its verdict.
type exitError struct {
	code  int
	err   error
	hints []string // command lines that can be typed as they stand
}

func (e *exitError) Error() string {
	if e.err == nil {
		return exitName(e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// fail ends the command with a code, what went wrong, and at most two things
// to type next.
func fail(code int, err error, hints ...string) error {
	return &exitError{code: code, err: err, hints: hints}
}

// exitWith ends the command with the code of a result that was printed.
func exitWith(code int) error {
	if code == exitOK {
		return nil
	}
	return &exitError{code: code}
}

// faults maps errors that reach the top unmarked; the first that fits counts.
var faults = []struct {
	is   error
	code int
}{
	{transparency.ErrFaulty, exitMisbehaviour},
	{bundle.ErrSplitView, exitMisbehaviour},
	{bundle.ErrInvalid, exitCannotTell},
	{bundle.ErrRolledBack, exitCannotTell},
	{bundle.ErrClock, exitCannotTell},
	{bundle.ErrAnchor, exitCannotTell},
	{fs.ErrNotExist, exitFile},
	{fs.ErrPermission, exitFile},
	{fs.ErrExist, exitConflict},
}

// codeOf is the exit code of an error; 0 for none.
func codeOf(err error) int {
	if err == nil {
		return exitOK
	}
	var marked *exitError
	if errors.As(err, &marked) {
		return marked.code
	}
	var question *federation.QuestionError
	if errors.As(err, &question) {
		return exitUsage
	}
	for _, f := range faults {
		if errors.Is(err, f.is) {
			return f.code
		}
	}
	return exitInternal
}
