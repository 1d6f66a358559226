package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

func newAuthorisationCmd(a *app) *cobra.Command {
	cmd := group("authorisation", "authorisations: suspend, reinstate, end, amend")
	for _, m := range measures {
		cmd.AddCommand(a.measure(m))
	}
	cmd.AddCommand(a.amend(), showing(a, "show AUTHORISATION", "show an authorisation", "/authorisations", a.showAuthorisation),
		authorisationListing().command(a, "list all authorisations"))
	return cmd
}

// A measure is a verb about an authorisation.
type measure struct {
	verb, short    string
	adverse        bool // needs reason and basis
	second, future bool // may name a second officer; may take effect later
}

var measures = []measure{
	{"suspend", "suspend components; one officer may", true, true, true},
	{"reinstate", "lift a suspension", false, false, true},
	{"revoke", "end components for the future; two officers", true, true, true},
	{"annul", "end components from their original effective date; two officers", true, true, false},
	{"withdraw", "end components at the holder's request", false, false, true},
}

func (a *app) measure(m measure) *cobra.Command {
	var r registry.Measure
	var from string
	cmd := &cobra.Command{
		Use: m.verb + " AUTHORISATION", Short: m.short, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.DryRun = args[0], a.dryRun
			if err := readFlag("from", from, parseInstant, &r.From); err != nil {
				return err
			}
			what := m.verb + " " + args[0]
			if len(r.Components) > 0 {
				what += " (" + strings.Join(r.Components, ", ") + ")"
			}
			if m.adverse {
				what += "; everyone sees the status from the next publication on, nobody the reason"
			}
			return changed(a, what, "/authorisations/"+m.verb, r, a.showAuthorisation)
		},
	}
	cmd.Flags().StringSliceVar(&r.Components, "component", nil, "only this component; repeatable (default: all it can touch)")
	if m.future {
		cmd.Flags().StringVar(&from, "from", "", "when it takes effect (default: at once)")
	}
	if m.adverse {
		groundsFlags(cmd, &r.Grounds)
	}
	if m.second {
		secondFlag(cmd, &r.Second)
	}
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) amend() *cobra.Command {
	var r registry.AmendAuthorisation
	cmd := &cobra.Command{
		Use: "amend AUTHORISATION", Short: "change roles or scope; its credentials are replaced", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.DryRun = args[0], a.dryRun
			return changed(a, "amend "+args[0]+"; its credentials are replaced", "/authorisations/amend", r, a.showAuthorisation)
		},
	}
	cmd.Flags().StringSliceVar(&r.Roles, "role", nil, "role it covers from now on; repeatable")
	cmd.Flags().StringVar(&r.ScopeText, "scope", "", "scope in words")
	groundsFlags(cmd, &r.Grounds)
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) showAuthorisation(auth authorisation.Authorisation) error {
	return a.reply("aeo.authorisation/1", auth, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s as %s, operator %s\n", auth.Case, auth.Type, strings.Join(auth.Roles, ", "), auth.Operator)
		if auth.Authority != "" {
			fmt.Fprintf(w, "  decided by    %s\n", auth.Authority)
		}
		for _, c := range auth.Components {
			end := ""
			if c.End != "" {
				end = " (" + string(c.End) + ")"
			}
			fmt.Fprintf(w, "  %-13s %s%s since %s\n", c.Code, c.State, end, instant(c.Since))
			for _, p := range c.Pending {
				fmt.Fprintf(w, "  %-13s %s on %s\n", "", p.Act, instant(p.From))
			}
		}
		for _, c := range auth.Credentials {
			fmt.Fprintf(w, "  credential    %s number %d: %s, expires %s\n", c.Component, c.Sequence, c.Value, day(c.Expires))
		}
	})
}

func authorisationListing() listing[authorisation.Authorisation] {
	return listing[authorisation.Authorisation]{"/authorisations", "aeo.authorisations/1", "aeo.authorisation/1", func(auth authorisation.Authorisation) [][]string {
		var rows [][]string
		for _, c := range auth.Components {
			rows = append(rows, []string{auth.Case, c.Code, string(c.State), instant(c.Since), auth.Operator})
		}
		return rows
	}}
}
