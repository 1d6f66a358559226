package partnerlist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/federation/listed"
)

// readCSV reads RFC 4180, with a byte order mark or without. Where the heading
// has no comma, semicolons separate, as spreadsheets of many countries write it.
func readCSV(raw []byte, p *problems) *grid {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !checkEncoding(raw, p) {
		return nil
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.FieldsPerRecord, r.ReuseRecord = -1, false
	if first, _, _ := bytes.Cut(raw, []byte("\n")); !bytes.Contains(first, []byte(",")) && bytes.Contains(first, []byte(";")) {
		r.Comma = ';'
	}
	g := &grid{}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return g
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			p.add(broken.Line, "", "not CSV: %v", broken.Err)
			return nil
		}
		if err != nil {
			p.add(0, "", "not CSV: %v", err)
			return nil
		}
		row, _ := r.FieldPos(0)
		if !g.take(row, cells, p) {
			return nil
		}
	}
}

// checkEncoding says which encoding it is not, and where.
func checkEncoding(raw []byte, p *problems) bool {
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		p.add(0, "", "the file is UTF-16: save it as CSV in UTF-8")
		return false
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		p.add(0, "", "the file is a ZIP archive, perhaps XLSX: name the format")
		return false
	case utf8.Valid(raw):
		return true
	}
	row := 1
	for line := range bytes.Lines(raw) {
		if !utf8.Valid(line) {
			p.add(row, "", "not UTF-8: the file was saved in another encoding, such as Shift JIS or Windows-1252")
			return false
		}
		row++
	}
	return false
}

// take adds a row; the first is the heading. Empty rows are passed over. It is
// false where the file has more than a list may have.
func (g *grid) take(row int, cells []string, p *problems) bool {
	for i, c := range cells {
		cells[i] = strings.TrimSpace(c)
	}
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	switch {
	case len(cells) == 0:
		return true
	case len(cells) > maxColumns:
		p.add(row, "", "%d columns, at most %d", len(cells), maxColumns)
		return false
	case g.heading == nil:
		g.heading = cells
		return true
	case len(g.lines) == listed.MaxRows:
		p.add(row, "", "more than %d rows", listed.MaxRows)
		return false
	}
	g.lines = append(g.lines, line{row, cells})
	return true
}

// A Row is a row of a table that holds something.
type Row struct {
	Number int // as a spreadsheet counts, from 1
	Cells  []string
}

// Table reads CSV whose columns are another's business, as lists are read: what it is
// not is a problem, and then there are no rows.
func Table(raw []byte) (heading []string, rows []Row, found []Problem) {
	var p problems
	g := readCSV(raw, &p)
	if found = p.all(); len(found) > 0 {
		return nil, nil, found
	}
	rows = make([]Row, len(g.lines))
	for i, l := range g.lines {
		rows[i] = Row{l.row, l.cells}
	}
	return g.heading, rows, nil
}
