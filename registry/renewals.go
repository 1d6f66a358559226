package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/programme"
)

// Renew lets an authorisation last for another period of the programme.
func (n *Node) Renew(ctx context.Context, m Measure) (authorisation.Authorisation, error) {
	if err := n.jointly(ctx, "authorisations/renew", m, &m.By, &m.Second, m.DryRun); err != nil {
		return authorisation.Authorisation{}, err
	}
	a, err := n.prolong(ctx, m)
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

// prolong extends an authorisation and, in the same batch, lets the time to ask for the
// next renewal run: no crash leaves the one without the other.
func (n *Node) prolong(ctx context.Context, m Measure) (a authorisation.Authorisation, err error) {
	defer n.lockCase(m.Authorisation)()
	if a, err = n.Authorisation(m.Authorisation); err != nil {
		return a, err
	}
	if err := n.match(ctx, a.Case); err != nil {
		return a, err
	}
	by, err := n.by(ctx, a.Case, m.By, access.DecisionMaker)
	if err != nil {
		return a, err
	}
	pack, err := n.lawOn(a)
	if err != nil {
		return a, err
	}
	until, limited := pack.ValidUntil(a.Type, time.Unix(a.ExpiresAt, 0))
	if !limited || a.ExpiresAt == 0 {
		return a, fmt.Errorf("%w: %s lasts without limit", ErrConflict, a.Case)
	}
	if whole, _ := pack.ValidUntil(a.Type, n.now()); a.ExpiresAt > whole.Unix() {
		return a, fmt.Errorf("%w: %s has more than a whole period before it", ErrConflict, a.Case)
	}
	events, err := decide(a, authorisation.Renew{By: by, ExpiresAt: until.Unix(), Second: m.Second})
	if err != nil {
		return a, err
	}
	next, err := applyAll(a, events)
	if err != nil || m.DryRun {
		return next, err
	}
	watched, err := n.watchRenewed(ctx, pack, by, next)
	if err != nil {
		return a, err
	}
	events = append(watched, events...)
	stamp(ctx, events)
	entries, err := eventEntries(events, a.Operator)
	if err != nil {
		return a, err
	}
	if err := n.write(ctx, entries, next); err != nil {
		return a, err
	}
	return n.asItIs(ctx, a.Case)
}

// watchRenewed are the events by which the clock of the renewal begins anew. What is
// not watched yet is from the next act of monitoring on, by its new end.
func (n *Node) watchRenewed(ctx context.Context, p *programme.Pack, by authorisation.By, a authorisation.Authorisation) ([]authorisation.Event, error) {
	m, err := n.Monitoring(a.Case)
	if errors.Is(err, ErrNotFound) || err == nil && m.ClosedAt != 0 {
		return nil, nil
	}
	for _, c := range m.Due(by.At) {
		if m, err = enact(ctx, n, monitoringCases, m, c, false); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	w, err := n.clockwork(p, m.Clocks, by.At)
	if err != nil || p.Monitoring.Renewal == "" {
		return nil, err
	}
	w.end(p.Monitoring.Renewal)
	w.begin(p.Monitoring.Renewal, time.Unix(a.ExpiresAt, 0))
	timed, err := w.timed()
	if err != nil {
		return nil, err
	}
	return decide(m, authorisation.PlanMonitoring{By: by, Note: "renewed", Timed: timed})
}
