package registry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/aeo-registry/aeo/registry/view"
)

// A Move is an open deadline that new rules or holidays would move.
type Move struct {
	Case string `json:"case"`
	Rule string `json:"rule"`
	Old  int64  `json:"old"`
	New  int64  `json:"new"`
}

// A moved deadline is a Move with the rules by which it moves.
type moved struct {
	Move
	kind view.Kind
	plan deadline.Planner
	from time.Time
	why  deadline.Why
}

// moved are the open deadlines that a law, as it is from an instant on, moves. What
// was due before that instant stays due then, recorded or not.
func (n *Node) moved(l *law, from int64, why deadline.Why) (out []moved, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		waking, err := view.Due(tx, math.MaxInt64) // a clock that runs wakes its case
		if err != nil {
			return err
		}
		for _, w := range waking {
			clocks, p, err := n.clocksUnder(tx, l, w, from)
			if err != nil {
				return err
			}
			if len(clocks) == 0 {
				continue
			}
			calendar, err := l.calendar(p, from)
			if err != nil {
				return err
			}
			plan := deadline.Planner{Rules: p.Deadlines, Calendar: calendar}
			for _, k := range clocks {
				if _, err := plan.Rules.Rule(k.Rule); err != nil {
					continue // the law knows no such deadline any more: it stays as it was set
				}
				ch, ok, err := plan.Moved(k, time.Unix(from, 0), why)
				if err != nil {
					return fmt.Errorf("%s: %w", w.Number, err)
				}
				if ok {
					out = append(out, moved{Move{w.Number, k.Rule, k.Due, ch.Due}, w.Kind, plan, time.Unix(from, 0), why})
				}
			}
		}
		return nil
	})
	return out, err
}

// clocksUnder are the clocks of a case, and the pack it goes by under a law.
func (n *Node) clocksUnder(tx ledger.Projection, l *law, w view.Waking, at int64) (deadline.Clocks, *programme.Pack, error) {
	switch w.Kind {
	case view.KindApplication:
		a, err := view.Application(tx, w.Number)
		return a.Clocks, n.packIn(l, a.Wish.Authority, a.Pack, at), err
	case view.KindAuthorisation:
		a, err := view.Authorisation(tx, w.Number)
		if err != nil || len(a.Clocks) == 0 {
			return nil, nil, err
		}
		p, err := n.lawIn(tx, l, a, at)
		return a.Clocks, p, err
	case view.KindMonitoring:
		m, err := view.Monitoring(tx, w.Number)
		if err != nil {
			return nil, nil, err
		}
		a, err := view.Authorisation(tx, w.Number)
		if err != nil {
			return nil, nil, err
		}
		p, err := n.lawIn(tx, l, a, at)
		return m.Clocks, p, err
	}
	return nil, nil, nil
}

// moveDeadlines records by an event in each case what the activation that is next
// moves. A case whose deadlines moved already is passed over, so that a crash in
// between is made good by doing it again.
func (n *Node) moveDeadlines(ctx context.Context, state authorisation.Programme) error {
	from, _ := state.Wakes()
	var next authorisation.Activation
	for _, a := range state.Activations {
		if !a.InForce {
			next = a
			break
		}
	}
	list, err := n.moved(n.law.Load(), from, deadline.Why{For: next.Kind, Reason: fmt.Sprintf("%s %s of sha256 %.12s in force", next.Kind, next.Name, next.SHA256)})
	if err != nil {
		return err
	}
	return inParallel(ctx, list, func(m moved) error {
		if err := n.move(ctx, m); err != nil {
			return fmt.Errorf("move what is due in %s: %w", m.Case, err)
		}
		return nil
	})
}

// errStays says that a deadline moved already, or was touched so that it stays.
var errStays = errors.New("the deadline stays")

// move puts the move to the case as it is by now.
func (n *Node) move(ctx context.Context, m moved) (err error) {
	by := authorisation.By{Case: m.Case, Actor: authorisation.Scheduler, At: n.now().Unix()}
	change := func(c deadline.Clocks) (timed authorisation.Timed, err error) {
		k, open := c.Open(m.Rule)
		if !open {
			return timed, errStays
		}
		ch, moves, err := m.plan.Moved(k, m.from, m.why)
		if err == nil && !moves {
			err = errStays
		}
		return authorisation.Timed{Clocks: []deadline.Change{ch}}, err
	}
	switch m.kind {
	case view.KindApplication:
		_, err = act(ctx, n, applicationCases, m.Case, false, func(a authorisation.Application) (authorisation.Command, error) {
			timed, err := change(a.Clocks)
			return authorisation.MoveDeadlines{By: by, Timed: timed}, err
		})
	case view.KindMonitoring:
		_, err = act(ctx, n, monitoringCases, m.Case, false, func(w authorisation.Monitoring) (authorisation.Command, error) {
			timed, err := change(w.Clocks)
			return authorisation.MoveWatched{By: by, Timed: timed}, err
		})
	case view.KindAuthorisation:
		of := caseKind[authorisation.Authorisation]{view.Authorisation, func(a authorisation.Authorisation) string { return a.Operator }}
		_, err = act(ctx, n, of, m.Case, false, func(a authorisation.Authorisation) (authorisation.Command, error) {
			timed, err := change(a.Clocks)
			return authorisation.ChangeClocks{By: by, Changes: timed.Clocks}, err
		})
	}
	if errors.Is(err, errStays) {
		return nil
	}
	return err
}
