package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
	cmd.AddCommand(a.mraParty(), newMRADraftCmd(a), a.mraSign(), a.mraRecognise(), a.mraPropose(), a.mraImport(), a.mraDrop(), a.mraShow(), a.mraList(), a.mraRehearse(), a.mraCompare(),
		a.mraNotice("suspend", "suspend our side of an arrangement"), a.mraNotice("resume", "lift our suspension"),
		a.mraNotice("end", "end our side of an arrangement for good"))
	return cmd
}

func (a *app) mraParty() *cobra.Command {
	var out, phone, mailbox, zone, function, mandate string
	cmd := &cobra.Command{
		Use: "party", Short: "write this administration's entry for a draft", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var p mra.Party
			if err := a.fetch("/party", &p); err != nil {
				return err
			}
			p.Contacts.DutyPhone = cmp.Or(phone, p.Contacts.DutyPhone)
			p.Contacts.Mailbox = cmp.Or(mailbox, p.Contacts.Mailbox)
			p.TimeZone = cmp.Or(zone, p.TimeZone)
			p.Signatory.Function = cmp.Or(function, p.Signatory.Function)
			p.Signatory.Mandate = cmp.Or(mandate, p.Signatory.Mandate)
			if err := p.Check(); err != nil {
				return fail(exitUsage, err)
			}
			raw, err := jcs.Marshal(p)
			if err != nil {
				return err
			}
			return a.deliver("aeo.file/1", out, append(raw, '\n'))
		},
	}
	cmd.Flags().StringVar(&phone, "duty-phone", "", "telephone of the officer on duty")
	cmd.Flags().StringVar(&mailbox, "mailbox", "", "where partners write to (default: as in the rule pack)")
	cmd.Flags().StringVar(&zone, "time-zone", "", "IANA name of the zone in which our dates begin (default: as in the rule pack)")
	cmd.Flags().StringVar(&function, "function", "", "in which function the annex is signed")
	cmd.Flags().StringVar(&mandate, "mandate", "", "under which mandate it is signed")
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: standard output)")
	return cmd
}

func (a *app) mraSign() *cobra.Command {
	var r registry.SignAnnex
	var out string
	var send bool
	cmd := &cobra.Command{
		Use:   "sign FILE | ID",
		Short: "add this administration's signature to a draft or an annex",
		Long: `Signs with the root key a draft, or an annex other parties have signed already, writes
the annex, and remembers it: "aeo mra list" shows what it waits for. An ID, or the first
letters of a digest, names what is kept already, for instance what a partner proposed.
With --send it also goes to the other parties over the exchange channel. It is in effect
only once all parties have signed and imported it.`,
		Example: `  aeo mra sign JP-NZ.draft.json --by "M. Rangi" --second "T. Walker" --out JP-NZ.json --yes
  aeo mra sign JP-NZ --by "M. Rangi" --second "T. Walker" --out JP-NZ.json --yes`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := readText(args[0])
			if err != nil {
				return err
			}
			if raw == nil {
				r.Kept = args[0]
			} else if err := splitAnnex(raw, &r); err != nil {
				return fail(exitUsage, fmt.Errorf("%s: %w", args[0], err))
			}
			r.DryRun = a.dryRun
			var signed jsontext.Value
			if err := a.change("sign "+args[0]+" with the root key of this administration", "/mras/sign", r, &signed); err != nil {
				return err
			}
			if a.dryRun {
				out = "" // the text alone
			} else if send {
				return a.sendSigned(signed, out, r.By)
			}
			return a.deliver("aeo.file/1", out, signed)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write (default: standard output)")
	cmd.Flags().BoolVar(&send, "send", false, "send what is signed to the other parties")
	byFlag(cmd, &r.By)
	secondFlag(cmd, &r.Second)
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

// readText reads the file that was named. What has the form of a name under which
// the node keeps texts, and is no file here, gives nothing.
func readText(name string) ([]byte, error) {
	raw, err := readNamed(name, maxAnnexFile)
	if err != nil && isKeptName(name) {
		if _, missing := os.Stat(name); errors.Is(missing, fs.ErrNotExist) {
			return nil, nil
		}
	}
	return raw, err
}

func isKeptName(name string) bool {
	return mra.ValidID(name) || len(name) >= 8 && strings.Trim(name, "0123456789abcdef") == ""
}

func (a *app) mraImport() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE | ID", Short: "take over an annex that all parties signed", Args: cobra.ExactArgs(1),
		Long: `Takes over an annex that all parties signed, from a file or from what the node keeps.
Its digest is logged and its rules are executed from their dates on.`,
		Example: `  aeo mra import JP-NZ.json --yes`,
		RunE: func(_ *cobra.Command, args []string) error {
			r := importAnnex{DryRun: a.dryRun}
			raw, err := readText(args[0])
			if err != nil {
				return err
			}
			var d *mra.Document
			if raw == nil {
				var k registry.Negotiation
				if err := a.fetch("/mras/negotiations/"+escape(args[0]), &k); err != nil {
					return err
				}
				r.Kept, d = args[0], k.Text
			} else {
				annex, err := mra.Parse(raw)
				if err != nil {
					return fail(exitUsage, fmt.Errorf("%s: %w", args[0], err))
				}
				r.Annex, d = raw, &annex.Document
			}
			what := fmt.Sprintf("execute %s version %d between %s from its dates on", d.ID, d.Version, strings.Join(parties(d), " and "))
			if a.dryRun {
				c, err := a.node()
				if err != nil {
					return err
				}
				if err := c.post("/mras", r, &mra.Document{}); err != nil {
					return err
				}
				return a.wouldDo("%s", what)
			}
			return changed(a, what, "/mras", r, a.showArrangement)
		},
	}
}

func (a *app) mraDrop() *cobra.Command {
	var r registry.DropDraft
	cmd := &cobra.Command{
		Use: "drop ID", Short: "forget a draft or a partly signed annex", Args: cobra.ExactArgs(1),
		Long:    "Forgets a text that is kept, named by its ID or the first letters of its digest. What was signed stays valid for whoever holds it.",
		Example: `  aeo mra drop JP-NZ --by "M. Rangi" --yes`,
		RunE: func(_ *cobra.Command, args []string) error {
			r.Name, r.DryRun = args[0], a.dryRun
			return changed(a, "forget the draft of "+args[0], "/mras/negotiations/drop", r, a.showNegotiation)
		},
	}
	byFlag(cmd, &r.By)
	return cmd
}

// importAnnex is the body of POST /api/v1/mras.
type importAnnex struct {
	Annex  jsontext.Value `json:"annex,omitzero"`
	Kept   string         `json:"kept,omitzero"`
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
			if err := readFlag("from", from, parseInstant, &r.From); err != nil {
				return err
			}
			return changed(a, "give notice to "+act+" "+args[0], "/mras/notices", r, a.showArrangement)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "when it takes effect (default: now)")
	cmd.Flags().StringSliceVar(&r.Against, "against", nil, "only towards this territory; repeatable (default: all)")
	byFlag(cmd, &r.By)
	secondFlag(cmd, &r.Second)
	return cmd
}
