// Package author makes what an administration publishes: entity statements,
// annexes with the signatures of several parties, notices, directories and
// bundles.
//
// It promises that nothing leaves it which the strict readers would refuse:
// each output is read back with the reader its receivers use, and its signature
// verified, before it is returned. Formats stand with their readers (packages
// trust, mra and bundle).
package author

import "errors"

var (
	// ErrNotParty says that the key is no root key the annex lists for a party.
	ErrNotParty = errors.New("not a root key of a party")
	// ErrSigned says that the key's party has signed the annex already.
	ErrSigned = errors.New("party has signed already")
	// ErrOtherText says that two annexes are over different documents.
	ErrOtherText = errors.New("the texts differ")
)
