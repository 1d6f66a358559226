package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

// newVisitCmd are the validation visits; what is done on a laptop is in visit_file.go.
func newVisitCmd(a *app) *cobra.Command {
	cmd := group("visit", "validation visits: planned, taken along on a laptop, reported")
	cmd.AddCommand(a.visitPlan(), showing(a, "show VISIT", "show a visit and what it found", "/visits", a.showVisit),
		a.visitListing().command(a, "list all visits"), a.visitMove(), a.visitCancel(), a.visitExport(), a.visitForm(), a.visitFill(), a.visitImport(), a.visitSignOff())
	return cmd
}

func (a *app) visitPlan() *cobra.Command {
	r := registry.PlanVisit{}
	var partner string
	cmd := acting(a, a.showVisit, deed{use: "plan APPLICATION|AUTHORISATION", short: "plan to look at sites",
		example: `  aeo application visit plan NZ-APP-000001 --from 2026-12-01 --team "V. Lead" --team "W. Second" --by "M. Rangi" --yes`,
		what:    "plan a visit for", path: "/visits", request: &r, number: &r.For, dryRun: &r.DryRun,
		set: func() error {
			if partner != "" {
				territory, officer, ok := strings.Cut(partner, "=")
				if !ok {
					return fail(exitUsage, fmt.Errorf("--partner %.60q, want TERRITORY=OFFICER", partner))
				}
				r.Partner = &authorisation.VisitGuest{Territory: territory, Officer: officer}
				r.Mode = authorisation.Joint
			}
			return nil
		}})
	cmd.Flags().StringVar(&r.Mode, "mode", "", "on_site (default), remote, or joint with --partner")
	cmd.Flags().StringSliceVar(&r.Sites, "site", nil, "site of the application; repeatable (default: all it names)")
	cmd.Flags().StringSliceVar(&r.Criteria, "criterion", nil, "criterion or group of them, as G; repeatable (default: all that are judged per site)")
	cmd.Flags().StringVar(&partner, "partner", "", "a joint visit: TERRITORY=OFFICER of the partner administration")
	cmd.Flags().StringArrayVar(&r.Team, "team", nil, "validator, the lead first; repeatable")
	visitDayFlags(cmd, &r.From, &r.Until)
	byFlag(cmd, &r.By)
	return cmd
}

func visitDayFlags(cmd *cobra.Command, from, until *string) {
	cmd.Flags().StringVar(from, "from", "", "first day, as 2026-12-01")
	cmd.Flags().StringVar(until, "until", "", "last day (default: the first)")
}

func (a *app) visitMove() *cobra.Command {
	r := registry.MoveVisit{}
	cmd := acting(a, a.showVisit, deed{use: "move VISIT", short: "visit on other days, or with another team",
		example: `  aeo application visit move NZ-VIS-000001 --from 2026-12-08 --reason illness --by "M. Rangi" --yes`,
		what:    "move visit", path: "/visits/move", request: &r, number: &r.Visit, dryRun: &r.DryRun})
	cmd.Flags().StringArrayVar(&r.Team, "team", nil, "validator, the lead first; repeatable (default: as before)")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why")
	visitDayFlags(cmd, &r.From, &r.Until)
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) visitCancel() *cobra.Command {
	r := registry.CancelVisit{}
	cmd := acting(a, a.showVisit, deed{use: "cancel VISIT", short: "not visit after all",
		what: "cancel visit", path: "/visits/cancel", request: &r, number: &r.Visit, dryRun: &r.DryRun})
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) visitSignOff() *cobra.Command {
	r := registry.SignOffVisit{}
	cmd := acting(a, a.showVisit, deed{use: "sign-off VISIT", short: "close a visit: what it found becomes findings of the application; by who leads the team",
		what: "sign off visit", path: "/visits/sign-off", request: &r, number: &r.Visit, dryRun: &r.DryRun})
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) showVisit(v authorisation.Visit) error {
	return a.reply("aeo.visit-case/1", v, func(w io.Writer) { a.visitText(w, v) })
}

func (a *app) visitText(w io.Writer, v authorisation.Visit) {
	fmt.Fprintf(w, "%s  %s for %s, %s\n", v.Case, v.State, v.Subject, strings.ReplaceAll(v.Plan.Mode, "_", " "))
	sites := strings.Join(v.Plan.Sites, ", ")
	if sites == "" {
		sites = "the premises"
	}
	fmt.Fprintf(w, "  sites          %s; %d items to look at\n", sites, len(v.Plan.Items))
	fmt.Fprintf(w, "  when           %s\n", a.visitDays(v.Plan))
	fmt.Fprintf(w, "  team           %s\n", plain(strings.Join(v.Plan.Team, ", ")))
	if g := v.Plan.With; g != nil {
		fmt.Fprintf(w, "  joint with     %s of %s\n", plain(g.Officer), g.Territory)
	}
	if v.Reason != "" {
		fmt.Fprintf(w, "  because        %s\n", plain(v.Reason))
	}
	for _, e := range v.Exports {
		fmt.Fprintf(w, "  handed out     %s to %s, form %.12s\n", instant(e.At), plain(e.By), e.SHA256)
	}
	for _, r := range v.Reports {
		fmt.Fprintf(w, "  reported       %s by %s: %d items, %d of the sample; visited on %s\n", instant(r.At), plain(r.By), len(r.Findings), len(r.Samples), r.VisitedOn)
		for _, s := range r.Samples {
			if s.Result != "agrees" {
				fmt.Fprintf(w, "    sample %-6d %s: %s\n", s.Row, s.Result, plain(s.Note))
			}
		}
	}
	for _, f := range v.Findings() {
		if f.Result != authorisation.Met || f.Note != "" {
			item := authorisation.VisitItem{Criterion: f.Requirement, Site: f.Site}
			fmt.Fprintf(w, "    %-14s %s %s  %s\n", item, f.Result, f.Severity, plain(f.Note))
		}
	}
	if missing := v.Missing(); v.State == authorisation.VisitReported && len(missing) > 0 {
		fmt.Fprintf(w, "  missing        %d items, the first is %s\n", len(missing), missing[0])
	}
	if v.SignedBy != "" {
		fmt.Fprintf(w, "  signed off     %s by %s\n", instant(v.SignedAt), plain(v.SignedBy))
	}
}

func (a *app) visitDays(p authorisation.VisitPlan) string {
	first, last := a.dayOf(p.From), a.dayOf(p.Until-1)
	if first != last {
		first += " to " + last
	}
	return first
}

func (a *app) visitListing() listing[authorisation.Visit] {
	return listing[authorisation.Visit]{"/visits", "aeo.visits/1", "aeo.visit-case/1", func(v authorisation.Visit) [][]string {
		return [][]string{{v.Case, string(v.State), v.Subject, a.visitDays(v.Plan), plain(strings.Join(v.Plan.Team, ", "))}}
	}}
}
