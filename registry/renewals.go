package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// Renew lets an authorisation last for another period of the programme.
func (n *Node) Renew(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	if err := n.jointly(ctx, "authorisations/renew", m, &m.By, &m.Second, m.DryRun); err != nil {
		return authorisation.Authorisation{}, err
	}
	a, err := n.onAuthorisation(ctx, m.Authorisation, m.By, m.DryRun, func(by authorisation.By, l itsRules) (authorisation.Command, error) {
		until, limited := l.pack.ValidUntil(l.of.Type, time.Unix(l.of.ExpiresAt, 0))
		if !limited || l.of.ExpiresAt == 0 {
			return nil, fmt.Errorf("%w: %s lasts without limit", ErrConflict, l.of.Case)
		}
		return authorisation.Renew{By: by, ExpiresAt: until.Unix(), Second: m.Second}, nil
	}, access.DecisionMaker)
	if err != nil || m.DryRun {
		return a, err
	}
	on := issuable(a)
	if len(on) == 0 {
		return a, nil
	}
	if _, err := n.issue(ctx, a.Case, 0, m.By, func(authorisation.Authorisation) []string { return on }); err != nil {
		return a, err
	}
	n.publishNow(ctx)
	return n.Authorisation(m.Authorisation)
}
