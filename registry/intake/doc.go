// Package intake reads what a register held before this one: one row for each
// authorisation, with its holder and what became of it. It is CSV (RFC 4180, UTF-8, a
// byte order mark or none) or JSONL, an object for each line.
//
// # Columns of CSV
//
// The first row names them, in any order, in either case, with space or underscore.
// Days are 2006-01-02 and begin at midnight where the programme is.
//
//	identifiers         as the programme writes them, separated by semicolons
//	legal_name
//	names               in other scripts, Jpan=...;Latn=...
//	natural             yes where the holder is a natural person
//	country locality postcode street
//	reference           what the authorisation is called in the register
//	authorisation_type
//	roles               separated by semicolons
//	granted_on
//	effective_on        empty: the day it was granted
//	expires_on          the last day it is valid; empty where it is unlimited
//	suspensions         2020-01-02..2020-03-04;2024-05-06.. each from a day until the day
//	                    it was lifted; without that day it lasts
//	ended_on, end       revoked, annulled or withdrawn; that it expired says expires_on
//
// Identifiers, legal_name, reference, authorisation_type, roles and granted_on must
// be there. In JSONL an object has the members of [Row].
//
// Every problem is named by row and column, and a row that has one is not taken.
// Names are held against what misleads, cells that begin like a formula are refused
// unless an apostrophe makes them text, as in lists that partners mail.
package intake

import (
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/partnerlist"
)

// Bounds of one part of a register; [Split] makes parts of a whole one.
const (
	MaxPart = 5 << 20 // bytes
	MaxRows = 10_000
	maxCell = 4096 // bytes of a cell of CSV
	maxLine = 64 << 10
	maxList = 64 // entries in a cell
)

// Formats.
const (
	CSV   = "csv"
	JSONL = "jsonl"
)

// A Problem is why a row is not taken, or the whole part where its Row is 0.
type Problem = partnerlist.Problem

// A Row is an authorisation as the file has it.
type Row struct {
	Identifiers []string              `json:"identifiers"`
	LegalName   string                `json:"legal_name"`
	Names       []authorisation.Name  `json:"names,omitzero"`
	Natural     bool                  `json:"natural,omitzero"`
	Address     authorisation.Address `json:"address,omitzero"`
	Reference   string                `json:"reference"`
	Type        string                `json:"authorisation_type"`
	Roles       []string              `json:"roles"`
	GrantedOn   string                `json:"granted_on"`
	EffectiveOn string                `json:"effective_on,omitzero"`
	ExpiresOn   string                `json:"expires_on,omitzero"`
	Suspensions []Span                `json:"suspensions,omitzero"`
	EndedOn     string                `json:"ended_on,omitzero"`
	End         string                `json:"end,omitzero"`

	Number int `json:"-"` // of the row in the file
}

// A Span is from a day until another, which is no longer in it; without Until it lasts.
type Span struct {
	From  string `json:"from"`
	Until string `json:"until,omitzero"`
}

// The ends a row can tell of.
var ends = map[string]authorisation.Act{"revoked": authorisation.ActRevoke, "annulled": authorisation.ActAnnul, "withdrawn": authorisation.ActWithdraw}

// The columns, in the order a heading names them.
const (
	colIdentifiers = "identifiers"
	colName        = "legal_name"
	colNames       = "names"
	colNatural     = "natural"
	colCountry     = "country"
	colLocality    = "locality"
	colPostcode    = "postcode"
	colStreet      = "street"
	colReference   = "reference"
	colType        = "authorisation_type"
	colRoles       = "roles"
	colGranted     = "granted_on"
	colEffective   = "effective_on"
	colExpires     = "expires_on"
	colSuspensions = "suspensions"
	colEnded       = "ended_on"
	colEnd         = "end"
)

// Columns are the names of all columns.
func Columns() []string {
	return []string{colIdentifiers, colName, colNames, colNatural, colCountry, colLocality, colPostcode, colStreet, colReference,
		colType, colRoles, colGranted, colEffective, colExpires, colSuspensions, colEnded, colEnd}
}

var required = []string{colIdentifiers, colName, colReference, colType, colRoles, colGranted}

// sayer collects the problems of one row.
type sayer struct {
	row   int
	found []Problem
}

func (s *sayer) say(column, format string, args ...any) {
	s.found = append(s.found, Problem{Row: s.row, Column: column, Text: fmt.Sprintf(format, args...)})
}

// words are the entries of a cell that are separated by semicolons.
func words(cell string) (out []string) {
	for word := range strings.SplitSeq(cell, ";") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}
