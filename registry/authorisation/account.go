package authorisation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/registry/access"
)

// An Account is the state of an account of one person. The zero Account is not open.
type Account struct {
	Case      string     `json:"case"`
	Name      string     `json:"name"`
	Person    string     `json:"person"` // what two accounts of one person have in common, as a staff number
	Office    string     `json:"office,omitzero"`
	Disabled  bool       `json:"disabled,omitzero"`
	Roles     []Holding  `json:"roles"`
	Attorney  []Attorney `json:"attorney"`
	Conflicts []Conflict `json:"conflicts"`
	Deputies  []Deputy   `json:"deputies"`
	OpenedAt  int64      `json:"opened_at"`
	DecidedAt int64      `json:"decided_at"`
}

// A Holding is a role held over [From, Until); Until 0 has no end.
type Holding struct {
	Role     access.Role `json:"role"`
	Operator string      `json:"operator,omitzero"` // of an applicant: whose
	From     int64       `json:"from"`
	Until    int64       `json:"until,omitzero"`
}

// An Attorney is a power of attorney over [From, Until): what a representative may
// do for an operator. Acts are paths of the API such as "applications" or
// "applications/withdraw"; none means all that an applicant may.
type Attorney struct {
	Operator string   `json:"operator"`
	Acts     []string `json:"acts"`
	From     int64    `json:"from"`
	Until    int64    `json:"until"`
	Evidence string   `json:"evidence"` // where the deed is, or its digest
}

// A Conflict of interest keeps a person from an operator's cases.
type Conflict struct {
	Operator string `json:"operator"`
	Reason   string `json:"reason"`
	At       int64  `json:"at"`
}

// A Deputy acts over [From, Until) in the roles of another account, under their own
// name: two persons stay two persons.
type Deputy struct {
	For    string `json:"for"`
	Office string `json:"office,omitzero"` // for whose cases; empty = all
	From   int64  `json:"from"`
	Until  int64  `json:"until"`
}

// over reports whether the time of a role has run out.
func (h Holding) over(at int64) bool { return h.Until != 0 && h.Until <= at }

func within(at, from, until int64) bool { return from <= at && (until == 0 || at < until) }

// Holds reports whether the account holds a role at an instant, for an operator
// where the role is an applicant's.
func (a Account) Holds(role access.Role, operator string, at int64) bool {
	return !a.Disabled && slices.ContainsFunc(a.Roles, func(h Holding) bool {
		return h.Role == role && (role != access.Applicant || h.Operator == operator) && within(at, h.From, h.Until)
	})
}

// RolesAt are the roles held at an instant, each once.
func (a Account) RolesAt(at int64) (out []access.Role) {
	for _, h := range a.Roles {
		if !a.Disabled && within(at, h.From, h.Until) && !slices.Contains(out, h.Role) {
			out = append(out, h.Role)
		}
	}
	return out
}

// Represents reports whether a power of attorney covers an act for an operator at
// an instant. The empty act asks for any.
func (a Account) Represents(operator, act string, at int64) bool {
	return a.Holds(access.Representative, "", at) && slices.ContainsFunc(a.Attorney, func(p Attorney) bool {
		return p.Operator == operator && within(at, p.From, p.Until) && p.covers(act)
	})
}

func (p Attorney) covers(act string) bool {
	return len(p.Acts) == 0 || act == "" || slices.ContainsFunc(p.Acts, func(allowed string) bool {
		return act == allowed || strings.HasPrefix(act, allowed+"/")
	})
}

// Sees are the operators whose cases an account of the trade's reads at an instant.
func (a Account) Sees(operator string, at int64) bool {
	return a.Holds(access.Applicant, operator, at) || a.Represents(operator, "", at)
}

// Conflicted reports whether a conflict of interest was declared about an operator.
func (a Account) Conflicted(operator string) bool { return a.conflict(operator) >= 0 }

