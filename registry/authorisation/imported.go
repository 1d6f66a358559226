package authorisation

import "fmt"

// Import takes over an authorisation that another register holds, with what became of
// it: a register that was kept on paper or in another system before this one. It
// takes two officers, who answer for what it says and not for having decided it. The
// acts are put to the machine as if each had been decided at its time.
type Import struct {
	By                                   // At is the instant it is taken over
	Imported                             // where it comes from
	Operator, Programme, Authority, Type string
	Components, Roles                    []string

	GrantedAt, EffectiveAt int64
	ExpiresAt              int64 // 0 = unlimited
	Acts                   []PastAct
	Watch                  Timed // clocks of monitoring from At on; see [Monitoring]. Not of what has ended.
	Request                Origin
}

// Imported says where an authorisation was taken over from.
type Imported struct {
	Register  string `json:"register"`  // what the register is called
	Reference string `json:"reference"` // what the authorisation is called there
	Second    string `json:"second"`    // the second officer
}

// A PastAct is one that was decided and took effect before it was taken over: to
// suspend, reinstate, revoke, annul or withdraw.
type PastAct struct {
	Act Act
	At  int64
}

// fromRegister are the grounds of acts whose own are in the register they come from.
var fromRegister = Grounds{Reason: "imported", Basis: "as the imported register says"}

func (Import) name() string { return "import" }

// AuthorisationImported opens a case as a grant does. Its decided_at is when the grant
// was decided, its actor who took it over.
type AuthorisationImported struct {
	Operator   string   `json:"operator"`
	Programme  string   `json:"programme"`
	Authority  string   `json:"authority,omitzero"` // as in [Wish]
	Type       string   `json:"type"`
	Components []string `json:"components"`
	Roles      []string `json:"roles"`
	ExpiresAt  int64    `json:"expires_at,omitzero"`
	Imported
}

func (AuthorisationImported) event() (string, int64) { return "authorisation.imported", 1 }
func (AuthorisationImported) opens()                 {}

var importForms = map[string]form{"authorisation.imported/1": read[AuthorisationImported]}

// taken are the events of a case that is taken over, in the order they came about.
func (c Import) taken() ([]Event, error) {
	if err := twoOfficers(c.By, c.Second); err != nil {
		return nil, fmt.Errorf("import: %w", err)
	}
	switch {
	case c.GrantedAt > c.At:
		return nil, &InputError{"granted_on", "still to come"}
	case c.EffectiveAt < c.GrantedAt:
		return nil, &InputError{"effective_on", "a grant takes no effect before it is decided"}
	case c.ExpiresAt != 0 && c.ExpiresAt <= c.EffectiveAt:
		return nil, &InputError{"expires_on", "not after it takes effect"}
	}
	opened := Event{Case: c.Case, Actor: c.Actor, DecidedAt: c.GrantedAt, EffectiveAt: c.EffectiveAt, Request: c.Request,
		Data: AuthorisationImported{c.Operator, c.Programme, c.Authority, c.Type, c.Components, c.Roles, c.ExpiresAt, c.Imported}}
	a, err := Authorisation{}.Apply(opened)
	if err != nil {
		return nil, err
	}
	all := []Event{opened}
	take := func(command Command) error {
		list, err := a.Decide(command)
		if err != nil {
			return err
		}
		for _, e := range list {
			if a, err = a.Apply(e); err != nil {
				return err
			}
		}
		all = append(all, list...)
		return nil
	}
	for _, act := range c.Acts {
		command, err := c.past(act)
		if err != nil {
			return nil, err
		}
		if err := take(command); err != nil {
			return nil, err
		}
	}
	for _, due := range a.Due(c.At) {
		if err := take(due); err != nil {
			return nil, err
		}
	}
	if len(c.Watch.Clocks) > 0 && !a.Ended() {
		all = append(all, Event{Case: c.Case, Actor: c.Actor, DecidedAt: c.At, EffectiveAt: max(c.At, c.EffectiveAt),
			Data: MonitoringOpened{Operator: c.Operator, Timed: c.Watch}})
	}
	return events(all...)
}

// past is the command of an act, as of when it was decided.
func (c Import) past(act PastAct) (Command, error) {
	if act.At > c.At {
		return nil, &InputError{string(act.Act), "still to come"}
	}
	by := c.By
	by.At = act.At
	switch act.Act {
	case ActSuspend:
		return Suspend{By: by, Second: c.Second, Grounds: fromRegister}, nil
	case ActReinstate:
		return Reinstate{By: by}, nil
	case ActRevoke:
		return Revoke{By: by, Second: c.Second, Grounds: fromRegister}, nil
	case ActAnnul:
		return Annul{By: by, Second: c.Second, Grounds: fromRegister}, nil
	case ActWithdraw:
		return Withdraw{By: by}, nil
	}
	return nil, &InputError{"act", fmt.Sprintf("%q is none that is taken over", act.Act)}
}

func (d AuthorisationImported) check() error {
	err := first(
		code("operator", d.Operator), code("programme", d.Programme), member(d.Authority), code("type", d.Type),
		codes("components", d.Components, 1), codes("roles", d.Roles, 1),
		text("register", d.Register, maxName), code("reference", d.Reference), text("second", d.Second, maxName),
	)
	if err == nil && d.ExpiresAt != 0 {
		return instant("expires_at", d.ExpiresAt)
	}
	return err
}
