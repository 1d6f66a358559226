package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

func (a *app) serveMeasure() *cobra.Command {
	var r registry.ServeMeasure
	var of, channel, sent, received string
	cmd := &cobra.Command{
		Use: "serve AUTHORISATION", Short: "how a measure reached the holder; what takes effect on receipt follows it",
		Example: `  aeo authorisation serve EU-AUT-000001 --channel post --received 2026-11-20 --proof "RR 123 DE" --by "A. Blum" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.DryRun = args[0], a.dryRun
			r.Of, r.Channel = authorisation.Act(of), authorisation.Channel(channel)
			if err := errors.Join(readFlag("sent", sent, a.parseTime, &r.SentAt), readFlag("received", received, a.parseTime, &r.ReceivedAt)); err != nil {
				return err
			}
			return changed(a, "record how a measure on "+args[0]+" was served", "/authorisations/serve", r, a.showAuthorisation)
		},
	}
	cmd.Flags().StringVar(&of, "measure", "", "suspend, revoke or annul (default: the one there is)")
	cmd.Flags().StringSliceVar(&r.Components, "component", nil, "only this component; repeatable (default: all the measure is about)")
	cmd.Flags().StringVar(&channel, "channel", "", "portal, hand, post or publication")
	cmd.Flags().StringVar(&sent, "sent", "", "when it was sent (default: now, or when it was received)")
	cmd.Flags().StringVar(&received, "received", "", "when it was received (default: not known; of portal and hand when it was sent)")
	cmd.Flags().StringVar(&r.Proof, "proof", "", "what proves it, as the number of a registered letter")
	byFlag(cmd, &r.By)
	return cmd
}

// showService says how measures on a component reached the holder.
func (a *app) showService(w io.Writer, c authorisation.Component) {
	for _, m := range c.Measures {
		s := m.Service
		switch {
		case s == nil && m.OnReceipt:
			fmt.Fprintf(w, "  %-13s %s takes effect on receipt; how it was served is not recorded\n", "", m.Act)
		case s != nil && s.ReceivedAt == 0:
			fmt.Fprintf(w, "  %-13s %s served by %s, sent %s%s\n", "", m.Act, s.Channel, a.dayOf(s.SentAt), because(s.Proof))
		case s != nil:
			fmt.Fprintf(w, "  %-13s %s served by %s, received %s%s\n", "", m.Act, s.Channel, a.dayOf(s.ReceivedAt), because(s.Proof))
		}
	}
}
