package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/access"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/view"
)

// An account is sealed under its own number: to erase the person, their key is destroyed.
var accountCases = caseKind[authorisation.Account]{
	view.Account, func(a authorisation.Account) string { return a.Case },
}

// OpenAccount is a request to let a person act. The first account becomes the
// administrator's, and is opened by the machine's own user.
type OpenAccount struct {
	Name string `json:"name"`
	// Person is what two accounts of one person have in common, such as a staff
	// number; empty = the name.
	Person   string `json:"person,omitzero"`
	Office   string `json:"office,omitzero"`
	Password string `json:"password,omitzero"` // none = set later
	By       string `json:"by,omitzero"`
	DryRun   bool   `json:"dry_run,omitzero"`
}

// OpenAccount opens an account without a role, but for the first.
func (n *Node) OpenAccount(ctx context.Context, r OpenAccount) (a authorisation.Account, err error) {
	defer n.cases.lock("accounts")()
	hash, err := n.hashed(ctx, r.Password)
	if err != nil {
		return a, err
	}
	known, err := n.peopled()
	if err != nil {
		return a, err
	}
	err = n.openCase(n.series("ACC"), func(number string) (bool, error) {
		by, err := n.keeper(ctx, number, r.By)
		if err != nil {
			return false, err
		}
		a, err = n.enactAccount(ctx, a, authorisation.OpenAccount{By: by, Name: r.Name, Person: cmp.Or(r.Person, r.Name), Office: r.Office}, r.DryRun)
		if err != nil || known {
			return !r.DryRun, err
		}
		a, err = n.enactAccount(ctx, a, authorisation.GiveRole{By: by, Alone: true, Holding: authorisation.Holding{Role: access.Administrator}}, r.DryRun)
		return !r.DryRun, err
	})
	if err != nil || r.DryRun || hash == nil {
		return a, err
	}
	return a, n.secrets.setPassword(a.Case, hash, CallerOf(ctx).Account != "", n.now())
}

// peopled reports whether only accounts act: there is one, or was one that was erased.
func (n *Node) peopled() (bool, error) {
	all, err := n.accounts()
	return len(all) > 0 || n.secrets.any(), err
}

func (n *Node) enactAccount(ctx context.Context, a authorisation.Account, c authorisation.Command, dryRun bool) (authorisation.Account, error) {
	a, err := enact(ctx, n, accountCases, a, c, dryRun)
	n.forgetPeople()
	return a, err
}

// onAccount puts a command to an account.
func (n *Node) onAccount(ctx context.Context, number string, dryRun bool, command func(authorisation.Account) (authorisation.Command, error)) (authorisation.Account, error) {
	defer n.forgetPeople()
	defer n.cases.lock("accounts")() // roles of one person's accounts depend on each other
	return act(ctx, n, accountCases, number, dryRun, command)
}

// keeper is an administrator, who keeps the accounts. As long as there is none, the
// machine's own user is.
func (n *Node) keeper(ctx context.Context, number, named string) (authorisation.By, error) {
	_, administrators, err := n.administrators()
	if err != nil {
		return authorisation.By{}, err
	}
	if CallerOf(ctx).Account == "" && administrators == 0 {
		return authorisation.By{Case: number, Actor: cmp.Or(named, machineUser), At: n.now().Unix()}, nil
	}
	return n.by(ctx, number, named, access.Administrator)
}

// machineUser is who acts where whoever can open the socket does.
const machineUser = "machine user"

// administrators are all accounts, and how many persons administer them now.
func (n *Node) administrators() (all []authorisation.Account, persons int, err error) {
	all, err = n.accounts()
	var seen []authorisation.Account
	for _, a := range all {
		if a.Holds(access.Administrator, "", n.now().Unix()) && !slices.ContainsFunc(seen, a.SamePerson) {
			seen = append(seen, a)
		}
	}
	return all, len(seen), err
}

// ChangeRole is a request to give an account a role, or to take it.
type ChangeRole struct {
	Account  string      `json:"account"`
	Role     access.Role `json:"role"`
	Operator string      `json:"operator,omitzero"` // of an applicant: number or identifier
	Take     bool        `json:"take,omitzero"`
	From     int64       `json:"from,omitzero"`  // Unix seconds; 0 = now
	Until    int64       `json:"until,omitzero"` // 0 = no end
	By       string      `json:"by,omitzero"`
	Second   string      `json:"second,omitzero"`
	DryRun   bool        `json:"dry_run,omitzero"`
}

