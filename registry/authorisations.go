package registry

import (
	"context"
	"fmt"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// A Measure is an act about an authorisation.
type Measure struct {
	Authorisation string                `json:"authorisation"`
	Components    []string              `json:"components,omitzero"` // empty = all the act can touch
	From          int64                 `json:"from,omitzero"`       // Unix seconds; 0 = at once
	Grounds       authorisation.Grounds `json:"grounds,omitzero"`
	By            string                `json:"by"`
	Second        string                `json:"second,omitzero"`
	DryRun        bool                  `json:"dry_run,omitzero"`
}

// Suspend suspends components; every unexpired credential of them says so from then on.
func (n *Node) Suspend(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	return n.measure(ctx, m, func(by authorisation.By) authorisation.Command {
		return authorisation.Suspend{By: by, Components: m.Components, From: m.From, Second: m.Second, Grounds: m.Grounds}
	})
}

// Reinstate lifts a suspension.
func (n *Node) Reinstate(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	return n.measure(ctx, m, func(by authorisation.By) authorisation.Command {
		return authorisation.Reinstate{By: by, Components: m.Components, From: m.From}
	})
}

// Revoke ends components for the future.
func (n *Node) Revoke(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	return n.measure(ctx, m, func(by authorisation.By) authorisation.Command {
		return authorisation.Revoke{By: by, Components: m.Components, From: m.From, Second: m.Second, Grounds: m.Grounds}
	})
}

// Annul ends components from their original effective date on, as if never granted.
func (n *Node) Annul(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	return n.measure(ctx, m, func(by authorisation.By) authorisation.Command {
		return authorisation.Annul{By: by, Components: m.Components, Second: m.Second, Grounds: m.Grounds}
	})
}

// Withdraw ends components at the holder's request.
func (n *Node) Withdraw(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	return n.measure(ctx, m, func(by authorisation.By) authorisation.Command {
		return authorisation.Withdraw{By: by, Components: m.Components, From: m.From}
	})
}

func (n *Node) measure(ctx context.Context, m Measure, command func(authorisation.By) authorisation.Command) (authorisation.Authorisation, error) {
	a, err := n.actOnAuthorisation(ctx, m.Authorisation, m.DryRun, command, m.By)
	if err != nil || m.DryRun {
		return a, err
	}
	n.opts.Log.Info("authorisation changed", "authorisation", m.Authorisation, "log_size", n.ledger.Head().Size)
	n.publishNow(ctx)
	return a, nil
}

// AmendAuthorisation changes roles or scope; the credentials that say otherwise are replaced.
type AmendAuthorisation struct {
	Authorisation string                `json:"authorisation"`
	Roles         []string              `json:"roles"`
	ScopeText     string                `json:"scope_text,omitzero"`
	Grounds       authorisation.Grounds `json:"grounds"`
	By            string                `json:"by"`
	DryRun        bool                  `json:"dry_run,omitzero"`
}

// Amend changes what an authorisation covers and replaces its credentials: the
// old ones become superseded, because what they disclose is no longer so.
func (n *Node) Amend(ctx context.Context, r AmendAuthorisation) (authorisation.Authorisation, error) {
	a, err := n.Authorisation(r.Authorisation)
	if err != nil {
		return a, err
	}
	if err := n.Pack().CheckRoles(a.Type, r.Roles); err != nil {
		return a, invalid(err)
	}
	for _, c := range a.Components {
		if c.State == authorisation.Suspended {
			// Its credential could not be replaced now, and would say the old content once reinstated.
			return a, fmt.Errorf("%w: component %s is suspended: reinstate or end it first", ErrConflict, c.Code)
		}
	}
	a, err = n.actOnAuthorisation(ctx, r.Authorisation, r.DryRun, func(by authorisation.By) authorisation.Command {
		return authorisation.Amend{By: by, Roles: r.Roles, ScopeText: r.ScopeText, Grounds: r.Grounds}
	}, r.By)
	if err != nil || r.DryRun {
		return a, err
	}
	for _, c := range a.Components {
		old, ok := a.Live(c.Code)
		if !ok || c.State == authorisation.Ended {
			continue
		}
		if err := n.replace(ctx, a.Case, c.Code, old.SHA256, r.By); err != nil {
			return a, err
		}
	}
	n.publishNow(ctx)
	return n.Authorisation(r.Authorisation)
}

// Authorisation reads one authorisation.
func (n *Node) Authorisation(number string) (authorisation.Authorisation, error) {
	return readCase(n, number, view.Authorisation)
}

// Authorisations lists all authorisations.
func (n *Node) Authorisations() (out []authorisation.Authorisation, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		out, err = view.Authorisations(tx)
		return err
	})
	return out, err
}