func (a Account) conflict(operator string) int {
	return slices.IndexFunc(a.Conflicts, func(c Conflict) bool { return c.Operator == operator })
}

// SamePerson reports whether two accounts are one person's: the same person is
// named, or the same name. Who shares a name with a colleague is told apart by it.
func (a Account) SamePerson(b Account) bool {
	return a.Case == b.Case || access.Fold(a.Person) == access.Fold(b.Person) || access.Fold(a.Name) == access.Fold(b.Name)
}

func (a Account) state() string {
	switch {
	case a.Case == "":
		return "not open"
	case a.Disabled:
		return "disabled"
	}
	return "open"
}

// The commands for an account. Alone says that there are not yet two
// administrators, so that one is enough for what takes two.
type (
	OpenAccount struct {
		By
		Name, Person, Office string
	}
	GiveRole struct {
		By
		Holding
		Second string
		Alone  bool
	}
	TakeRole struct {
		By
		Role     access.Role
		Operator string
		Second   string
		Alone    bool
	}
	DisableAccount struct {
		By
		Reason string
		Second string
		Alone  bool
	}
	// EnableAccount takes two administrators where the account holds a role that took them.
	EnableAccount struct {
		By
		Second string
		Alone  bool
	}
	RecoverAccount struct{ By }
	GiveAttorney   struct {
		By
		Attorney
	}
	EndAttorney struct {
		By
		Operator string
	}
	DeclareConflict struct {
		By
		Operator, Reason string
	}
	WithdrawConflict struct {
		By
		Operator string
	}
	NameDeputy struct {
		By
		Deputy
	}
	EndDeputy struct {
		By
		For string
	}
)

func (OpenAccount) name() string      { return "open account" }
func (GiveRole) name() string         { return "give role" }
func (TakeRole) name() string         { return "take role" }
func (DisableAccount) name() string   { return "disable account" }
func (EnableAccount) name() string    { return "enable account" }
func (RecoverAccount) name() string   { return "recover account" }
func (GiveAttorney) name() string     { return "give power of attorney" }
func (EndAttorney) name() string      { return "end power of attorney" }
func (DeclareConflict) name() string  { return "declare conflict of interest" }
func (WithdrawConflict) name() string { return "withdraw conflict of interest" }
func (NameDeputy) name() string       { return "name deputy" }
func (EndDeputy) name() string        { return "end deputy" }

// Decide answers a command with the events it brings about.
func (a Account) Decide(c Command) ([]Event, error) {
	if err := admit(c, a.state(), a.Case, a.DecidedAt); err != nil {
		return nil, err
	}
	if _, opening := c.(OpenAccount); opening != (a.Case == "") {
		return nil, &TransitionError{a.state(), c.name(), "an account is opened once, and first"}
	}
	switch c := c.(type) {
	case OpenAccount:
		return one(c.By, c.At, AccountOpened{c.Name, c.Person, c.Office})
	case GiveRole:
		return a.giveRole(c)
	case TakeRole:
		return a.takeRole(c)
	case DisableAccount:
		if a.Disabled {
			return nil, &TransitionError{a.state(), c.name(), "it is already"}
		}
		if err := a.grave(a.administers(), c.Alone, c.By, c.Second); err != nil {
			return nil, fmt.Errorf("disable: %w", err)
		}
		return one(c.By, c.At, AccountDisabled{c.Reason, c.Second})
	case EnableAccount:
		if !a.Disabled {
			return nil, &TransitionError{a.state(), c.name(), "it is not disabled"}
		}
		if err := a.grave(a.Grave(c.At), c.Alone, c.By, c.Second); err != nil {
			return nil, fmt.Errorf("enable: %w", err)
		}
		return a.byOther(c.By, AccountEnabled{c.Second})
	case RecoverAccount:
		return one(c.By, c.At, AccountRecovered{})
	case GiveAttorney:
		return a.byOther(c.By, AttorneyGiven{c.Attorney})
	case EndAttorney:
		if !slices.ContainsFunc(a.Attorney, func(p Attorney) bool { return p.Operator == c.Operator }) {
			return nil, &TransitionError{a.state(), c.name(), "no power of attorney is held for " + c.Operator}
		}
		return one(c.By, c.At, AttorneyEnded{c.Operator})
	case DeclareConflict:
		if a.Conflicted(c.Operator) {
			return nil, &TransitionError{a.state(), c.name(), "it is declared already"}
		}
		return one(c.By, c.At, ConflictDeclared{c.Operator, c.Reason})
	case WithdrawConflict:
		if !a.Conflicted(c.Operator) {
			return nil, &TransitionError{a.state(), c.name(), "none is declared"}
		}
		return a.byOther(c.By, ConflictWithdrawn{c.Operator})
	case NameDeputy:
		if c.For == a.Case {
			return nil, &InputError{"for", "nobody deputises for themselves"}
		}
		return a.byOther(c.By, DeputyNamed{c.Deputy})
	case EndDeputy:
		if a.deputy(c.For) < 0 {
			return nil, &TransitionError{a.state(), c.name(), "not a deputy of " + c.For}
		}
		return one(c.By, c.At, DeputyEnded{c.For})
	}
	return nil, &TransitionError{a.state(), c.name(), "not a command for an account"}
}

