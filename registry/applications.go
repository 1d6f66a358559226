package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// SubmitApplication is an operator's application for a type of the programme.
type SubmitApplication struct {
	Operator string   `json:"operator"` // number or identifier
	Type     string   `json:"type"`
	Roles    []string `json:"roles"`
	// For is the member of a union that decides, on the union's node, which acts
	// for members that have none; empty for the node's own administration.
	For    string `json:"for,omitzero"`
	By     string `json:"by"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// SubmitApplication opens an application. What must be examined follows from the programme.
func (n *Node) SubmitApplication(ctx context.Context, r SubmitApplication) (a authorisation.Application, err error) {
	o, err := n.Operator(r.Operator)
	if err != nil {
		return a, err
	}
	wish, err := n.wish(r)
	if err != nil {
		return a, err
	}
	wish.Operator = o.Case
	if wish.Authority, err = n.actingFor(r.For); err != nil {
		return a, err
	}
	err = n.openCase(n.series("APP"), func(number string) (bool, error) {
		by, err := n.by(ctx, number, r.By, access.Applicant, access.Representative, access.Assessor)
		if err != nil {
			return false, err
		}
		a, err = enact(ctx, n, applicationCases, a, authorisation.Submit{By: by, Wish: wish}, r.DryRun)
		return !r.DryRun, err
	})
	return a, err
}

func (n *Node) wish(r SubmitApplication) (authorisation.Wish, error) {
	components, err := n.Pack().Components(r.Type)
	if err != nil {
		return authorisation.Wish{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	criteria, err := n.Pack().CriteriaFor(r.Type, r.Roles)
	if err != nil {
		return authorisation.Wish{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	w := authorisation.Wish{Programme: n.Pack().Code, Type: r.Type, Roles: r.Roles}
	for _, c := range components {
		w.Components = append(w.Components, c.Code)
	}
	for _, q := range criteria {
		w.Requirements = append(w.Requirements, q.Code)
	}
	return w, nil
}

// onApplication puts a command to an application.
func (n *Node) onApplication(ctx context.Context, number, actor string, dryRun bool,
	command func(authorisation.Application, authorisation.By) (authorisation.Command, error), may ...access.Role) (authorisation.Application, error) {
	return act(ctx, n, applicationCases, number, dryRun, func(a authorisation.Application) (authorisation.Command, error) {
		by, err := n.by(ctx, number, actor, may...)
		if err != nil {
			return nil, err
		}
		return command(a, by)
	})
}

// AcceptApplication is the answer to a submission.
type AcceptApplication struct {
	Application string                `json:"application"`
	Refuse      bool                  `json:"refuse,omitzero"` // not accepted
	Grounds     authorisation.Grounds `json:"grounds,omitzero"`
	By          string                `json:"by"`
	DryRun      bool                  `json:"dry_run,omitzero"`
}

// AcceptApplication accepts an application for examination, or does not.
func (n *Node) AcceptApplication(ctx context.Context, r AcceptApplication) (authorisation.Application, error) {
	return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By) (authorisation.Command, error) {
		if r.Refuse {
			return authorisation.NotAccept{By: by, Grounds: r.Grounds}, nil
		}
		return authorisation.Accept{By: by}, n.mayAccept(a)
	})
}

// AssessApplication records what an assessor found.
type AssessApplication struct {
	Application string                  `json:"application"`
	Findings    []authorisation.Finding `json:"findings,omitzero"`
	AllMet      bool                    `json:"all_met,omitzero"` // every criterion not named in findings is met
	By          string                  `json:"by"`
	DryRun      bool                    `json:"dry_run,omitzero"`
}

// AssessApplication records findings, each for a criterion of the application or a
// group of them.
func (n *Node) AssessApplication(ctx context.Context, r AssessApplication) (authorisation.Application, error) {
	return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By) (authorisation.Command, error) {
		findings, err := spelledOut(n.packFor(a.Wish.Authority), a.Wish.Requirements, r.Findings, r.AllMet)
		if err != nil {
			return nil, err
		}
		return authorisation.Assess{By: by, Findings: findings}, n.mayAssess(a, by, findings)
	})
}

// DecideApplication is the decision on an application.
type DecideApplication struct {
	Application string                `json:"application"`
	Grant       bool                  `json:"grant"`
	Grounds     authorisation.Grounds `json:"grounds,omitzero"` // of a refusal
	By          string                `json:"by"`
	DryRun      bool                  `json:"dry_run,omitzero"`
}

// DecideApplication grants or refuses. A grant opens an authorisation, effective
// when the programme says, and issues one credential per component.
func (n *Node) DecideApplication(ctx context.Context, r DecideApplication) (a authorisation.Application, err error) {
	if !r.Grant {
		return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By) (authorisation.Command, error) {
			return authorisation.Refuse{By: by, Grounds: r.Grounds}, n.mayDecide(a, by, false)
		})
	}
	err = n.openCase(n.series("AUT"), func(number string) (bool, error) {
		a, err = n.onApplication(ctx, r.Application, r.By, r.DryRun, func(a authorisation.Application, by authorisation.By) (authorisation.Command, error) {
			pack := n.packFor(a.Wish.Authority)
			effective := pack.EffectiveAt(time.Unix(by.At, 0))
			g := authorisation.Grant{By: by, Authorisation: number, EffectiveAt: effective.Unix()}
			if until, limited := pack.ValidUntil(a.Wish.Type, effective); limited {
				g.ExpiresAt = until.Unix()
			}
			return g, n.mayDecide(a, by, true)
		})
		return !r.DryRun, err
	})
	if err != nil || r.DryRun {
		return a, err
	}
	if err := n.issueMissing(ctx, a.Authorisation); err != nil {
		return a, err
	}
	n.publishNow(ctx)
	return a, nil
}

// WithdrawApplication is the applicant's wish to end the procedure.
type WithdrawApplication struct {
	Application string `json:"application"`
	By          string `json:"by"`
	DryRun      bool   `json:"dry_run,omitzero"`
}

// WithdrawApplication ends an application before its decision.
func (n *Node) WithdrawApplication(ctx context.Context, r WithdrawApplication) (authorisation.Application, error) {
	return n.onApplication(ctx, r.Application, r.By, r.DryRun, func(_ authorisation.Application, by authorisation.By) (authorisation.Command, error) {
		return authorisation.WithdrawApplication{By: by}, nil
	})
}

// Application reads one application.
func (n *Node) Application(number string) (authorisation.Application, error) {
	one := make([]authorisation.Application, 1)
	var err error
	if one[0], err = readCase(n, number, view.Application); err != nil {
		return one[0], err
	}
	err = n.blind(one)
	return one[0], err
}

// Applications lists all applications.
func (n *Node) Applications() (out []authorisation.Application, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		out, err = view.Applications(tx)
		return err
	})
	if err == nil {
		err = n.blind(out)
	}
	return out, err
}
