package registry

import (
	"context"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// A RegisterDecision is about a decision of another authority that rests on the status.
type RegisterDecision struct {
	Authorisation string `json:"authorisation"`
	ID            string `json:"id"`
	Kind          string `json:"kind"`
	Authority     string `json:"authority"`
	Component     string `json:"component,omitzero"` // it rests on; empty: on any
	By            string `json:"by"`
	DryRun        bool   `json:"dry_run,omitzero"`
}

// desk are who keep the files of an authorisation.
var desk = []access.Role{access.Assessor, access.DecisionMaker}

// RegisterDecision notes whom to tell when the status is suspended or ends.
func (n *Node) RegisterDecision(ctx context.Context, r RegisterDecision) (authorisation.Authorisation, error) {
	return n.onAuthorisation(ctx, r.Authorisation, r.By, r.DryRun, func(by authorisation.By, _ itsRules) (authorisation.Command, error) {
		return authorisation.RegisterDecision{By: by, ID: r.ID, Kind: r.Kind, Authority: r.Authority, Component: r.Component}, nil
	}, desk...)
}

// TellAuthorities says whose authorities were told what became of the status.
type TellAuthorities struct {
	Authorisation string   `json:"authorisation"`
	IDs           []string `json:"ids,omitzero"` // of decisions; empty: of all that are to be told
	By            string   `json:"by"`
	DryRun        bool     `json:"dry_run,omitzero"`
}

// TellAuthorities marks authorities as told.
func (n *Node) TellAuthorities(ctx context.Context, r TellAuthorities) (authorisation.Authorisation, error) {
	return n.onAuthorisation(ctx, r.Authorisation, r.By, r.DryRun, func(by authorisation.By, _ itsRules) (authorisation.Command, error) {
		return authorisation.TellAuthorities{By: by, IDs: r.IDs}, nil
	}, desk...)
}

// EndDecision is how a decision that rested on the status ended.
type EndDecision struct {
	Authorisation string `json:"authorisation"`
	ID            string `json:"id"`
	Outcome       string `json:"outcome"`         // revoked, annulled, ended
	OnAEO         bool   `json:"on_aeo,omitzero"` // because a criterion of the status is not met
	Note          string `json:"note,omitzero"`
	By            string `json:"by"`
	DryRun        bool   `json:"dry_run,omitzero"`
}

// EndDecision notes it. The status stays as it is: whether it is looked at again is decided here.
func (n *Node) EndDecision(ctx context.Context, r EndDecision) (authorisation.Authorisation, error) {
	return n.onAuthorisation(ctx, r.Authorisation, r.By, r.DryRun, func(by authorisation.By, _ itsRules) (authorisation.Command, error) {
		return authorisation.EndDecision{By: by, ID: r.ID, Outcome: r.Outcome, OnAEO: r.OnAEO, Note: r.Note}, nil
	}, desk...)
}
