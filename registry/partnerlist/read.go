package partnerlist

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/federation/sheet"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/xuri/excelize/v2"
)

// Read reads a list of a territory. pack is its programme, nil where none is
// known: then identifiers stand in full and each row names its programme. Where
// there are problems there are no entries. rows says where each entry stands.
func Read(format string, raw []byte, territory string, pack *programme.Pack) (entries []listed.Entry, rows []int, found []Problem, err error) {
	var p problems
	if len(raw) > MaxFile {
		p.add(0, "", "the file has more than %d bytes", MaxFile)
		return nil, nil, p.all(), nil
	}
	var g *grid
	switch format {
	case CSV:
		g = readCSV(raw, &p)
	case XLSX:
		g = readXLSX(raw, &p)
	default:
		return nil, nil, nil, fmt.Errorf("%w %.20q, want %s or %s", ErrFormat, format, CSV, XLSX)
	}
	if g != nil {
		r := reader{grid: g, territory: territory, pack: pack, problems: &p, seen: map[string]int{}, names: map[string]named{}}
		entries, rows = r.read()
	}
	if found = p.all(); len(found) > 0 {
		return nil, nil, found, nil
	}
	return entries, rows, nil, nil
}

// A reader turns a grid into entries.
type reader struct {
	grid      *grid
	territory string
	pack      *programme.Pack
	problems  *problems
	columns   map[string]int
	seen      map[string]int   // by key: the row
	names     map[string]named // by identifier
}

type named struct {
	row  int
	name string
}

func (r *reader) read() (entries []listed.Entry, rows []int) {
	if !r.readHeading() {
		return nil, nil
	}
	for _, l := range r.grid.lines {
		for _, e := range r.readLine(l) {
			if first, twice := r.seen[e.Key()]; twice {
				r.problems.add(l.row, colIdentifier, "%s with type %s stands in row %d already", e.Identifier, e.AuthorisationType, first)
				continue
			}
			r.seen[e.Key()] = l.row
			entries, rows = append(entries, e), append(rows, l.row)
		}
	}
	if len(r.grid.lines) == 0 {
		r.problems.add(0, "", "the list has a heading and no rows")
	}
	return entries, rows
}

func (r *reader) readHeading() bool {
	if r.grid.heading == nil {
		r.problems.add(0, "", "the file is empty: want a first row that names the columns")
		return false
	}
	r.columns = map[string]int{}
	good := true
	for i, cell := range r.grid.heading {
		name := strings.ReplaceAll(strings.ToLower(cell), " ", "_")
		_, twice := r.columns[name]
		switch {
		case name == "":
			r.problems.add(1, letter(i+1), "a column without a name")
		case !slices.Contains(Columns(), name):
			r.problems.add(1, letter(i+1), "unknown column %.40q; there are %s", cell, strings.Join(Columns(), ", "))
		case twice:
			r.problems.add(1, letter(i+1), "column %s twice", name)
		default:
			r.columns[name] = i
			continue
		}
		good = false
	}
	for _, c := range Columns() {
		if _, has := r.columns[c]; !has && (required(c) || c == colProgramme && r.pack == nil) {
			r.problems.add(1, "", "no column %s", c)
			good = false
		}
	}
	return good
}

// readLine gives the entries of a row, none where it has a problem.
func (r *reader) readLine(l line) []listed.Entry {
	before := r.problems.count()
	if len(l.cells) > len(r.grid.heading) {
		r.problems.add(l.row, letter(len(r.grid.heading)+1), "a cell beyond the last column")
	}
	e := listed.Entry{
		Identifier: r.identifier(l), Name: r.name(l), Programme: r.programme(l), Roles: r.roles(l), Status: r.status(l),
		EffectiveOn: r.date(l, colEffective, true),
	}
	e.SuspendedSince = r.date(l, colSuspended, e.Status == listed.Suspended)
	e.EndedOn = r.date(l, colEnded, e.Status == listed.Ended)
	components := r.components(l, e.Roles)
	if r.problems.count() > before {
		return nil
	}
	if known, has := r.names[e.Identifier]; has && known.name != e.Name {
		r.problems.add(l.row, colName, "%s is named otherwise in row %d", e.Identifier, known.row)
		return nil
	}
	r.names[e.Identifier] = named{l.row, e.Name}
	var out []listed.Entry
	for _, c := range components {
		one := e
		one.AuthorisationType = c
		if err := one.Check(r.territory); err != nil {
			r.problems.add(l.row, "", "%v", err)
			return nil
		}
		out = append(out, one)
	}
	return out
}

// cell is a cell as text: an apostrophe that keeps it from being a formula is
// taken off, and what could be one without it is refused.
func (r *reader) cell(l line, column string) string {
	i, has := r.columns[column]
	if !has || i >= len(l.cells) {
		return ""
	}
	text, formula := sheet.Text(l.cells[i])
	switch {
	case len(l.cells[i]) > maxCell:
		r.problems.add(l.row, column, "%d bytes, at most %d", len(l.cells[i]), maxCell)
		return ""
	case formula:
		r.problems.add(l.row, column, "%.20q begins like a formula; where it is a text, put an apostrophe before it", text)
		return ""
	}
	return text
}

// needed is a cell that must not be empty.
func (r *reader) needed(l line, column string) string {
	before := r.problems.count()
	text := r.cell(l, column)
	if text == "" && r.problems.count() == before {
		r.problems.add(l.row, column, "empty")
	}
	return text
}

