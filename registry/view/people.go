package view

import (
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
