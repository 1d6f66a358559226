package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/programme"
)

// RequireAction asks an applicant to put something right.
type RequireAction struct {
	Application string                 `json:"application"`
	Criterion   string                 `json:"criterion"`
	Site        string                 `json:"site,omitzero"`
	Severity    authorisation.Severity `json:"severity"`
	What        string                 `json:"what"`
	Owner       string                 `json:"owner"`              // of the applicant
	Due         string                 `json:"due,omitzero"`       // 2006-01-02, the last day; empty: as the programme's rule says
	Condition   bool                   `json:"condition,omitzero"` // a grant does not wait for it
	By          string                 `json:"by"`
	DryRun      bool                   `json:"dry_run,omitzero"`
}

// RequireAction records a corrective action with its owner and due date.
func (n *Node) RequireAction(ctx context.Context, r RequireAction) (authorisation.Assessment, error) {
	return n.onAssessment(ctx, r.Application, r.By, r.DryRun, func(b beside) (authorisation.Command, error) {
		due, err := n.actionDue(n.lawOf(b.app), r.Due, b.by.At)
		if err != nil {
			return nil, err
		}
		return authorisation.RequireAction{By: b.by, Criterion: r.Criterion, Site: r.Site, Severity: r.Severity, What: r.What,
			Owner: r.Owner, Due: due, Condition: r.Condition}, nil
	}, assessors...)
}

func (n *Node) actionDue(pack *programme.Pack, day string, at int64) (int64, error) {
	if day != "" {
		return endOf(pack, day)
	}
	calendar, err := n.calendarOf(pack)
	if err != nil {
		return 0, err
	}
	ch, err := deadline.Planner{Rules: pack.Deadlines, Calendar: calendar}.Start(programme.RuleCorrectiveAction, time.Unix(at, 0))
	if err != nil {
		return 0, fmt.Errorf("%w: the programme has no rule for it: say until when: %w", ErrInvalid, err)
	}
	return ch.Due, nil
}

// ExtendAction gives more time for a corrective action.
type ExtendAction struct {
	Application string                `json:"application"`
	Action      string                `json:"action"` // CA-1
	Due         string                `json:"due"`
	Grounds     authorisation.Grounds `json:"grounds"`
	By          string                `json:"by"`
	DryRun      bool                  `json:"dry_run,omitzero"`
}

// ExtendAction moves the due date; what was overdue is not any more.
func (n *Node) ExtendAction(ctx context.Context, r ExtendAction) (authorisation.Assessment, error) {
	return n.onAssessment(ctx, r.Application, r.By, r.DryRun, func(b beside) (authorisation.Command, error) {
		due, err := endOf(n.lawOf(b.app), r.Due)
		return authorisation.ExtendAction{By: b.by, ID: r.Action, Due: due, Grounds: r.Grounds}, err
	}, assessors...)
}

// CloseAction says that something was put right, with the evidence of it.
type CloseAction struct {
	Application string   `json:"application"`
	Action      string   `json:"action"`
	Evidence    []string `json:"evidence"`
	Note        string   `json:"note,omitzero"`
	By          string   `json:"by"`
	DryRun      bool     `json:"dry_run,omitzero"`
}

// CloseAction closes a corrective action; its owner may not.
func (n *Node) CloseAction(ctx context.Context, r CloseAction) (authorisation.Assessment, error) {
	return n.onAssessment(ctx, r.Application, r.By, r.DryRun, func(b beside) (authorisation.Command, error) {
		digests, err := b.digests(r.Evidence)
		return authorisation.CloseAction{By: b.by, ID: r.Action, Evidence: digests, Note: r.Note}, err
	}, assessors...)
}

// passDue records which corrective actions are overdue.
func (n *Node) passDue(ctx context.Context, number string) error {
	_, err := act(ctx, n, assessmentCases, number, false, func(a authorisation.Assessment) (authorisation.Command, error) {
		at := max(n.now().Unix(), a.DecidedAt)
		return authorisation.PassDue{By: authorisation.By{Case: number, Actor: authorisation.Scheduler, At: at}}, nil
	})
	return err
}
