package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/federation"
	"github.com/spf13/cobra"
)

// maxIdentifiers bounds what is asked on one command line.
const maxIdentifiers = 1000

// Formats of a check's result, beside --json.
const (
	formatTable = "table"
	formatCSV   = "csv"
	formatJSONL = "jsonl"
)

// A checkCommand is what the flags of check say.
type checkCommand struct {
	inquiry
	format   string
	exitZero bool
}

func newCheckCmd(a *app) *cobra.Command {
	c := &checkCommand{}
	cmd := &cobra.Command{
		Use:   "check PARTNERS.csv | ID...",
		Short: "look up trading partners in the signed directories, offline",
		Long: `Looks up identifiers, or every row of a file, in the signed directories of a
trust bundle. An identifier is territory:scheme:value. What is not listed is not
thereby no AEO: listing is voluntary.

A file is CSV with a first row that names its columns: identifier, and perhaps
name, country and role, in any order. Where country is filled in, an identifier
may be written as that country writes it. A role in a row goes before --role.

The exit code is that of the gravest row; 2 where all verdicts are good but a
row could not be asked; 0 with --exit-zero.`,
		Example: `  aeo check NZ:ses:12345678A --bundle JP.aeobundle --anchor JP.aeoanchor
  aeo check partners.csv --bundle JP.aeobundle --direction import --format csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.check(args, c) },
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&c.format, "format", formatTable, "table, csv or jsonl")
	cmd.Flags().BoolVar(&c.exitZero, "exit-zero", false, "exit with 0 whatever the verdicts")
	return cmd
}

func (a *app) check(args []string, c *checkCommand) error {
	if c.format != formatTable && c.format != formatCSV && c.format != formatJSONL {
		return fail(exitUsage, fmt.Errorf("--format %.20q, want table, csv or jsonl", c.format))
	}
	if a.json && c.format != formatTable {
		return fail(exitUsage, errors.New("--json and --format exclude each other"))
	}
	partners, err := readPartners(args)
	if err != nil {
		return err
	}
	d, q, err := c.open(a)
	if err != nil {
		return err
	}
	rows := d.checkAll(partners, q)
	if err := d.remember(); err != nil {
		return err
	}
	if d.refusal != nil { // perhaps only now, by what another process saw
		rows = d.checkAll(partners, q)
	}
	return a.reportCheck(d, rows, c)
}

// A row is one partner with what was found: a decision, or why none was asked for.
type row struct {
	Row        int                  `json:"row"`
	Name       string               `json:"name"`
	Identifier string               `json:"identifier"` // in canonical form where it has one
	Country    string               `json:"country"`
	Role       string               `json:"role"`
	Problem    string               `json:"problem,omitzero"`
	Decision   *federation.Decision `json:"decision,omitzero"`
}

// A checkResult is aeo.check/1.
type checkResult struct {
	Schema string `json:"schema"`
	Rows   []row  `json:"rows"`
	Exit   int    `json:"exit"`
}

func (d *desk) checkAll(partners []partner, q federation.Question) []row {
	rows := make([]row, len(partners))
	packs := packs{}
	tick := d.app.progress("checked", int64(len(partners)))
	for i, p := range partners {
		rows[i] = d.checkRow(p, packs, q)
		tick(int64(i + 1))
	}
	return rows
}

func (d *desk) checkRow(p partner, packs packs, q federation.Question) row {
	r := row{Row: p.row, Name: p.name, Identifier: p.identifier, Country: p.country, Role: p.role}
	identifier, err := p.canonical(packs)
	if err != nil {
		r.Problem = err.Error()
		return r
	}
	r.Identifier = identifier
	q.Name = p.name
	if p.role != "" {
		q.Role = p.role
	}
	if err := d.check(q); err != nil {
		r.Problem = err.Error()
		return r
	}
	r.Decision = d.lookup(identifier, q)
	return r
}

func (a *app) reportCheck(d *desk, rows []row, c *checkCommand) error {
	exit := exitOf(rows)
	if err := a.writeRows(rows, c.format, exit); err != nil {
		return err
	}
	d.adviseOn(rows)
	if c.exitZero {
		return nil
	}
	return exitWith(exit)
}

func (a *app) writeRows(rows []row, format string, exit int) error {
	switch {
	case a.json || format == formatTable:
		return a.result(checkResult{Schema: "aeo.check/1", Rows: rows, Exit: exit}, func(w io.Writer) { a.writeTable(w, rows) })
	case format == formatCSV:
		var text bytes.Buffer
		writeCSV(&text, rows)
		return a.bare(text.Bytes())
	}
	lines, err := jsonLines(rows)
	if err != nil {
		return err
	}
	return a.bare(lines)
}

// adviseOn gives the hints of all rows once, and keeps evidence.
func (d *desk) adviseOn(rows []row) {
	var given []string
	for _, r := range rows {
		if r.Decision == nil {
			continue
		}
		if r.Decision.Reason == federation.LogMisbehaviour {
			d.keepEvidence(nil)
			return
		}
		for _, h := range d.hints(r.Decision.Reason) {
			if len(given) < maxHints && !strings.Contains(strings.Join(given, "\n"), h) {
				given = append(given, h)
				d.app.hint("%s", h)
			}
		}
	}
}

// exitOf is the code of the gravest row.
func exitOf(rows []row) int {
	var decisions []*federation.Decision
	problems := false
	for _, r := range rows {
		if r.Decision == nil {
			problems = true
			continue
		}
		decisions = append(decisions, r.Decision)
	}
	if code := federation.Gravest(decisions); code != exitOK || !problems {
		return code
	}
	return exitUsage
}
