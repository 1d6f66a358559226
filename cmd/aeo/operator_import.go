package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/intake"
	"github.com/spf13/cobra"
)

// maxRegister bounds the file of a whole register; it is sent in parts.
const maxRegister = 256 << 20

func (a *app) operatorImport() *cobra.Command {
	var r registry.ImportRegister
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "take over operators and authorisations of an earlier register",
		Long: `Takes over a register that was kept before this one: CSV or JSONL, a row for each
authorisation with its holder and what became of it. Each row is taken whole or not at
all; --dry-run names every problem by row and column. A row that was imported before
is passed over, so the same file can be sent again. Two officers take it over; once
there are accounts the second agrees to each part of ` + fmt.Sprint(intake.MaxRows) + ` rows (aeo approve give).
What is in force is given credentials afterwards, by itself.

Columns, in any order, in a first row that names them; days are 2026-06-01:
  identifiers          as the programme writes them, separated by semicolons
  legal_name
  names                in other scripts, Jpan=...;Latn=...
  natural              yes where the holder is a natural person
  country locality postcode street
  reference            what the authorisation is called in the register
  authorisation_type
  roles                separated by semicolons
  granted_on
  effective_on         where it is not the day of the grant
  expires_on           the last day it is valid, where it is limited
  suspensions          2020-01-02..2020-03-04;2024-05-06.. until the day it was lifted
  ended_on, end        revoked, annulled or withdrawn
In JSONL each line is an object with these members; identifiers and roles are arrays,
names of {"script", "value"}, suspensions of {"from", "until"}, address an object.`,
		Example: `  aeo operator import aeo2016.csv --register "AEO database 2016" --by "M. Rangi" --second "T. Walker" --dry-run`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if r.Format == "" {
				r.Format = strings.TrimPrefix(strings.ToLower(filepath.Ext(args[0])), ".")
			}
			if r.Format != intake.CSV && r.Format != intake.JSONL {
				return fail(exitUsage, fmt.Errorf("format %.20q of %s: want --format csv or jsonl", r.Format, args[0]))
			}
			raw, err := readWords(args[0], maxRegister)
			if err != nil {
				return err
			}
			r.DryRun = a.dryRun
			return a.importRegister(args[0], r, intake.Split(r.Format, raw))
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.Register, "register", "", "what the register is called")
	_ = cmd.MarkFlagRequired("register") // the flag is defined above
	f.StringVar(&r.Format, "format", "", "csv or jsonl (default: as the file's name says)")
	f.StringVar(&r.For, "for", "", "the member of a union whose register it is, on the union's node")
	byFlag(cmd, &r.By)
	secondFlag(cmd, &r.Second)
	return cmd
}

// imported is what became of all parts.
type imported struct {
	registry.ImportReport
	Awaits  []string `json:"awaits"`           // approvals of parts that wait for a second person
	Waiting int      `json:"waiting,omitzero"` // rows in them
}

func (all *imported) add(part registry.ImportReport) {
	all.Imported, all.Before, all.Refused = all.Imported+part.Imported, all.Before+part.Before, all.Refused+part.Refused
	all.Rows, all.Problems = append(all.Rows, part.Rows...), append(all.Problems, part.Problems...)
}

// importRegister sends the parts one after the other and tells of them as one.
func (a *app) importRegister(name string, r registry.ImportRegister, parts []intake.Part) error {
	all := imported{ImportReport: registry.ImportReport{Register: r.Register, Rows: []registry.ImportedRow{}, Problems: []intake.Problem{}}, Awaits: []string{}}
	for _, p := range parts {
		if len(p.File) > intake.MaxPart { // before anything is sent: a node reads no more
			return fail(exitUsage, fmt.Errorf("%s: from row %d on no end of a row is found within %d bytes: is it %s?",
				name, max(p.FirstRow, 1), intake.MaxPart, r.Format))
		}
	}
	if !a.dryRun {
		if err := a.confirm(fmt.Sprintf("take over %s as %q", name, r.Register)); err != nil {
			return err
		}
	}
	c, err := a.node()
	if err != nil {
		return err
	}
	for i, p := range parts {
		r.File, r.FirstRow = p.File, p.FirstRow
		var report registry.ImportReport
		err := error(nil)
		if c.token != "" && !a.dryRun { // a second person is to be asked for what can be done
			trial := r
			trial.DryRun = true
			if err = c.post("/imports", trial, &report); err == nil && report.Imported == 0 {
				all.add(report)
				continue
			}
		}
		if err == nil {
			problems := report.Problems
			err = c.post("/imports", r, &report)
			if waits := (*awaitsSecond)(nil); errors.As(err, &waits) {
				all.Awaits, all.Problems = append(all.Awaits, waits.approval.Case), append(all.Problems, problems...)
				all.Waiting, all.Before, all.Refused = all.Waiting+report.Imported, all.Before+report.Before, all.Refused+report.Refused
				continue
			}
		}
		if err != nil {
			if i > 0 {
				a.note("%d rows imported before that; send the file again once it is mended", all.Imported)
			}
			return err
		}
		all.add(report)
	}
	if a.dryRun {
		a.note("dry run: nothing was changed")
	}
	if err := a.reply("aeo.import/1", &all, func(w io.Writer) { writeImport(w, &all, a.dryRun) }); err != nil {
		return err
	}
	if len(all.Problems) > 0 {
		return exitWith(exitUsage)
	}
	return nil
}

func writeImport(w io.Writer, r *imported, dryRun bool) {
	for _, p := range r.Problems {
		fmt.Fprintln(w, plain(p.String()))
	}
	what := "imported"
	if dryRun {
		what = "to be imported"
	}
	if len(r.Awaits) > 0 {
		what += fmt.Sprintf(", %d to be imported", r.Waiting)
	}
	fmt.Fprintf(w, "%d rows %s, %d imported before, %d refused\n", r.Imported, what, r.Before, r.Refused)
	for _, number := range r.Awaits {
		fmt.Fprintf(w, "%s waits for a second person: aeo approve give %s\n", number, number)
	}
}
