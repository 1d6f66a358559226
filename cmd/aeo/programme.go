package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

func newProgrammeCmd(a *app) *cobra.Command {
	cmd := group("programme", "the law the node runs by: rule packs and holidays, as versioned signed files")
	cmd.AddCommand(a.programmeShow(), a.programmeList(), a.programmeExport(), a.programmeCheck("check", "say whether a pack or a year of holidays holds together"),
		a.programmeCheck("diff", "say what a pack or a year of holidays would change, and which open deadlines it would move"),
		a.programmeApprove(), a.programmeActivate())
	return cmd
}

func (a *app) programmeShow() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "show what is in force, and what will be", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var s registry.ProgrammeStatus
			if err := a.fetch("/programme", &s); err != nil {
				return err
			}
			return a.showProgramme(s)
		},
	}
}

func (a *app) showProgramme(s registry.ProgrammeStatus) error {
	return a.reply("aeo.programme-status/1", s, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s\n", s.Code, plain(s.Title))
		from := "approved here"
		if s.Template {
			from = "the template of this software, approved by nobody here"
		}
		fmt.Fprintf(w, "  in force       %.12s  %s\n", s.SHA256, from)
		fmt.Fprintf(w, "  holidays       of %s\n", yearRanges(s.Holidays))
		for _, d := range s.Documents {
			fmt.Fprintf(w, "  approved       %.12s  %s %s, %s by %s and %s\n", d.SHA256, d.Kind, d.Name, instant(d.At), plain(d.By), plain(d.Second))
		}
		for _, v := range s.Activations {
			word := "comes in force"
			if v.InForce {
				word = "in force since"
			}
			fmt.Fprintf(w, "  %-14s %s  %.12s %s %s, decided by %s and %s\n", word, instant(v.From), v.SHA256, v.Kind, v.Name, plain(v.By), plain(v.Second))
		}
	})
}

// yearRanges writes 2025 to 2027.
func yearRanges(years []int) string {
	if len(years) == 0 {
		return "no year: nothing is closed but what the nearest year closes every week"
	}
	if last := years[len(years)-1]; last-years[0] == len(years)-1 && len(years) > 1 {
		return fmt.Sprintf("%d to %d", years[0], last)
	}
	return fmt.Sprint(years)
}

func (a *app) programmeList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "list the approved documents", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var s registry.ProgrammeStatus
			if err := a.fetch("/programme", &s); err != nil {
				return err
			}
			return a.reply("aeo.programme-status/1", s, func(w io.Writer) {
				for _, d := range slices.Backward(s.Documents) {
					fmt.Fprintf(w, "%.12s  %-8s  %-12s  %s  %s and %s\n", d.SHA256, d.Kind, d.Name, instant(d.At), plain(d.By), plain(d.Second))
				}
			})
		},
	}
}

func (a *app) programmeExport() *cobra.Command {
	var year int
	var authority string
	cmd := &cobra.Command{
		Use:   "export [FILE]",
		Short: "write the pack in force, or a year of holidays, to be edited",
		Example: `  aeo programme export pack.json
  aeo programme export holidays.json --holidays 2027 --authority DE`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var doc api.Document
			query := url.Values{"holidays": {strconv.Itoa(year)}, "authority": {authority}}
			if err := a.fetch("/programme/document?"+query.Encode(), &doc); err != nil {
				return err
			}
			raw := jsontext.Value(doc.Content)
			if err := raw.Indent(jsontext.WithIndent("  ")); err != nil {
				return err
			}
			return a.deliverNew("aeo.file/1", slices.Concat(args, []string{""})[0], append(raw, '\n'))
		},
	}
	cmd.Flags().IntVar(&year, "holidays", 0, "the holidays of this year instead of the pack")
	cmd.Flags().StringVar(&authority, "authority", "", "of this member of the union")
	return cmd
}

func (a *app) programmeCheck(verb, short string) *cobra.Command {
	return &cobra.Command{
		Use: verb + " FILE", Short: short, Args: cobra.ExactArgs(1),
		Example: "  aeo programme " + verb + " pack.json",
		RunE: func(_ *cobra.Command, args []string) error {
			content, err := readWords(args[0], programme.MaxPack)
			if err != nil {
				return err
			}
			n, err := a.node()
			if err != nil {
				return err
			}
			var c registry.Candidate
			if err := n.post("/programme/check", registry.CheckDocument{Content: string(content)}, &c); err != nil {
				return err
			}
			if err := a.showCandidate(c, verb == "diff"); err != nil || len(c.Problems) == 0 {
				return err
			}
			return fail(exitUsage, errors.New("it cannot be approved as it is"))
		},
	}
}

func (a *app) showCandidate(c registry.Candidate, all bool) error {
	return a.reply("aeo.programme-check/1", c, func(w io.Writer) {
		for _, p := range c.Problems {
			fmt.Fprintf(w, "%s\n", plain(p))
		}
		if len(c.Problems) > 0 {
			return
		}
		fmt.Fprintf(w, "%.12s  %s %s: %d differences from what is in force, %d open deadlines move\n", c.SHA256, c.Kind, c.Name, len(c.Changes), len(c.Moves))
		if !all {
			return
		}
		for _, d := range c.Changes {
			fmt.Fprintf(w, "  %s\n", plain(d.String()))
		}
		for _, m := range c.Moves {
			fmt.Fprintf(w, "  moves %s %s: due %s -> %s\n", m.Case, m.Rule, a.deadlineOf(m.Old), a.deadlineOf(m.New))
		}
	})
}

func (a *app) programmeApprove() *cobra.Command {
	r := registry.ApproveDocument{}
	cmd := &cobra.Command{
		Use:     "approve FILE",
		Short:   "approve a pack or a year of holidays; takes two persons, and changes nothing yet",
		Example: `  aeo programme approve pack.json --by "M. Rangi" --second "T. Walker" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			content, err := readWords(args[0], programme.MaxPack)
			if err != nil {
				return err
			}
			r.Content = string(content)
			r.DryRun = a.dryRun
			return changed(a, "approve "+args[0], "/programme/approve", r, a.showProgramme)
		},
	}
	byFlag(cmd, &r.By)
	secondFlag(cmd, &r.Second)
	return cmd
}

func (a *app) programmeActivate() *cobra.Command {
	r := registry.ActivateDocument{}
	cmd := &cobra.Command{
		Use:     "activate NAME|DIGEST",
		Short:   "put an approved document in force from a day on; takes two persons",
		Example: `  aeo programme activate EU-AEO --from 2027-01-01 --by "M. Rangi" --second "T. Walker" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Document, r.DryRun = args[0], a.dryRun
			return changed(a, "put "+args[0]+" in force from "+r.From, "/programme/activate", r, a.showProgramme)
		},
	}
	cmd.Flags().StringVar(&r.From, "from", "", "the first day it is in force, by the authority's own time; today means now")
	_ = cmd.MarkFlagRequired("from") // the flag is defined above
	byFlag(cmd, &r.By)
	secondFlag(cmd, &r.Second)
	return cmd
}
