package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/spf13/cobra"
)

// assessmentCmds are the verbs about what is gathered beside an application.
func (a *app) assessmentCmds() []*cobra.Command {
	evidence, action, scoring := group("evidence", "files of evidence, sealed with the applicant's key"),
		group("action", "corrective actions: what an applicant has to put right"), group("scoring", "blind second scoring of a sample")
	evidence.AddCommand(a.evidenceAdd(), a.evidenceGet(), a.evidenceList(), a.evidenceCheck())
	action.AddCommand(a.actionRequire(), a.actionExtend(), a.actionClose(), a.actionList())
	scoring.AddCommand(a.scoringDraw(), a.scoringScore(), a.scoringReport())
	return []*cobra.Command{a.applicationQuestionnaire(), a.applicationAnswer(), a.applicationSection(), a.applicationAssessment(),
		a.applicationCertificate(), a.applicationYoung(), evidence, action, scoring}
}

func (a *app) applicationAssessment() *cobra.Command {
	return &cobra.Command{
		Use: "assessment APPLICATION", Short: "show what is gathered beside an application", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := a.assessmentOf(args[0])
			if err != nil {
				return err
			}
			return a.showAssessment(s)
		},
	}
}

func (a *app) assessmentOf(number string) (s authorisation.Assessment, err error) {
	return s, a.fetch("/applications/"+escape(number)+"/assessment", &s)
}

func (a *app) showAssessment(s authorisation.Assessment) error {
	return a.reply("aeo.assessment/1", s, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %d criteria, %s open, %s of evidence\n", s.Case, len(s.Criteria), counted(len(s.Unanswered()), "question"), counted(len(s.Evidence), "file"))
		for _, n := range s.Sections {
			fmt.Fprintf(w, "  section %-6s %s\n", n.Group, plain(n.Person))
		}
		if y := s.Young; y != nil {
			basis := "no alternative basis yet"
			if y.Basis != "" {
				basis = y.Basis + ": " + plain(y.Note)
			}
			fmt.Fprintf(w, "  young          established %s, %s\n", a.dayOf(y.EstablishedOn), basis)
		}
		for _, h := range s.Certificates {
			fmt.Fprintf(w, "  certificate    %s %s of %s, valid to %s, for %s\n", h.Code, plain(h.Number), plain(h.Issuer), a.dayOf(h.ValidUntil-1), strings.Join(h.Covers, " "))
		}
		if s.Sample != nil {
			fmt.Fprintf(w, "  scored twice   %s: %d scores are in\n", strings.Join(s.Sample.Criteria, " "), len(s.Second))
		}
		for _, act := range s.Actions {
			fmt.Fprintf(w, "  %s\n", a.actionLine(act))
		}
	})
}

func (a *app) actionLine(act authorisation.CorrectiveAction) string {
	state := "due by " + a.deadlineOf(act.Due)
	switch {
	case act.ClosedAt != 0:
		state = "closed " + a.dayOf(act.ClosedAt) + " by " + act.ClosedBy
	case act.OverdueAt != 0:
		state = "OVERDUE since " + a.deadlineOf(act.Due)
	}
	if act.Condition {
		state += ", a condition"
	}
	where := act.Criterion
	if act.Site != "" {
		where += "@" + act.Site
	}
	return plain(fmt.Sprintf("%-14s %s %s: %s (%s), %s", act.ID, where, act.Severity, act.What, act.Owner, state))
}

func (a *app) applicationCertificate() *cobra.Command {
	r := registry.RegisterCertificate{}
	cmd := &cobra.Command{
		Use:     "certificate APPLICATION",
		Short:   "register a certificate of another body, on which findings may rest",
		Example: `  aeo application certificate NZ-APP-000001 --code ISO-28000 --number "NZ 771" --issuer "Telarc" --until 2027-06-30 --by "M. Hemi" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Application, r.DryRun = args[0], a.dryRun
			return changed(a, "register certificate "+r.Number+" for "+args[0], "/applications/certificates", r, a.showAssessment)
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.Code, "code", "", "the kind, as the programme names it")
	f.StringVar(&r.Number, "number", "", "its number, by which findings name it")
	f.StringVar(&r.Issuer, "issuer", "", "who issued it")
	f.StringVar(&r.ValidUntil, "until", "", "the last day it is valid")
	f.StringSliceVar(&r.Evidence, "evidence", nil, "digest of the certificate in the register, eight digits at least; repeatable")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationYoung() *cobra.Command {
	r := registry.JudgeYoung{}
	cmd := &cobra.Command{
		Use:     "young APPLICATION",
		Short:   "say that the company is young, and on what its compliance is judged instead",
		Example: `  aeo application young DE-APP-000001 --established 2025-02-01 --basis investor --note "parent, AEOF since 2009" --by "H. Brandt" --yes`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.Application, r.DryRun = args[0], a.dryRun
			return changed(a, "record that the company of "+args[0]+" was established on "+r.Established, "/applications/young", r, a.showAssessment)
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.Established, "established", "", "day it was established")
	f.StringVar(&r.Basis, "basis", "", "other_records, representative or investor; without one there is no grant yet")
	f.StringVar(&r.Note, "note", "", "what was looked at")
	f.StringSliceVar(&r.Evidence, "evidence", nil, "digest in the register, eight digits at least; repeatable")
	byFlag(cmd, &r.By)
	return cmd
}
