package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/registry"
	"github.com/spf13/cobra"
)

// mraRecognise lets one side begin alone.
func (a *app) mraRecognise() *cobra.Command {
	var r registry.Recognise
	var rules []string
	var honour, warn string
	cmd := &cobra.Command{
		Use:   "recognise ID",
		Short: "recognise holders of a partner without a node, by ourselves, over its lists",
		Long: `Signs with the root key what this administration recognises alone. Its holders are
those in the lists that "aeo exchange import" takes over; every verdict says that it
rests on a list and that the recognition is one-sided. The ID is the one an
arrangement with the partner would have: when both sides sign an annex under it,
the annex takes over from its dates on, and before them the lists still answer.

--rule says what is recognised, by and of are filled in; one more under the same ID
is a new version and a whole statement:

` + ruleHelp,
		Example: `  aeo mra recognise CL-NZ --partner CL --title "Decision 7/2026" --citation "Gazette 2026/12" \
    --rule "programme=CL-OEA,type=OEA,roles=exporter,direction=import,as=SES partner,from=2026-06-01" \
    --honour-until 45d --warn-after 35d --by "M. Rangi" --second "T. Walker" --yes`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.ID, r.DryRun = args[0], a.dryRun
			for _, text := range rules {
				rule, err := parseRecognition(text)
				if err != nil {
					return fail(exitUsage, fmt.Errorf("--rule %.80q: %w", text, err))
				}
				r.Rules = append(r.Rules, rule)
			}
			if len(r.Rules) == 0 {
				return fail(exitUsage, errors.New("--rule is needed"))
			}
			var err error
			if r.Freshness, err = listFreshness(warn, honour); err != nil {
				return err
			}
			what := fmt.Sprintf("recognise %s of %s under %s alone, with the root key of this administration", counted(len(r.Rules), "rule"), r.Partner, r.ID)
			return changed(a, what, "/recognitions", r, func(s *registry.Recognised) error {
				return a.reply("aeo.recognition/1", s, func(w io.Writer) { writeAlone(w, s) })
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.Partner, "partner", "", "the partner's territory")
	_ = cmd.MarkFlagRequired("partner") // the flag is defined above
	f.StringArrayVar(&rules, "rule", nil, "what is recognised, see above; repeatable")
	f.StringVar(&r.Title, "title", "", "title of the legal instrument")
	f.StringVar(&r.Citation, "citation", "", "where it is published")
	f.StringVar(&r.Mailbox, "mailbox", "", "where the partner is written to")
	f.StringVar(&warn, "warn-after", "35d", "age of the newest list from which verdicts say so")
	f.StringVar(&honour, "honour-until", "45d", "age of the newest list from which it no longer counts, at most 45d")
	f.Int64Var(&r.NoticeDays, "notice-days", 0, "days of notice before an end")
	byFlag(cmd, &r.By)
	secondFlag(cmd, &r.Second)
	return cmd
}

// listFreshness is how old the day may be of which the newest list speaks.
func listFreshness(warn, honour string) (*mra.Freshness, error) {
	var f mra.Freshness
	err := cmp.Or(readFlag("warn-after", warn, parseAge, &f.WarnAfter), readFlag("honour-until", honour, parseAge, &f.HonourUntil))
	f.Target = min(24*hour, f.WarnAfter)
	return &f, err
}

// writeAlone is what we recognise alone, as a rung of the ladder.
func writeAlone(w io.Writer, s *registry.Recognised) {
	fmt.Fprintf(w, "%s  recognised by us alone, version %d: %s\n", s.ID, s.Version, aloneWords(s))
	for _, r := range s.Rules {
		writeRule(w, r.By, r.AuthorisationType, strings.Join(r.Roles, ", "), r.Of, r.Direction, r.As, "over lists,", r.From, r.Until)
	}
}

// aloneWords says how it stands, and how old the lists are that it rests on.
func aloneWords(s *registry.Recognised) string {
	state := ruleWord(s.State)
	if s.State == "replaced" {
		state = "the annex has taken over"
	}
	for _, l := range s.Lists {
		state += fmt.Sprintf("; the newest list of %s is number %d and speaks of %s", l.Partner, l.Number, l.StatedAsOf)
	}
	if len(s.Lists) == 0 {
		state += "; no list was imported yet"
	}
	return state
}
