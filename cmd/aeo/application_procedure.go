package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/spf13/cobra"
)

// procedureVerbs are the steps of an application between its submission and the end
// of what can be done about the decision.
func (a *app) procedureVerbs() []*cobra.Command {
	return []*cobra.Command{
		a.applicationRequestInfo(), a.applicationGiveInfo(), a.applicationExtend(), a.applicationConsult(), a.applicationConsulted(),
		a.applicationHear(), a.applicationReply(), a.applicationAssign(), a.applicationServe(), a.applicationAppeal(),
		a.takeBack("stay", "keep a refusal from having its effects for a time", "stay the refusal of"),
		a.takeBack("set-aside", "take a refusal back: the procedure goes on", "set aside the decision on"),
		a.takeBack("rectify", "put an obvious error in the words of a decision right", "rectify the decision on"),
	}
}

func (a *app) applicationRequestInfo() *cobra.Command {
	r := new(registry.RequestInformation)
	cmd := acting(a, a.showApplication, deed{use: "request-info APPLICATION", short: "ask the applicant for what is missing; the time for the answer runs",
		example: `  aeo application request-info EU-APP-000001 --item "the accounts of 2025" --by "A. Blum" --yes`,
		what:    "ask for information in", path: "/applications/request-info", request: r, number: &r.Application, dryRun: &r.DryRun})
	cmd.Flags().StringArrayVar(&r.Items, "item", nil, "what is asked for; repeatable")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationGiveInfo() *cobra.Command {
	r := new(registry.GiveInformation)
	cmd := acting(a, a.showApplication, deed{use: "give-info APPLICATION", short: "record the applicant's answer to a request for information",
		example: `  aeo application give-info EU-APP-000001 --text "sent on paper" --by "Nordlicht GmbH" --yes`,
		what:    "record the answer in", path: "/applications/answer", request: r, number: &r.Application, dryRun: &r.DryRun})
	cmd.Flags().StringVar(&r.Answer, "text", "", "the answer, or where it is")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationExtend() *cobra.Command {
	r := new(registry.ChangePeriod)
	var period string
	cmd := acting(a, a.showApplication, deed{use: "extend APPLICATION", short: "extend a period, let it stand still, or let it run again; the applicant is told why",
		example: `  aeo application extend EU-APP-000001 --for authority --period 60d --reason "five sites" --by "A. Blum" --yes`,
		what:    "change a period of", path: "/applications/extend", request: r, number: &r.Application, dryRun: &r.DryRun,
		set: func() (err error) {
			if period != "" {
				if r.Period, err = parsePeriod(period); err != nil {
					return fail(exitUsage, fmt.Errorf("--period: %w", err))
				}
			}
			return nil
		}})
	cmd.Flags().StringVar(&r.For, "for", "", "why, as the programme calls it: authority, applicant, criminal_proceedings, ...")
	cmd.Flags().StringVar(&period, "period", "", "by how much: 60d, 10w (working days), 6m; none where it stands still until --resume")
	cmd.Flags().BoolVar(&r.Resume, "resume", false, "what it stood still for is over")
	cmd.Flags().StringVar(&r.Rule, "rule", "", "whose period (default: the decision)")
	cmd.Flags().BoolVar(&r.Asked, "asked", false, "the applicant wished it")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "as the applicant is told")
	cmd.Flags().StringVar(&r.Basis, "basis", "", "legal basis (default: as the programme says)")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationConsult() *cobra.Command {
	r := new(registry.Consult)
	cmd := acting(a, a.showApplication, deed{use: "consult APPLICATION", short: "consult another member of the union, or another agency",
		example: `  aeo application consult EU-APP-000001 --who FR --question "the site in Lyon?" --by "A. Blum" --yes`,
		what:    "consult about", path: "/applications/consult", request: r, number: &r.Application, dryRun: &r.DryRun})
	cmd.Flags().StringVar(&r.Who, "who", "", "a member of the union, or a name the programme has")
	cmd.Flags().StringVar(&r.Question, "question", "", "what is asked")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationConsulted() *cobra.Command {
	r := new(registry.AnswerConsultation)
	var objects bool
	cmd := acting(a, a.showApplication, deed{use: "answer-consultation APPLICATION", short: "record the answer of who was consulted",
		example: `  aeo application answer-consultation EU-APP-000001 --who FR --objection --document SHA256 --by "A. Blum" --yes`,
		what:    "record the answer of a consultation in", path: "/applications/answer-consultation", request: r, number: &r.Application, dryRun: &r.DryRun,
		set: func() error {
			r.Answer = authorisation.AgreesConsultation
			if objects {
				r.Answer = authorisation.Objects
			}
			return nil
		}})
	cmd.Flags().StringVar(&r.Who, "who", "", "who answers")
	cmd.Flags().BoolVar(&objects, "objection", false, "they object (default: no objection)")
	cmd.Flags().StringArrayVar(&r.Documents, "document", nil, "SHA-256 of a document that goes with it; repeatable")
	cmd.Flags().StringVar(&r.Note, "note", "", "what they say")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationHear() *cobra.Command {
	r := new(registry.HearApplicant)
	cmd := acting(a, a.showApplication, deed{use: "hear APPLICATION", short: "send the applicant the grounds of an adverse decision; the time for the reply runs",
		example: `  aeo application hear EU-APP-000001 --text "We intend to refuse: ..." --reason infringements --basis "UCC Art. 39(a)" --by "A. Blum" --yes`,
		what:    "send the grounds of a decision against", path: "/applications/hear", request: r, number: &r.Application, dryRun: &r.DryRun})
	cmd.Flags().StringVar(&r.Text, "text", "", "the grounds, as the applicant reads them")
	groundsFlags(cmd, &r.Grounds)
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationReply() *cobra.Command {
	r := new(registry.ReplyToGrounds)
	cmd := acting(a, a.showApplication, deed{use: "reply APPLICATION", short: "record what the applicant says to the grounds",
		example: `  aeo application reply EU-APP-000001 --text "Both penalties are appealed against." --by "Nordlicht GmbH" --yes`,
		what:    "record the reply in", path: "/applications/reply", request: r, number: &r.Application, dryRun: &r.DryRun})
	cmd.Flags().StringVar(&r.Text, "text", "", "the reply")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationAssign() *cobra.Command {
	r := new(registry.AssignApplication)
	cmd := acting(a, a.showApplication, deed{use: "assign APPLICATION", short: "give a case to an officer, or to another office",
		example: `  aeo application assign EU-APP-000001 --officer "A. Blum" --office HH --by "J. Vogt" --yes`,
		what:    "assign", path: "/applications/assign", request: r, number: &r.Application, dryRun: &r.DryRun})
	cmd.Flags().StringVar(&r.Officer, "officer", "", "who has the case from now on")
	cmd.Flags().StringVar(&r.Office, "office", "", "of which office (default: as it is)")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why it goes to another office")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationServe() *cobra.Command {
	r := new(registry.ServeDecision)
	var sent, received string
	cmd := acting(a, a.showApplication, deed{use: "serve APPLICATION", short: "record how the decision reached the applicant; the time for an appeal runs from its receipt",
		example: `  aeo application serve EU-APP-000001 --channel post --proof "RR 123 456 789 DE" --by "A. Blum" --yes`,
		what:    "record the service of the decision on", path: "/applications/serve", request: r, number: &r.Application, dryRun: &r.DryRun,
		set: func() error {
			if err := readFlag("sent", sent, a.parseTime, &r.SentAt); err != nil {
				return err
			}
			return readFlag("received", received, a.parseTime, &r.ReceivedAt)
		}})
	cmd.Flags().StringVar((*string)(&r.Channel), "channel", "", "portal, post, hand or publication")
	cmd.Flags().StringVar(&sent, "sent", "", "when it was sent (default: now)")
	cmd.Flags().StringVar(&received, "received", "", "when it was received (default: not known; deemed so by the programme's rule)")
	cmd.Flags().StringVar(&r.Proof, "proof", "", "such as the number of the letter")
	byFlag(cmd, &r.By)
	return cmd
}

func (a *app) applicationAppeal() *cobra.Command {
	r := new(registry.AppealApplication)
	cmd := acting(a, a.showApplication, deed{use: "appeal APPLICATION", short: "record an appeal, or with --outcome what became of it",
		example: `  aeo application appeal EU-APP-000001 --body "Finanzgericht Hamburg" --reference "4 K 1/26" --by "Nordlicht GmbH" --yes`,
		what:    "record an appeal about", path: "/applications/appeal", request: r, number: &r.Application, dryRun: &r.DryRun})
	cmd.Flags().StringVar(&r.Body, "body", "", "who decides the appeal")
	cmd.Flags().StringVar(&r.Reference, "reference", "", "its number there")
	cmd.Flags().StringVar((*string)(&r.Outcome), "outcome", "", "dismissed, upheld or withdrawn; what is upheld is set aside by an act of its own")
	byFlag(cmd, &r.By)
	return cmd
}

// takeBack is one of the verbs of the way back from a decision.
func (a *app) takeBack(verb, short, what string) *cobra.Command {
	r := new(registry.TakeBack)
	var from, until string
	example := `EU-APP-000001 --who court --reason court-order --basis "judgment 4 K 1/26" --by "J. Vogt"`
	if verb == "rectify" {
		example = `EU-APP-000001 --field basis --old "UCC Art. 38" --new "UCC Art. 39(a)" --reason clerical-error --basis "UCC Art. 23(3)" --by "J. Vogt"`
	}
	cmd := acting(a, a.showApplication, deed{use: verb + " APPLICATION", short: short,
		example: "  aeo application " + verb + " " + example + " --yes",
		what:    what, path: "/applications/" + verb, request: r, number: &r.Application, dryRun: &r.DryRun,
		set: func() error {
			if err := readFlag("from", from, a.parseTime, &r.From); err != nil {
				return err
			}
			return readFlag("until", until, a.parseTime, &r.Until)
		}})
	takeBackFlags(cmd, verb, (*string)(&r.Who), &from, &until, &r.Field, &r.Old, &r.New)
	if verb == "stay" {
		cmd.Flags().BoolVar(&r.Lift, "lift", false, "end the stay: the refusal has its effects again")
	}
	groundsFlags(cmd, &r.Grounds)
	byFlag(cmd, &r.By)
	return cmd
}

// takeBackFlags are those of stay, set-aside and rectify, of applications and of authorisations.
func takeBackFlags(cmd *cobra.Command, verb string, who, from, until, field, old, with *string) {
	if verb == "rectify" {
		cmd.Flags().StringVar(field, "field", "", "which words: reasons, reason or basis")
		cmd.Flags().StringVar(old, "old", "", "what they say")
		cmd.Flags().StringVar(with, "new", "", "what they are to say")
		return
	}
	cmd.Flags().StringVar(who, "who", "", "whose word it is: court, review or error")
	cmd.Flags().StringVar(from, "from", "", "from when on (default: at once)")
	if verb == "stay" {
		cmd.Flags().StringVar(until, "until", "", "until when (default: until further notice)")
	}
}

// parsePeriod reads a period as people write it: "30d", "6m", "2y", "10w" (working
// days), "72h".
func parsePeriod(s string) (*deadline.Period, error) {
	units := map[byte]deadline.Unit{'h': deadline.Hours, 'd': deadline.Days, 'w': deadline.WorkingDays, 'm': deadline.Months, 'y': deadline.Years}
	p := &deadline.Period{}
	if len(s) < 2 || len(s) > 6 || units[s[len(s)-1]] == "" {
		return nil, fmt.Errorf("%.40q is no period: want 30d, 10w (working days), 6m, 1y or 72h", s)
	}
	p.Unit = units[s[len(s)-1]]
	for _, c := range s[:len(s)-1] {
		if c < '0' || c > '9' {
			return nil, fmt.Errorf("%.40q is no period: want 30d, 10w (working days), 6m, 1y or 72h", s)
		}
		p.N = p.N*10 + int(c-'0')
	}
	return p, p.Check()
}

// showFile shows an application as the officer who has it wants it.
func (a *app) showFile(f registry.ApplicationFile) error {
	return a.reply("aeo.application/1", f, func(w io.Writer) {
		a.writeApplication(w, f.Application)
		for i, m := range f.Missing {
			what := "missing"
			if i > 0 {
				what = ""
			}
			fmt.Fprintf(w, "  %-14s %s\n", what, plain(m))
		}
	})
}

// writeApplication writes where an application stands, what is due and who has it.
func (a *app) writeApplication(w io.Writer, app authorisation.Application) {
	fmt.Fprintf(w, "%s  %s for %s as %s\n", app.Case, app.State, app.Wish.Type, strings.Join(app.Wish.Roles, ", "))
	line := func(what, format string, args ...any) {
		fmt.Fprintf(w, "  %-14s %s\n", what, fmt.Sprintf(format, args...))
	}
	line("operator", "%s", app.Wish.Operator)
	for _, s := range app.Wish.Sites {
		line("site", "%s  %s, %s", s.ID, plain(s.Name), s.Address.Country)
	}
	if app.Wish.SuccessorOf != "" {
		line("succeeds", "%s", app.Wish.SuccessorOf)
	}
	if app.Wish.Authority != "" {
		line("decided by", "%s", app.Wish.Authority)
	}
	if app.Officer != "" {
		line("with", "%s", plain(strings.TrimSpace(app.Officer+" "+app.Office)))
	}
	if app.Deemed {
		line("accepted", "by silence, as of %s", instant(app.AcceptedAt))
	}
	if r := app.Request; r != nil && r.AnsweredAt == 0 && !app.State.Final() {
		line("asked for", "%s", plain(strings.Join(r.Items, "; ")))
	}
	for _, c := range app.Consultations {
		answer := "has not answered"
		if c.Answer != "" {
			answer = strings.ReplaceAll(string(c.Answer), "_", " ")
		}
		line("consulted", "%s: %s", c.Consulted, answer)
	}
	found := map[string]bool{} // one criterion may be found on at several sites
	for _, f := range app.Findings {
		found[f.Requirement] = true
	}
	if n := len(found); n > 0 {
		line("assessed", "%d of %d criteria, by %s", n, len(app.Wish.Requirements), plain(strings.Join(app.Assessors, ", ")))
	}
	a.writeDecision(app, line)
	if app.Authorisation != "" {
		line("authorisation", "%s", app.Authorisation)
	}
	if len(app.Clocks) > 0 {
		printClocks(w, app.Clocks, a.zoneOf(app.Wish.Authority))
	}
}

func (a *app) writeDecision(app authorisation.Application, line func(string, string, ...any)) {
	if h := app.Heard; h != nil {
		switch {
		case h.RepliedAt != 0:
			line("heard", "replied %s", instant(h.RepliedAt))
		case h.OverAt != 0:
			line("heard", "no reply by %s", instant(h.OverAt))
		default:
			line("heard", "grounds sent %s", instant(h.SentAt))
		}
	}
	if d := app.Decision; d != nil {
		if len(d.Refused) > 0 {
			line("refused", "%s", strings.Join(d.Refused, ", "))
		}
		if d.Late {
			line("late", "decided %s, after the time for it", instant(d.At))
		}
		if d.BarUntil != 0 && d.SetAsideAt == 0 {
			line("barred", "until %s", a.deadlineOf(d.BarUntil))
		}
		if d.SetAsideAt != 0 {
			line("set aside", "from %s on", instant(d.SetAsideAt))
		}
	}
	if s := app.Service; s != nil {
		switch {
		case s.ReceivedAt == 0:
			line("served", "by %s, sent %s", s.Channel, instant(s.SentAt))
		case s.Deemed:
			line("served", "by %s, deemed received %s", s.Channel, instant(s.ReceivedAt))
		default:
			line("served", "by %s, received %s", s.Channel, instant(s.ReceivedAt))
		}
	}
	for _, p := range app.Appeals {
		outcome := "open"
		if p.Outcome != "" {
			outcome = string(p.Outcome)
		}
		line("appeal", "%s, %s: %s", plain(p.Body), plain(p.Reference), outcome)
	}
}
