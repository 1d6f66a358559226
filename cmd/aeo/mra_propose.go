package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/registry"
	"github.com/spf13/cobra"
)

func (a *app) mraPropose() *cobra.Command {
	var r registry.Propose
	cmd := &cobra.Command{
		Use: "propose ID", Short: "send a draft, or an annex with the signatures it has, to its other parties", Args: cobra.ExactArgs(1),
		Long: `Sends a text that is kept here to the nodes of its other parties, sealed and signed. They
keep it and show it; people there read it, sign it with "aeo mra sign ID" and send it
on. Nothing is in effect by a message.`,
		Example: `  aeo mra propose JP-NZ --to JP --by "M. Rangi" --yes`,
		RunE: func(_ *cobra.Command, args []string) error {
			r.Name, r.DryRun = args[0], a.dryRun
			to := "its other parties"
			if len(r.To) > 0 {
				to = strings.Join(r.To, " and ")
			}
			return changed(a, "send the text of "+args[0]+" to "+to, "/mras/negotiations/propose", r, a.showProposed)
		},
	}
	cmd.Flags().StringSliceVar(&r.To, "to", nil, "only to this territory; repeatable (default: all other parties)")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) showProposed(p *registry.Proposed) error {
	for _, s := range p.Sent {
		if s.Problem != "" {
			a.warn("%s does not have it: %s", s.To, s.Problem)
		}
	}
	return a.reply("aeo.proposed/1", p, func(w io.Writer) {
		fmt.Fprintf(w, "%s  version %d between %s: %s\n", p.Negotiation.ID, p.Negotiation.Version, strings.Join(p.Negotiation.Parties, " and "), waiting(p.Negotiation))
		for _, s := range p.Sent {
			switch {
			case s.Problem != "":
				fmt.Fprintf(w, "  %s does not have it\n", s.To)
			case a.dryRun:
				fmt.Fprintf(w, "  %s would be sent it\n", s.To)
			case len(s.Signed) == 0:
				fmt.Fprintf(w, "  %s has the draft\n", s.To)
			default:
				fmt.Fprintf(w, "  %s has it, signed by %s\n", s.To, strings.Join(s.Signed, " and "))
			}
		}
	})
}

// sendSigned sends what was just signed to the other parties; it is kept by then.
func (a *app) sendSigned(signed []byte, out, by string) error {
	annex, err := mra.Parse(signed)
	if err != nil {
		return err
	}
	if out != "" {
		if err := writeNamed(out, signed); err != nil {
			return err
		}
	}
	c, err := a.node()
	if err != nil {
		return err
	}
	var p registry.Proposed
	if err := c.post("/mras/negotiations/propose", registry.Propose{Name: annex.SHA256(), By: by}, &p); err != nil {
		return fmt.Errorf("it is signed and kept, but not sent: %w", err)
	}
	return a.showProposed(&p)
}
