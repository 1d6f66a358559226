package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// A Measure is an act about an authorisation.
type Measure struct {
	Authorisation string   `json:"authorisation"`
	Components    []string `json:"components,omitzero"` // empty = all the act can touch
	// Failed are the requirements that are not met, by which the programme says
	// which components the act is about (IA 2015/2447 Art. 34); not with Components.
	Failed  []string              `json:"failed,omitzero"`
	From    int64                 `json:"from,omitzero"` // Unix seconds; 0 = at once, or on service
	Grounds authorisation.Grounds `json:"grounds,omitzero"`
	// Of a suspension: why the law lets it be (empty: a doubt), how many days the
	// holder has (0: as the programme says), and whether it cannot wait for a hearing.
	Ground authorisation.Ground `json:"ground,omitzero"`
	Days   int                  `json:"days,omitzero"`
	Urgent bool                 `json:"urgent,omitzero"`
	authorisation.Heard
	By     string `json:"by"`
	Second string `json:"second,omitzero"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// officers are who takes measures; what takes two of them waits for the second.
var officers = []access.Role{access.DecisionMaker}

// Suspend suspends components; every unexpired credential of them says so from then
// on. How long, and what follows, the programme says by the ground of it.
func (n *Node) Suspend(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	if err := unnamed(ctx, m.Second); err != nil {
		return authorisation.Authorisation{}, err
	}
	return n.measure(ctx, m, func(by authorisation.By, l itsRules) (authorisation.Command, error) {
		return l.suspend(by, m)
	})
}

// ConfirmSuspension is the second officer's act after an urgent suspension.
func (n *Node) ConfirmSuspension(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	return n.measure(ctx, m, func(by authorisation.By, _ itsRules) (authorisation.Command, error) {
		return authorisation.Confirm{By: by, Components: m.Components}, m.onlyNamed()
	})
}

// Reinstate lifts a suspension.
func (n *Node) Reinstate(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	return n.measure(ctx, m, func(by authorisation.By, _ itsRules) (authorisation.Command, error) {
		return authorisation.Reinstate{By: by, Components: m.Components, From: m.From}, m.onlyNamed()
	})
}

// Revoke ends components for the future.
func (n *Node) Revoke(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	if err := n.jointly(ctx, "authorisations/revoke", m, &m.By, &m.Second, m.DryRun); err != nil {
		return authorisation.Authorisation{}, err
	}
	return n.measure(ctx, m, func(by authorisation.By, l itsRules) (authorisation.Command, error) {
		from, onReceipt, err := l.revokes(by, m)
		if err != nil {
			return nil, err
		}
		on, err := l.failing(m)
		return authorisation.Revoke{By: by, Components: on, From: from, OnReceipt: onReceipt, Second: m.Second, Heard: m.Heard, Grounds: m.Grounds}, err
	})
}

// onlyNamed refuses requirements that failed where an act does not follow from them.
func (m Measure) onlyNamed() error {
	if len(m.Failed) == 0 {
		return nil
	}
	return fmt.Errorf("%w: failed: it says what a suspension, a revocation or an annulment is about; name components", ErrInvalid)
}

// Annul ends components from their original effective date on, as if never granted.
func (n *Node) Annul(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	if err := n.jointly(ctx, "authorisations/annul", m, &m.By, &m.Second, m.DryRun); err != nil {
		return authorisation.Authorisation{}, err
	}
	return n.measure(ctx, m, func(by authorisation.By, l itsRules) (authorisation.Command, error) {
		if err := l.fair(m.Heard); err != nil {
			return nil, err
		}
		if m.From != 0 {
			return nil, fmt.Errorf("%w: from: an annulment reaches back to the day the grant took effect", ErrInvalid)
		}
		from, onReceipt, err := l.effect(by, m)
		if err != nil {
			return nil, err
		}
		on, err := l.failing(m)
		return authorisation.Annul{By: by, Components: on, From: from, OnReceipt: onReceipt, Second: m.Second, Heard: m.Heard, Grounds: m.Grounds}, err
	})
}

// Withdraw ends components at the holder's request.
func (n *Node) Withdraw(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	return n.measure(ctx, m, func(by authorisation.By, _ itsRules) (authorisation.Command, error) {
		return authorisation.Withdraw{By: by, Components: m.Components, From: m.From}, m.onlyNamed()
	}, access.Applicant, access.Representative, access.Assessor, access.DecisionMaker)
}

func (n *Node) measure(ctx context.Context, m Measure, command func(authorisation.By, itsRules) (authorisation.Command, error), may ...access.Role) (authorisation.Authorisation, error) {
	if len(may) == 0 {
		may = officers
	}
	a, err := n.onAuthorisation(ctx, m.Authorisation, m.By, m.DryRun, command, may...)
	if err != nil || m.DryRun {
		return a, err
	}
	n.opts.Log.Info("authorisation changed", "authorisation", m.Authorisation, "log_size", n.ledger.Head().Size)
	n.publishNow(ctx)
	return a, n.unwatch(ctx, a)
}

// onAuthorisation puts a command to an authorisation, with the law that applies to it.
func (n *Node) onAuthorisation(ctx context.Context, number, actor string, dryRun bool,
	command func(authorisation.By, itsRules) (authorisation.Command, error), may ...access.Role) (authorisation.Authorisation, error) {
	return n.actOnAuthorisation(ctx, number, dryRun, func(a authorisation.Authorisation) (authorisation.Command, error) {
		by, err := n.by(ctx, number, actor, may...)
		if err != nil {
			return nil, err
		}
		l, err := n.rulesOf(a)
		if err != nil {
			return nil, err
		}
		return command(by, l)
	})
}

// AmendAuthorisation changes roles or scope; the credentials that say otherwise are replaced.
type AmendAuthorisation struct {
	Authorisation string                `json:"authorisation"`
	Roles         []string              `json:"roles"`
	ScopeText     string                `json:"scope_text,omitzero"`
	Grounds       authorisation.Grounds `json:"grounds"`
	authorisation.Heard
	By     string `json:"by"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// Amend changes what an authorisation covers and replaces its credentials: the
// old ones become superseded, because what they disclose is no longer so. An
// amendment that takes roles away is adverse to the holder.
func (n *Node) Amend(ctx context.Context, r AmendAuthorisation) (authorisation.Authorisation, error) {
	a, err := n.Authorisation(r.Authorisation)
	if err != nil {
		return a, err
	}
	l, err := n.rulesOf(a)
	if err != nil {
		return a, err
	}
	if err := l.pack.CheckRoles(a.Type, r.Roles); err != nil {
		return a, invalid(err)
	}
	for _, c := range a.Components {
		if c.State == authorisation.Suspended {
			// Its credential could not be replaced now, and would say the old content once reinstated.
			return a, fmt.Errorf("%w: component %s is suspended: reinstate or end it first", ErrConflict, c.Code)
		}
	}
	a, err = n.onAuthorisation(ctx, r.Authorisation, r.By, r.DryRun, func(by authorisation.By, l itsRules) (authorisation.Command, error) {
		if slices.ContainsFunc(l.of.Roles, func(role string) bool { return !slices.Contains(r.Roles, role) }) {
			if err := l.fair(r.Heard); err != nil {
				return nil, err
			}
		}
		r.By = by.Actor // who has the credentials replaced, too
		return authorisation.Amend{By: by, Roles: r.Roles, ScopeText: r.ScopeText, Heard: r.Heard, Grounds: r.Grounds}, nil
	}, officers...)
	if err != nil || r.DryRun {
		return a, err
	}
	if err := n.reissue(ctx, a, r.By); err != nil {
		return a, err
	}
	return n.Authorisation(r.Authorisation)
}

// reissue replaces the credentials of an authorisation, whose content changed.
func (n *Node) reissue(ctx context.Context, a authorisation.Authorisation, actor string) error {
	for _, c := range a.Components {
		old, ok := a.Live(c.Code)
		if !ok || c.State == authorisation.Ended {
			continue
		}
		if err := n.replace(ctx, a.Case, c.Code, old.SHA256, actor); err != nil {
			return err
		}
	}
	n.publishNow(ctx)
	return nil
}

// Authorisation reads one authorisation.
func (n *Node) Authorisation(number string) (authorisation.Authorisation, error) {
	return readCase(n, number, view.Authorisation)
}

// An AuthorisationFile is an authorisation with what others have to do with it.
type AuthorisationFile struct {
	authorisation.Authorisation
	Successors []string     `json:"successors,omitzero"` // applications of who took the holder over
	Appealable []Appealable `json:"appealable,omitzero"` // measures the time for an appeal against which is known
}

// Appealable says until when an appeal against a measure may be lodged, where its time
// runs: from its receipt on.
type Appealable struct {
	Of        authorisation.Act `json:"of"`
	Component string            `json:"component"`
	Until     int64             `json:"until"` // Unix seconds
}

// AuthorisationFile reads one authorisation as the officer who has it wants it.
func (n *Node) AuthorisationFile(number string) (f AuthorisationFile, err error) {
	if f.Authorisation, err = n.Authorisation(number); err != nil {
		return f, err
	}
	if err = n.ledger.View(func(tx ledger.Projection) error {
		f.Successors, err = view.SuccessorsOf(tx, number)
		return err
	}); err != nil {
		return f, err
	}
	l, err := n.rulesOf(f.Authorisation)
	if err != nil {
		return f, err
	}
	for _, c := range f.Components {
		for _, t := range c.Measures {
			until, err := l.appealable(t.Act, c.Code)
			if err != nil {
				return f, err
			}
			if until != 0 && t.Act != authorisation.ActWithdraw {
				f.Appealable = append(f.Appealable, Appealable{t.Act, c.Code, until})
			}
		}
	}
	return f, nil
}

// Authorisations lists all authorisations.
func (n *Node) Authorisations() (out []authorisation.Authorisation, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		out, err = view.Authorisations(tx)
		return err
	})
	return out, err
}
