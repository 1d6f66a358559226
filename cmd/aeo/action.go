package main

import (
	"fmt"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

func (a *app) actionRequire() *cobra.Command {
	r := registry.RequireAction{}
	severity := ""
	cmd := &cobra.Command{
		Use:     "require APPLICATION CRITERION",
		Short:   "ask the applicant to put something right",
		Example: `  aeo application action require NZ-APP-000001 G-2 --severity minor --what "number the seals" --owner "J. Tamihana" --by "A. Ngata" --yes`,
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Application, r.Criterion, r.Severity, r.DryRun = args[0], args[1], authorisation.Severity(severity), a.dryRun
			return changed(a, "require a corrective action for "+args[1]+" of "+args[0], "/applications/actions", r, a.showAssessment)
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.Site, "site", "", "site it is about")
	f.StringVar(&severity, "severity", string(authorisation.Minor), "observation, minor or major")
	f.StringVar(&r.What, "what", "", "what is to be put right")
	f.StringVar(&r.Owner, "owner", "", "who of the applicant's has to do it")
	f.StringVar(&r.Due, "due", "", "last day; without it, as the programme's rule says")
	f.BoolVar(&r.Condition, "condition", false, "a grant does not wait for it")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) actionExtend() *cobra.Command {
	r := registry.ExtendAction{}
	cmd := &cobra.Command{
		Use: "extend APPLICATION ACTION", Short: "give more time for a corrective action", Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Application, r.Action, r.DryRun = args[0], args[1], a.dryRun
			return changed(a, fmt.Sprintf("give until %s for %s of %s", r.Due, args[1], args[0]), "/applications/actions/extend", r, a.showAssessment)
		},
	}
	cmd.Flags().StringVar(&r.Due, "due", "", "last day")
	groundsFlags(cmd, &r.Grounds)
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) actionClose() *cobra.Command {
	r := registry.CloseAction{}
	cmd := &cobra.Command{
		Use:     "close APPLICATION ACTION",
		Short:   "say that something was put right; its owner may not",
		Example: `  aeo application action close NZ-APP-000001 CA-1 --evidence 9f86d081 --by "A. Ngata" --yes`,
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Application, r.Action, r.DryRun = args[0], args[1], a.dryRun
			return changed(a, "close "+args[1]+" of "+args[0], "/applications/actions/close", r, a.showAssessment)
		},
	}
	cmd.Flags().StringSliceVar(&r.Evidence, "evidence", nil, "digest in the register, eight digits at least; repeatable")
	cmd.Flags().StringVar(&r.Note, "note", "", "what was seen")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) actionList() *cobra.Command {
	return &cobra.Command{
		Use: "list APPLICATION", Short: "list the corrective actions", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.assessmentOf(args[0])
			if err != nil {
				return err
			}
			return listing[authorisation.CorrectiveAction]{"", "aeo.actions/1", "", func(act authorisation.CorrectiveAction) [][]string {
				return [][]string{{a.actionLine(act)}}
			}}.reply(a, api.List[authorisation.CorrectiveAction]{Items: s.Actions})
		},
	}
}
