package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/programme"
)

// RequestInformation asks an applicant for what is missing.
type RequestInformation struct {
	Application string   `json:"application"`
	Items       []string `json:"items"`
	By          string   `json:"by"`
	DryRun      bool     `json:"dry_run,omitzero"`
}

// RequestInformation asks for information: the time for the answer runs, others stand
// still or grow as the programme says. That for the acceptance is kept by asking; where it
// does not stand still it runs anew from the answer on.
func (n *Node) RequestInformation(ctx context.Context, r RequestInformation) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		w.start(programme.RuleInformation, w.at, "")
		if k, _ := w.clocks.Open(programme.RuleAcceptance); a.State == authorisation.Submitted && len(k.Standing) == 0 {
			w.end(programme.RuleAcceptance)
		}
		timed, err := w.timed()
		return authorisation.RequestInformation{By: by, Items: r.Items, Timed: timed}, err
	}, access.Assessor, access.DecisionMaker)
}

// GiveInformation is the applicant's answer to a request.
type GiveInformation struct {
	Application string `json:"application"`
	Answer      string `json:"answer"`
	By          string `json:"by"`
	DryRun      bool   `json:"dry_run,omitzero"`
}

// GiveInformation records the answer.
func (n *Node) GiveInformation(ctx context.Context, r GiveInformation) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		w.end(programme.RuleInformation)
		if a.State == authorisation.InfoRequested {
			w.start(programme.RuleAcceptance, w.at, "")
		}
		timed, err := w.timed()
		return authorisation.GiveInformation{By: by, Answer: r.Answer, Timed: timed}, err
	}, applicants...)
}

// ChangePeriod extends a period of an application, or lets it run again.
type ChangePeriod struct {
	Application string           `json:"application"`
	Rule        string           `json:"rule,omitzero"` // whose clock; empty: the decision
	For         string           `json:"for"`           // id of the extension the programme allows
	Period      *deadline.Period `json:"period,omitzero"`
	Resume      bool             `json:"resume,omitzero"` // what it stood still for is over
	Asked       bool             `json:"asked,omitzero"`  // the applicant wished it
	Reason      string           `json:"reason,omitzero"`
	Basis       string           `json:"basis,omitzero"` // empty: as the programme says
	By          string           `json:"by"`
	DryRun      bool             `json:"dry_run,omitzero"`
}

// ChangePeriod extends a period before it is over, lets it stand still (criminal
// proceedings), or lets it run again.
func (n *Node) ChangePeriod(ctx context.Context, r ChangePeriod) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(_ authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		name := r.Rule
		if name == "" {
			name = programme.RuleDecision
		}
		why := deadline.Why{For: r.For, Reason: r.Reason, Basis: r.Basis}
		if why.Reason == "" {
			return nil, fmt.Errorf("%w: reason: missing, the applicant is told", ErrInvalid)
		}
		rule, err := w.planner.Rules.Rule(name)
		if err != nil {
			return nil, fmt.Errorf("%w: rule: %w", ErrInvalid, err)
		}
		if why.Basis == "" {
			i := slices.IndexFunc(rule.Extensions, func(e deadline.Extension) bool { return e.ID == r.For })
			if i >= 0 {
				why.Basis = rule.Extensions[i].Source
			}
		}
		if r.Resume {
			w.add(w.planner.Resume(w.clocks, name, w.at, why))
		} else {
			w.add(w.planner.Extend(w.clocks, name, w.at, r.Period, why))
		}
		timed, err := w.timed()
		return authorisation.ChangePeriod{By: by, Asked: r.Asked, Timed: timed}, err
	}, access.Assessor, access.DecisionMaker)
}

// Consult asks another member of the union, or another agency, about an applicant.
type Consult struct {
	Application string `json:"application"`
	Who         string `json:"who"` // a member's code, or a name the programme has
	Question    string `json:"question,omitzero"`
	By          string `json:"by"`
	DryRun      bool   `json:"dry_run,omitzero"`
}

// Consult starts a consultation; what silence means is the rule in force that day.
func (n *Node) Consult(ctx context.Context, r Consult) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		p := n.packOf(a.Wish.Authority, a.Pack)
		c := authorisation.Consult{By: by, Consulted: r.Who, Question: r.Question}
		rule, known := consultation(p, r.Who, by.At)
		if !known && len(p.Members) > 0 && len(r.Who) == len(p.Territory) && !isMember(p, r.Who) {
			return nil, fmt.Errorf("%w: who: %.40q is no member of %s", ErrInvalid, r.Who, p.Name)
		}
		if known {
			c.Mandatory, c.Binding = rule.Mandatory, rule.Mandatory && isMember(p, r.Who)
			w.start(rule.Rule+"#"+r.Who, w.at, rule.Silence)
		}
		timed, err := w.timed()
		c.Timed = timed
		return c, err
	}, access.Assessor, access.DecisionMaker)
}

// AnswerConsultation is what somebody who was consulted said.
type AnswerConsultation struct {
	Application string               `json:"application"`
	Who         string               `json:"who"`
	Answer      authorisation.Answer `json:"answer"`
	Documents   []string             `json:"documents,omitzero"` // SHA-256
	Note        string               `json:"note,omitzero"`
	By          string               `json:"by"`
	DryRun      bool                 `json:"dry_run,omitzero"`
}

