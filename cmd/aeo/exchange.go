package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/partnerlist"
	"github.com/spf13/cobra"
)

func newExchangeCmd(a *app) *cobra.Command {
	cmd := group("exchange", "lists that administrations mail each other: import, export, reconcile")
	cmd.AddCommand(a.exchangeImport(), a.exchangeExport(), a.exchangeReconcile(), importedListing().command(a, "list all imported lists"))
	return cmd
}

const columnHelp = `A list is CSV (UTF-8, commas or semicolons) or XLSX with one row per authorisation. The
first row names the columns, in any order:

  identifier           as the partner writes it, or territory:scheme:value
  legal_name
  authorisation_type   a type that joins several stands for each of them
  roles                separated by semicolons
  status               in_force, suspended, ended
  effective_on         2026-06-01; in XLSX a date cell will do
  suspended_since      only with status suspended
  ended_on             only with status ended
  programme            may be left out where the territory has one programme`

// partnerFlags are those of every verb about lists.
func partnerFlags(cmd *cobra.Command, partner, format *string) {
	cmd.Flags().StringVar(partner, "partner", "", "the partner's territory")
	_ = cmd.MarkFlagRequired("partner") // the flag is defined above
	cmd.Flags().StringVar(format, "format", "", "csv or xlsx (default: as the file's name says)")
}

// readList reads a partner's file and tells its format.
func readList(name string, format *string) (raw []byte, err error) {
	if *format, err = listFormat(*format, name); err != nil {
		return nil, err
	}
	return readNamed(name, partnerlist.MaxFile)
}

// listFormat is the format that was named, or that the file's name tells.
func listFormat(format, name string) (string, error) {
	if format == "" {
		format = strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
	}
	if format != partnerlist.CSV && format != partnerlist.XLSX {
		return "", fail(exitUsage, fmt.Errorf("format %.20q of %s: want --format csv or xlsx", format, name))
	}
	return format, nil
}

func (a *app) exchangeImport() *cobra.Command {
	var r registry.ImportList
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "take over a list of a partner without a node",
		Long: `Takes over a partner's list, whole or not at all; --dry-run names every problem by row
and column. It replaces the list before it: who is no longer on it has lost the
authorisation with the day the list speaks of. Two officers take it over.

` + columnHelp,
		Example: `  aeo exchange import chile.xlsx --partner CL --stated-as-of 2026-11-20 --by "M. Rangi" --second "T. Walker" --dry-run`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var err error
			if r.File, err = readList(args[0], &r.Format); err != nil {
				return err
			}
			r.DryRun = a.dryRun
			var report registry.ListReport
			if err := a.change(fmt.Sprintf("take over %s as the list of %s as of %s", args[0], r.Partner, r.StatedAsOf), "/lists", r, &report); err != nil {
				return err
			}
			if err := a.reply("aeo.list-import/1", &report, func(w io.Writer) { writeListReport(w, &report) }); err != nil {
				return err
			}
			if len(report.Problems) > 0 {
				return exitWith(exitUsage)
			}
			return nil
		},
	}
	partnerFlags(cmd, &r.Partner, &r.Format)
	f := cmd.Flags()
	f.StringVar(&r.Channel, "channel", "mail", "how the list came")
	f.StringVar(&r.StatedAsOf, "stated-as-of", "", "the day the list speaks of, 2026-11-20")
	_ = cmd.MarkFlagRequired("stated-as-of") // the flag is defined above
	f.BoolVar(&r.AcceptRemovals, "accept-removals", false, "take a list that lacks more than half of the one before")
	byFlag(cmd, &r.By)
	secondFlag(cmd, &r.Second)
	return cmd
}

func writeListReport(w io.Writer, r *registry.ListReport) {
	for _, p := range r.Problems {
		fmt.Fprintln(w, plain(p.String()))
	}
	switch n := len(r.Problems); {
	case n > partnerlist.MaxProblems: // the last line has said how many more
		fmt.Fprintln(w, "nothing is taken over")
		return
	case n > 0:
		fmt.Fprintf(w, "%s: nothing is taken over\n", counted(n, "problem"))
		return
	}
	h, n := r.Header, r.News
	fmt.Fprintf(w, "list %d of %s as of %s: %s, sha256 %s\n", h.Number, h.Partner, h.StatedAsOf, counted(int(h.Rows), "row"), h.SHA256)
	fmt.Fprintf(w, "  %d new, %d gone, %d ended, %d suspended, %d in force again, %d changed otherwise, %d as before\n",
		n.Added, n.Gone, n.Ended, n.Suspended, n.Reinstated, n.Otherwise, n.Same)
}

