package registry

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// A Page asks for a part of a list.
type Page struct {
	Cursor string // of the page before; empty for the first
	Limit  int    // 0 = [view.MaxPage]
}

// FindOperators is a page of the operators whose name begins so, or that bear an
// identifier; both may be empty.
func (n *Node) FindOperators(name, identifier string, p Page) (items []authorisation.Operator, next string, err error) {
	if identifier != "" {
		o, err := n.Operator(identifier)
		if errors.Is(err, ErrNotFound) {
			return []authorisation.Operator{}, "", nil
		}
		return []authorisation.Operator{o}, "", err
	}
	q := view.Query{}
	if name = authorisation.Folded(name); name != "" {
		q.Prefix = authorisation.Facet{Name: authorisation.ByName, Value: name}
	}
	return page[authorisation.Operator](n, view.KindOperator, q, p)
}

// Wanted is what applications and authorisations are looked for by; what is empty
// does not matter. Office, Officer and Before are of applications alone.
type Wanted struct {
	State   string
	Type    string
	Holder  string // number or identifier of the operator
	Officer string
	Office  string
	Before  int64 // something is due before then, Unix seconds
}

// query looks up what there is least of.
func (n *Node) query(w Wanted) (q view.Query, err error) {
	if w.Holder != "" {
		o, err := n.Operator(w.Holder)
		if err != nil {
			return q, err
		}
		w.Holder = o.Case
	}
	for _, f := range []authorisation.Facet{
		{Name: authorisation.ByHolder, Value: w.Holder}, {Name: authorisation.ByOfficer, Value: authorisation.Folded(w.Officer)},
		{Name: authorisation.ByOffice, Value: w.Office}, {Name: authorisation.ByState, Value: w.State}, {Name: authorisation.ByType, Value: w.Type},
	} {
		if f.Value != "" {
			q.Facets = append(q.Facets, f)
		}
	}
	if w.Before != 0 {
		q.Before = authorisation.Facet{Name: authorisation.ByDue, Value: authorisation.DueFacet(w.Before)}
	}
	return q, nil
}

// FindApplications is a page of the applications wanted.
func (n *Node) FindApplications(w Wanted, p Page) ([]authorisation.Application, string, error) {
	q, err := n.query(w)
	if err != nil {
		return nil, "", err
	}
	items, next, err := page[authorisation.Application](n, view.KindApplication, q, p)
	if err == nil {
		err = n.blind(items)
	}
	return items, next, err
}

// FindAuthorisations is a page of the authorisations wanted.
func (n *Node) FindAuthorisations(w Wanted, p Page) ([]authorisation.Authorisation, string, error) {
	q, err := n.query(w)
	if err != nil {
		return nil, "", err
	}
	return page[authorisation.Authorisation](n, view.KindAuthorisation, q, p)
}

func page[S any](n *Node, kind view.Kind, q view.Query, p Page) (items []S, next string, err error) {
	q.Cursor, q.Limit = p.Cursor, p.Limit
	err = n.ledger.View(func(tx ledger.Projection) error {
		items, next, err = view.Page[S](tx, kind, q)
		return err
	})
	return items, next, ofQuery(err)
}

// ofQuery says that a wrong cursor is the request's fault.
func ofQuery(err error) error {
	if errors.Is(err, view.ErrCursor) {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return err
}

// A QueueItem is something that waits for somebody.
type QueueItem struct {
	view.Queued
	Overdue bool `json:"overdue,omitzero"`
}

// A QueueOf is what of the queue is wanted. Of Account, Officer and Office one is
// given, or none.
type QueueOf struct {
	Account string // what it has, and what it may agree to as a second person
	Officer string
	Office  string
	Within  time.Duration // due by then from now on, or overdue; 0 = all there is
}

// Queue is a page of what waits for somebody, the first due first.
func (n *Node) Queue(w QueueOf, p Page) (items []QueueItem, next string, err error) {
	if w.Within < 0 || (w.Officer != "" || w.Account != "") && w.Office != "" || w.Officer != "" && w.Account != "" {
		return nil, "", fmt.Errorf("%w: want an account, an officer or an office, and no time in the past", ErrInvalid)
	}
	now := n.now()
	q := view.Queue{Officer: w.Officer, Office: w.Office, Cursor: p.Cursor, Limit: p.Limit}
	if w.Within > 0 {
		q.Before = now.Add(w.Within).Unix() + 1
	}
	mine := func(view.Queued) (bool, error) { return true, nil }
	if w.Account != "" {
		if mine, err = n.workOf(w.Account, &q); err != nil {
			return nil, "", err
		}
	}
	var tasks []view.Queued
	err = n.ledger.View(func(tx ledger.Projection) error {
		tasks, next, err = view.Tasks(tx, q)
		return err
	})
	items = make([]QueueItem, 0, len(tasks))
	for _, t := range tasks {
		if is, err := mine(t); err != nil {
			return nil, "", err
		} else if !is {
			continue
		}
		items = append(items, QueueItem{t, t.Due != 0 && t.Due <= now.Unix()})
	}
	return items, next, ofQuery(err)
}

// workOf lets a query be for what is an account's work. What it returns says of a
// task whether it is: nobody agrees to what they asked for themselves, or where they
// have declared a conflict of interest.
func (n *Node) workOf(account string, q *view.Queue) (func(view.Queued) (bool, error), error) {
	a, err := n.account(account)
	if err != nil {
		return nil, err
	}
	all, err := n.accounts()
	if err != nil {
		return nil, err
	}
	q.Mine = []string{a.Case, a.Name}
	for act, joint := range n.jointActs() {
		if slices.ContainsFunc(joint.may, func(r access.Role) bool { return actsAs(a, all, r, "", act, n.now().Unix(), anyOffice) }) {
			q.Acts = append(q.Acts, act)
		}
	}
	same := append(namesOf(a, all), a.Case)
	return func(t view.Queued) (bool, error) {
		if t.Act == "" {
			return true, nil
		}
		waits, err := n.Approval(t.Number)
		return err == nil && !slices.Contains(same, t.AskedBy) && !(waits.Operator != "" && conflicted(a, all, waits.Operator)), err
	}, nil
}
