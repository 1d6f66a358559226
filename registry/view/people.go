package view

import (
	"errors"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// Account reads one account.
func Account(tx ledger.Projection, number string) (authorisation.Account, error) {
	return readState[authorisation.Account](tx, KindAccount, number)
}

// Accounts reads all accounts in order of number.
func Accounts(tx ledger.Projection) ([]authorisation.Account, error) {
	return all[authorisation.Account](tx, KindAccount)
}

// Approval reads one approval.
func Approval(tx ledger.Projection, number string) (authorisation.Approval, error) {
	return readState[authorisation.Approval](tx, KindApproval, number)
}

// Approvals reads all approvals in order of number.
func Approvals(tx ledger.Projection) ([]authorisation.Approval, error) {
	return all[authorisation.Approval](tx, KindApproval)
}

// OfficeOf is the office that deals with a case: an application's own, and of an
// authorisation or a visit that of the application it rests on. "" where none does.
func OfficeOf(tx ledger.Projection, number string) (string, error) {
	for range 3 { // a visit, an authorisation, an application
		app, err := Application(tx, number)
		if !errors.Is(err, ledger.ErrNotFound) {
			return app.Office, err
		}
		held, err := Authorisation(tx, number)
		if number = held.Application; err == nil {
			continue
		}
		visit, err := Visit(tx, number)
		if number = visit.Subject; err != nil {
			break
		}
	}
	return "", nil
}

// operatorsOf say for each kind of case whose it is.
var operatorsOf = []func(ledger.Projection, string) (string, error){
	func(tx ledger.Projection, number string) (string, error) {
		a, err := Application(tx, number)
		return a.Wish.Operator, err
	},
	func(tx ledger.Projection, number string) (string, error) {
		a, err := Authorisation(tx, number)
		return a.Operator, err
	},
	func(tx ledger.Projection, number string) (string, error) {
		o, err := Operator(tx, number)
		return o.Case, err
	},
	func(tx ledger.Projection, number string) (string, error) {
		v, err := Visit(tx, number)
		return v.Operator, err
	},
	func(tx ledger.Projection, number string) (string, error) {
		a, err := Approval(tx, number)
		return a.Operator, err
	},
}

// OperatorOf is the operator a case is about; "" where it is about none, or there
// is no such case.
func OperatorOf(tx ledger.Projection, number string) (string, error) {
	for _, of := range operatorsOf {
		operator, err := of(tx, number)
		if !errors.Is(err, ledger.ErrNotFound) {
			return operator, err
		}
	}
	return "", nil
}
