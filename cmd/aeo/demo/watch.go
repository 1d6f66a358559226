package demo

import (
	"time"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// report is what the holder of the told life owes customs after the grant, and what
// customs does about one report: a suspension with time to remedy.
func (s *story) report() error {
	if s.life == nil {
		return nil
	}
	n, o, trader := s.sites["DE"].node, officers["DE"], s.as("DE", s.life.trader)
	month := s.clock.Now().AddDate(0, 0, -20).Unix()
	for _, r := range []registry.ReportToCustoms{
		{Kind: authorisation.ReportChange, Code: "management", Text: "another director", HappenedAt: month},
		{Kind: authorisation.ReportIncident, Text: "the fence was cut at night"},
		{Kind: authorisation.ReportSelfAssessment, Text: "all groups", Result: authorisation.ToImprove},
	} {
		r.Authorisation = s.life.authorisation
		if _, err := n.Report(trader, r); err != nil {
			return err
		}
	}
	m, err := n.AcknowledgeReport(s.as("DE", o.decides), registry.AcknowledgeReport{Authorisation: s.life.authorisation, Report: 2, Note: "We come."})
	if err != nil {
		return err
	}
	_, err = n.Suspend(s.as("DE", o.decides), registry.Measure{Authorisation: s.life.authorisation, Ground: authorisation.ForRemedy, Days: 14,
		Grounds: authorisation.Grounds{Reason: "perimeter", Basis: "DA 2015/2446 Art. 16(1)(b)"}, Heard: authorisation.Heard{HeardAt: s.clock.Now().Unix() - 1}})
	if err != nil {
		return err
	}
	s.facts = append(s.facts, s.fact("a late notice says so", m.Reports[0].Late(), "due %s", dayBefore(m.Reports[0].DueAt)))
	s.say(60, "%s tells customs of a new director (late), a cut fence and its self-assessment. It is heard, and suspended with 14 days to mend the fence.", sensorik.name)
	return nil
}

// remedied comes after the time for the remedy ran out by the clock: the law asks for
// a decision, and until then the suspension goes on.
func (s *story) remedied() error {
	if s.life == nil {
		return nil
	}
	n, o := s.sites["DE"].node, officers["DE"]
	a, err := n.Authorisation(s.life.authorisation)
	if err != nil {
		return err
	}
	c := a.Components[0]
	overdue := c.State == authorisation.Suspended && c.Suspension != nil && c.Suspension.Overdue != 0
	s.facts = append(s.facts, s.fact("a time to remedy lapses by the clock", overdue, "%s", c.State))
	if _, err := n.Reinstate(s.as("DE", o.decides), registry.Measure{Authorisation: a.Case}); err != nil {
		return err
	}
	_, err = n.Reassess(s.as("DE", validatorDE), registry.Reassess{Authorisation: a.Case, Cause: "incident", Note: "the cut fence"})
	if err != nil {
		return err
	}
	s.say(45, "The 14 days ran out by the clock; the suspension went on until somebody decides. The fence is mended: reinstated, and the conditions are looked at again.")
	return nil
}

// annul is the end: the application had said what was false, and the firm knew.
func (s *story) annul() error {
	if s.life == nil {
		return nil
	}
	n, o := s.sites["DE"].node, officers["DE"]
	_, err := n.Reassess(s.as("DE", validatorDE), registry.Reassess{Authorisation: s.life.authorisation, Result: authorisation.ProposeRevoke, Told: authorisation.ByPortal,
		Said: "the seal log of your application seems not to be yours"})
	if err != nil {
		return err
	}
	heard := authorisation.Heard{HeardAt: s.clock.Now().AddDate(0, 0, -1).Unix()}
	_, err = n.Annul(s.as("DE", o.decides), registry.Measure{Authorisation: s.life.authorisation, Heard: heard,
		Grounds: authorisation.Grounds{Reason: "false-information", Basis: "UCC Art. 27(1)"}})
	if err := s.seconded("DE", o.second, err); err != nil {
		return err
	}
	s.say(30, "The re-check finds that the seal log was made up, and the firm knew. Heard, then annulled from the first day on: %s asks for it, %s agrees.", o.decides, o.second)
	if err := n.Tick(s.ctx); err != nil {
		return err
	}
	s.life.annulled = "cases/" + sensorik.file + "-annulled.aeo"
	return s.save(&s.life.holder, s.life.annulled)
}

// stay is the court's first word, while it looks at the appeal.
func (s *story) stay() error {
	if s.life == nil {
		return nil
	}
	n := s.sites["DE"].node
	_, err := n.AppealMeasure(s.as("DE", s.life.trader), registry.AppealMeasure{Authorisation: s.life.authorisation, Body: "Finanzgericht Hamburg", Reference: "4 K 7/26"})
	if err != nil {
		return err
	}
	_, err = n.StayMeasure(s.as("DE", officers["DE"].second), registry.TakeBackMeasure{Authorisation: s.life.authorisation, Who: authorisation.ByCourt,
		Grounds: authorisation.Grounds{Reason: "court-order", Basis: "4 V 7/26"}})
	s.say(20, "%s appeals. The court stays the annulment until it has decided: in force again, under another credential.", sensorik.name)
	return err
}

// court is what comes of the appeal: it was another firm's log that was made up.
func (s *story) court() error {
	if s.life == nil {
		return nil
	}
	n, o := s.sites["DE"].node, officers["DE"]
	_, err := n.AppealMeasure(s.as("DE", o.desk), registry.AppealMeasure{Authorisation: s.life.authorisation, Reference: "4 K 7/26", Outcome: authorisation.Upheld})
	if err != nil {
		return err
	}
	a, err := n.SetAsideMeasure(s.as("DE", o.second), registry.TakeBackMeasure{Authorisation: s.life.authorisation, Who: authorisation.ByCourt,
		Grounds: authorisation.Grounds{Reason: "judgment", Basis: "4 K 7/26"}})
	if err != nil {
		return err
	}
	newest := a.Credentials[len(a.Credentials)-1]
	s.say(10, "The court sets the annulment aside. The first credential stays ended; number %d is good from the original day on: %s.",
		newest.Sequence, berlin(newest.NotBefore).Format(time.DateOnly))
	return nil
}

// yesterday leaves work on the German desk: an application that nobody looked at yet,
// and a visit to the firm that came back.
func (s *story) yesterday() error {
	if s.life == nil {
		return nil
	}
	n, o := s.sites["DE"].node, officers["DE"]
	optik, err := n.Authorisation(s.holders["elbe-optik"].authorisation)
	if err != nil {
		return err
	}
	app, err := n.SubmitApplication(s.as("DE", o.desk), registry.SubmitApplication{Operator: optik.Operator, Type: "AEOC", Roles: optik.Roles})
	if err != nil {
		return err
	}
	if _, err := n.AssignApplication(s.as("DE", o.decides), registry.AssignApplication{Application: app.Case, Officer: o.assessor}); err != nil {
		return err
	}
	day := s.present.AddDate(0, 0, 5).Format(time.DateOnly)
	_, err = n.PlanVisit(s.as("DE", o.assessor), registry.PlanVisit{For: s.life.authorisation, Criteria: []string{"G"}, From: day, Team: []string{validatorDE}})
	return err
}
