package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

const maxAnnexFile = 1 << 20

func newMRACmd(a *app) *cobra.Command {
	cmd := group("mra", "mutual recognition arrangements: draft, sign, import, give notice")
	cmd.AddCommand(a.mraParty(), newMRADraftCmd(a), a.mraSign(), a.mraImport(), a.mraShow(), arrangementListing().command(a, "list all arrangements"),
		a.mraNotice("suspend", "suspend our side of an arrangement"), a.mraNotice("resume", "lift our suspension"),
		a.mraNotice("end", "end our side of an arrangement for good"))
	return cmd
}

func (a *app) mraParty() *cobra.Command {
	var out, phone, function, mandate string
	cmd := &cobra.Command{
		Use: "party", Short: "write this administration's entry for a draft", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var p mra.Party
			if err := a.fetch("/party", &p); err != nil {
				return err
			}
			p.Contacts.DutyPhone = cmp.Or(phone, p.Contacts.DutyPhone)
			p.Signatory.Function = cmp.Or(function, p.Signatory.Function)
			p.Signatory.Mandate = cmp.Or(mandate, p.Signatory.Mandate)
			raw, err := jcs.Marshal(p)
			if err != nil {
				return err
			}
			return a.deliver("aeo.file/1", out, append(raw, '\n'))
		},
	}
	cmd.Flags().StringVar(&phone, "duty-phone", "", "telephone of the officer on duty")
	cmd.Flags().StringVar(&function, "function", "", "in which function the annex is signed")
	cmd.Flags().StringVar(&mandate, "mandate", "", "under which mandate it is signed")
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: standard output)")
	return cmd
}

func (a *app) mraSign() *cobra.Command {
	var r registry.SignAnnex
	var out string
	cmd := &cobra.Command{
		Use:   "sign FILE",
		Short: "add this administration's signature to a draft or an annex",
		Long: `Signs with the root key a draft, or an annex other parties have signed already, and
writes the annex. It is in effect only once all parties have signed and imported it.`,
		Example: `  aeo mra sign JP-NZ.draft.json --by "M. Rangi" --second "T. Walker" --out JP-NZ.json --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := readNamed(args[0], maxAnnexFile)
			if err != nil {
				return err
			}
			if err := splitAnnex(raw, &r); err != nil {
				return fail(exitUsage, fmt.Errorf("%s: %w", args[0], err))
			}
			r.DryRun = a.dryRun
			var signed jsontext.Value
			if err := a.change("sign "+args[0]+" with the root key of this administration", "/mras/sign", r, &signed); err != nil {
				return err
			}
			if a.dryRun {
				out = "" // the text alone
			}
			return a.deliver("aeo.file/1", out, signed)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: standard output)")
	byFlag(cmd, &r.By)
	cmd.Flags().StringVar(&r.Second, "second", "", "the second officer's name")
	return cmd
}

// splitAnnex tells a draft from an annex somebody signed.
func splitAnnex(raw []byte, r *registry.SignAnnex) error {
	var shape struct {
		Payload string `json:"payload"`
	}
	if err := jcs.UnmarshalOpen(raw, &shape); err != nil {
		return err
	}
	if shape.Payload != "" {
		r.Annex = raw
		return nil
	}
	r.Document = &mra.Document{}
	return jcs.Unmarshal(raw, r.Document)
}

func (a *app) mraImport() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "take over an annex that all parties signed", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := readNamed(args[0], maxAnnexFile)
			if err != nil {
				return err
			}
			annex, err := mra.Parse(raw)
			if err != nil {
				return fail(exitUsage, fmt.Errorf("%s: %w", args[0], err))
			}
			what := fmt.Sprintf("execute %s version %d between %s from its dates on", annex.ID, annex.Version, strings.Join(parties(&annex.Document), " and "))
			r := importAnnex{Annex: raw, DryRun: a.dryRun}
			if a.dryRun {
				return a.change(what, "/mras", r, &mra.Document{})
			}
			var s registry.Arrangement
			if err := a.change(what, "/mras", r, &s); err != nil {
				return err
			}
			return a.showArrangement(&s)
		},
	}
}

// importAnnex is the body of POST /api/v1/mras.
type importAnnex struct {
	Annex  jsontext.Value `json:"annex"`
	DryRun bool           `json:"dry_run,omitzero"`
}

func parties(d *mra.Document) []string {
	var out []string
	for _, p := range d.Parties {
		out = append(out, p.Territory)
	}
	return out
}

func (a *app) mraNotice(act, short string) *cobra.Command {
	r := registry.GiveNotice{Act: act}
	var from string
	cmd := &cobra.Command{
		Use: act + " ID", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.MRA, r.DryRun = args[0], a.dryRun
			if from != "" {
				var err error
				if r.From, err = parseInstant(from); err != nil {
					return fail(exitUsage, fmt.Errorf("--from: %w", err))
				}
			}
			var s registry.Arrangement
			if err := a.change("give notice to "+act+" "+args[0], "/mras/notices", r, &s); err != nil {
				return err
			}
			return a.showArrangement(&s)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "when it takes effect (default: now)")
	cmd.Flags().StringSliceVar(&r.Against, "against", nil, "only towards this territory; repeatable (default: all)")
	byFlag(cmd, &r.By)
	cmd.Flags().StringVar(&r.Second, "second", "", "the second officer's name")
	return cmd
}

func (a *app) mraShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "show an arrangement", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var s registry.Arrangement
			if err := a.fetch("/mras/"+escape(args[0]), &s); err != nil {
				return err
			}
			return a.showArrangement(&s)
		},
	}
}

func (a *app) showArrangement(s *registry.Arrangement) error {
	return a.reply("aeo.arrangement/1", s, func(w io.Writer) {
		fmt.Fprintf(w, "%s  version %d between %s\n", s.ID, s.Version, strings.Join(s.Parties, " and "))
		for _, r := range s.Rules {
			fmt.Fprintf(w, "  %s recognises %s %s of %s for %s as %s: %s from %s\n", r.By, r.AuthorisationType, strings.Join(r.Roles, ", "),
				r.Of, r.Direction, r.As, strings.ReplaceAll(r.State, "_", " "), r.From)
		}
		for _, n := range s.Notices {
			fmt.Fprintf(w, "  notice %d of %s: %s from %s\n", n.Seq, n.Party, n.Act, instant(n.From))
		}
	})
}

func arrangementListing() listing[*registry.Arrangement] {
	return listing[*registry.Arrangement]{"/mras", "aeo.arrangements/1", "aeo.arrangement/1", func(s *registry.Arrangement) [][]string {
		live := "not in effect"
		if len(s.Live) > 0 {
			live = "in effect with " + strings.Join(s.Live, ", ")
		}
		return [][]string{{s.ID, fmt.Sprintf("version %d", s.Version), strings.Join(s.Parties, " "), live}}
	}}
}
