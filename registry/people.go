package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// ErrUnauthenticated says that nobody who acts is known: an account is needed.
var ErrUnauthenticated = errors.New("an account is needed")

// people are the accounts as they are, read when first asked for and after each change.
type people struct {
	mu    sync.Mutex
	known []authorisation.Account // nil where they have to be read; guarded by mu
}

// accounts are all accounts in order of number, shared with all who ask. Until there
// is the first, acts are by name; from then on only accounts act.
func (n *Node) accounts() ([]authorisation.Account, error) {
	n.people.mu.Lock()
	defer n.people.mu.Unlock()
	if n.people.known != nil {
		return n.people.known, nil
	}
	err := n.ledger.View(func(tx ledger.Projection) (err error) {
		n.people.known, err = view.Accounts(tx)
		return err
	})
	return n.people.known, err
}

func (n *Node) forgetPeople() {
	n.people.mu.Lock()
	defer n.people.mu.Unlock()
	n.people.known = nil
}

// account reads one account.
func (n *Node) account(number string) (authorisation.Account, error) {
	return readCase(n, number, view.Account)
}

// by is who acts in a case now, as one of the given roles; none means any of those
// who work on cases. An account acts under its own number; until there is an
// account it is who the request names.
func (n *Node) by(ctx context.Context, number, named string, may ...access.Role) (authorisation.By, error) {
	return n.byFor(ctx, number, "", named, may...)
}

// byFor is by for a case that is about to be opened, whose operator the log does
// not say yet.
func (n *Node) byFor(ctx context.Context, number, operator, named string, may ...access.Role) (authorisation.By, error) {
	by := authorisation.By{Case: number, Actor: named, At: n.now().Unix()}
	all, err := n.accounts()
	if err != nil {
		return by, err
	}
	c := CallerOf(ctx)
	if c.Account == "" {
		if len(all) > 0 || n.secrets.any() {
			return by, fmt.Errorf("%w: this act is an account's", ErrUnauthenticated)
		}
		return by, nil
	}
	if operator == "" {
		if operator, err = n.operatorOf(number); err != nil {
			return by, err
		}
	}
	a, err := n.entitled(all, c, number, operator, named, may)
	if err != nil {
		return by, err
	}
	by.Actor, by.Also = a.Case, namesOf(a, all)
	n.rates.count(a.Case, n.now())
	return by, nil
}

// entitled is the caller's account, if it may act for one of the roles in a case.
func (n *Node) entitled(all []authorisation.Account, c Caller, number, operator, named string, may []access.Role) (authorisation.Account, error) {
	a, err := n.account(c.Account)
	if err != nil {
		return a, fmt.Errorf("%w: account %.40q", ErrUnauthenticated, c.Account)
	}
	if named != "" && named != a.Case && access.Fold(named) != access.Fold(a.Name) {
		return a, fmt.Errorf("%w: %s cannot act as %.60q", ErrNotAllowed, a.Case, named)
	}
	if len(may) == 0 {
		may = access.Officers()
	}
	at := n.now().Unix()
	if operator != "" && outside(a, at) && !a.Sees(operator, at) {
		// What is another's is not even there.
		return a, fmt.Errorf("%w: no case %.40q", ErrNotFound, number)
	}
	if !slices.ContainsFunc(may, func(r access.Role) bool { return actsAs(a, all, r, operator, c.Act, at, n.ofOffice(number)) }) {
		return a, fmt.Errorf("%w: %s is not %s here", ErrNotAllowed, a.Case, oneOf(may))
	}
	if operator != "" && conflicted(a, all, operator) {
		return a, fmt.Errorf("%w: %s has declared a conflict of interest about %s", ErrNotAllowed, a.Case, operator)
	}
	return a, n.withOffice(a, all, number, at)
}

// withOffice holds where an application is not with another office than the account's,
// or the account has it all the same, or deputises there. An account of no office
// is of the whole administration. What an office found another reads, see [Node.Inside].
func (n *Node) withOffice(a authorisation.Account, all []authorisation.Account, number string, at int64) error {
	if a.Office == "" || outside(a, at) {
		return nil
	}
	app, err := readCase(n, number, view.Application)
	if errors.Is(err, ErrNotFound) {
		return nil // visits, and what follows a grant, are for every office to help with
	}
	if err != nil || app.Office == "" || app.Office == a.Office {
		return err
	}
	if app.Officer == a.Case || access.Fold(app.Officer) == access.Fold(a.Name) {
		return nil
	}
	for _, d := range a.Deputies {
		of := func(o authorisation.Account) bool { return o.Case == d.For && o.Office == app.Office }
		if at >= d.From && at < d.Until && (d.Office == app.Office || slices.ContainsFunc(all, of)) {
			return nil
		}
	}
	return fmt.Errorf("%w: %s is with office %s, and %s is of %s", ErrNotAllowed, number, app.Office, a.Case, a.Office)
}

