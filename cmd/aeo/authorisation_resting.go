package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

// restingCmds are the verbs about decisions of others that rest on the status.
func (a *app) restingCmds() *cobra.Command {
	cmd := group("decision", "decisions of other authorities that rest on the status: whom to tell")
	cmd.AddCommand(a.addDecision(), a.toldDecision(), a.endDecision())
	return cmd
}

func (a *app) addDecision() *cobra.Command {
	var r registry.RegisterDecision
	cmd := &cobra.Command{
		Use: "add AUTHORISATION ID", Short: "register a decision that rests on the status",
		Example: `  aeo authorisation decision add EU-AUT-000001 GW-17 --kind guarantee_waiver --authority "HZA Bremen" --component AEOC --by "A. Blum" --yes`,
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.ID, r.DryRun = args[0], args[1], a.dryRun
			return changed(a, "register that "+r.ID+" rests on "+args[0], "/authorisations/decisions", r, a.showAuthorisation)
		},
	}
	cmd.Flags().StringVar(&r.Kind, "kind", "", "what it is: guarantee_waiver, place_of_clearance, ...")
	cmd.Flags().StringVar(&r.Authority, "authority", "", "whose decision it is")
	cmd.Flags().StringVar(&r.Component, "component", "", "component it rests on (default: any)")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) toldDecision() *cobra.Command {
	var r registry.TellAuthorities
	cmd := &cobra.Command{
		Use: "told AUTHORISATION [ID...]", Short: "say that the authorities of such decisions were told (default: all that are to be)",
		Example: `  aeo authorisation decision told EU-AUT-000001 GW-17 --by "A. Blum" --yes`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.IDs, r.DryRun = args[0], args[1:], a.dryRun
			return changed(a, "mark as told what became of "+args[0], "/authorisations/decisions/told", r, a.showAuthorisation)
		},
	}
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) endDecision() *cobra.Command {
	var r registry.EndDecision
	cmd := &cobra.Command{
		Use: "end AUTHORISATION ID", Short: "note that such a decision ended; the status stays as it is",
		Example: `  aeo authorisation decision end EU-AUT-000001 GW-17 --outcome revoked --on-aeo --note "arrears" --by "A. Blum" --yes`,
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.ID, r.DryRun = args[0], args[1], a.dryRun
			return changed(a, "note the end of "+r.ID+", which rests on "+args[0], "/authorisations/decisions/ended", r, a.showAuthorisation)
		},
	}
	cmd.Flags().StringVar(&r.Outcome, "outcome", "", "revoked, annulled or ended")
	cmd.Flags().BoolVar(&r.OnAEO, "on-aeo", false, "because a criterion of the status is not met, as its authority sees it")
	cmd.Flags().StringVar(&r.Note, "note", "", "what its authority told")
	byFlag(cmd, &r.By)
	return cmd
}

// showResting says which decisions rest on the status, and whom to tell.
func (a *app) showResting(w io.Writer, auth authorisation.Authorisation) {
	for _, r := range auth.Resting {
		on := ""
		if r.Component != "" {
			on = " on " + r.Component
		}
		fmt.Fprintf(w, "  decision      %s rests%s: %s of %s\n", r.ID, on, strings.ReplaceAll(r.Kind, "_", " "), r.Authority)
		if t := r.Tell; t != nil {
			fmt.Fprintf(w, "  %-13s TO BE TOLD: %s of %s from %s\n", "", t.Act, strings.Join(t.Components, ", "), instant(t.From))
		}
		if t := r.Told; t != nil {
			fmt.Fprintf(w, "  %-13s told %s by %s: %s of %s from %s\n", "", a.dayOf(r.ToldAt), r.ToldBy, t.Act, strings.Join(t.Components, ", "), instant(t.From))
		}
		if e := r.Ended; e != nil {
			why := e.Note
			if e.OnAEO {
				why = strings.TrimSuffix("for a criterion of the status; consider a re-check: "+why, ": ")
			}
			fmt.Fprintf(w, "  %-13s %s on %s%s\n", "", e.Outcome, a.dayOf(e.At), because(why))
		}
	}
}