// ChangeRole gives or takes a role. Once there are two administrators, it takes
// both to make somebody who decides, binds abroad or administers, and to unmake an
// administrator.
func (n *Node) ChangeRole(ctx context.Context, r ChangeRole) (a authorisation.Account, err error) {
	if r.Operator != "" {
		o, err := n.Operator(r.Operator)
		if err != nil {
			return a, err
		}
		r.Operator = o.Case
	}
	_, administrators, err := n.administrators()
	if err != nil {
		return a, err
	}
	alone := administrators < 2
	if !alone && (r.Take && r.Role == access.Administrator || !r.Take && r.Role.Grave()) {
		if err := n.jointly(ctx, "accounts/role", r, &r.By, &r.Second, r.DryRun); err != nil {
			return a, err
		}
	}
	return n.onAccount(ctx, r.Account, r.DryRun, func(a authorisation.Account) (authorisation.Command, error) {
		by, err := n.keeper(ctx, a.Case, r.By)
		if err != nil {
			return nil, err
		}
		if r.Take {
			return authorisation.TakeRole{By: by, Role: r.Role, Operator: r.Operator, Second: r.Second, Alone: alone}, nil
		}
		now, err := n.accounts() // as they are under the lock
		if err != nil {
			return nil, err
		}
		for _, o := range now {
			if o.Case != a.Case && o.SamePerson(a) && !fits(o, r.Role, n.now().Unix()) {
				return nil, fmt.Errorf("%w: the same person holds %v as %s", ErrConflict, o.RolesAt(n.now().Unix()), o.Case)
			}
		}
		return authorisation.GiveRole{By: by, Second: r.Second, Alone: alone,
			Holding: authorisation.Holding{Role: r.Role, Operator: r.Operator, From: r.From, Until: r.Until}}, nil
	})
}

// DisableAccount is a request to let nobody act as an account, or to let them again.
type DisableAccount struct {
	Account string `json:"account"`
	Reason  string `json:"reason,omitzero"`
	Enable  bool   `json:"enable,omitzero"`
	By      string `json:"by,omitzero"`
	Second  string `json:"second,omitzero"`
	DryRun  bool   `json:"dry_run,omitzero"`
}

// DisableAccount disables an account at once. The machine's own user may do so: a
// stolen login cannot wait. To let somebody act again who decides, binds abroad or
// administers takes both administrators, as it took to make them.
func (n *Node) DisableAccount(ctx context.Context, r DisableAccount) (authorisation.Account, error) {
	machine := CallerOf(ctx).Account == "" && !r.Enable
	_, administrators, err := n.administrators()
	if err != nil {
		return authorisation.Account{}, err
	}
	alone := machine || administrators < 2
	target, err := n.account(r.Account)
	at := n.now().Unix()
	grave := r.Enable && target.Grave(at) || !r.Enable && target.Holds(access.Administrator, "", at)
	if err == nil && !alone && grave {
		if err := n.jointly(ctx, "accounts/disable", r, &r.By, &r.Second, r.DryRun); err != nil {
			return authorisation.Account{}, err
		}
	}
	return n.onAccount(ctx, r.Account, r.DryRun, func(a authorisation.Account) (authorisation.Command, error) {
		if machine {
			return authorisation.DisableAccount{By: authorisation.By{Case: a.Case, Actor: cmp.Or(r.By, machineUser), At: n.now().Unix()},
				Reason: r.Reason, Alone: true}, nil
		}
		by, err := n.keeper(ctx, a.Case, r.By)
		if err != nil || r.Enable {
			return authorisation.EnableAccount{By: by, Second: r.Second, Alone: alone}, err
		}
		return authorisation.DisableAccount{By: by, Reason: r.Reason, Second: r.Second, Alone: alone}, nil
	})
}