// ofOffice tells a deputy for the cases of one office whether a case is one of them.
func (n *Node) ofOffice(number string) func(office string) bool {
	return func(office string) (is bool) {
		err := n.ledger.View(func(tx ledger.Projection) error {
			of, err := view.OfficeOf(tx, number)
			is = of == office
			return err
		})
		return err == nil && is
	}
}

// anyOffice is for what is not about one case.
func anyOffice(string) bool { return true }

// actsAs reports whether an account acts in a role now: its own, or as a deputy
// the role of somebody of the administration.
func actsAs(a authorisation.Account, all []authorisation.Account, r access.Role, operator, act string, at int64, of func(office string) bool) bool {
	switch {
	case a.Disabled:
		return false
	case r == access.Representative:
		return a.Represents(operator, act, at)
	case a.Holds(r, operator, at):
		return true
	}
	for _, d := range a.Deputies {
		if r.Outside() || r == access.Administrator || at < d.From || at >= d.Until || !fits(a, r, at) {
			continue
		}
		i := slices.IndexFunc(all, func(o authorisation.Account) bool { return o.Case == d.For })
		if i >= 0 && all[i].Holds(r, "", at) && (d.Office == "" || of(d.Office)) {
			return true
		}
	}
	return false
}

// fits reports whether an account could hold a role beside its own.
func fits(a authorisation.Account, r access.Role, at int64) bool {
	return !slices.ContainsFunc(a.RolesAt(at), func(own access.Role) bool { return !access.Together(own, r) })
}

// outside reports whether an account has no role of the administration.
func outside(a authorisation.Account, at int64) bool {
	return !slices.ContainsFunc(a.RolesAt(at), func(r access.Role) bool { return !r.Outside() })
}

// namesOf are the name of an account and the other accounts of the same person with theirs.
func namesOf(a authorisation.Account, all []authorisation.Account) []string {
	names := []string{a.Name}
	for _, o := range all {
		if o.Case != a.Case && a.SamePerson(o) {
			names = append(names, o.Case, o.Name)
		}
	}
	return names
}

func conflicted(a authorisation.Account, all []authorisation.Account, operator string) bool {
	return a.Conflicted(operator) || slices.ContainsFunc(all, func(o authorisation.Account) bool { return a.SamePerson(o) && o.Conflicted(operator) })
}

// conflicted reports whether somebody, named by account or by name, declared a
// conflict of interest about an operator: they are given none of its cases.
func (n *Node) conflicted(who, operator string) (bool, error) {
	all, err := n.accounts()
	return slices.ContainsFunc(all, func(a authorisation.Account) bool {
		return (a.Case == who || access.Fold(a.Name) == access.Fold(who)) && conflicted(a, all, operator)
	}), err
}

// mayWork refuses people for a case of whom somebody, named by account or by name,
// declared a conflict of interest; and once there are accounts who has none, or none
// of the roles.
func (n *Node) mayWork(operator string, roles []access.Role, team ...string) error {
	all, err := n.accounts()
	if err != nil || len(all) == 0 {
		return err
	}
	for _, who := range team {
		named := slices.DeleteFunc(slices.Clone(all), func(a authorisation.Account) bool { return a.Case != who && access.Fold(a.Name) != access.Fold(who) })
		works := func(a authorisation.Account) bool {
			return slices.ContainsFunc(roles, func(r access.Role) bool { return actsAs(a, all, r, "", "", n.now().Unix(), anyOffice) })
		}
		switch {
		case len(named) == 0:
			return fmt.Errorf("%w: %.40q has no account", ErrInvalid, who)
		case slices.ContainsFunc(named, func(a authorisation.Account) bool { return conflicted(a, all, operator) }):
			return fmt.Errorf("%w: %.40q has declared a conflict of interest about %s", ErrNotAllowed, who, operator)
		case !slices.ContainsFunc(named, works):
			return fmt.Errorf("%w: %.40q is not %s", ErrInvalid, who, oneOf(roles))
		}
	}
	return nil
}

// operatorOf is the operator a case is about; "" where it is about none, or there
// is no such case.
func (n *Node) operatorOf(number string) (operator string, err error) {
	err = n.ledger.View(func(tx ledger.Projection) (err error) {
		operator, err = view.OperatorOf(tx, number)
		return err
	})
	return operator, err
}

func oneOf(roles []access.Role) string {
	words := ""
	for i, r := range roles {
		switch {
		case i == 0:
		case i == len(roles)-1:
			words += " or "
		default:
			words += ", "
		}
		words += string(r)
	}
	return words
}
