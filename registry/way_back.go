package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	Second        string                `json:"second,omitzero"` // of a stay or a setting aside that no court ordered
	// Of a rectification: roles (separated by commas) or scope_text of the grant, reason
	// or basis of a measure, what it says, and what it is to say.
	Field  string `json:"field,omitzero"`
	Old    string `json:"old,omitzero"`
	New    string `json:"new,omitzero"`
	DryRun bool   `json:"dry_run,omitzero"`
}

// AppealMeasure is an appeal against a measure, or with Outcome what became of it.
type AppealMeasure struct {
	Authorisation string                `json:"authorisation"`
	Of            authorisation.Act     `json:"of,omitzero"`         // as in [TakeBackMeasure]
	Components    []string              `json:"components,omitzero"` // the same
	Body          string                `json:"body,omitzero"`       // who decides it; empty where Outcome is given
	Reference     string                `json:"reference"`           // of that body
	Outcome       authorisation.Outcome `json:"outcome,omitzero"`
	By            string                `json:"by"`
	DryRun        bool                  `json:"dry_run,omitzero"`
}

// AppealMeasure records that an appeal was lodged, or what became of it.
func (n *Node) AppealMeasure(ctx context.Context, r AppealMeasure) (authorisation.Authorisation, error) {
	return n.onAuthorisation(ctx, r.Authorisation, r.By, r.DryRun, func(by authorisation.By, l itsRules) (authorisation.Command, error) {
		if r.Outcome != "" {
			return authorisation.DecideMeasureAppeal{By: by, Reference: r.Reference, Outcome: r.Outcome}, nil
		}
		c := authorisation.AppealMeasure{By: by, Of: r.Of, Components: r.Components, Body: r.Body, Reference: r.Reference}
		of, on := l.of.Meant(r.Of, r.Components)
		for _, code := range on { // the last of several counts
			until, err := l.appealable(of, code)
			if err != nil {
				return nil, err
			}
			if c.Until = max(c.Until, until); until == 0 {
				c.Until = 0
				break
			}
		}
		return c, nil
	}, appellants(r.Outcome)...)
}

// RectifyAuthorisation puts an obvious error in the words of a grant or of a measure
// right. Credentials that show the words of a grant are replaced, as by an amendment.
func (n *Node) RectifyAuthorisation(ctx context.Context, r TakeBackMeasure) (authorisation.Authorisation, error) {
	a, err := n.Authorisation(r.Authorisation)
	if err != nil {
		return a, err
	}
	ofGrant := r.Field == "roles" || r.Field == "scope_text"
	if r.Field == "roles" {
		l, err := n.rulesOf(a)
		if err != nil {
			return a, err
		}
		if err := l.pack.CheckRoles(a.Type, strings.Split(r.New, ",")); err != nil {
			return a, invalid(err)
		}
	}
	if i := slices.IndexFunc(a.Components, func(c authorisation.Component) bool { return c.State == authorisation.Suspended }); ofGrant && i >= 0 {
		return a, fmt.Errorf("%w: component %s is suspended: reinstate or end it first", ErrConflict, a.Components[i].Code) // as Amend
	}
	var by string
	a, err = n.onAuthorisation(ctx, r.Authorisation, r.By, r.DryRun, func(who authorisation.By, _ itsRules) (authorisation.Command, error) {
		by = who.Actor
		return authorisation.RectifyAuthorisation{By: who, Of: r.Of, Components: r.Components, Field: r.Field, Old: r.Old, New: r.New, Grounds: r.Grounds}, nil
	}, officers...)
	if err != nil || r.DryRun || !ofGrant {
		return a, err
	}
	if err := n.reissue(ctx, a, by); err != nil {
		return a, err
	}
	return n.Authorisation(r.Authorisation)
}

// StayMeasure lets a measure have no effect for a time, or lifts the stay there is.
// What had ended is in force meanwhile, under a credential that lasts no longer.
// What no court ordered takes two people.
func (n *Node) StayMeasure(ctx context.Context, r TakeBackMeasure) (authorisation.Authorisation, error) {
	if !r.Lift && r.Who != authorisation.ByCourt {
		if err := n.jointly(ctx, "authorisations/stay", r, &r.By, &r.Second, r.DryRun); err != nil {
			return authorisation.Authorisation{}, err
		}
	} else if err := unnamed(ctx, r.Second); err != nil {
		return authorisation.Authorisation{}, err
	}
	return n.takeBackMeasure(ctx, r, func(by authorisation.By) authorisation.Command {
		if r.Lift {
			return authorisation.LiftStay{By: by, Components: r.Components, Grounds: r.Grounds}
		}
		return authorisation.StayMeasure{By: by, Of: r.Of, Components: r.Components, Who: r.Who, From: r.From, Until: r.Until, Second: r.Second, Grounds: r.Grounds}
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
	if _, err := n.issue(ctx, a.Case, 0, authorisation.Scheduler, func(now authorisation.Authorisation) []string {
		return regained(before, now, n.now().Unix())
	}); err != nil {
		return a, err
	}
	n.publishNow(ctx)
	if err := errors.Join(n.unwatch(ctx, a), n.rewatch(ctx, a)); err != nil {
		return a, err
	}
	return n.Authorisation(r.Authorisation)
}

// regained are the components that need another credential at an instant because they
// are in force again, or no longer for the time of a stay alone.
func regained(before, now authorisation.Authorisation, at int64) (on []string) {
	owed := now.Unissued()
	for _, c := range before.Components {
		after, _ := now.Component(c.Code)
		newest, _ := now.Live(c.Code)
		back := after.State.Issuable() && (c.State == authorisation.Ended || c.Stayed != nil)
		if slices.Contains(owed, c.Code) || back && newest.Expires <= at {
			on = append(on, c.Code)
		}
	}
	return on
}
