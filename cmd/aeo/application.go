package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

func newApplicationCmd(a *app) *cobra.Command {
	cmd := group("application", "applications, from submission to decision")
	cmd.AddCommand(a.applicationEnter(draftVerb), a.applicationEnter(submitVerb), a.applicationAccept(), a.applicationAssess(), a.applicationDecide(),
		a.applicationWithdraw(), showing(a, "show APPLICATION", "show an application", "/applications", a.showFile),
		applicationListing().command(a, "list applications: all, or those looked for", append(caseFilters(),
			filter{"officer", "officer", "that this officer has", nil}, filter{"office", "office", "of this office", nil},
			filter{"due-before", "due_before", "in which something is due before this time or date", a.parseTimeFlag})...))
	cmd.AddCommand(a.assessmentCmds()...)
	cmd.AddCommand(a.procedureVerbs()...)
	cmd.AddCommand(newVisitCmd(a))
	return cmd
}

// groundsFlags are what every adverse act needs.
func groundsFlags(cmd *cobra.Command, g *authorisation.Grounds) {
	cmd.Flags().StringVar(&g.Reason, "reason", "", "reason code; it never leaves the administration")
	cmd.Flags().StringVar(&g.Basis, "basis", "", `legal basis, e.g. "UCC Art. 28"`)
}

// The verbs that enter an application.
const (
	draftVerb  = "draft"
	submitVerb = "submit"
)

func (a *app) applicationEnter(verb string) *cobra.Command {
	r := registry.SubmitApplication{}
	var sites []string
	short, path := "enter an operator's application, or send in a draft", "/applications"
	if verb == draftVerb {
		short, path = "save what an operator wants to apply for; nothing runs yet", "/applications/draft"
	}
	cmd := &cobra.Command{
		Use:     verb,
		Short:   short,
		Example: `  aeo application ` + verb + ` --operator NZ:ses:12345678A --type SES --role exporter --by "Southern Orchards Ltd" --yes`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			r.DryRun, r.Sites = a.dryRun, nil
			for _, text := range sites {
				s, err := parseSite(text)
				if err != nil {
					return err
				}
				r.Sites = append(r.Sites, s)
			}
			what := verb + " the application of " + r.Operator + " for " + r.Type
			if r.Application != "" {
				what = verb + " " + r.Application
			}
			return changed(a, what, path, r, a.showApplication)
		},
	}
	cmd.Flags().StringVar(&r.Application, "draft", "", "number of the draft that is saved anew or sent in; what is not given stays as it was")
	cmd.Flags().StringVar(&r.Operator, "operator", "", "the operator, by number or identifier")
	cmd.Flags().StringVar(&r.Type, "type", "", "type applied for")
	cmd.Flags().StringSliceVar(&r.Roles, "role", nil, "role in the supply chain; repeatable")
	cmd.Flags().StringVar(&r.SuccessorOf, "successor-of", "", "authorisation of the company whose business the operator took over")
	cmd.Flags().StringArrayVar(&sites, "site", nil, "a place where the operator works, ID=NAME, COUNTRY; repeatable")
	cmd.Flags().StringVar(&r.For, "for", "", "on the node of a union: the member that decides, as DE, where it has no node of its own")
	byFlag(cmd, &r.By)
	return cmd
}

// parseSite reads ID=NAME, COUNTRY.
func parseSite(text string) (s authorisation.Site, err error) {
	id, rest, ok := strings.Cut(text, "=")
	i := strings.LastIndex(rest, ",")
	if !ok || i < 0 {
		return s, fail(exitUsage, fmt.Errorf("--site %.60q, want ID=NAME, COUNTRY", text))
	}
	return authorisation.Site{ID: id, Name: strings.TrimSpace(rest[:i]), Address: authorisation.Address{Country: strings.TrimSpace(rest[i+1:])}}, nil
}

