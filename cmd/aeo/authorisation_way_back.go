package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

// wayBackCmds are the verbs that undo measures.
func (a *app) wayBackCmds() []*cobra.Command {
	return []*cobra.Command{
		a.appealMeasure(),
		a.takeBackMeasure("rectify", "put an obvious error in the words of a grant or a measure right", "rectify the words of",
			`NZ-AUT-000001 --field basis --old "SES rules 7" --new "SES rules 9" --reason clerical-error --basis "SES rules 2" --by "T. Walker"`),
		a.takeBackMeasure("stay", "let a measure have no effect for a time; two officers unless a court ordered it", "stay a measure on",
			`NZ-AUT-000001 --who court --until 2027-03-01 --reason court-order --basis "HC 12/26" --by "T. Walker"`),
		a.takeBackMeasure("set-aside", "take a measure back, as if it had never been; two officers unless a court did", "set aside a measure on",
			`NZ-AUT-000001 --who court --reason judgment --basis "HC 12/26" --by "T. Walker"`),
	}
}

func (a *app) takeBackMeasure(verb, short, what, example string) *cobra.Command {
	var r registry.TakeBackMeasure
	var of, who, from, until string
	cmd := &cobra.Command{
		Use: verb + " AUTHORISATION", Short: short, Args: cobra.ExactArgs(1),
		Example: "  aeo authorisation " + verb + " " + example + " --yes",
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.DryRun = args[0], a.dryRun
			r.Of, r.Who = authorisation.Act(of), authorisation.Remedy(who)
			if err := errors.Join(readFlag("from", from, a.parseTime, &r.From), readFlag("until", until, a.parseTime, &r.Until)); err != nil {
				return err
			}
			return changed(a, what+" "+args[0], "/authorisations/"+verb, r, a.showAuthorisation)
		},
	}
	cmd.Flags().StringVar(&of, "measure", "", "suspend (also one that is over), revoke, annul or withdraw (default: the one there is)")
	cmd.Flags().StringSliceVar(&r.Components, "component", nil, "only this component; repeatable (default: all the measure is about)")
	takeBackFlags(cmd, verb, &who, &from, &until, &r.Field, &r.Old, &r.New)
	groundsFlags(cmd, &r.Grounds)
	switch verb {
	case "rectify":
		cmd.Flags().Lookup("field").Usage = "which words: roles (separated by commas) or scope_text of the grant, reason or basis of a measure"
	case "stay":
		cmd.Flags().BoolVar(&r.Lift, "lift", false, "end the stay: the measure takes effect again")
		secondFlag(cmd, &r.Second)
	case "set-aside":
		cmd.Flags().Lookup("from").Usage = "from when on (default: from the beginning of the measure)"
		secondFlag(cmd, &r.Second)
	}
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) appealMeasure() *cobra.Command {
	var r registry.AppealMeasure
	var of, outcome string
	cmd := acting(a, a.showAuthorisation, deed{use: "appeal AUTHORISATION", short: "record an appeal against a measure, or with --outcome what became of it",
		example: `  aeo authorisation appeal NZ-AUT-000001 --body "High Court" --reference "HC 12/26" --by "Southern Orchards Ltd" --yes`,
		what:    "record an appeal about", path: "/authorisations/appeal", request: &r, number: &r.Authorisation, dryRun: &r.DryRun,
		set: func() error {
			r.Of, r.Outcome = authorisation.Act(of), authorisation.Outcome(outcome)
			return nil
		}})
	cmd.Flags().StringVar(&of, "measure", "", "suspend (also one that is over), revoke or annul (default: the one there is)")
	cmd.Flags().StringSliceVar(&r.Components, "component", nil, "only about this component; repeatable")
	cmd.Flags().StringVar(&r.Body, "body", "", "who decides the appeal")
	cmd.Flags().StringVar(&r.Reference, "reference", "", "its number there")
	cmd.Flags().StringVar(&outcome, "outcome", "", "dismissed, upheld or withdrawn; what is upheld is set aside by an act of its own")
	byFlag(cmd, &r.By)
	return cmd
}

// showAppeals says what was appealed against, and with what outcome.
func showAppeals(w io.Writer, appeals []authorisation.MeasureAppeal) {
	for _, p := range appeals {
		outcome := p.Outcome
		if outcome == "" {
			outcome = "open"
		}
		fmt.Fprintf(w, "  appeal        against %s: %s, %s: %s\n", p.Against, plain(p.Body), plain(p.Reference), outcome)
	}
}

// showStay says that a measure has no effect for now.
func (a *app) showStay(w io.Writer, c authorisation.Component) {
	if c.Stayed == nil {
		return
	}
	until := ""
	if c.Stayed.Until != 0 {
		until = " until " + a.momentOf(c.Stayed.Until)
	}
	fmt.Fprintf(w, "  %-13s %s stayed by %s since %s%s\n", "", c.Stayed.Of, c.Stayed.Who, instant(c.Stayed.From), until)
}
