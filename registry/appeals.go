package registry

import (
	"context"
	"fmt"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/programme"
)

// AppealApplication is an appeal about an application, or what was decided on it.
type AppealApplication struct {
	Application string                `json:"application"`
	Body        string                `json:"body,omitzero"` // who decides it; empty where Outcome is given
	Reference   string                `json:"reference"`     // of that body
	Outcome     authorisation.Outcome `json:"outcome,omitzero"`
	By          string                `json:"by"`
	DryRun      bool                  `json:"dry_run,omitzero"`
}

// AppealApplication records that an appeal was lodged, or what became of it.
func (n *Node) AppealApplication(ctx context.Context, r AppealApplication) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(_ authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		if r.Outcome != "" {
			return authorisation.DecideAppeal{By: by, Reference: r.Reference, Outcome: r.Outcome}, nil
		}
		if k, ok := w.clocks.Open(programme.RuleAppeal); ok && k.LapsedAt == 0 {
			w.end(programme.RuleAppeal)
		}
		timed, err := w.timed()
		return authorisation.LodgeAppeal{By: by, Body: r.Body, Reference: r.Reference, Timed: timed}, err
	}, appellants(r.Outcome)...)
}

// appellants are who may lodge an appeal; what became of it, officers alone say.
func appellants(outcome authorisation.Outcome) []access.Role {
	if outcome != "" {
		return desk
	}
	return holders
}

// TakeBack is the way back from a decision on an application.
type TakeBack struct {
	Application string                `json:"application"`
	Who         authorisation.Remedy  `json:"who,omitzero"`   // of a stay or a setting aside
	From        int64                 `json:"from,omitzero"`  // Unix seconds; 0: at once
	Until       int64                 `json:"until,omitzero"` // of a stay; 0: until further notice
	Lift        bool                  `json:"lift,omitzero"`  // the stay there is
	Field       string                `json:"field,omitzero"` // of a rectification
	Old         string                `json:"old,omitzero"`
	New         string                `json:"new,omitzero"`
	Grounds     authorisation.Grounds `json:"grounds"`
	By          string                `json:"by"`
	DryRun      bool                  `json:"dry_run,omitzero"`
}

// StayApplication keeps a refusal from having its effects for a time, or ends that.
func (n *Node) StayApplication(ctx context.Context, r TakeBack) (authorisation.Application, error) {
	return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(_ authorisation.Application, by authorisation.By) (authorisation.Command, error) {
		if r.Lift {
			return authorisation.LiftDecisionStay{By: by, Grounds: r.Grounds}, nil
		}
		return authorisation.StayDecision{By: by, Who: r.Who, From: r.From, Until: r.Until, Grounds: r.Grounds}, nil
	}, access.DecisionMaker)
}

// SetAsideApplication takes a refusal, or that an application was not accepted, back:
// the procedure goes on, and the time for it runs anew.
func (n *Node) SetAsideApplication(ctx context.Context, r TakeBack) (authorisation.Application, error) {
	return n.withClocks(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By, w *clockwork) (authorisation.Command, error) {
		w.clocks = nil // the decision's clocks end with it
		switch a.State {
		case authorisation.NotAccepted:
			w.start(programme.RuleAcceptance, w.at, "")
		case authorisation.DecidedRefuse:
			w.start(programme.RuleDecision, w.at, "")
		}
		timed, err := w.timed()
		return authorisation.SetAsideDecision{By: by, Who: r.Who, From: r.From, Grounds: r.Grounds, Timed: timed}, err
	}, access.DecisionMaker)
}

// RectifyApplication puts an obvious error in the words of a decision right.
func (n *Node) RectifyApplication(ctx context.Context, r TakeBack) (authorisation.Application, error) {
	return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(_ authorisation.Application, by authorisation.By) (authorisation.Command, error) {
		if r.Field == "" {
			return nil, fmt.Errorf("%w: field: missing", ErrInvalid)
		}
		return authorisation.RectifyDecision{By: by, Field: r.Field, Old: r.Old, New: r.New, Grounds: r.Grounds}, nil
	}, access.DecisionMaker)
}