func (a *app) applicationAccept() *cobra.Command {
	r := registry.AcceptApplication{}
	cmd := &cobra.Command{
		Use: "accept APPLICATION", Short: "accept an application for examination, or not", Args: cobra.ExactArgs(1),
		Example: `  aeo application accept NZ-APP-000001 --by "M. Rangi" --yes
  aeo application accept NZ-APP-000001 --refuse --reason incomplete --basis "SES rules 2" --by "M. Rangi" --yes`,
		RunE: func(_ *cobra.Command, args []string) error {
			r.Application, r.DryRun = args[0], a.dryRun
			what := "accept "
			if r.Refuse {
				what = "not accept "
			}
			return changed(a, what+args[0], "/applications/accept", r, a.showApplication)
		},
	}
	cmd.Flags().BoolVar(&r.Refuse, "refuse", false, "the application is not accepted")
	groundsFlags(cmd, &r.Grounds)
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationAssess() *cobra.Command {
	r := registry.AssessApplication{}
	var findings []string
	cmd := &cobra.Command{
		Use:     "assess APPLICATION",
		Short:   "record what an assessor found",
		Example: `  aeo application assess NZ-APP-000001 --all-met --finding "G=partly: seals are logged by hand" --by "A. Ngata" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var err error
			if r.Findings, err = parseFindings(findings); err != nil {
				return err
			}
			r.Application, r.DryRun = args[0], a.dryRun
			return changed(a, "record the assessment of "+args[0], "/applications/assess", r, a.showApplication)
		},
	}
	cmd.Flags().BoolVar(&r.AllMet, "all-met", false, "every criterion not named in a finding is met")
	findingFlag(cmd, &findings)
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationDecide() *cobra.Command {
	r := registry.DecideApplication{}
	var refuse bool
	cmd := &cobra.Command{
		Use:     "decide APPLICATION",
		Short:   "grant or refuse; never by who assessed",
		Example: `  aeo application decide NZ-APP-000001 --grant --by "T. Walker" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if r.Grant == refuse {
				return fail(exitUsage, fmt.Errorf("say either --grant or --refuse"))
			}
			what := "grant " + args[0] + ": an authorisation is opened and its credentials are issued"
			if refuse {
				what = "refuse " + args[0]
			}
			r.Application, r.DryRun = args[0], a.dryRun
			return changed(a, what, "/applications/decide", r, a.showApplication)
		},
	}
	cmd.Flags().BoolVar(&r.Grant, "grant", false, "grant what was applied for")
	cmd.Flags().BoolVar(&refuse, "refuse", false, "refuse; needs --reason and --basis")
	cmd.Flags().StringSliceVar(&r.Components, "component", nil, "grant only this component and refuse the others; repeatable (default: all)")
	cmd.Flags().StringVar(&r.Reasons, "reasons", "", "the reasons, as the applicant reads them")
	cmd.Flags().StringArrayVar(&r.Conditions, "condition", nil, "a condition of the grant; repeatable")
	cmd.Flags().StringVar(&r.Without.Hearing, "no-hearing", "", `ground in law for refusing unheard, e.g. "UCC Art. 22(6)(e)"`)
	cmd.Flags().StringVar(&r.Without.Visit, "no-visit", "", "ground in law for granting unvisited")
	groundsFlags(cmd, &r.Grounds)
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationWithdraw() *cobra.Command {
	r := registry.WithdrawApplication{}
	cmd := acting(a, a.showApplication, deed{use: "withdraw APPLICATION", short: "end the procedure at the applicant's wish",
		what: "withdraw", path: "/applications/withdraw", request: &r, number: &r.Application, dryRun: &r.DryRun})
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) showApplication(app authorisation.Application) error {
	return a.reply("aeo.application/1", app, func(w io.Writer) { a.writeApplication(w, app) })
}

func applicationListing() listing[authorisation.Application] {
	return listing[authorisation.Application]{"/applications", "aeo.applications/1", "aeo.application/1", func(app authorisation.Application) [][]string {
		return [][]string{{app.Case, string(app.State), app.Wish.Type, app.Wish.Operator, app.Authorisation}}
	}}
}
