package view

import (
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// Visit reads one validation visit.
func Visit(tx ledger.Projection, number string) (authorisation.Visit, error) {
	return readState[authorisation.Visit](tx, KindVisit, number)
}

// Visits reads all visits in order of number.
func Visits(tx ledger.Projection) ([]authorisation.Visit, error) {
	return all[authorisation.Visit](tx, KindVisit)
}

// VisitsFor reads the visits made for an application or authorisation, in order.
func VisitsFor(tx ledger.Projection, number string) (out []authorisation.Visit, err error) {
	visits, err := numbers(tx, visitKey(number, ""))
	for _, v := range visits {
		one, err := Visit(tx, v)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, err
}

func indexVisit(tx ledger.Projection, before, after authorisation.Visit) error {
	if before.Case != "" {
		return nil
	}
	return tx.Set(visitKey(after.Subject, after.Case), nil)
}

func visitKey(subject, number string) []byte { return []byte("visit/" + subject + "/" + number) }
