package demo

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/visit"
)

// life is the one AEO of the demo whose whole life is told: from its first draft to
// the annulment of its status, and what a court made of that.
type life struct {
	holder
	trader      string // its employee, who has an account
	operator    string
	application string
	visit       string
	annulled    string // the credential file of when it was annulled
	laptop      []byte // the file of the visit, as the validator carries it
	seals, log  string // digests of evidence
}

// sensorik is a small firm with a second site, in France.
var sensorik = company{file: "nordwatt-sensorik", at: "DE", name: "Nordwatt Sensorik GmbH", identifier: "DE3456789", kind: "AEOS", roles: []string{"exporter", "manufacturer"},
	address: authorisation.Address{Country: "DE", Locality: "Flensburg", Postcode: "24937", Street: "Am Kai 7"}}

var sites = []authorisation.Site{
	{ID: "FL-1", Name: "Werk Flensburg", Address: authorisation.Address{Country: "DE", Locality: "Flensburg"}},
	{ID: "LY-1", Name: "Atelier Lyon", Address: authorisation.Address{Country: "FR", Locality: "Lyon"}},
}

// apply is the first day: a draft, the questionnaire, evidence, and an application
// that lacks something.
func (s *story) apply() error {
	if s.sites["DE"] == nil {
		return nil
	}
	o := officers["DE"]
	n := s.sites["DE"].node
	s.life = &life{holder: holder{company: sensorik}, trader: "J. Petersen"}
	op, err := n.RegisterOperator(s.as("DE", o.desk), registry.RegisterOperator{Holder: authorisation.Holder{
		LegalName: sensorik.name, Identifiers: []string{sensorik.identifier}, Address: sensorik.address}})
	if err != nil {
		return err
	}
	number, err := s.open("DE", s.life.trader)
	if err != nil {
		return err
	}
	if err := s.give("DE", registry.ChangeRole{Account: number, Role: access.Applicant, Operator: op.Case}); err != nil {
		return err
	}
	trader := s.as("DE", s.life.trader)
	wish := registry.SubmitApplication{Operator: op.Case, Type: sensorik.kind, Roles: sensorik.roles, Sites: sites}
	app, err := n.DraftApplication(trader, wish)
	if err != nil {
		return err
	}
	s.life.operator, s.life.application = op.Case, app.Case
	answered, err := s.questionnaire()
	if err != nil {
		return err
	}
	if s.life.seals, err = s.file("Seal log of the year", "G-2", "seal,on,by\nK 4711,2026-01-05,JP\nK 4712,2026-01-06,JP\n"); err != nil {
		return err
	}
	wish.Application = app.Case
	if _, err := n.SubmitApplication(trader, wish); err != nil {
		return err
	}
	if _, err := n.RequestInformation(s.as("DE", o.desk), registry.RequestInformation{Application: app.Case, Items: []string{"the annual accounts of last year"}}); err != nil {
		return err
	}
	s.say(149, "%s, small and young, applies in Germany: a draft, %d answers for two sites, a seal log as evidence. The desk asks for its annual accounts.", sensorik.name, answered)
	return nil
}

// questionnaire answers every question, once or for each site.
func (s *story) questionnaire() (int, error) {
	n := s.sites["DE"].node
	q, err := n.Questionnaire(s.life.application)
	if err != nil {
		return 0, err
	}
	var answers []authorisation.Response
	for _, section := range q.Sections {
		for _, asks := range section.Questions {
			r := authorisation.Response{Criterion: asks.Criterion, Site: asks.Site, Answer: authorisation.SaysYes}
			switch asks.Criterion {
			case "A-1":
				r.Answer, r.Text = authorisation.SaysNo, "none since the firm was founded"
			case "G-2":
				r.Answer, r.Text = authorisation.SaysPartly, "seals are logged by hand"
			}
			answers = append(answers, r)
		}
	}
	_, err = n.AnswerQuestionnaire(s.as("DE", s.life.trader), registry.AnswerQuestionnaire{Application: s.life.application, Responses: answers})
	return len(answers), err
}

