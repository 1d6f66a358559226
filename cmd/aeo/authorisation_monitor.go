package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

// monitoringCmds are the verbs of what happens after a grant.
func (a *app) monitoringCmds() []*cobra.Command {
	return []*cobra.Command{a.monitor(), a.holderReport(), a.acknowledge(), a.reassess(), a.recordCheck(), a.action()}
}

func (a *app) monitor() *cobra.Command {
	var r registry.PlanMonitoring
	var recheck string
	cmd := &cobra.Command{
		Use: "monitor [AUTHORISATION]", Short: "what is due and was reported after the grant, or of all; with flags: plan it",
		Example: "  aeo authorisation monitor\n  aeo authorisation monitor NZ-AUT-000001\n  aeo authorisation monitor NZ-AUT-000001 --risk high --recheck-by 2027-03-01 --by \"T. Walker\" --yes",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				list, err := a.monitorings().all(a, url.Values{}, 0)
				if err != nil {
					return err
				}
				return a.monitorings().reply(a, list)
			}
			if !cmd.Flags().Changed("risk") && recheck == "" {
				var m authorisation.Monitoring
				if err := a.fetch("/monitoring/"+escape(args[0]), &m); err != nil {
					return err
				}
				return a.showMonitoring(m)
			}
			r.Authorisation, r.DryRun = args[0], a.dryRun
			if token, err := a.token(); r.By == "" && (err != nil || token == "") {
				return fail(exitUsage, errors.Join(errors.New("--by is missing, and nobody is logged in: who plans it?"), err))
			}
			if err := readFlag("recheck-by", recheck, a.parseTime, &r.RecheckBy); err != nil {
				return err
			}
			return changed(a, "plan the monitoring of "+args[0], "/monitoring/plan", r, a.showMonitoring)
		},
	}
	cmd.Flags().StringVar(&r.Risk, "risk", "", "risk class, in the words of the administration")
	cmd.Flags().StringVar(&recheck, "recheck-by", "", "bring the next re-check forward to this day")
	cmd.Flags().StringVar(&r.Note, "note", "", "why")
	cmd.Flags().StringVar(&r.By, "by", "", "who acts: the officer's name")
	return cmd
}

