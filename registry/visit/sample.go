package visit

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/federation/sheet"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// A Sample is a random choice of rows of a list, such as declarations, that anyone
// who has list and seed can repeat.
type Sample struct {
	SHA256  string   `json:"sha256"` // of the list
	Rows    int64    `json:"rows"`   // it has
	Seed    string   `json:"seed"`   // 32 hexadecimal digits
	Columns []string `json:"columns"`
	Drawn   []Drawn  `json:"drawn"` // in order of row
}

// A Drawn row has the number it has in the list; the first under the heading is 1.
type Drawn struct {
	Row   int64    `json:"row"`
	Cells []string `json:"cells"`
}

// Bounds of a list to draw from.
const (
	MaxList = 4 << 20 // bytes
	maxRows = 100_000
	maxCell = 256
	maxCols = 32
)

// Draw draws n rows of a CSV list with a heading. A row's lot is the SHA-256 of seed
// and its number; the n lowest are drawn. So nobody chooses, and the same seed draws
// the same. Cells that begin like a formula are told and are text.
func Draw(list []byte, n int, seed [16]byte) (*Sample, []Problem, error) {
	if n < 1 || n > authorisation.MaxVisitSamples {
		return nil, nil, fmt.Errorf("sample of %d: want 1 to %d rows", n, authorisation.MaxVisitSamples)
	}
	rows, problems, err := readList(list)
	if err != nil {
		return nil, nil, err
	}
	if len(rows) < 2 {
		return nil, nil, errors.New("list to draw from: no row under the heading")
	}
	s := &Sample{SHA256: hexOf(list), Rows: int64(len(rows) - 1), Seed: hex.EncodeToString(seed[:]), Columns: rows[0]}
	type lot struct {
		row int
		lot [32]byte
	}
	lots := make([]lot, len(rows)-1)
	for i := range lots {
		lots[i] = lot{i + 1, sha256.Sum256(fmt.Appendf(nil, "%s %d", s.Seed, i+1))}
	}
	slices.SortFunc(lots, func(x, y lot) int { return bytes.Compare(x.lot[:], y.lot[:]) })
	for _, l := range lots[:min(n, len(lots))] {
		s.Drawn = append(s.Drawn, Drawn{int64(l.row), rows[l.row]})
	}
	slices.SortFunc(s.Drawn, func(x, y Drawn) int { return cmp.Compare(x.Row, y.Row) })
	return s, problems, nil
}

func readList(list []byte) (rows [][]string, problems []Problem, err error) {
	if len(list) > MaxList {
		return nil, nil, fmt.Errorf("list to draw from: larger than %d bytes", MaxList)
	}
	list = bytes.TrimPrefix(list, []byte("\ufeff"))
	if !utf8.Valid(list) {
		return nil, nil, errors.New("list to draw from: not UTF-8")
	}
	r := csv.NewReader(bytes.NewReader(list))
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, problems, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("list to draw from: %w", err)
		}
		if len(rows) > maxRows || len(cells) > maxCols {
			return nil, nil, fmt.Errorf("list to draw from: more than %d rows or %d columns", maxRows, maxCols)
		}
		for i, c := range cells {
			text, formula := sheet.Text(c)
			if formula && len(problems) < maxTold {
				problems = append(problems, Problem{Row: int64(len(rows)), What: fmt.Sprintf("%s: %.20q begins like a formula; it is taken as text", rows0(rows, cells, i), c), Remark: true})
			}
			if len(text) > maxCell {
				return nil, nil, fmt.Errorf("list to draw from: row %d: a cell of more than %d bytes", len(rows), maxCell)
			}
			cells[i] = text
		}
		rows = append(rows, cells)
	}
}

// maxTold bounds the problems of one file that are told.
const maxTold = 100

// rows0 is the name of a column.
func rows0(rows [][]string, cells []string, i int) string {
	if len(rows) == 0 {
		return "heading"
	}
	return rows[0][i]
}

func (s *Sample) has(row int64) bool {
	return slices.ContainsFunc(s.Drawn, func(d Drawn) bool { return d.Row == row })
}

func hexOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
