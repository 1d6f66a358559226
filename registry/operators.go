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

// RegisterOperator is a request to enter an operator in the register.
type RegisterOperator struct {
	authorisation.Holder
	By     string `json:"by"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// RegisterOperator enters an operator under its identifiers, which must fit the programme.
func (n *Node) RegisterOperator(ctx context.Context, r RegisterOperator) (o authorisation.Operator, err error) {
	if r.Identifiers, err = n.identifiers(r.Identifiers); err != nil {
		return o, err
	}
	r.Holder = composed(r.Holder)
	if r.Names == nil {
		r.Names = []authorisation.Name{}
	}
	for _, id := range slices.Sorted(slices.Values(r.Identifiers)) { // in one order, so that no two wait for each other
		defer n.cases.lock("identifier " + id)()
		if err := n.identifierFree(id); err != nil {
			return o, err
		}
	}
	err = n.openCase(n.series("OP"), func(number string) (bool, error) {
		by, err := n.by(ctx, number, r.By, access.Assessor, access.DecisionMaker)
		if err != nil {
			return false, err
		}
		o, err = n.actOnOperator(ctx, o, authorisation.Register{By: by, Holder: r.Holder}, r.DryRun)
		return !r.DryRun, err
	})
	return o, err
}

// identifiers brings identifiers into their canonical form.
func (n *Node) identifiers(given []string) ([]string, error) {
	if len(given) == 0 {
		return nil, fmt.Errorf("%w: an operator needs an identifier", ErrInvalid)
	}
	var out []string
	for _, text := range given {
		id, err := n.Pack().ParseIdentifier(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if slices.Contains(out, id.String()) {
			return nil, fmt.Errorf("%w: identifier %s is given twice", ErrInvalid, id)
		}
		out = append(out, id.String())
	}
	return out, nil
}

func (n *Node) identifierFree(id string) error {
	return n.ledger.View(func(tx ledger.Projection) error {
		holder, err := view.ByIdentifier(tx, id)
		if err != nil {
			return err
		}
		if holder != "" {
			return fmt.Errorf("%w: %s is registered as %s", ErrConflict, id, holder)
		}
		return nil
	})
}

func (n *Node) actOnOperator(ctx context.Context, o authorisation.Operator, c authorisation.Command, dryRun bool) (authorisation.Operator, error) {
	events, err := decide(o, c)
	if err != nil {
		return o, err
	}
	stamp(ctx, events)
	if o, err = applyAll(o, events); err != nil || dryRun {
		return o, err
	}
	entries, err := eventEntries(events, o.Case)
	if err != nil {
		return o, err
	}
	where, err := n.ledger.Append(ctx, entries...)
	if err != nil {
		return o, err
	}
	tell(ctx, o.Case, version(where.Leaves[len(where.Leaves)-1]))
	n.directory.touch(o.Case, len(o.Releases) > 0)
	return o, nil
}

// ReleaseOperator is a request to note a holder's consent, or its withdrawal.
type ReleaseOperator struct {
	Operator string                `json:"operator"`
	Purpose  authorisation.Purpose `json:"purpose"`
	Basis    authorisation.Basis   `json:"basis,omitzero"`
	Withdraw bool                  `json:"withdraw,omitzero"`
	By       string                `json:"by"`
	DryRun   bool                  `json:"dry_run,omitzero"`
}

// ReleaseOperator notes that data about a holder may be let out for a purpose,
// or may no longer. Publication puts the holder into the public directory.
func (n *Node) ReleaseOperator(ctx context.Context, r ReleaseOperator) (authorisation.Operator, error) {
	o, err := n.Operator(r.Operator)
	if err != nil {
		return o, err
	}
	defer n.lockCase(o.Case)()
	if o, err = readCase(n, o.Case, view.Operator); err != nil {
		return o, err
	}
	if err := n.match(ctx, o.Case); err != nil {
		return o, err
	}
	by, err := n.by(ctx, o.Case, r.By, access.Applicant, access.Representative, access.Assessor, access.DecisionMaker)
	if err != nil {
		return o, err
	}
	var c authorisation.Command = authorisation.GrantRelease{By: by, Purpose: r.Purpose, Basis: r.Basis, Partners: []string{}}
	if r.Withdraw {
		c = authorisation.WithdrawRelease{By: by, Purpose: r.Purpose}
	}
	return n.actOnOperator(ctx, o, c, r.DryRun)
}

// Operator finds an operator by number or identifier.
func (n *Node) Operator(name string) (authorisation.Operator, error) {
	number := name
	if id, err := n.Pack().ParseIdentifier(name); err == nil {
		err := n.ledger.View(func(tx ledger.Projection) (err error) {
			number, err = view.ByIdentifier(tx, id.String())
			return err
		})
		if err != nil {
			return authorisation.Operator{}, err
		}
		if number == "" {
			number = name
		}
	}
	return readCase(n, number, view.Operator)
}

// Operators lists all operators.
func (n *Node) Operators() (out []authorisation.Operator, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		out, err = view.Operators(tx)
		return err
	})
	return out, err
}
