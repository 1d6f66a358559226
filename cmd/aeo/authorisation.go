package main

import (
	"errors"
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
	cmd.AddCommand(a.suspendedCmds()...)
	cmd.AddCommand(a.restingCmds())
	cmd.AddCommand(a.monitoringCmds()...)
	cmd.AddCommand(a.wayBackCmds()...)
	cmd.AddCommand(a.amend(), showing(a, "show AUTHORISATION", "show an authorisation", "/authorisations", a.showAuthorisationFile),
		authorisationListing().command(a, "list authorisations: all, or those looked for", caseFilters()...))
	return cmd
}

// A measure is a verb about an authorisation.
type measure struct {
	verb, short    string
	adverse        bool // needs reason and basis
	second, future bool // may name a second officer; may take effect later
}

var measures = []measure{
	{"suspend", "suspend components, for as long as the programme lets it last", true, true, true},
	{"confirm", "let another officer's urgent suspension stand", false, false, false},
	{"reinstate", "lift a suspension", false, false, true},
	{"revoke", "end components for the future; two officers", true, true, true},
	{"annul", "end components from their original effective date; two officers", true, true, false},
	{"renew", "let it last another period of the programme; two officers", false, true, false},
	{"withdraw", "end components at the holder's request", false, false, true},
}

func (a *app) measure(m measure) *cobra.Command {
	var r registry.Measure
	var from, heard, ground, served string
	cmd := &cobra.Command{
		Use: m.verb + " AUTHORISATION", Short: m.short, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.DryRun = args[0], a.dryRun
			if err := errors.Join(readFlag("from", from, a.parseTime, &r.From), readFlag("heard", heard, a.parseTime, &r.HeardAt)); err != nil {
				return err
			}
			r.Ground, r.Served = authorisation.Ground(ground), authorisation.Channel(served)
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
		heardFlags(cmd, &heard, &r.Without)
	}
	if m.adverse && m.future {
		cmd.Flags().StringSliceVar(&r.Failed, "failed", nil, "requirement that is not met: the programme says which components it touches; repeatable")
		cmd.Flags().StringVar(&served, "served", "", "how the decision reaches the holder: portal, hand, post, publication; effect may derive from it")
	}
	if m.verb == "suspend" {
		cmd.Example = "  aeo authorisation suspend NZ-AUT-000001 --ground remedy --days 60 --heard 2026-11-02 --reason fence --basis \"SES rules 7\" --by \"T. Walker\" --yes\n" +
			"  aeo authorisation suspend NZ-AUT-000001 --urgent --reason security --basis \"SES rules 9\" --by \"T. Walker\" --yes"
		cmd.Flags().StringVar(&ground, "ground", "", "doubt (the default), remedy (conditions are not met and there is time to meet them) or request (of the holder)")
		cmd.Flags().IntVar(&r.Days, "days", 0, "how long the holder has to remedy (default: as the programme says)")
		cmd.Flags().BoolVar(&r.Urgent, "urgent", false, "at once and without hearing; it lapses unless another officer confirms it")
	}
	if m.second {
		secondFlag(cmd, &r.Second)
	}
	byFlag(cmd, &r.By)
	return cmd
}

// heardFlags are those of how the holder's right to be heard was kept.
func heardFlags(cmd *cobra.Command, heard, without *string) {
	cmd.Flags().StringVar(heard, "heard", "", "when the holder was heard")
	cmd.Flags().StringVar(without, "without-hearing", "", `what law lets it be done without, e.g. "UCC Art. 22(6)(c)"`)
}