// AnswerConsultation records the answer.
func (n *Node) AnswerConsultation(ctx context.Context, r AnswerConsultation) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(_ authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		w.end(programme.RuleConsultation + "#" + r.Who)
		timed, err := w.timed()
		return authorisation.AnswerConsultation{By: by, Consulted: r.Who, Answer: r.Answer, Documents: r.Documents, Note: r.Note, Timed: timed}, err
	}, access.Assessor, access.DecisionMaker)
}

// HearApplicant sends an applicant the grounds of a decision against it.
type HearApplicant struct {
	Application string                `json:"application"`
	Grounds     authorisation.Grounds `json:"grounds"`
	Text        string                `json:"text"`
	By          string                `json:"by"`
	DryRun      bool                  `json:"dry_run,omitzero"`
}

// HearApplicant opens the hearing; the time for the decision grows by that for the
// reply, where the programme says so.
func (n *Node) HearApplicant(ctx context.Context, r HearApplicant) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(_ authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		w.start(programme.RuleHearing, w.at, "")
		timed, err := w.timed()
		return authorisation.SendGrounds{By: by, Grounds: r.Grounds, Text: r.Text, Timed: timed}, err
	}, access.Assessor, access.DecisionMaker)
}

// ReplyToGrounds is what the applicant says to the grounds.
type ReplyToGrounds struct {
	Application string `json:"application"`
	Text        string `json:"text"`
	By          string `json:"by"`
	DryRun      bool   `json:"dry_run,omitzero"`
}

// ReplyToGrounds records the reply.
func (n *Node) ReplyToGrounds(ctx context.Context, r ReplyToGrounds) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(_ authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		w.end(programme.RuleHearing)
		timed, err := w.timed()
		return authorisation.Reply{By: by, Text: r.Text, Timed: timed}, err
	}, applicants...)
}

// AssignApplication gives a case to an officer, and with another office to that.
type AssignApplication struct {
	Application string `json:"application"`
	Officer     string `json:"officer"`
	Office      string `json:"office,omitzero"` // empty: as it is
	Reason      string `json:"reason,omitzero"` // of a transfer to another office
	By          string `json:"by"`
	DryRun      bool   `json:"dry_run,omitzero"`
}

// AssignApplication says who has the case.
func (n *Node) AssignApplication(ctx context.Context, r AssignApplication) (authorisation.Application, error) {
	return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By) (authorisation.Command, error) {
		offices := n.packOf(a.Wish.Authority, a.Pack).Procedure.Offices
		known := slices.ContainsFunc(offices, func(o programme.Office) bool { return o.Code == r.Office })
		if r.Office != "" && len(offices) > 0 && !known {
			return nil, fmt.Errorf("%w: the programme knows no office %.40q", ErrInvalid, r.Office)
		}
		if err := n.mayWork(a.Wish.Operator, access.Officers(), r.Officer); err != nil {
			return nil, err
		}
		office := r.Office
		if office == "" {
			office = a.Office
		}
		return authorisation.Assign{By: by, Officer: r.Officer, Office: office, Reason: r.Reason}, nil
	}, access.Assessor, access.DecisionMaker)
}

// ServeDecision records how a decision reached the applicant.
type ServeDecision struct {
	Application string                `json:"application"`
	Channel     authorisation.Channel `json:"channel"`
	SentAt      int64                 `json:"sent_at,omitzero"`     // Unix seconds; 0: now
	ReceivedAt  int64                 `json:"received_at,omitzero"` // 0: not known yet
	Proof       string                `json:"proof,omitzero"`
	By          string                `json:"by"`
	DryRun      bool                  `json:"dry_run,omitzero"`
}

// ServeDecision records the service. Once received, or deemed so by the programme's
// rule, the time for an appeal runs.
func (n *Node) ServeDecision(ctx context.Context, r ServeDecision) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		s := authorisation.Service{Channel: r.Channel, SentAt: r.SentAt, ReceivedAt: r.ReceivedAt, Proof: r.Proof}
		if s.SentAt == 0 && a.Service != nil {
			s.SentAt = a.Service.SentAt
		}
		if s.SentAt == 0 {
			s.SentAt = by.At
		}
		if s.ReceivedAt == 0 && !byPost(s.Channel) {
			s.ReceivedAt = s.SentAt // at hand over, or once it is in the portal
		}
		if s.SentAt < 0 || s.ReceivedAt < 0 {
			return nil, fmt.Errorf("%w: sent_at or received_at: not a time in Unix seconds", ErrInvalid)
		}
		if s.ReceivedAt == 0 {
			w.start(programme.RuleService, time.Unix(s.SentAt, 0), "")
		} else {
			w.end(programme.RuleService)
			w.start(programme.RuleAppeal, time.Unix(s.ReceivedAt, 0), "")
		}
		timed, err := w.timed()
		return authorisation.Serve{By: by, Service: s, Timed: timed}, err
	}, access.Assessor, access.DecisionMaker)
}
