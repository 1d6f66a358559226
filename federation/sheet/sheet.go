// Package sheet keeps cells of CSV and XLSX files text: a spreadsheet takes a cell
// that begins with = + - @, in the width of East Asian letters too, with a tab or with
// an end of line for a formula and may run it.
// What we write is [Inert]; what we read goes through [Text], which takes the
// apostrophe off again and says which cells somebody else did not make inert.
package sheet

import "strings"

// Formula reports whether a spreadsheet would take a cell for a formula.
func Formula(cell string) bool {
	for _, first := range cell {
		return strings.ContainsRune("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20", first)
	}
	return false
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
