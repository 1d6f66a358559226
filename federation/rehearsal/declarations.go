package rehearsal

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/federation/mra"
)

const (
	// MaxFile is the most bytes a file of declarations may have.
	MaxFile = 64 << 20
	// MaxLines is the most lines one rehearsal judges.
	MaxLines = 500_000

	maxCell     = 512
	maxProblems = 1000
)

// ErrFile says that a file as a whole cannot be read as declarations.
var ErrFile = errors.New("no file of declarations")

// A Line is one line of a declaration.
type Line struct {
	Row        int    // from 1, the heading not counted
	Date       string // 2006-01-02
	Direction  string // import or export, seen from who rehearses
	Country    string // of the trader; empty where the identifier says it
	Identifier string
	Role       string // empty for any
	Value      int64  // in hundredths of whatever currency the file is in; 0 where there is none
}

// A Problem is a row that is not judged, and why.
type Problem struct {
	Row     int    `json:"row"`
	Column  string `json:"column,omitzero"`
	Problem string `json:"problem"`
}

// columns there can be; the first three there must be.
var columns = []string{"date", "direction", "identifier", "country", "role", "value"}

const required = 3

// Read reads declaration lines: CSV (RFC 4180), UTF-8, with a first row that
// names its columns in any order: date (2006-01-02), direction (import or
// export), identifier, and perhaps country, role and value (a number with at most
// two decimals). A row that cannot be judged is a problem with its row and
// column; of more than a thousand, the file is refused. So is a column that is
// not known: a misspelt one would silently not count.
func Read(raw []byte) ([]Line, []Problem, error) {
	if len(raw) > MaxFile {
		return nil, nil, fmt.Errorf("%w: more than %d bytes", ErrFile, MaxFile)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !utf8.Valid(raw) {
		return nil, nil, fmt.Errorf("%w: not UTF-8", ErrFile)
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.ReuseRecord = true
	heading, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("%w: no first row that names the columns", ErrFile)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	order, err := Heading(heading, columns, columns[:required]...)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	var lines []Line
	var problems []Problem
	for row := 1; ; row++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, problems, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrFile, err)
		}
		if row > MaxLines {
			return nil, nil, fmt.Errorf("%w: more than %d rows", ErrFile, MaxLines)
		}
		line, problem := readRow(row, order, record)
		if problem == nil {
			lines = append(lines, line)
			continue
		}
		if len(problems) == maxProblems {
			return nil, nil, fmt.Errorf("%w: more than %d rows with problems, the last in row %d: %s", ErrFile, maxProblems, row, problem.Problem)
		}
		problems = append(problems, *problem)
	}
}

// Heading reads the first row of a table for people: known names of columns in
// any order and case, each at most once, the required ones among them.
func Heading(cells, known []string, required ...string) ([]string, error) {
	var order []string
	for _, cell := range cells {
		c := strings.ToLower(strings.TrimSpace(cell))
		switch {
		case len(cells) == 1 && strings.ContainsAny(c, ";\t"):
			return nil, errors.New("columns are to be separated by commas")
		case !slices.Contains(known, c):
			return nil, fmt.Errorf("column %.40q, want %s", cell, strings.Join(known, ", "))
		case slices.Contains(order, c):
			return nil, fmt.Errorf("column %s twice", c)
		}
		order = append(order, c)
	}
	for _, c := range required {
		if !slices.Contains(order, c) {
			return nil, fmt.Errorf("no column %s", c)
		}
	}
	return order, nil
}

func readRow(row int, order, record []string) (Line, *Problem) {
	l := Line{Row: row}
	for i, cell := range record {
		if len(cell) > maxCell {
			return l, &Problem{row, order[i], fmt.Sprintf("%d bytes, at most %d", len(cell), maxCell)}
		}
		if err := l.set(order[i], strings.TrimSpace(cell)); err != nil {
			return l, &Problem{row, order[i], err.Error()}
		}
	}
	return l, nil
}

func (l *Line) set(column, cell string) error {
	switch column {
	case "date":
		t, err := time.Parse(time.DateOnly, cell)
		if err != nil || t.Year() < 1970 {
			return fmt.Errorf("%.16q is no date in the form 2006-01-02", cell)
		}
		l.Date = cell
	case "direction":
		l.Direction = strings.ToLower(cell)
		if l.Direction != mra.Import && l.Direction != mra.Export {
			return fmt.Errorf("%.20q, want import or export", cell)
		}
	case "identifier":
		if l.Identifier = cell; cell == "" {
			return errors.New("it is empty")
		}
	case "country":
		l.Country = strings.ToUpper(cell)
	case "role":
		l.Role = strings.ToLower(cell)
		if len(cell) > 32 || strings.Trim(l.Role, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return fmt.Errorf("%.40q is no role", cell)
		}
	case "value":
		var err error
		l.Value, err = hundredths(cell)
		return err
	}
	return nil
}

// hundredths reads a number with at most two decimals, a point before them, and
// nothing between its digits; empty is 0.
func hundredths(s string) (int64, error) {
	whole, part, _ := strings.Cut(s, ".")
	if len(part) > 2 || len(whole) > 13 || strings.Trim(whole+part, "0123456789") != "" || s == "." || part == "" && strings.HasSuffix(s, ".") {
		return 0, fmt.Errorf("%.24q is no number such as 1250.50", s)
	}
	n := int64(0)
	for _, c := range whole + (part + "00")[:2] {
		n = 10*n + int64(c-'0')
	}
	return n, nil
}