// GiveAttorney is a request to note a power of attorney, or its end.
type GiveAttorney struct {
	Account  string   `json:"account"` // of the representative
	Operator string   `json:"operator"`
	Acts     []string `json:"acts,omitzero"` // paths of the API; none = all that an applicant may
	From     int64    `json:"from,omitzero"` // Unix seconds; 0 = now
	Until    int64    `json:"until,omitzero"`
	Evidence string   `json:"evidence,omitzero"`
	End      bool     `json:"end,omitzero"`
	By       string   `json:"by,omitzero"`
	DryRun   bool     `json:"dry_run,omitzero"`
}

// GiveAttorney notes what a representative may do for an operator. The operator's
// own people may give and end it, and so may those who keep accounts or examine.
func (n *Node) GiveAttorney(ctx context.Context, r GiveAttorney) (authorisation.Account, error) {
	o, err := n.Operator(r.Operator)
	if err != nil {
		return authorisation.Account{}, err
	}
	if r.Acts == nil {
		r.Acts = []string{}
	}
	return n.onAccount(ctx, r.Account, r.DryRun, func(a authorisation.Account) (authorisation.Command, error) {
		by, err := n.byFor(ctx, a.Case, o.Case, r.By, access.Applicant, access.Administrator, access.Assessor)
		if err != nil || r.End {
			return authorisation.EndAttorney{By: by, Operator: o.Case}, err
		}
		return authorisation.GiveAttorney{By: by, Attorney: authorisation.Attorney{Operator: o.Case, Acts: r.Acts,
			From: cmp.Or(r.From, by.At), Until: r.Until, Evidence: r.Evidence}}, nil
	})
}

// DeclareConflict is a request to note a conflict of interest, or that it is over.
type DeclareConflict struct {
	Account  string `json:"account"`
	Operator string `json:"operator"`
	Reason   string `json:"reason,omitzero"`
	Withdraw bool   `json:"withdraw,omitzero"`
	By       string `json:"by,omitzero"`
	DryRun   bool   `json:"dry_run,omitzero"`
}

// DeclareConflict keeps a person from an operator's cases. Everybody declares their
// own; an administrator may declare it of others, and alone says that it is over.
func (n *Node) DeclareConflict(ctx context.Context, r DeclareConflict) (authorisation.Account, error) {
	o, err := n.Operator(r.Operator)
	if err != nil {
		return authorisation.Account{}, err
	}
	return n.onAccount(ctx, r.Account, r.DryRun, func(a authorisation.Account) (authorisation.Command, error) {
		may := []access.Role{access.Administrator}
		if !r.Withdraw && CallerOf(ctx).Account == a.Case {
			may = access.Inside()
		}
		by, err := n.by(ctx, a.Case, r.By, may...)
		if err != nil || r.Withdraw {
			return authorisation.WithdrawConflict{By: by, Operator: o.Case}, err
		}
		return authorisation.DeclareConflict{By: by, Operator: o.Case, Reason: r.Reason}, nil
	})
}

// NameDeputy is a request to let an account act in another's roles for a time.
type NameDeputy struct {
	Account string `json:"account"` // the deputy
	For     string `json:"for"`
	Office  string `json:"office,omitzero"`
	From    int64  `json:"from,omitzero"` // Unix seconds; 0 = now
	Until   int64  `json:"until,omitzero"`
	End     bool   `json:"end,omitzero"`
	By      string `json:"by,omitzero"`
	DryRun  bool   `json:"dry_run,omitzero"`
}

// NameDeputy names a deputy, or ends the deputising. A deputy acts under their own
// name: what takes two persons still does.
func (n *Node) NameDeputy(ctx context.Context, r NameDeputy) (authorisation.Account, error) {
	if _, err := n.account(r.For); err != nil {
		return authorisation.Account{}, err
	}
	return n.onAccount(ctx, r.Account, r.DryRun, func(a authorisation.Account) (authorisation.Command, error) {
		by, err := n.by(ctx, a.Case, r.By, access.Administrator)
		if err != nil || r.End {
			return authorisation.EndDeputy{By: by, For: r.For}, err
		}
		return authorisation.NameDeputy{By: by, Deputy: authorisation.Deputy{For: r.For, Office: r.Office, From: cmp.Or(r.From, by.At), Until: r.Until}}, nil
	})
}

// Account reads one account.
func (n *Node) Account(number string) (authorisation.Account, error) { return n.account(number) }

// Accounts lists all accounts.
func (n *Node) Accounts() ([]authorisation.Account, error) { return n.accounts() }
