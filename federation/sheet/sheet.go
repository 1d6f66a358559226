// Package sheet keeps cells of CSV and XLSX files text: a spreadsheet takes a cell
// that begins with = + - @, a tab or a carriage return for a formula and may run it.
// What we write is [Inert]; what we read goes through [Text], which takes the
// apostrophe off again and says which cells somebody else did not make inert.
package sheet

import "strings"

// Formula reports whether a spreadsheet would take a cell for a formula.
func Formula(cell string) bool {
	return cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0
}

// Inert puts an apostrophe before what would be taken for a formula, and before what
// [Text] would otherwise take one off.
func Inert(cell string) string {
	if Formula(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// Text is what a cell says. It reports whether the cell was a formula as it stood:
// it is text here, and whoever sent it should be told.
func Text(cell string) (text string, formula bool) {
	if strings.HasPrefix(cell, "'") && Formula(strings.TrimLeft(cell, "'")) {
		return cell[1:], false
	}
	return cell, Formula(cell)
}
