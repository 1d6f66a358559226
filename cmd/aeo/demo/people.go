package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/access"
)

// A person has an account at the German administration, the one of the demo where
// only accounts act; at the others acts are by name.
type person struct {
	name string
	role access.Role
}

// staffDE are the two who keep the accounts, and those who work on cases.
var (
	keepersDE = []string{"G. Winter", "P. Sommer"}
	staffDE   = []person{
		{officers["DE"].desk, access.Assessor}, {officers["DE"].assessor, access.Assessor}, {validatorDE, access.Validator},
		{officers["DE"].decides, access.DecisionMaker}, {officers["DE"].second, access.DecisionMaker},
	}
)

const validatorDE = "R. Thoma"

// password is everybody's in a demo.
const password = "invented for the demonstration"

// as is the context in which somebody acts: where an administration has accounts,
// whoever is logged in under the name.
func (w *world) as(code, name string) context.Context {
	if who, known := w.sites[code].people[name]; known {
		return registry.WithCaller(w.ctx, who)
	}
	return w.ctx
}

// staff opens the accounts of Germany's officers. From the second administrator on
// it takes both to make somebody who decides.
func (s *story) staff() error {
	de := s.sites["DE"]
	if de == nil {
		return nil
	}
	de.people = map[string]registry.Caller{}
	for _, name := range keepersDE {
		number, err := s.open("DE", name)
		if err != nil {
			return err
		}
		if name == keepersDE[0] { // the first account is an administrator's
			continue
		}
		if err := s.give("DE", registry.ChangeRole{Account: number, Role: access.Administrator}); err != nil {
			return err
		}
	}
	for _, p := range staffDE {
		number, err := s.open("DE", p.name)
		if err != nil {
			return err
		}
		if err := s.give("DE", registry.ChangeRole{Account: number, Role: p.role}); err != nil {
			return err
		}
	}
	s.say(149, "Germany opens accounts for its officers: %d assess or visit, 2 decide, 2 keep the accounts and do nothing else. From now on only accounts act there.", len(staffDE)-2)
	return nil
}

// open opens an account, and logs it in.
func (s *story) open(code, name string) (number string, err error) {
	site := s.sites[code]
	a, err := site.node.OpenAccount(s.as(code, keepersDE[0]), registry.OpenAccount{Name: name, Password: password})
	if err != nil {
		return "", fmt.Errorf("open an account for %s: %w", name, err)
	}
	session, err := site.node.Login(s.ctx, registry.Login{Name: name, Password: password, Seconds: 200 * 24 * 3600})
	if err != nil {
		return "", fmt.Errorf("log in as %s: %w", name, err)
	}
	site.people[name], err = site.node.Authenticate(session.Token)
	return a.Case, err
}

// give gives an account a role; where that takes two, the other administrator agrees.
func (s *story) give(code string, r registry.ChangeRole) error {
	_, err := s.sites[code].node.ChangeRole(s.as(code, keepersDE[0]), r)
	return s.seconded(code, keepersDE[1], err)
}

// seconded is the second person's part of an act: what was asked for waits, and is
// carried out when they agree.
func (s *story) seconded(code, second string, asked error) error {
	waits := (*registry.AwaitsSecond)(nil)
	if !errors.As(asked, &waits) {
		return asked
	}
	_, err := s.sites[code].node.Approve(s.as(code, second), registry.Approve{Approval: waits.Approval.Case, SHA256: waits.Approval.SHA256})
	return err
}