func (a *app) holderReport() *cobra.Command {
	var r registry.ReportToCustoms
	var kind, happened, result string
	cmd := acting(a, a.showMonitoring, deed{use: "report AUTHORISATION", short: "the holder's word: a change, an incident, suspicious goods, a self-assessment",
		example: "  aeo authorisation report NZ-AUT-000001 --kind change --code address --happened 2026-11-01 --text \"New packing house\" --by \"Southern Orchards Ltd\" --yes\n" +
			"  aeo authorisation report NZ-AUT-000001 --kind cargo --held-at \"Shed 4, Tauranga\" --text \"A seal is broken\" --by \"Southern Orchards Ltd\" --yes",
		what: "report to customs about", path: "/monitoring/report", request: &r, number: &r.Authorisation, dryRun: &r.DryRun,
		set: func() error {
			r.Kind, r.Result = authorisation.ReportKind(kind), authorisation.Result(result)
			if err := readFlag("happened", happened, a.parseTime, &r.HappenedAt); err != nil {
				return err
			}
			return nil
		}})
	cmd.Flags().StringVar(&kind, "kind", "", "change, incident, cargo, self_assessment, internal_audit or renewal")
	cmd.Flags().StringVar(&r.Code, "code", "", "kind of change, as the programme lists them")
	cmd.Flags().StringVar(&r.Text, "text", "", "what is reported")
	cmd.Flags().StringVar(&happened, "happened", "", "when it happened")
	cmd.Flags().StringVar(&r.HeldAt, "held-at", "", "where the goods are")
	cmd.Flags().StringVar(&result, "result", "", "of a self-assessment or an internal audit: in_order or to_improve")
	cmd.Flags().StringVar(&r.Office, "office", "", "office it is for")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) acknowledge() *cobra.Command {
	var r registry.AcknowledgeReport
	var goods string
	cmd := &cobra.Command{
		Use: "acknowledge AUTHORISATION", Short: "answer a report: who deals with it, what becomes of the goods",
		Example: `  aeo authorisation acknowledge NZ-AUT-000001 --report 2 --office TRG --goods hold --note "We come." --by "T. Walker" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.DryRun, r.Goods = args[0], a.dryRun, authorisation.GoodsOrder(goods)
			return changed(a, fmt.Sprintf("acknowledge report %d of %s", r.Report, args[0]), "/monitoring/acknowledge", r, a.showMonitoring)
		},
	}
	cmd.Flags().Int64Var(&r.Report, "report", 0, "number of the report")
	cmd.Flags().StringVar(&r.Office, "office", "", "office it is passed on to")
	cmd.Flags().StringVar(&goods, "goods", "", "hold or release")
	cmd.Flags().StringVar(&r.Note, "note", "", "what the holder is told")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) reassess() *cobra.Command {
	var r registry.Reassess
	var result, told string
	cmd := acting(a, a.showMonitoring, deed{use: "reassess AUTHORISATION", short: "begin a re-check of the conditions, or end it with its result",
		example: "  aeo authorisation reassess NZ-AUT-000001 --cause incident --note \"the seal\" --by \"T. Walker\" --yes\n" +
			"  aeo authorisation reassess NZ-AUT-000001 --result keep --told portal --said \"All is well.\" --by \"T. Walker\" --yes",
		what: "reassess", path: "/monitoring/reassess", request: &r, number: &r.Authorisation, dryRun: &r.DryRun,
		set: func() error {
			r.Result, r.Told = authorisation.Proposal(result), authorisation.Channel(told)
			return nil
		}})
	cmd.Flags().StringVar(&r.Cause, "cause", "", "periodic, first_validation, young, change, incident, information, law, monitoring or renewal")
	cmd.Flags().StringVar(&r.Note, "note", "", "more of the cause")
	cmd.Flags().StringVar(&result, "result", "", "keep, or what is proposed: amend, suspend, revoke; the measure itself is decided as such")
	cmd.Flags().StringVar(&told, "told", "", "how the holder was told: portal, post, hand, publication")
	cmd.Flags().StringVar(&r.Said, "said", "", "what the holder was told")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) recordCheck() *cobra.Command {
	var r registry.RecordCheck
	cmd := acting(a, a.showMonitoring, deed{use: "check AUTHORISATION", short: "keep what a register of others says: the finding, never the extract",
		example: `  aeo authorisation check NZ-AUT-000001 --what criminal_record --finding clear --source "Ministry of Justice, 2026-11-20" --by "T. Walker" --yes`,
		what:    "record a check of", path: "/monitoring/check", request: &r, number: &r.Authorisation, dryRun: &r.DryRun})
	cmd.Flags().StringVar(&r.What, "what", "", "criminal_record, infringements, insolvency, arrears or sanctions")
	cmd.Flags().StringVar(&r.Finding, "finding", "", "clear or doubt")
	cmd.Flags().StringVar(&r.Source, "source", "", "whose register, seen when")
	cmd.Flags().StringVar(&r.Note, "note", "", "what follows for the case; no personal data")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) action() *cobra.Command {
	var r registry.AskAction
	var due, severity string
	cmd := &cobra.Command{
		Use: "action AUTHORISATION", Short: "ask the holder to put something right, or close what was done",
		Example: "  aeo authorisation action NZ-AUT-000001 --criterion I-1 --severity minor --what \"Mend the fence\" --owner \"Head of security\" --by \"T. Walker\" --yes\n" +
			"  aeo authorisation action NZ-AUT-000001 --close CA-1 --note \"Seen on the spot\" --by \"T. Walker\" --yes",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Authorisation, r.DryRun, r.Severity = args[0], a.dryRun, authorisation.Severity(severity)
			if err := readFlag("due", due, a.parseTime, &r.Due); err != nil {
				return err
			}
			return changed(a, "a corrective action of "+args[0], "/monitoring/action", r, a.showMonitoring)
		},
	}
	cmd.Flags().StringVar(&r.Criterion, "criterion", "", "criterion that is not met")
	cmd.Flags().StringVar(&severity, "severity", "", "observation, minor or major")
	cmd.Flags().StringVar(&r.What, "what", "", "what is to be put right")
	cmd.Flags().StringVar(&r.Owner, "owner", "", "who puts it right")
	cmd.Flags().StringVar(&due, "due", "", "by when (default: as the programme says)")
	cmd.Flags().StringVar(&r.Close, "close", "", "number of the action that was done")
	cmd.Flags().StringVar(&r.Note, "note", "", "how it was done")
	cmd.Flags().StringSliceVar(&r.Evidence, "evidence", nil, "SHA-256 of evidence; repeatable")
	byFlag(cmd, &r.By)
	return cmd
}

// monitorings are what is watched: its class of risk, what nobody answered, what is due next.
func (a *app) monitorings() listing[authorisation.Monitoring] {
	return listing[authorisation.Monitoring]{"/monitoring", "aeo.monitorings/1", "aeo.monitoring/1", func(m authorisation.Monitoring) [][]string {
		open, due := 0, ""
		for _, r := range m.Reports {
			if r.Open() {
				open++
			}
		}
		if at, waits := m.Wakes(); waits {
			due = "next " + a.dayOf(at)
		}
		return [][]string{{m.Case, m.Operator, cmp.Or(m.Risk, "-"), fmt.Sprintf("%d unanswered", open), due}}
	}}
}

func (a *app) showMonitoring(m authorisation.Monitoring) error {
	return a.reply("aeo.monitoring/1", m, func(w io.Writer) {
		fmt.Fprintf(w, "%s  watched since %s, operator %s\n", m.Case, a.dayOf(m.Since), m.Operator)
		if m.Risk != "" {
			fmt.Fprintf(w, "  risk          %s\n", m.Risk)
		}
		if m.ClosedAt != 0 {
			fmt.Fprintf(w, "  closed        %s\n", instant(m.ClosedAt))
		}
		printClocks(w, m.Clocks, a.zoneOf(""))
		for _, r := range m.Reports {
			fmt.Fprintf(w, "  report %-6d %s of %s by %s%s: %s\n", r.ID, strings.Trim(string(r.Kind)+" "+r.Code, " "), a.dayOf(r.At), r.By, a.lateWords(r), r.Text)
			if r.HeldAt != "" {
				fmt.Fprintf(w, "  %-13s the goods are at %s\n", "", r.HeldAt)
			}
			if r.Open() {
				fmt.Fprintf(w, "  %-13s waits for an answer\n", "")
			}
			for _, n := range r.Answers {
				fmt.Fprintf(w, "  %-13s acknowledged %s by %s%s\n", "", a.dayOf(n.At), n.By, answerWords(n, r.Office))
			}
		}
		if c := m.Recheck; c != nil && c.ClosedAt == 0 {
			fmt.Fprintf(w, "  re-check      since %s, %s\n", a.dayOf(c.OpenedAt), c.Cause)
		} else if c != nil {
			fmt.Fprintf(w, "  re-check      ended %s: %s; told by %s: %s\n", a.dayOf(c.ClosedAt), c.Result, c.Told, c.Said)
		}
		for _, c := range m.Checks {
			fmt.Fprintf(w, "  check         %s: %s (%s, %s)\n", strings.ReplaceAll(c.What, "_", " "), c.Finding, c.Source, a.dayOf(c.At))
		}
		for _, c := range m.Actions {
			done := "due by " + a.deadlineOf(c.Due)
			if c.ClosedAt != 0 {
				done = "done " + a.dayOf(c.ClosedAt)
			}
			fmt.Fprintf(w, "  action %-6s %s, %s: %s; %s\n", c.ID, c.Criterion, c.Severity, c.What, done)
		}
	})
}

func (a *app) lateWords(r authorisation.Report) string {
	if r.Late() {
		return ", late (due by " + a.deadlineOf(r.DueAt) + ")"
	}
	return ""
}

func answerWords(n authorisation.Answered, office string) (words string) {
	if office != "" {
		words += ", with " + office
	}
	if n.Goods != "" {
		words += ", goods: " + string(n.Goods)
	}
	if n.Note != "" {
		words += ": " + n.Note
	}
	return words
}
