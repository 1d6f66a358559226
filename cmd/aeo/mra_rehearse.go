package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/federation"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/rehearsal"
	"github.com/aeo-registry/aeo/registry"
	"github.com/spf13/cobra"
)

func (a *app) mraRehearse() *cobra.Command {
	s := &source{noState: true}
	var declarations string
	cmd := &cobra.Command{
		Use: "rehearse DRAFT", Short: "judge past declarations by a draft and by today's rule", Args: cobra.ExactArgs(1),
		Long: `Judges declaration lines by the rules in force today and by a draft as if all its rules
had begun, and says what would change, by partner, type and role, before anyone signs.
DRAFT is a file of "aeo mra draft", an annex others signed, or the name of a text the
node of -C DIR keeps. Judged is by --bundle, or by the newest bundle of that node.

Declarations are CSV with a first row that names the columns, in any order:

  date        2006-01-02, the day on which the trader's status counts
  direction   import or export, seen from us
  identifier  territory:scheme:value; where country is filled in, as that country writes it
  country     optional
  role        optional: the trader's role in that line, e.g. exporter
  value       optional: a number, added up as it is

At most 500 000 rows and 64 MiB. Rows that cannot be judged are named, by their number
below the heading; the others count. Whom neither a directory nor an imported list
names cannot be rehearsed.`,
		Example: `  aeo mra rehearse draft.json --declarations october.csv --bundle JP.aeobundle --anchor JP.aeoanchor
  aeo mra rehearse JP-NZ --declarations october.csv -C jp --json`,
		RunE: func(_ *cobra.Command, args []string) error {
			draft, err := a.draftText(args[0])
			if err != nil {
				return err
			}
			lines, problems, err := readDeclarations(declarations)
			if err != nil {
				return err
			}
			v, now, err := a.rehearsalBundle(s)
			if err != nil {
				return err
			}
			r, err := rehearsal.Rehearse(v, draft, lines, now)
			if err != nil {
				return fail(exitUsage, err)
			}
			r.Problems = append(r.Problems, problems...)
			slices.SortFunc(r.Problems, func(a, b rehearsal.Problem) int { return cmp.Compare(a.Row, b.Row) })
			return a.result(r, func(w io.Writer) { writeRehearsal(w, r) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&declarations, "declarations", "", "file of declaration lines, see above")
	f.StringVar(&s.bundle, "bundle", "", "the trust bundle to judge by (default: the newest of the node)")
	f.StringVar(&s.anchor, "anchor", "", "the anchor whose bundle it must be (default: the one kept for its territory)")
	f.StringVar(&s.now, "now", "", "today's rule is that of this time (forms as for verify)")
	_ = cmd.MarkFlagRequired("declarations") // the flag is defined above
	return cmd
}

// draftText is the text that was named: in a file, signed by nobody or by some, or kept by the node.
func (a *app) draftText(name string) (*mra.Document, error) {
	raw, err := readText(name)
	if err != nil {
		return nil, err
	}
	if raw == nil {
		var k registry.Negotiation
		err := a.fetch("/mras/negotiations/"+escape(name), &k)
		return k.Text, err
	}
	var r registry.SignAnnex
	if err := splitAnnex(raw, &r); err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s: %w", name, err))
	}
	if r.Annex != nil {
		annex, err := mra.Parse(r.Annex)
		if err != nil {
			return nil, fail(exitUsage, fmt.Errorf("%s: %w", name, err))
		}
		return &annex.Document, nil
	}
	if err := r.Document.Check(); err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s: %w", name, err))
	}
	return r.Document, nil
}

// readDeclarations reads the lines and brings their identifiers into the one form
// directories have; a line whose identifier has none is a problem.
func readDeclarations(name string) ([]rehearsal.Line, []rehearsal.Problem, error) {
	raw, err := readNamed(name, rehearsal.MaxFile)
	if err != nil {
		return nil, nil, err
	}
	lines, problems, err := rehearsal.Read(raw)
	if err != nil {
		return nil, nil, fail(exitUsage, fmt.Errorf("%s: %w", name, err))
	}
	packs := packs{}
	judged := lines[:0]
	for _, l := range lines {
		p := partner{identifier: l.Identifier, country: l.Country}
		if l.Identifier, err = p.canonical(packs); err != nil {
			problems = append(problems, rehearsal.Problem{Row: l.Row, Column: "identifier", Problem: err.Error()})
			continue
		}
		judged = append(judged, l)
	}
	return judged, problems, nil
}

// rehearsalBundle opens the bundle to judge by. Nothing is remembered of it:
// nobody decides about goods by a rehearsal.
func (a *app) rehearsalBundle(s *source) (*federation.Verifier, int64, error) {
	if s.bundle != "" {
		d, err := a.open(s)
		if err != nil {
			return nil, 0, err
		}
		if d.refusal != nil {
			return nil, 0, d.refusal
		}
		return d.verifier, d.now, nil
	}
	raw, anchor, err := a.pullBundle(nil, s.anchor, "", "", bundle.ProfilePublic)
	if err != nil {
		return nil, 0, err
	}
	now := a.now().Unix()
	if err := readFlag("now", s.now, parseInstant, &now); err != nil {
		return nil, 0, err
	}
	v, _, err := federation.Open(raw, anchor, (*bundle.Memory)(nil), now, 0)
	return v, now, err
}

var changeWords = map[string]string{
	rehearsal.Newly: "newly recognised", rehearsal.Lost: "recognised no more", rehearsal.Still: "recognised as before",
	rehearsal.Not: "not recognised as before", rehearsal.Unknown: "cannot tell",
}

func writeRehearsal(w io.Writer, r *rehearsal.Report) {
	fmt.Fprintf(w, "%s version %d, rehearsed by %s", plain(r.MRA), r.Version, place(r.By))
	if r.From != "" {
		fmt.Fprintf(w, " on lines of %s to %s", r.From, r.Until)
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range r.Totals {
		fmt.Fprintf(t, "  %s\t%s\t%s%s\n", changeWords[c.Change], counted(c.Lines, "line"), counted(c.Traders, "trader"), valueWords(c.Value))
	}
	t.Flush()
	fmt.Fprintln(w)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, g := range r.Groups {
		what := strings.Join(strings.Fields(strings.Join([]string{g.Partner, g.Type, g.Role, g.Direction}, " ")), " ")
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s%s\t%s\n", plain(what), changeWords[g.Change], counted(g.Lines, "line"), counted(g.Traders, "trader"), valueWords(g.Value), plain(groupWords(g)))
	}
	t.Flush()
	for _, p := range r.Problems {
		column := ""
		if p.Column != "" {
			column = ", " + p.Column
		}
		fmt.Fprintf(w, "  ! row %d%s: %s\n", p.Row, column, plain(p.Problem))
	}
}

func valueWords(v int64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(", value %d.%02d", v/100, v%100)
}

// groupWords is why, where something is not recognised, and as what where it is.
func groupWords(g rehearsal.Group) string {
	word := func(s string) string { return strings.ReplaceAll(s, "_", " ") }
	switch g.Change {
	case rehearsal.Newly:
		return "as " + g.As + "; today: " + word(g.Today)
	case rehearsal.Lost:
		return "because: " + word(g.Draft)
	case rehearsal.Still:
		if g.As == "" {
			return word(g.Today)
		}
		return "as " + g.As
	}
	return "because: " + word(g.Draft)
}