// file enters evidence into the register and returns its digest.
func (s *story) file(title, criterion, content string) (string, error) {
	a, err := s.sites["DE"].node.AddEvidence(s.as("DE", s.life.trader),
		registry.AddEvidence{Application: s.life.application, Title: title, Criteria: []string{criterion}}, []byte(content))
	if err != nil {
		return "", err
	}
	return a.Evidence[len(a.Evidence)-1].SHA256, nil
}

// complete is the applicant's answer: the time in which silence accepts begins.
func (s *story) complete() error {
	if s.life == nil {
		return nil
	}
	a, err := s.sites["DE"].node.GiveInformation(s.as("DE", s.life.trader),
		registry.GiveInformation{Application: s.life.application, Answer: "the accounts are on the file"})
	if err != nil {
		return err
	}
	k, ok := a.Clocks.Open("acceptance")
	if !ok {
		return fmt.Errorf("%s: no time for its acceptance runs", a.Case)
	}
	s.say(145, "%s sends its accounts. If nobody answers by the end of %s, it counts as accepted.", sensorik.name, dayBefore(k.Due))
	return nil
}

// berlin is the time of the administration whose cases are told whole.
func berlin(at int64) time.Time {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.UTC // a machine without zones; the node itself brings its own
	}
	return time.Unix(at, 0).In(zone)
}

// dayBefore is the last day of a period that ends at an instant.
func dayBefore(due int64) string { return berlin(due - 1).Format(time.DateOnly) }

// examine comes after nobody answered: the assessor's findings, a second member is
// consulted, and a visit is planned and taken along.
func (s *story) examine() error {
	if s.life == nil {
		return nil
	}
	n, o := s.sites["DE"].node, officers["DE"]
	a, err := n.Application(s.life.application)
	if err != nil {
		return err
	}
	s.facts = append(s.facts, s.fact("silence accepts", a.Deemed && a.State == authorisation.Accepted, "%s, by silence: %t", a.State, a.Deemed))
	if _, err := n.AssignApplication(s.as("DE", o.decides), registry.AssignApplication{Application: a.Case, Officer: o.assessor}); err != nil {
		return err
	}
	vogel := s.as("DE", o.assessor)
	founded := s.present.AddDate(-2, 0, 0).Format(time.DateOnly)
	_, err = n.JudgeYoung(vogel, registry.JudgeYoung{Application: a.Case, Established: founded, Basis: "other_records", Note: "records of the tax office"})
	if err != nil {
		return err
	}
	seals := authorisation.Finding{Requirement: "G-2", Site: "FL-1", Result: authorisation.Partly, Severity: authorisation.Minor, Note: "seals are logged by hand", Evidence: []string{s.life.seals}}
	elsewhere := authorisation.Finding{Requirement: "G-2", Site: "LY-1", Result: authorisation.Met}
	if _, err := n.AssessApplication(vogel, registry.AssessApplication{Application: a.Case, AllMet: true, Findings: []authorisation.Finding{seals, elsewhere}}); err != nil {
		return err
	}
	if _, err := n.RequireAction(vogel, registry.RequireAction{Application: a.Case, Criterion: "G-2", Site: "FL-1", Severity: authorisation.Minor, What: "number the seals", Owner: s.life.trader}); err != nil {
		return err
	}
	if _, err := n.Consult(vogel, registry.Consult{Application: a.Case, Who: "FR", Question: "the site in Lyon?"}); err != nil {
		return err
	}
	if err := s.takeAlong(); err != nil {
		return err
	}
	file, err := n.ApplicationFile(a.Case)
	if err != nil {
		return err
	}
	s.say(112, "Nobody answered in time: %s counts as accepted. %s finds one minor shortcoming and asks for its remedy; France is consulted, a visit planned.", a.Case, o.assessor)
	s.say(112, "Against a grant stands: %s.", strings.Join(file.Missing, "; "))
	return nil
}

