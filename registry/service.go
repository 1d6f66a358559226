package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/registry/authorisation"
)

// ServeMeasure says how a measure reached the holder.
type ServeMeasure struct {
	Authorisation string                `json:"authorisation"`
	Of            authorisation.Act     `json:"of,omitzero"` // suspend, revoke, annul; empty: the one there is
	Components    []string              `json:"components,omitzero"`
	Channel       authorisation.Channel `json:"channel"`
	SentAt        int64                 `json:"sent_at,omitzero"`     // Unix seconds; 0: now, or when it was received
	ReceivedAt    int64                 `json:"received_at,omitzero"` // 0: not known, or of what is handed over when it was sent
	Proof         string                `json:"proof,omitzero"`
	By            string                `json:"by"`
	DryRun        bool                  `json:"dry_run,omitzero"`
}

// ServeMeasure records the service of a measure. Where it takes effect on receipt, and
// did not yet, it does so when it was received, or will be deemed so.
func (n *Node) ServeMeasure(ctx context.Context, r ServeMeasure) (authorisation.Authorisation, error) {
	m := Measure{Authorisation: r.Authorisation, By: r.By, DryRun: r.DryRun}
	return n.measure(ctx, m, func(by authorisation.By, l itsRules) (authorisation.Command, error) {
		s := authorisation.Service{Channel: r.Channel, SentAt: r.SentAt, ReceivedAt: r.ReceivedAt, Proof: r.Proof}
		if s.SentAt == 0 {
			s.SentAt = by.At
			if s.ReceivedAt != 0 {
				s.SentAt = s.ReceivedAt
			}
		}
		if s.ReceivedAt == 0 && !byPost(s.Channel) {
			s.ReceivedAt = s.SentAt
		}
		if s.SentAt < 0 || s.ReceivedAt < 0 {
			return nil, fmt.Errorf("%w: sent_at or received_at: not a time in Unix seconds", ErrInvalid)
		}
		c := authorisation.ServeMeasure{By: by, Of: r.Of, Components: r.Components, Service: s}
		effective, err := s.ReceivedAt, error(nil)
		if effective == 0 {
			effective, err = l.deemed(s.SentAt)
			c.DeemedAt = effective
		}
		if err != nil || effective == 0 {
			return c, err
		}
		c.Timed, err = l.countedFrom(effective, l.of.AwaitReceipt(r.Of, r.Components))
		return c, err
	}, desk...)
}

// countedFrom are the changes by which the time of suspensions that are to take effect
// counts from another instant.
func (l itsRules) countedFrom(at int64, components []string) (authorisation.Timed, error) {
	w := &clockwork{planner: l.plan, clocks: l.of.Clocks}
	for _, k := range l.of.Clocks {
		rule, code, _ := strings.Cut(k.Rule, "#")
		c, _ := l.of.Component(code)
		if k.EndedAt != 0 || !slices.Contains(components, code) || !slices.Contains(ofSuspension, rule) || c.State == authorisation.Suspended {
			continue
		}
		started, err := l.start(k.Rule, at, k.History[0].By)
		if err != nil || len(started) == 0 {
			return authorisation.Timed{}, err
		}
		w.add(w.clocks.Ends(k.Rule, at))
		w.add(started[0], nil)
	}
	return w.timed()
}