func importedListing() listing[*listed.Header] {
	return listing[*listed.Header]{"/lists", "aeo.lists/1", "aeo.list/1", func(h *listed.Header) [][]string {
		return [][]string{{h.Partner, fmt.Sprintf("list %d", h.Number), "as of " + h.StatedAsOf, "received " + instant(h.ReceivedAt) + " by " + h.Channel,
			counted(int(h.Rows), "row"), h.ImportedBy + " and " + h.SecondOfficer}}
	}}
}

func (a *app) exchangeExport() *cobra.Command {
	var partner, out, format string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "write our holders released for exchange with a partner, to be mailed to it",
		Long: `Writes those of our holders who are released for exchange with the partner, with
"aeo operator release OPERATOR --purpose exchange", in the columns that lists are read
in. Cells that a spreadsheet would take for a formula get an apostrophe before them.`,
		Example: `  aeo exchange export --partner CL --out NZ.xlsx`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if out == "" {
				return fail(exitUsage, errors.New("--out is needed"))
			}
			format, err := listFormat(format, out)
			if err != nil {
				return err
			}
			c, err := a.node()
			if err != nil {
				return err
			}
			raw, err := c.raw(http.MethodGet, "/lists/"+escape(partner)+"/export?format="+format, nil)
			if err != nil {
				return err
			}
			return a.deliver("aeo.file/1", out, raw)
		},
	}
	partnerFlags(cmd, &partner, &format)
	cmd.Flags().StringVar(&out, "out", "", "file to write, .csv or .xlsx")
	return cmd
}

func (a *app) exchangeReconcile() *cobra.Command {
	var r registry.Reconcile
	cmd := &cobra.Command{
		Use:   "reconcile FILE",
		Short: "compare a partner's list with what is known here, in words",
		Long: `Compares a file of a partner's, row by row, and changes nothing. With --about us it is
what they hold of our holders, compared with our register; with --about them it is
their own holders, compared with the newest list of theirs that was imported here.
Names are compared as in look-ups: case, white space and composition of characters
aside. The exit code is 0 only where nothing differs.

` + columnHelp,
		Example: `  aeo exchange reconcile chile-about-us.csv --partner CL`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var err error
			if r.File, err = readList(args[0], &r.Format); err != nil {
				return err
			}
			c, err := a.node()
			if err != nil {
				return err
			}
			var out registry.Reconciliation
			if err := c.post("/lists/reconcile", r, &out); err != nil {
				return err
			}
			if err := a.reply("aeo.reconciliation/1", &out, func(w io.Writer) { writeReconciliation(w, &out) }); err != nil {
				return err
			}
			switch {
			case len(out.Problems) > 0:
				return exitWith(exitUsage)
			case len(out.Differences) > 0:
				return exitWith(exitConflict)
			}
			return nil
		},
	}
	partnerFlags(cmd, &r.Partner, &r.Format)
	cmd.Flags().StringVar(&r.About, "about", registry.AboutUs, "us: what they hold of our holders; them: their own holders")
	return cmd
}

func writeReconciliation(w io.Writer, r *registry.Reconciliation) {
	for _, p := range r.Problems {
		fmt.Fprintln(w, plain(p.String()))
	}
	fmt.Fprintf(w, "%s (%s compared)\n", r.Summary, counted(r.Compared, "authorisation"))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	register, copied := "here", "there"
	if r.About == registry.AboutThem {
		register, copied = copied, register
	}
	for _, d := range r.Differences {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", d.Identifier, plain(d.AuthorisationType), partnerlist.Word(d.Kind, r.About == registry.AboutUs),
			plain(sides(register, d.Register, copied, d.Copy)))
	}
	t.Flush()
}

func sides(register, a, copied, b string) string {
	var parts []string
	if a != "" {
		parts = append(parts, register+": "+a)
	}
	if b != "" {
		parts = append(parts, copied+": "+b)
	}
	return strings.Join(parts, "; ")
}
