package authorisation

import (
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/registry/access"
)

// Facts about an account.
type (
	AccountOpened struct {
		Name   string `json:"name"`
		Person string `json:"person"`
		Office string `json:"office,omitzero"`
	}
	RoleGiven struct {
		Holding
		Second string `json:"second,omitzero"`
	}
	RoleTaken struct {
		Role     access.Role `json:"role"`
		Operator string      `json:"operator,omitzero"`
		Second   string      `json:"second,omitzero"`
	}
	AccountDisabled struct {
		Reason string `json:"reason"`
		Second string `json:"second,omitzero"`
	}
	AccountEnabled struct {
		Second string `json:"second,omitzero"` // of version 2
	}
	AccountRecovered struct{} // the machine's own user gave it another password
	AttorneyGiven    struct{ Attorney }
	AttorneyEnded    struct {
		Operator string `json:"operator"`
	}
	ConflictDeclared struct {
		Operator string `json:"operator"`
		Reason   string `json:"reason"`
	}
	ConflictWithdrawn struct {
		Operator string `json:"operator"`
	}
	DeputyNamed struct{ Deputy }
	DeputyEnded struct {
		For string `json:"for"`
	}
)

func (AccountOpened) event() (string, int64)   { return "account.opened", 1 }
func (RoleGiven) event() (string, int64)       { return "account.role_given", 1 }
func (RoleTaken) event() (string, int64)       { return "account.role_taken", 1 }
func (AccountDisabled) event() (string, int64) { return "account.disabled", 1 }
func (d AccountEnabled) event() (string, int64) {
	if d.Second != "" {
		return "account.enabled", 2
	}
	return "account.enabled", 1
}
func (AccountRecovered) event() (string, int64)  { return "account.recovered", 1 }
func (AttorneyGiven) event() (string, int64)     { return "account.attorney_given", 1 }
func (AttorneyEnded) event() (string, int64)     { return "account.attorney_ended", 1 }
func (ConflictDeclared) event() (string, int64)  { return "account.conflict_declared", 1 }
func (ConflictWithdrawn) event() (string, int64) { return "account.conflict_withdrawn", 1 }
func (DeputyNamed) event() (string, int64)       { return "account.deputy_named", 1 }
func (DeputyEnded) event() (string, int64)       { return "account.deputy_ended", 1 }

func (AccountOpened) opens() {}

var accountForms = map[string]form{
	"account.opened/1":             read[AccountOpened],
	"account.role_given/1":         read[RoleGiven],
	"account.role_taken/1":         read[RoleTaken],
	"account.disabled/1":           read[AccountDisabled],
	"account.enabled/1":            read[AccountEnabled],
	"account.enabled/2":            read[AccountEnabled],
	"account.recovered/1":          read[AccountRecovered],
	"account.attorney_given/1":     read[AttorneyGiven],
	"account.attorney_ended/1":     read[AttorneyEnded],
	"account.conflict_declared/1":  read[ConflictDeclared],
	"account.conflict_withdrawn/1": read[ConflictWithdrawn],
	"account.deputy_named/1":       read[DeputyNamed],
	"account.deputy_ended/1":       read[DeputyEnded],
}

// Apply returns the state after an event.
func (a Account) Apply(e Event) (Account, error) {
	if err := follows(e, a.Case, a.DecidedAt); err != nil {
		return a, err
	}
	a.Roles, a.Attorney = slices.Clone(a.Roles), slices.Clone(a.Attorney)
	a.Conflicts, a.Deputies = slices.Clone(a.Conflicts), slices.Clone(a.Deputies)
	switch d := e.Data.(type) {
	case AccountOpened:
		a = Account{Case: e.Case, Name: d.Name, Person: d.Person, Office: d.Office, OpenedAt: e.DecidedAt,
			Roles: []Holding{}, Attorney: []Attorney{}, Conflicts: []Conflict{}, Deputies: []Deputy{}}
	case RoleGiven: // anew where its time had run out
		a.Roles = slices.DeleteFunc(a.Roles, func(h Holding) bool { return h.Role == d.Role && h.Operator == d.Operator })
		a.Roles = append(a.Roles, d.Holding)
	case RoleTaken:
		a.Roles = slices.DeleteFunc(a.Roles, func(h Holding) bool { return h.Role == d.Role && h.Operator == d.Operator })
	case AccountDisabled:
		a.Disabled = true
	case AccountEnabled:
		a.Disabled = false
	case AccountRecovered:
	case AttorneyGiven:
		a.Attorney = append(a.Attorney, d.Attorney)
	case AttorneyEnded:
		a.Attorney = slices.DeleteFunc(a.Attorney, func(p Attorney) bool { return p.Operator == d.Operator })
	case ConflictDeclared:
		a.Conflicts = append(a.Conflicts, Conflict{d.Operator, d.Reason, e.DecidedAt})
	case ConflictWithdrawn:
		a.Conflicts = slices.DeleteFunc(a.Conflicts, func(c Conflict) bool { return c.Operator == d.Operator })
	case DeputyNamed:
		a.Deputies = append(slices.DeleteFunc(a.Deputies, func(x Deputy) bool { return x.For == d.For }), d.Deputy)
	case DeputyEnded:
		a.Deputies = slices.DeleteFunc(a.Deputies, func(x Deputy) bool { return x.For == d.For })
	default:
		return a, fmt.Errorf("applying %s to an account: %w", e.Type(), ErrUnknownEvent)
	}
	a.DecidedAt = e.DecidedAt
	return a, nil
}

func (d AccountOpened) check() error {
	return first(text("name", d.Name, maxName), text("person", d.Person, maxName), optional("office", d.Office, maxName))
}

func (d RoleGiven) check() error {
	if err := role(d.Role, d.Operator); err != nil {
		return err
	}
	if d.Until != 0 && d.Until <= d.From {
		return &InputError{"until", "not after it begins"}
	}
	return first(instant("from", d.From), optional("second", d.Second, maxName))
}

func (d RoleTaken) check() error {
	return first(role(d.Role, d.Operator), optional("second", d.Second, maxName))
}

// role admits a role with the operator it is held for: an applicant's, no other.
func role(r access.Role, operator string) error {
	if err := oneOf("role", r, access.Roles()...); err != nil {
		return err
	}
	if r == access.Applicant {
		return code("operator", operator)
	}
	if operator != "" {
		return &InputError{"operator", fmt.Sprintf("%s is not held for one operator", r)}
	}
	return nil
}

func (d AccountDisabled) check() error {
	return first(text("reason", d.Reason, maxLine), optional("second", d.Second, maxName))
}

func (d AccountEnabled) check() error { return optional("second", d.Second, maxName) }
func (AccountRecovered) check() error { return nil }

func (d AttorneyGiven) check() error {
	if d.Until <= d.From {
		return &InputError{"until", "a power of attorney ends, and after it begins"}
	}
	return first(code("operator", d.Operator), codes("acts", d.Acts, 0), instant("from", d.From), instant("until", d.Until),
		text("evidence", d.Evidence, maxLine))
}

func (d AttorneyEnded) check() error     { return code("operator", d.Operator) }
func (d ConflictWithdrawn) check() error { return code("operator", d.Operator) }
func (d DeputyEnded) check() error       { return code("for", d.For) }

func (d ConflictDeclared) check() error {
	return first(code("operator", d.Operator), text("reason", d.Reason, maxLine))
}

func (d DeputyNamed) check() error {
	if d.Until <= d.From {
		return &InputError{"until", "a deputy's time ends, and after it begins"}
	}
	return first(code("for", d.For), optional("office", d.Office, maxName), instant("from", d.From), instant("until", d.Until))
}
