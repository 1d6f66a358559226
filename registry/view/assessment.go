package view

import (
	"errors"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// Assessment reads what was gathered beside an application; ledger.ErrNotFound
// where nothing was.
func Assessment(tx ledger.Projection, number string) (authorisation.Assessment, error) {
	return readState[authorisation.Assessment](tx, KindAssessment, number)
}

// AssessmentNumbers are the applications beside which something was gathered, in order.
func AssessmentNumbers(tx ledger.Projection) ([]string, error) {
	return numbers(tx, caseKey(KindAssessment, ""))
}

// Scoring are the applications of which a sample is scored twice.
func Scoring(tx ledger.Projection) ([]string, error) { return numbers(tx, scoringKey("")) }

// AssessedOf are the applications of an operator beside which something was gathered, in order.
func AssessedOf(tx ledger.Projection, operator string) ([]string, error) {
	return numbers(tx, assessedKey(operator, ""))
}

// FileOf is the operator of whose evidence a stored file is the content; false where
// no register has it.
func FileOf(tx ledger.Projection, name string) (operator string, ok bool, err error) {
	raw, err := tx.Get(fileKey(name))
	if errors.Is(err, ledger.ErrNotFound) {
		return "", false, nil
	}
	return string(raw), err == nil, err
}

func indexAssessment(tx ledger.Projection, before, after authorisation.Assessment) error {
	for _, e := range after.Evidence[len(before.Evidence):] {
		if err := tx.Set(fileKey(e.File), []byte(after.Operator)); err != nil {
			return err
		}
	}
	if before.Case == "" {
		if err := tx.Set(assessedKey(after.Operator, after.Case), nil); err != nil {
			return err
		}
	}
	if before.Sample == nil && after.Sample != nil {
		return tx.Set(scoringKey(after.Case), nil)
	}
	return nil
}

func fileKey(name string) []byte { return []byte("file/" + name) }

func assessedKey(operator, number string) []byte {
	return []byte("assessed/" + operator + "/" + number)
}

func scoringKey(number string) []byte { return []byte("scoring/" + number) }
