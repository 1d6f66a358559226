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
		a.takeBackMeasure("stay", "let a measure have no effect for a time", "stay a measure on",
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
			if err := errors.Join(readFlag("from", from, parseInstant, &r.From), readFlag("until", until, parseInstant, &r.Until)); err != nil {
				return err
			}
			return changed(a, what+" "+args[0], "/authorisations/"+verb, r, a.showAuthorisation)
		},
	}
	cmd.Flags().StringVar(&of, "measure", "", "suspend, revoke, annul or withdraw (default: the one there is)")
	cmd.Flags().StringSliceVar(&r.Components, "component", nil, "only this component; repeatable (default: all the measure is about)")
	takeBackFlags(cmd, verb, &who, &from, &until, nil, nil, nil)
	groundsFlags(cmd, &r.Grounds)
	if verb == "stay" {
		cmd.Flags().BoolVar(&r.Lift, "lift", false, "end the stay: the measure takes effect again")
	} else {
		cmd.Flags().Lookup("from").Usage = "from when on (default: from the beginning of the measure)"
		secondFlag(cmd, &r.Second)
	}
	byFlag(cmd, &r.By)
	return cmd
}

// showStay says that a measure has no effect for now.
func (a *app) showStay(w io.Writer, c authorisation.Component) {
	if c.Stayed == nil {
		return
	}
	until := ""
	if c.Stayed.Until != 0 {
		until = " until " + instant(c.Stayed.Until)
	}
	fmt.Fprintf(w, "  %-13s %s stayed by %s since %s%s\n", "", c.Stayed.Of, c.Stayed.Who, instant(c.Stayed.From), until)
}