// takeAlong plans a visit and hands its form out, with a sample of declarations.
func (s *story) takeAlong() error {
	n := s.sites["DE"].node
	day := s.clock.Now().AddDate(0, 0, 3).Format(time.DateOnly)
	v, err := n.PlanVisit(s.as("DE", officers["DE"].assessor), registry.PlanVisit{For: s.life.application, Criteria: []string{"G", "I"}, From: day, Team: []string{validatorDE}})
	if err != nil {
		return err
	}
	out, err := n.ExportVisit(s.as("DE", validatorDE), registry.ExportVisit{Visit: v.Case, Draw: 2,
		List: "mrn,goods\n26DE0001,sensors\n26DE0002,sensors\n26DE0003,cables\n26DE0004,sensors\n"})
	if err != nil {
		return err
	}
	s.life.visit = v.Case
	s.life.laptop, err = onSite(out.File, day)
	return err
}

// onSite is what a validator does without a network: a result for each line, and
// what became of the sample.
func onSite(raw []byte, day string) ([]byte, error) {
	file, form, err := visit.Parse(raw)
	if err != nil {
		return nil, err
	}
	file.VisitedOn = day
	for _, line := range form.Lines {
		file.Answer(visit.Answer{Line: line.Line, Result: authorisation.Met})
	}
	for _, row := range form.Sample.Drawn {
		file.Samples = append(file.Samples, authorisation.VisitSample{Row: row.Row, Result: "agrees"})
	}
	return file.Marshal()
}

// grant is the end of the procedure: what was missing is there, and somebody decides
// who neither assessed nor visited.
func (s *story) grant() error {
	if s.life == nil {
		return nil
	}
	n, o := s.sites["DE"].node, officers["DE"]
	thoma, vogel := s.as("DE", validatorDE), s.as("DE", o.assessor)
	if _, err := n.ImportVisit(thoma, registry.ImportVisit{Visit: s.life.visit, File: s.life.laptop}); err != nil {
		return err
	}
	if _, err := n.SignOffVisit(thoma, registry.SignOffVisit{Visit: s.life.visit}); err != nil {
		return err
	}
	if _, err := n.AnswerConsultation(vogel, registry.AnswerConsultation{Application: s.life.application, Who: "FR", Answer: authorisation.AgreesConsultation}); err != nil {
		return err
	}
	var err error
	if s.life.log, err = s.file("Numbered seals, first month", "G-2", "seal,on,by\nN 0001,2026-03-02,JP\n"); err != nil {
		return err
	}
	if _, err := n.CloseAction(vogel, registry.CloseAction{Application: s.life.application, Action: "CA-1", Evidence: []string{s.life.log}, Note: "seen"}); err != nil {
		return err
	}
	decide := registry.DecideApplication{Application: s.life.application, Grant: true, Reasons: "All conditions of Article 39 are met."}
	for _, name := range []string{o.assessor, validatorDE} {
		if _, err := n.DecideApplication(s.as("DE", name), decide); !errors.Is(err, registry.ErrNotAllowed) {
			return fmt.Errorf("%s decided %s: %v", name, s.life.application, err)
		}
	}
	a, err := n.DecideApplication(s.as("DE", o.decides), decide)
	if err != nil {
		return err
	}
	s.life.authorisation = a.Authorisation
	s.holders[sensorik.file] = &s.life.holder
	_, err = n.ServeDecision(s.as("DE", o.desk), registry.ServeDecision{Application: a.Case, Channel: authorisation.ByPortal, ReceivedAt: s.clock.Now().Unix()})
	if err != nil {
		return err
	}
	granted, err := n.Authorisation(a.Authorisation)
	if err != nil {
		return err
	}
	s.say(105, "The visit is reported and signed off, France agrees, the seals are numbered. %s grants: %s, in effect from %s, the fifth day.",
		o.decides, a.Authorisation, berlin(granted.EffectiveAt).Format(time.DateOnly))
	return nil
}

// fact is something that must hold while the nodes live.
func (s *story) fact(name string, ok bool, format string, args ...any) Fact {
	return Fact{name, s.clock.Now().Unix(), ok, fmt.Sprintf(format, args...)}
}