func (a *app) amend() *cobra.Command {
	var r registry.AmendAuthorisation
	var heard string
	cmd := &cobra.Command{
		Use: "amend AUTHORISATION", Short: "change roles or scope; its credentials are replaced", Args: cobra.ExactArgs(1),
		Example: `  aeo authorisation amend NZ-AUT-000001 --role exporter --role packer --reason new-site --basis "SES rules 7" --heard 2026-11-20 --by "T. Walker" --yes`,
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.DryRun = args[0], a.dryRun
			if err := readFlag("heard", heard, a.parseTime, &r.HeardAt); err != nil {
				return err
			}
			return changed(a, "amend "+args[0]+"; its credentials are replaced", "/authorisations/amend", r, a.showAuthorisation)
		},
	}
	cmd.Flags().StringSliceVar(&r.Roles, "role", nil, "role it covers from now on; repeatable")
	cmd.Flags().StringVar(&r.ScopeText, "scope", "", "scope in words")
	heardFlags(cmd, &heard, &r.Without)
	groundsFlags(cmd, &r.Grounds)
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) showAuthorisation(auth authorisation.Authorisation) error {
	return a.reply("aeo.authorisation/1", auth, func(w io.Writer) { a.writeAuthorisation(w, auth) })
}

func (a *app) showAuthorisationFile(f registry.AuthorisationFile) error {
	return a.reply("aeo.authorisation/1", f, func(w io.Writer) {
		a.writeAuthorisation(w, f.Authorisation)
		for _, number := range f.Successors {
			fmt.Fprintf(w, "  succeeded     by who applies in %s; it ends by an act of its own\n", number)
		}
	})
}

func (a *app) writeAuthorisation(w io.Writer, auth authorisation.Authorisation) {
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
		if c.End == authorisation.ActAnnul {
			fmt.Fprintf(w, "  %-13s from its first day on, as if it had never been granted\n", "")
		}
		a.showSuspension(w, c, auth)
		a.showService(w, c)
		a.showStay(w, c)
		for _, p := range c.Pending {
			fmt.Fprintf(w, "  %-13s %s on %s\n", "", strings.ReplaceAll(string(p.Act), "_", " "), a.momentOf(p.From))
		}
	}
	a.showResting(w, auth)
	showAppeals(w, auth.Appeals)
	for _, c := range auth.Credentials {
		fmt.Fprintf(w, "  credential    %s number %d: %s, expires %s\n", c.Component, c.Sequence, c.Value, day(c.Expires))
	}
}

// showSuspension says why a component is suspended, until when, and what then.
func (a *app) showSuspension(w io.Writer, c authorisation.Component, auth authorisation.Authorisation) {
	s := c.Suspension
	if s == nil {
		return
	}
	fmt.Fprintf(w, "  %-13s %s, by %s: %s (%s)\n", "", groundWords[s.Ground], s.By, s.Reason, s.Basis)
	if s.Confirmed != "" {
		fmt.Fprintf(w, "  %-13s confirmed by %s\n", "", s.Confirmed)
	}
	if s.Overdue != 0 {
		fmt.Fprintf(w, "  %-13s a decision is due since %s\n", "", a.deadlineOf(s.Overdue))
	}
	if r := s.Remedied; r != nil {
		fmt.Fprintf(w, "  %-13s remedied, says %s on %s: %s\n", "", r.By, a.dayOf(r.At), r.Text)
	}
	for _, k := range auth.Clocks {
		rule, of, _ := strings.Cut(k.Rule, "#")
		if of != c.Code || k.EndedAt != 0 || k.LapsedAt != 0 {
			continue
		}
		what := strings.ReplaceAll(rule, "_", " ")
		for _, s := range k.Standing {
			fmt.Fprintf(w, "  %-13s %s stands still since %s for %s%s\n", "", what, a.dayOf(s.Since), strings.ReplaceAll(s.For, "_", " "), because(s.Reason, s.Basis))
		}
		if k.Due != 0 {
			fmt.Fprintf(w, "  %-13s %s %s, then %s\n", "", what, dueIn(k.Due, a.zoneOf(auth.Authority)), lapseWords(rule, k.Outcome))
		}
	}
}

var groundWords = map[authorisation.Ground]string{
	authorisation.OnDoubt: "on a doubt", authorisation.ForRemedy: "until it is remedied", authorisation.OnRequest: "at the holder's request",
}

func lapseWords(rule, outcome string) string {
	switch {
	case rule == authorisation.RuleUrgent:
		return "lifted unless another officer confirms it"
	case outcome == authorisation.Lift:
		return "lifted"
	case outcome == "revoke":
		return "to be revoked"
	}
	return "a decision is due"
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
