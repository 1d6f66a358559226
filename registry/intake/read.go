package intake

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/federation/sheet"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/partnerlist"
)

// ErrFormat says that the format asked for is not known.
var ErrFormat = errors.New("unknown format of register")

// Read reads a part of a register. firstRow is the number its first row below the
// heading has in the whole file; 0 where it is the whole. Rows with problems are left
// out; where the part as a whole has one there are no rows.
func Read(format string, raw []byte, firstRow int) (rows []Row, found []Problem, err error) {
	if len(raw) > MaxPart {
		return nil, whole("%d bytes, at most %d", len(raw), MaxPart), nil
	}
	switch format {
	case CSV:
		rows, found = readCSV(raw, firstRow)
	case JSONL:
		rows, found = readJSONL(raw, max(firstRow, 1))
	default:
		return nil, nil, fmt.Errorf("%w %.20q, want %s or %s", ErrFormat, format, CSV, JSONL)
	}
	if len(rows) > MaxRows {
		return nil, whole("%d rows, at most %d", len(rows), MaxRows), nil
	}
	if len(rows) == 0 && len(found) == 0 {
		found = whole("it has no rows")
	}
	return rows, found, nil
}

func whole(format string, args ...any) []Problem {
	return []Problem{{Text: fmt.Sprintf(format, args...)}}
}

// readJSONL reads an object for each line; empty lines are passed over.
func readJSONL(raw []byte, number int) (rows []Row, found []Problem) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	for line := range bytes.Lines(raw) {
		line = bytes.TrimSpace(line)
		if len(rows)+len(found) > MaxRows { // who sends a line for each byte is not told of each
			return nil, whole("more than %d rows", MaxRows)
		}
		var r Row
		var err error
		switch {
		case len(line) == 0:
			number++
			continue
		case len(line) > maxLine:
			err = fmt.Errorf("%d bytes, at most %d", len(line), maxLine)
		case !utf8.Valid(line):
			err = errors.New("not UTF-8")
		default:
			err = jcs.Unmarshal(line, &r)
		}
		if err != nil {
			found = append(found, Problem{Row: number, Text: err.Error()})
		} else {
			r.Number = number
			rows = append(rows, r)
		}
		number++
	}
	return rows, found
}

func readCSV(raw []byte, firstRow int) (rows []Row, found []Problem) {
	heading, lines, found := partnerlist.Table(raw)
	if len(found) > 0 {
		for i := range found {
			if found[i].Row > 1 && firstRow > 0 {
				found[i].Row += firstRow - 2
			}
		}
		return nil, found
	}
	columns, found := readHeading(heading)
	if len(found) > 0 {
		return nil, found
	}
	shift := 0
	if firstRow > 0 && len(lines) > 0 {
		shift = firstRow - lines[0].Number
	}
	for _, l := range lines {
		c := cells{sayer: sayer{row: l.Number + shift}, columns: columns, of: l.Cells}
		if len(l.Cells) > len(heading) {
			c.say("", "a cell beyond the last column")
		}
		r := c.read()
		if found = append(found, c.found...); len(c.found) == 0 {
			rows = append(rows, r)
		}
	}
	return rows, found
}

func readHeading(heading []string) (columns map[string]int, found []Problem) {
	if heading == nil {
		return nil, whole("the file is empty: want a first row that names the columns")
	}
	s := sayer{row: 1}
	columns = map[string]int{}
	for i, cell := range heading {
		name := strings.ReplaceAll(strings.ToLower(cell), " ", "_")
		_, twice := columns[name]
		switch {
		case !slices.Contains(Columns(), name):
			s.say("", "unknown column %.40q; there are %s", cell, strings.Join(Columns(), ", "))
		case twice:
			s.say("", "column %s twice", name)
		}
		columns[name] = i
	}
	for _, c := range required {
		if _, has := columns[c]; !has {
			s.say("", "no column %s", c)
		}
	}
	return columns, s.found
}

// cells are a row of CSV.
type cells struct {
	sayer
	columns map[string]int
	of      []string
}

// text is a cell as text; see [sheet.Text].
func (c *cells) text(column string) string {
	i, has := c.columns[column]
	if !has || i >= len(c.of) {
		return ""
	}
	text, formula := sheet.Text(c.of[i])
	switch {
	case len(text) > maxCell:
		c.say(column, "%d bytes, at most %d", len(text), maxCell)
		return ""
	case formula:
		c.say(column, "%.20q begins like a formula; where it is a text, put an apostrophe before it", text)
		return ""
	}
	return text
}

func (c *cells) read() Row {
	r := Row{
		Identifiers: words(c.text(colIdentifiers)), LegalName: c.text(colName), Reference: c.text(colReference),
		Type: c.text(colType), Roles: words(strings.ToLower(c.text(colRoles))), GrantedOn: c.text(colGranted),
		EffectiveOn: c.text(colEffective), ExpiresOn: c.text(colExpires), EndedOn: c.text(colEnded), End: strings.ToLower(c.text(colEnd)),
		Address: authorisation.Address{Country: c.text(colCountry), Locality: c.text(colLocality), Postcode: c.text(colPostcode), Street: c.text(colStreet)},
		Number:  c.row,
	}
	switch word := strings.ToLower(c.text(colNatural)); word {
	case "", "no":
	case "yes":
		r.Natural = true
	default:
		c.say(colNatural, "%.20q, want yes or no", word)
	}
	for _, word := range words(c.text(colNames)) {
		script, name, ok := strings.Cut(word, "=")
		if !ok {
			c.say(colNames, "%.40q, want SCRIPT=NAME such as Latn=Name", word)
		}
		r.Names = append(r.Names, authorisation.Name{Script: script, Value: name})
	}
	for _, word := range words(c.text(colSuspensions)) {
		from, until, ok := strings.Cut(word, "..")
		if !ok {
			c.say(colSuspensions, "%.40q, want FROM..UNTIL, two days, or FROM.. where it lasts", word)
		}
		r.Suspensions = append(r.Suspensions, Span{from, until})
	}
	return r
}
