package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aeo-registry/aeo/federation/sheet"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// writeTable shows rows to a person.
func (a *app) writeTable(w io.Writer, rows []row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if r.Decision == nil {
			fmt.Fprintf(t, "%d\t! NOT ASKED\t%s\t%s\t%s\n", r.Row, plain(r.Identifier), plain(r.Name), plain(r.Problem))
			continue
		}
		l := lookOf(r.Decision)
		fmt.Fprintf(t, "%d\t%s %s\t%s\t%s\t%s\n", r.Row, l.glyph, l.word,
			plain(r.Identifier), plain(r.listedName()), plain(r.remark()))
	}
	t.Flush()
	if n := len(rows); n > 1 {
		fmt.Fprintf(w, "%d rows: %s\n", n, tally(rows))
	}
}

// listedName is the name the issuer signed, or else the one that was asked about.
func (r *row) listedName() string {
	if h := r.Decision.Holder; h != nil && h.LegalName != "" {
		return h.LegalName
	}
	return r.Name
}

// remark is what a table has room for beside the verdict.
func (r *row) remark() string {
	d := r.Decision
	var parts []string
	if d.Verdict.Good() {
		if len(d.RecognisedFor) > 0 {
			parts = append(parts, scopes(d))
		}
	} else {
		parts = append(parts, d.Reason.Text())
	}
	for _, c := range d.Caveats {
		parts = append(parts, c.Text)
	}
	return strings.Join(parts, " ")
}

func tally(rows []row) string {
	count := map[string]int{}
	var order []string
	for _, r := range rows {
		word := "not asked"
		if r.Decision != nil {
			word = strings.ToLower(lookOf(r.Decision).word)
		}
		if count[word] == 0 {
			order = append(order, word)
		}
		count[word]++
	}
	for i, word := range order {
		order[i] = fmt.Sprintf("%d %s", count[word], word)
	}
	return strings.Join(order, ", ")
}

// A jsonlRow is aeo.check-row/1, one a line.
type jsonlRow struct {
	Schema string `json:"schema"`
	row
}

// jsonLines are the rows as they stand in --json's object, each an object of its own.
func jsonLines(rows []row) ([]byte, error) {
	var out []byte
	for _, r := range rows {
		raw, err := jcs.Marshal(jsonlRow{"aeo.check-row/1", r})
		if err != nil {
			return nil, fmt.Errorf("write row %d: %w", r.Row, err)
		}
		out = append(append(out, raw...), '\n')
	}
	return out, nil
}

// csvColumns are the columns of --format csv.
var csvColumns = []string{
	"row", "name", "identifier", "country", "role", "verdict", "reason", "status", "recognition",
	"holder", "recognised", "mra", "status_as_of", "problem",
}

func writeCSV(w io.Writer, rows []row) {
	c := csv.NewWriter(w)
	_ = c.Write(csvColumns) // the first error stays with w, a bufio.Writer
	for _, r := range rows {
		cells := r.cells()
		for i := range cells {
			cells[i] = sheet.Inert(cells[i])
		}
		_ = c.Write(cells)
	}
	c.Flush()
}

func (r *row) cells() []string {
	cells := make([]string, len(csvColumns))
	copy(cells, []string{strconv.Itoa(r.Row), r.Name, r.Identifier, r.Country, r.Role})
	cells[len(cells)-1] = r.Problem
	d := r.Decision
	if d == nil {
		return cells
	}
	copy(cells[5:], []string{d.Verdict.String(), d.Reason.String(), d.Status, d.Recognition})
	if d.Holder != nil {
		cells[9] = d.Holder.LegalName
	}
	if len(d.RecognisedFor) > 0 {
		cells[10] = scopes(d)
	}
	if d.MRA != nil {
		cells[11] = fmt.Sprintf("%s v%d", d.MRA.ID, d.MRA.Version)
	}
	if d.StatusAsOf != 0 {
		cells[12] = time.Unix(d.StatusAsOf, 0).UTC().Format(time.RFC3339)
	}
	return cells
}
