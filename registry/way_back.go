package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/aeo-registry/aeo/registry/authorisation"
)

// TakeBackMeasure is the way back from a measure about an authorisation.
type TakeBackMeasure struct {
	Authorisation string                `json:"authorisation"`
	Of            authorisation.Act     `json:"of,omitzero"`         // the measure: suspend, revoke, annul; empty = the one there is
	Components    []string              `json:"components,omitzero"` // empty = all it is about
	Who           authorisation.Remedy  `json:"who,omitzero"`        // court, review or error
	From          int64                 `json:"from,omitzero"`       // Unix seconds; 0: a stay at once, a setting aside from the measure's beginning
	Until         int64                 `json:"until,omitzero"`      // of a stay; 0: until further notice
	Lift          bool                  `json:"lift,omitzero"`       // the stay there is
	Grounds       authorisation.Grounds `json:"grounds"`
	By            string                `json:"by"`
	Second        string                `json:"second,omitzero"` // of a setting aside that no court ordered
	DryRun        bool                  `json:"dry_run,omitzero"`
}

// StayMeasure lets a measure have no effect for a time, or lifts the stay there is.
// What had ended is in force meanwhile, under a credential that lasts no longer.
func (n *Node) StayMeasure(ctx context.Context, r TakeBackMeasure) (authorisation.Authorisation, error) {
	return n.takeBackMeasure(ctx, r, func(by authorisation.By) authorisation.Command {
		if r.Lift {
			return authorisation.LiftStay{By: by, Components: r.Components, Grounds: r.Grounds}
		}
		return authorisation.StayMeasure{By: by, Of: r.Of, Components: r.Components, Who: r.Who, From: r.From, Until: r.Until, Grounds: r.Grounds}
	})
}

// SetAsideMeasure takes a measure back. A component that had ended is given another
// credential with the original effective date; the index of the old one stays ended.
// What no court ordered takes two people.
func (n *Node) SetAsideMeasure(ctx context.Context, r TakeBackMeasure) (authorisation.Authorisation, error) {
	if r.Who != authorisation.ByCourt {
		if err := n.jointly(ctx, "authorisations/set-aside", r, &r.By, &r.Second, r.DryRun); err != nil {
			return authorisation.Authorisation{}, err
		}
	} else if err := unnamed(ctx, r.Second); err != nil {
		return authorisation.Authorisation{}, err
	}
	return n.takeBackMeasure(ctx, r, func(by authorisation.By) authorisation.Command {
		return authorisation.SetAsideMeasure{By: by, Of: r.Of, Components: r.Components, Who: r.Who, From: r.From, Second: r.Second, Grounds: r.Grounds}
	})
}

func (n *Node) takeBackMeasure(ctx context.Context, r TakeBackMeasure, command func(authorisation.By) authorisation.Command) (authorisation.Authorisation, error) {
	var before authorisation.Authorisation
	a, err := n.onAuthorisation(ctx, r.Authorisation, r.By, r.DryRun, func(by authorisation.By, l itsRules) (authorisation.Command, error) {
		before = l.of
		return command(by), nil
	}, officers...)
	if err != nil || r.DryRun {
		return a, err
	}
	n.opts.Log.Info("authorisation changed", "authorisation", r.Authorisation, "log_size", n.ledger.Head().Size)
	// A crash before this leaves it owed: the node issues it when it opens.
	if _, err := n.issue(ctx, a.Case, 0, authorisation.Scheduler, func(now authorisation.Authorisation) []string { return regained(before, now) }); err != nil {
		return a, err
	}
	n.publishNow(ctx)
	if err := errors.Join(n.unwatch(ctx, a), n.rewatch(ctx, a)); err != nil {
		return a, err
	}
	return n.Authorisation(r.Authorisation)
}

// regained are the components that need another credential because they are in force
// again, or no longer for the time of a stay alone.
func regained(before, now authorisation.Authorisation) []string {
	on := now.Unissued()
	for _, c := range before.Components {
		after, _ := now.Component(c.Code)
		limited := c.Stayed != nil && authorisation.Act(c.Stayed.Of).Ends()
		if (limited || c.State == authorisation.Ended) && after.State.Issuable() && !slices.Contains(on, c.Code) {
			on = append(on, c.Code)
		}
	}
	return on
}
