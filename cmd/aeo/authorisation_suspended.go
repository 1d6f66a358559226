package main

import (
	"github.com/aeo-registry/aeo/registry"
	"github.com/spf13/cobra"
)

// suspendedCmds are the verbs of a measure that is decided.
func (a *app) suspendedCmds() []*cobra.Command {
	return []*cobra.Command{a.extendSuspension(), a.remedied(), a.serveMeasure()}
}

func (a *app) extendSuspension() *cobra.Command {
	var r registry.ExtendSuspension
	var until string
	cmd := &cobra.Command{
		Use: "extend AUTHORISATION", Short: "let a suspension last longer, stand still, or run again; the holder is told why",
		Example: "  aeo authorisation extend EU-AUT-000001 --days 30 --reason \"the fence is on order\" --by \"A. Blum\" --yes\n" +
			"  aeo authorisation extend EU-AUT-000001 --for criminal_proceedings --reason \"public prosecutor\" --by \"A. Blum\" --yes",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.DryRun = args[0], a.dryRun
			if err := readFlag("until", until, a.parseTime, &r.Until); err != nil {
				return err
			}
			return changed(a, "change how long the suspension of "+args[0]+" lasts", "/authorisations/extend", r, a.showAuthorisation)
		},
	}
	cmd.Flags().StringSliceVar(&r.Components, "component", nil, "only this component; repeatable (default: all that are suspended)")
	cmd.Flags().IntVar(&r.Days, "days", 0, "by how many days")
	cmd.Flags().StringVar(&until, "until", "", "to which day")
	cmd.Flags().StringVar(&r.For, "for", "", "why, as the programme calls it (default: what the rule allows, where that is one): holder, criminal_proceedings")
	cmd.Flags().BoolVar(&r.Resume, "resume", false, "what it stood still for is over")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "as the holder is told")
	cmd.Flags().StringVar(&r.Basis, "basis", "", "legal basis (default: as the programme says)")
	cmd.MarkFlagsMutuallyExclusive("days", "until", "resume")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) remedied() *cobra.Command {
	var r registry.ReportRemedy
	cmd := &cobra.Command{
		Use: "remedied AUTHORISATION", Short: "the holder's word that what was lacking is remedied; the time to verify it runs",
		Example: `  aeo authorisation remedied EU-AUT-000001 --text "The fence stands." --by "Nordlicht GmbH" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.DryRun = args[0], a.dryRun
			return changed(a, "report to customs that "+args[0]+" is remedied", "/authorisations/remedied", r, a.showAuthorisation)
		},
	}
	cmd.Flags().StringSliceVar(&r.Components, "component", nil, "only this component; repeatable (default: all that wait for it)")
	cmd.Flags().StringVar(&r.Text, "text", "", "what was done")
	byFlag(cmd, &r.By)
	return cmd
}
