package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/api"
	"github.com/spf13/cobra"
)

// arrangementList is aeo.arrangements/1.
type arrangementList struct {
	Schema       string                  `json:"schema"`
	Items        []*registry.Arrangement `json:"items"`
	Negotiations []*registry.Negotiation `json:"negotiations"`
	Attention    []string                `json:"attention"`
}

func (a *app) mraList() *cobra.Command {
	var jsonl bool
	cmd := &cobra.Command{
		Use: "list", Short: "list all arrangements, and what is being negotiated", Args: cobra.NoArgs,
		Long: `Lists every arrangement with how its ordered pairs stand (JP->NZ: Japan recognises New
Zealand), then every text this node keeps that is not in force, and warns of what
begins, ends, is due for review or waits for a signature. Dates are those of the
recognising party.`,
		RunE: func(*cobra.Command, []string) error {
			if jsonl && a.json {
				return fail(exitUsage, errors.New("--json and --jsonl exclude each other"))
			}
			list, err := a.arrangements()
			if err != nil {
				return err
			}
			if jsonl {
				l := listing[*registry.Arrangement]{item: "aeo.arrangement/1"}
				return l.lines(a, api.List[*registry.Arrangement]{Items: list.Items})
			}
			if err := a.result(list, func(w io.Writer) { writeArrangements(w, list) }); err != nil {
				return err
			}
			for _, note := range list.Attention {
				a.warn("%s", note)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&jsonl, "jsonl", false, "print one JSON object a line, of what is in force")
	return cmd
}

func (a *app) arrangements() (*arrangementList, error) {
	c, err := a.node()
	if err != nil {
		return nil, err
	}
	return readArrangements(c)
}

func readArrangements(c *client) (*arrangementList, error) {
	var all api.List[*registry.Arrangement]
	var texts api.List[*registry.Negotiation]
	if err := cmp.Or(c.get("/mras", &all), c.get("/mras/negotiations", &texts)); err != nil {
		return nil, err
	}
	list := &arrangementList{Schema: "aeo.arrangements/1", Items: all.Items, Negotiations: texts.Items, Attention: []string{}}
	for _, s := range all.Items {
		notes, _ := attention(s)
		list.Attention = append(list.Attention, notes...)
	}
	for _, k := range texts.Items {
		if k.Waits != registry.WaitsForPartners {
			list.Attention = append(list.Attention, fmt.Sprintf("%s: version %d, %s", k.ID, k.Version, waiting(k)))
		}
	}
	return list, nil
}

func writeArrangements(w io.Writer, list *arrangementList) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range list.Items {
		if s.Alone != nil {
			fmt.Fprintf(t, "%s\tversion %d\t%s\tby us alone: %s\n", plain(s.ID), s.Alone.Version, strings.Join(s.Parties, " "), plain(aloneWords(s.Alone)))
			if len(s.Pairs) == 0 {
				continue
			}
		}
		fmt.Fprintf(t, "%s\tversion %d\t%s\t%s\n", plain(s.ID), s.Version, strings.Join(s.Parties, " "), plain(bearing(s)))
	}
	for _, k := range list.Negotiations {
		fmt.Fprintf(t, "%s\tversion %d\t%s\t%s\n", plain(k.ID), k.Version, strings.Join(k.Parties, " "), plain(waiting(k)))
	}
	t.Flush()
}

func (a *app) mraShow() *cobra.Command {
	var at string
	var version int64
	var diff bool
	cmd := &cobra.Command{
		Use: "show ID", Short: "show an arrangement, as it stands or stood, or a draft", Args: cobra.ExactArgs(1),
		Long: `Shows how each ordered pair stands, the rules with their states, and the notices. With
--at DAY as it stood then by what is known now, with --version the rules of an older
version, with --diff what the newest version, or the draft that is kept, changes.
A name that is no arrangement's is looked for among the drafts.`,
		Example: `  aeo mra show JP-NZ --at 2026-03-01
  aeo mra show JP-NZ --diff`,
		RunE: func(_ *cobra.Command, args []string) error {
			q := url.Values{}
			var then int64
			if err := readFlag("at", at, parseInstant, &then); err != nil {
				return err
			}
			if then != 0 {
				q.Set("at", strconv.FormatInt(then, 10))
			}
			if version != 0 {
				q.Set("version", strconv.FormatInt(version, 10))
			}
			if diff {
				return a.showDiff(args[0], version)
			}
			var s registry.Arrangement
			err := a.fetch("/mras/"+escape(args[0])+"?"+q.Encode(), &s)
			if codeOf(err) == exitFile && len(q) == 0 {
				var k registry.Negotiation
				if a.fetch("/mras/negotiations/"+escape(args[0]), &k) == nil {
					return a.showNegotiation(&k)
				}
			}
			if err != nil {
				return err
			}
			return a.showArrangement(&s)
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "as it stands on this day or at this instant (default: now)")
	cmd.Flags().Int64Var(&version, "version", 0, "the rules of this version (default: the newest)")
	cmd.Flags().BoolVar(&diff, "diff", false, "what the version changes against the one before")
	return cmd
}

func (a *app) showArrangement(s *registry.Arrangement) error {
	return a.reply("aeo.arrangement/1", s, func(w io.Writer) {
		if s.Alone != nil {
			writeAlone(w, s.Alone)
			if len(s.Pairs) == 0 {
				return
			}
		}
		fmt.Fprintf(w, "%s  version %d between %s\n", s.ID, s.Version, strings.Join(s.Parties, " and "))
		for _, p := range s.Pairs {
			fmt.Fprintf(w, "  %s  %s\n", arrow(p.Pair), plain(phrase(p, s.At)))
		}
		for _, r := range s.Rules {
			writeRule(w, r.By, r.AuthorisationType, strings.Join(r.Roles, ", "), r.Of, r.Direction, r.As, ruleWord(r.State), r.From, r.Until)
		}
		for _, n := range s.Notices {
			fmt.Fprintf(w, "  notice %d of %s: %s from %s%s\n", n.Seq, n.Party, n.Act, instant(n.From), againstWords(n))
		}
		if s.Text != nil {
			writeTerms(w, s.Text)
		}
		notes, _ := attention(s)
		for _, note := range notes {
			fmt.Fprintf(w, "  ! %s\n", plain(strings.TrimPrefix(note, s.ID+": ")))
		}
	})
}

func againstWords(n mra.Notice) string {
	if len(n.Against) > 0 && n.Against[0] == mra.Everyone {
		return ""
	}
	return ", against " + strings.Join(n.Against, " and ")
}

func writeRule(w io.Writer, by, kind, roles, of, direction, as, state, from, until string) {
	if until != "" {
		until = " until " + until
	}
	fmt.Fprintf(w, "  %s recognises %s %s of %s for %s as %s: %s from %s%s\n", by, plain(kind), plain(roles), of, direction, plain(as), state, from, until)
}

// writeTerms is the rest of an annex: what people, not machines, look up in it.
func writeTerms(w io.Writer, d *mra.Document) {
	instrument := fmt.Sprintf("%s, %s", d.Instrument.Title, d.Instrument.Citation)
	if d.Instrument.URL != "" {
		instrument += ", " + d.Instrument.URL
	}
	fmt.Fprintf(w, "  instrument   %s\n", plain(instrument))
	for _, p := range d.Parties {
		fmt.Fprintf(w, "  %s           %s, %s, %s; signs: %s, %s\n", p.Territory, plain(p.Contacts.Mailbox), plain(p.Contacts.DutyPhone), p.TimeZone,
			plain(p.Signatory.Function), plain(p.Signatory.Mandate))
	}
	f := mra.DefaultFreshness()
	if d.Freshness != nil {
		f = *d.Freshness
	}
	fmt.Fprintf(w, "  freshness    aimed at %s, warned of after %s, honoured until %s\n", seconds(f.Target), seconds(f.WarnAfter), seconds(f.HonourUntil))
	transit := "goods under way are honoured"
	if d.Termination.InTransit == mra.Stop {
		transit = "goods under way are not honoured"
	}
	fmt.Fprintf(w, "  notice       %s before an end; %s\n", counted(int(d.Termination.NoticeDays), "day"), transit)
	fmt.Fprintf(w, "  data         %s, released by %s, basis %s, kept %s\n", plain(strings.Join(d.DataSharing.Fields, ", ")), d.DataSharing.ReleaseBasis,
		d.DataSharing.Basis, plain(d.DataSharing.Retention))
	for _, r := range d.Recognitions {
		if h := r.DeclarationHint; h != nil {
			fmt.Fprintf(w, "  declare      in %s: element %s, code %s: %s\n", r.By, plain(h.Element), plain(h.Code), plain(h.Text))
		}
	}
	fmt.Fprintf(w, "  signed on %s, to be reviewed on %s\n", d.SignedOn, d.ReviewOn)
}

// seconds is a length of time in the largest unit that divides it.
func seconds(n int64) string {
	for _, unit := range []struct {
		length int64
		name   string
	}{{24 * hour, "day"}, {hour, "hour"}, {60, "minute"}} {
		if n%unit.length == 0 {
			return counted(int(n/unit.length), unit.name)
		}
	}
	return counted(int(n), "second")
}

func (a *app) showNegotiation(k *registry.Negotiation) error {
	return a.reply("aeo.negotiation/1", k, func(w io.Writer) {
		from := ""
		if k.From != "" {
			from = ", received from " + k.From
		}
		fmt.Fprintf(w, "%s  version %d between %s: %s%s\n", k.ID, k.Version, strings.Join(k.Parties, " and "), waiting(k), from)
		if len(k.Signed) > 0 {
			fmt.Fprintf(w, "  signed by %s\n", strings.Join(k.Signed, " and "))
		}
		for _, r := range k.Text.Recognitions {
			state := "negotiated"
			if r.Pilot {
				state = "negotiated as a pilot"
			}
			writeRule(w, r.By, r.AuthorisationType, strings.Join(r.Roles, ", "), r.Of, r.Direction, r.As, state, r.From, r.Until)
		}
		writeTerms(w, k.Text)
		fmt.Fprintf(w, "  digest %s\n", k.SHA256)
	})
}
