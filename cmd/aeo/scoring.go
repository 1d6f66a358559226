package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/spf13/cobra"
)

func (a *app) scoringDraw() *cobra.Command {
	r := registry.DrawSample{}
	cmd := &cobra.Command{
		Use:   "draw [APPLICATION]",
		Short: "draw what is scored a second time; without APPLICATION, as many applications as the programme says",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.DryRun = a.dryRun
			what := "draw a sample of the applications under examination"
			if len(args) == 1 {
				r.Application, what = args[0], "draw a sample of "+args[0]
			}
			return changed(a, what, "/scoring/draw", r, func(list api.List[registry.Drawn]) error {
				return listing[registry.Drawn]{"", "aeo.samples/1", "", func(d registry.Drawn) [][]string {
					return [][]string{{d.Application, strings.Join(d.Criteria, " "), fmt.Sprintf("seed %.16s", d.Seed)}}
				}}.reply(a, list)
			})
		},
	}
	cmd.Flags().Int64Var(&r.Percent, "percent", 0, "share of the criteria of each (default 20)")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) scoringScore() *cobra.Command {
	r := registry.SecondScore{}
	var findings []string
	cmd := &cobra.Command{
		Use:     "score APPLICATION",
		Short:   "score a sample a second time; never by who assessed",
		Example: `  aeo application scoring score NZ-APP-000001 --finding "G-2=partly,minor: seals are logged by hand" --by "P. Rata" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			if r.Findings, err = parseFindings(findings); err != nil {
				return err
			}
			r.Application, r.DryRun = args[0], a.dryRun
			return changed(a, "score the sample of "+args[0]+" a second time", "/applications/scores", r, a.showAssessment)
		},
	}
	findingFlag(cmd, &findings)
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) scoringReport() *cobra.Command {
	return &cobra.Command{
		Use: "report", Short: "say how consistently assessors and offices score", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var r registry.ScoringReport
			if err := a.fetch("/scoring", &r); err != nil {
				return err
			}
			return a.reply("aeo.scoring-report/1", r, func(w io.Writer) {
				fmt.Fprintf(w, "%d criteria scored twice, %d alike; %d applications wait for a score\n", r.Pairs, r.Pairs-len(r.Disagreements), r.Outstanding)
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				for _, list := range []struct {
					title   string
					spreads []registry.Spread
				}{{"assessor", r.Assessors}, {"office", r.Offices}} {
					for _, s := range list.spreads {
						who := accountNumber.ReplaceAllStringFunc(plain(s.Who), a.nameAnd)
						fmt.Fprintf(t, "  %s\t%s\t%d of %d alike, leans %+.2f, apart %.2f\n", list.title, who, s.Agree, s.Pairs, float64(s.Lean)/100, float64(s.Apart)/100)
					}
				}
				t.Flush()
				for _, p := range r.Disagreements {
					fmt.Fprintf(w, "  %s %s  %s by %s, %s by %s\n", p.Case, p.Criterion, p.First, plain(p.FirstBy), p.Second, plain(p.SecondBy))
				}
			})
		},
	}
}