// scientific is what a spreadsheet makes of a long number.
var scientific = regexp.MustCompile(`^[0-9]([.,][0-9]+)?E\+?[0-9]+$`)

func (r *reader) identifier(l line) string {
	text := r.needed(l, colIdentifier)
	if text == "" {
		return ""
	}
	if scientific.MatchString(text) {
		r.problems.add(l.row, colIdentifier, "%.40q: a spreadsheet has shortened the number; format the column as text", text)
		return ""
	}
	if r.pack == nil {
		territory, _, _, err := credential.SplitIdentifier(text)
		if err != nil || territory != r.territory {
			r.problems.add(l.row, colIdentifier, "%.80q is not %s:scheme:value, and how %s writes numbers is not known here", text, r.territory, r.territory)
			return ""
		}
		return text
	}
	id, err := r.pack.ParseIdentifier(text)
	if err != nil {
		var why *programme.IdentifierError
		if errors.As(err, &why) {
			r.problems.add(l.row, colIdentifier, "%.80q: %s", text, why.Why)
		} else {
			r.problems.add(l.row, colIdentifier, "%v", err)
		}
		return ""
	}
	return id.String()
}

func (r *reader) name(l line) string {
	text := r.needed(l, colName)
	if text == "" {
		return ""
	}
	if err := CheckName(text); err != nil {
		r.problems.add(l.row, colName, "%v", err)
		return ""
	}
	return text
}

// CheckName refuses a name that a person could take for another.
func CheckName(name string) error {
	if err := listed.CheckName(name); err != nil {
		return err
	}
	if word := mixed(name); word != "" {
		return fmt.Errorf("%.40q mixes letters of several scripts that look alike", word)
	}
	return nil
}

// mixed finds a word with letters of more than one of the scripts whose letters
// look alike.
func mixed(name string) string {
	for _, word := range strings.Fields(name) {
		scripts := 0
		for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian} {
			if strings.ContainsFunc(word, func(c rune) bool { return unicode.Is(script, c) && unicode.IsLetter(c) }) {
				scripts++
			}
		}
		if scripts > 1 {
			return word
		}
	}
	return ""
}

func (r *reader) programme(l line) string {
	text := r.cell(l, colProgramme)
	switch {
	case r.pack == nil && text == "":
		r.problems.add(l.row, colProgramme, "empty")
	case r.pack != nil && text == "":
		return r.pack.Code
	case r.pack != nil && text != r.pack.Code:
		r.problems.add(l.row, colProgramme, "%.40q, the programme of %s is %s", text, r.territory, r.pack.Code)
	}
	return text
}

func (r *reader) components(l line, roles []string) []string {
	code := r.needed(l, colType)
	if code == "" || r.pack == nil {
		return []string{code}
	}
	parts, err := r.pack.Components(code)
	if err != nil {
		r.problems.add(l.row, colType, "%v", err)
		return nil
	}
	covered, err := r.pack.RolesFor(code)
	if err != nil {
		r.problems.add(l.row, colType, "%v", err)
		return nil
	}
	for _, role := range roles {
		if !slices.Contains(covered, programme.Role(role)) {
			r.problems.add(l.row, colRoles, "%s does not go with type %s, which has %v", role, code, covered)
		}
	}
	var out []string
	for _, part := range parts {
		out = append(out, part.Code)
	}
	return out
}

func (r *reader) roles(l line) []string {
	text := r.needed(l, colRoles)
	if text == "" {
		return nil
	}
	var out []string
	before := r.problems.count()
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return c == ';' || c == ',' }) {
		word = strings.ToLower(strings.TrimSpace(word))
		switch {
		case word == "":
		case !programme.Role(word).Known():
			r.problems.add(l.row, colRoles, "unknown role %.40q", word)
		case slices.Contains(out, word):
			r.problems.add(l.row, colRoles, "role %s twice", word)
		default:
			out = append(out, word)
		}
	}
	if len(out) == 0 && r.problems.count() == before {
		r.problems.add(l.row, colRoles, "no role")
	}
	return out
}

func (r *reader) status(l line) string {
	text := r.needed(l, colStatus)
	word := strings.ReplaceAll(strings.ToLower(text), " ", "_")
	if text != "" && word != listed.InForce && word != listed.Suspended && word != listed.Ended {
		r.problems.add(l.row, colStatus, "%.40q, want %s, %s or %s", text, listed.InForce, listed.Suspended, listed.Ended)
	}
	return word
}

func (r *reader) date(l line, column string, wanted bool) string {
	text := r.cell(l, column)
	switch {
	case text == "" && wanted:
		r.problems.add(l.row, column, "empty")
		return ""
	case text == "":
		return ""
	case !wanted:
		r.problems.add(l.row, column, "a day that does not go with the status")
		return ""
	}
	if r.grid.serials {
		if day, ok := r.serial(text); ok {
			return day
		}
	}
	if !listed.IsDate(text) {
		r.problems.add(l.row, column, "%.40q is no day written 2006-01-02", text)
		return ""
	}
	return text
}

// serial reads the number a spreadsheet keeps for a day, between 1950 and 2100.
func (r *reader) serial(text string) (string, bool) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != float64(int64(n)) || n < 16_000 || n > 74_000 {
		return "", false
	}
	day, err := excelize.ExcelDateToTime(n, r.grid.epoch04)
	if err != nil {
		return "", false
	}
	return day.Format(time.DateOnly), true
}
