package main

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

func newOperatorCmd(a *app) *cobra.Command {
	cmd := group("operator", "economic operators in the register")
	cmd.AddCommand(a.operatorAdd(), a.operatorImport(), a.operatorRelease(), showing(a, "show OPERATOR", "show an operator, by number or identifier", "/operators", a.showOperator),
		operatorListing().command(a, "list operators: all, or those looked for",
			filter{"name", "name", "whose name begins so, whatever the case of its letters", nil}, filter{"identifier", "identifier", "that bears this number or identifier", nil}))
	return cmd
}

// actsByName marks the flag that must be given where nobody is logged in.
const actsByName = "aeo_acts_by_name"

// byFlag is the flag that names who acts.
func byFlag(cmd *cobra.Command, by *string) {
	cmd.Flags().StringVar(by, "by", "", "who acts: the officer's name; once there are accounts, who is logged in")
	_ = cmd.Flags().SetAnnotation("by", actsByName, []string{"true"}) // the flag is defined above
}

// secondFlag is the flag that names who acts together with them.
func secondFlag(cmd *cobra.Command, second *string) {
	cmd.Flags().StringVar(second, "second", "", "the second officer's name")
}

func (a *app) operatorAdd() *cobra.Command {
	r := registry.RegisterOperator{}
	var names []string
	cmd := &cobra.Command{
		Use:     "add",
		Short:   "enter an operator in the register",
		Example: `  aeo operator add --name "Southern Orchards Ltd" --identifier 12345678A --country NZ --by "M. Rangi" --yes`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, n := range names {
				script, value, ok := strings.Cut(n, "=")
				if !ok {
					return fail(exitUsage, fmt.Errorf("--also %.40q, want SCRIPT=NAME such as Latn=Name", n))
				}
				r.Names = append(r.Names, authorisation.Name{Script: script, Value: value})
			}
			r.DryRun = a.dryRun
			if err := a.warnOfLookalikes(r.Holder); err != nil {
				return err
			}
			return changed(a, "enter "+r.LegalName+" in the register", "/operators", r, a.showOperator)
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.LegalName, "name", "", "legal name")
	f.StringSliceVar(&r.Identifiers, "identifier", nil, "identifier, as the programme writes it; repeatable")
	f.StringArrayVar(&names, "also", nil, "the name in another script, SCRIPT=NAME; repeatable")
	f.StringVar(&r.Address.Country, "country", "", "country of establishment, two letters")
	f.StringVar(&r.Address.Locality, "locality", "", "town")
	f.StringVar(&r.Address.Postcode, "postcode", "", "postcode")
	f.StringVar(&r.Address.Street, "street", "", "street")
	f.BoolVar(&r.Natural, "natural-person", false, "the operator is a natural person")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) operatorRelease() *cobra.Command {
	r := registry.ReleaseOperator{Basis: authorisation.ByConsent}
	var purpose string
	cmd := &cobra.Command{
		Use:     "release OPERATOR",
		Short:   "note that data about a holder may be let out, or may no longer",
		Example: `  aeo operator release NZ:ses:12345678A --purpose publication --by "M. Rangi" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Operator, r.Purpose, r.DryRun = args[0], authorisation.Purpose(purpose), a.dryRun
			what := "release " + r.Operator + " for " + purpose
			if r.Withdraw {
				what = "withdraw the release of " + r.Operator + " for " + purpose
			}
			return changed(a, what, "/releases", r, a.showOperator)
		},
	}
	cmd.Flags().StringVar(&purpose, "purpose", string(authorisation.Publication), "publication, exchange or presentation")
	cmd.Flags().BoolVar(&r.Withdraw, "withdraw", false, "the release ends")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) showOperator(o authorisation.Operator) error {
	return a.reply("aeo.operator/1", o, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s\n", o.Case, plain(o.Holder.LegalName))
		fmt.Fprintf(w, "  identifiers  %s\n", strings.Join(o.Holder.Identifiers, " "))
		for _, r := range o.Releases {
			until := ""
			if r.Until != 0 {
				until = " until " + instant(r.Until)
			}
			fmt.Fprintf(w, "  released     for %s since %s%s\n", r.Purpose, instant(r.From), until)
		}
	})
}

func operatorListing() listing[authorisation.Operator] {
	return listing[authorisation.Operator]{"/operators", "aeo.operators/1", "aeo.operator/1", func(o authorisation.Operator) [][]string {
		return [][]string{{o.Case, strings.Join(o.Holder.Identifiers, " "), o.Holder.LegalName}}
	}}
}

// warnOfLookalikes says before a name is entered who has one that looks like it.
func (a *app) warnOfLookalikes(h authorisation.Holder) error {
	names := []string{h.LegalName}
	for _, n := range h.Names {
		names = append(names, n.Value)
	}
	for _, name := range names {
		var list api.List[registry.Lookalike]
		if err := a.fetch("/lookalikes?"+url.Values{"name": {name}}.Encode(), &list); err != nil {
			return err
		}
		for _, l := range list.Items {
			if l.Operator == "" {
				a.warn("%q: %s", name, l.Why)
				continue
			}
			a.warn("%s %s: %s", l.Operator, l.Name, l.Why)
		}
	}
	return nil
}
