// Package partnerlist reads and writes the lists that administrations mail each
// other: CSV (RFC 4180, UTF-8) and XLSX, one row per authorisation.
//
// # Columns
//
// The first row names them, in any order, in either case, with space or
// underscore:
//
//	identifier          as the partner writes it, or territory:scheme:value
//	legal_name
//	programme           may be left out where the territory has one programme
//	authorisation_type  a type that joins several stands for each of them
//	roles               separated by semicolons
//	status              in_force, suspended, ended
//	effective_on        2006-01-02; in XLSX a date cell will do
//	suspended_since     with status suspended
//	ended_on            with status ended
//
// A list is taken whole or not at all. Every problem is named by row, as a
// spreadsheet counts them, and column. What could mislead a person or a
// spreadsheet is a problem: characters that cannot be seen or that turn the
// direction of writing, words that mix scripts, cells that begin like a formula
// (unless an apostrophe before it makes them text), formulas, merged cells, more
// than one sheet with something in it.
package partnerlist

import (
	"errors"
	"fmt"
)

// Bounds of a file. They are checked before anything is unpacked or kept.
const (
	MaxFile    = 5 << 20
	maxCell    = 1024 // bytes
	maxColumns = 64
	maxUnzip   = 48 << 20 // bytes of an XLSX when unpacked
	// MaxProblems is how many problems are named; more are counted.
	MaxProblems = 5000
)

// ErrFormat says that the format asked for is not known.
var ErrFormat = errors.New("unknown format of list")

// Formats.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// The columns.
const (
	colIdentifier = "identifier"
	colName       = "legal_name"
	colProgramme  = "programme"
	colType       = "authorisation_type"
	colRoles      = "roles"
	colStatus     = "status"
	colEffective  = "effective_on"
	colSuspended  = "suspended_since"
	colEnded      = "ended_on"
)

// Columns are the names of all columns, in the order they are written.
func Columns() []string {
	return []string{colIdentifier, colName, colProgramme, colType, colRoles, colStatus, colEffective, colSuspended, colEnded}
}

func required(column string) bool {
	return column != colProgramme && column != colSuspended && column != colEnded
}

// A Problem is why a list cannot be taken as it is.
type Problem struct {
	Row    int    `json:"row,omitzero"`    // as a spreadsheet counts, from 1; 0 = the file as a whole
	Column string `json:"column,omitzero"` // its name, or its letter where it has none; "" = the row as a whole
	Text   string `json:"text"`
}

func (p Problem) String() string {
	switch {
	case p.Row == 0:
		return p.Text
	case p.Column == "":
		return fmt.Sprintf("row %d: %s", p.Row, p.Text)
	}
	return fmt.Sprintf("row %d, %s: %s", p.Row, p.Column, p.Text)
}

// problems collects them, so many and no more.
type problems struct {
	list []Problem
	more int
}

func (p *problems) add(row int, column, format string, args ...any) {
	if len(p.list) == MaxProblems {
		p.more++
		return
	}
	p.list = append(p.list, Problem{row, column, fmt.Sprintf(format, args...)})
}

func (p *problems) count() int { return len(p.list) + p.more }

// all are the problems; the last says how many are not named.
func (p *problems) all() []Problem {
	if p.more > 0 {
		return append(p.list, Problem{Text: fmt.Sprintf("and %d problems more", p.more)})
	}
	return p.list
}

// A grid is a sheet with its heading: what both formats come to.
type grid struct {
	heading []string
	lines   []line
	serials bool // days may stand as numbers, as XLSX has date cells
	epoch04 bool // and count from 1904
}

// A line is a row that holds something.
type line struct {
	row   int
	cells []string
}