// byOther is an act that nobody does about themselves.
func (a Account) byOther(by By, d Data) ([]Event, error) {
	if by.is(a.Case) {
		return nil, fmt.Errorf("%w: nobody decides about their own account", ErrFourEyes)
	}
	return one(by, by.At, d)
}

// grave asks for a second administrator where it takes one.
func (a Account) grave(grave, alone bool, by By, second string) error {
	if !grave || alone {
		return nil
	}
	return twoOfficers(by, second)
}

// Grave reports whether the account has a role that it takes two administrators to
// give, disabled or not.
func (a Account) Grave(at int64) bool {
	return slices.ContainsFunc(a.Roles, func(h Holding) bool { return h.Role.Grave() && !h.over(at) })
}

func (a Account) administers() bool { return a.held(access.Administrator, "") >= 0 }

func (a Account) held(role access.Role, operator string) int {
	return slices.IndexFunc(a.Roles, func(h Holding) bool { return h.Role == role && h.Operator == operator })
}

func (a Account) deputy(of string) int {
	return slices.IndexFunc(a.Deputies, func(d Deputy) bool { return d.For == of })
}

func (a Account) giveRole(c GiveRole) ([]Event, error) {
	if i := a.held(c.Role, c.Operator); i >= 0 && !a.Roles[i].over(c.At) {
		return nil, &TransitionError{a.state(), c.name(), "the account holds it already"}
	}
	for _, h := range a.Roles {
		if !h.over(c.At) && !access.Together(h.Role, c.Role) {
			return nil, &TransitionError{a.state(), c.name(), fmt.Sprintf("nobody is both %s and %s", h.Role, c.Role)}
		}
	}
	if err := a.grave(c.Role.Grave(), c.Alone, c.By, c.Second); err != nil {
		return nil, fmt.Errorf("give role %s: %w", c.Role, err)
	}
	h := c.Holding
	h.From = from(c.By, h.From)
	return a.byOther(c.By, RoleGiven{h, c.Second})
}

func (a Account) takeRole(c TakeRole) ([]Event, error) {
	if a.held(c.Role, c.Operator) < 0 {
		return nil, &TransitionError{a.state(), c.name(), "the account does not hold it"}
	}
	if err := a.grave(c.Role == access.Administrator, c.Alone, c.By, c.Second); err != nil {
		return nil, fmt.Errorf("take role %s: %w", c.Role, err)
	}
	return one(c.By, c.At, RoleTaken{c.Role, c.Operator, c.Second})
}
