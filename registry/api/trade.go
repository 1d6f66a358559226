package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/programme"
)

// shownTo is what the caller is shown of an answer, whatever the route: scores of a
// sample to nobody before both are in, and to who is outside the administration
// what is theirs of their own cases.
func shownTo(r *http.Request, answer any) (any, error) {
	n := nodeOf(r)
	answer, err := n.Blinded(answer)
	if err != nil {
		return nil, err
	}
	inside, err := n.Inside(r.Context())
	if err != nil || inside {
		return answer, err
	}
	if list, ok := answer.(interface{ shown(func(any) any) any }); ok {
		sees, err := n.Sees(r.Context())
		return list.shown(func(item any) any { return forTrade(item, sees) }), err
	}
	own := registry.CallerOf(r.Context()).Account
	if a, ok := answer.(authorisation.Account); ok && a.Case == own {
		return a, nil
	}
	sees, err := n.Sees(r.Context())
	return forTrade(answer, sees), err
}

func (l List[T]) shown(show func(any) any) any {
	l.Items = slices.Clone(l.Items)
	for i, item := range l.Items {
		l.Items[i], _ = show(item).(T)
	}
	return l
}

// forTrade leaves out what the administration keeps for itself. What was found they
// hear with the grounds of a hearing or with the decision; what other agencies were
// asked, not at all.
func forTrade(answer any, sees func(operator string) bool) any {
	switch a := answer.(type) {
	case registry.ApplicationFile:
		a.Application, a.Missing = applicationForTrade(a.Application), nil
		return a
	case authorisation.Application:
		return applicationForTrade(a)
	case authorisation.Assessment:
		a.Sample, a.Second = nil, []authorisation.Assessed{}
		return a
	case registry.AuthorisationFile:
		a.Successors = nil // cases of others
		return a
	case authorisation.Visit:
		a.Exports, a.Reports = []authorisation.VisitExport{}, []authorisation.VisitReport{}
		return a
	case authorisation.Monitoring:
		a.Risk, a.Checks, a.Recheck = "", nil, nil
		a.Clocks = without(a.Clocks, programme.RuleRecheck)
		return a
	case authorisation.Account:
		return accountForTrade(a, sees)
	}
	return answer
}

func applicationForTrade(a authorisation.Application) authorisation.Application {
	a.Consultations, a.Clocks = nil, without(a.Clocks, programme.RuleConsultation)
	if !a.State.Final() {
		a.Findings, a.Assessors = []authorisation.Assessed{}, []string{}
	}
	return a
}

func without(clocks deadline.Clocks, rule string) deadline.Clocks {
	return slices.DeleteFunc(slices.Clone(clocks), func(c deadline.Clock) bool { return c.Rule == rule })
}

// accountForTrade is another's account: what it may do for one's own operators.
func accountForTrade(a authorisation.Account, sees func(operator string) bool) authorisation.Account {
	return authorisation.Account{Case: a.Case, Roles: []authorisation.Holding{}, Conflicts: []authorisation.Conflict{}, Deputies: []authorisation.Deputy{},
		Attorney: slices.DeleteFunc(slices.Clone(a.Attorney), func(p authorisation.Attorney) bool { return !sees(p.Operator) })}
}

// ownPage is a page of what there is of the caller's own operators, one after another:
// a page over the whole register would name others' in its cursor. It is not ok for
// who reads the whole.
func ownPage[T any](r *http.Request, p registry.Page, holder string, find func(holder string, p registry.Page) ([]T, string, error)) (list List[T], ok bool, err error) {
	own, inside, err := nodeOf(r).OwnOperators(r.Context())
	if err != nil || inside {
		return list, err != nil, err
	}
	if holder != "" {
		o, err := nodeOf(r).OwnOperator(r.Context(), holder)
		if err != nil {
			return list, true, err
		}
		own = []string{o.Case}
	}
	at := 0
	if p.Cursor != "" {
		operator, rest, _ := strings.Cut(p.Cursor, ".")
		if at = slices.Index(own, operator); at < 0 {
			return list, true, fmt.Errorf("%w: this cursor is none of this query", registry.ErrInvalid)
		}
		p.Cursor = rest
	}
	if len(own) == 0 {
		return listOf[T](nil), true, nil
	}
	list, err = asPage(find(own[at], p))
	switch {
	case list.Next != "":
		list.Next = own[at] + "." + list.Next
	case at+1 < len(own):
		list.Next = own[at+1] + "."
	}
	return list, true, err
}
