package view

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// A Kind is a kind of case. Cases of different kinds may share a number.
type Kind string

// The kinds of cases.
const (
	KindOperator      Kind = "operator"
	KindApplication   Kind = "application"
	KindAuthorisation Kind = "authorisation"
	KindAssessment    Kind = "assessment" // beside an application, under its number

	KindMonitoring Kind = "monitoring" // under the number of the authorisation
	KindProgramme  Kind = "programme"
	KindAccount    Kind = "account"
	KindApproval   Kind = "approval"
	KindVisit      Kind = "visit"
)

// Values are all kinds.
func (Kind) Values() []Kind {
	return []Kind{KindOperator, KindApplication, KindAuthorisation, KindAssessment, KindMonitoring, KindProgramme, KindAccount, KindApproval, KindVisit}
}

// Operator, Application and Authorisation read one case; ledger.ErrNotFound where there is none.
func Operator(tx ledger.Projection, number string) (authorisation.Operator, error) {
	return readState[authorisation.Operator](tx, KindOperator, number)
}

// Application reads one application.
func Application(tx ledger.Projection, number string) (authorisation.Application, error) {
	return readState[authorisation.Application](tx, KindApplication, number)
}

// Authorisation reads one authorisation.
func Authorisation(tx ledger.Projection, number string) (authorisation.Authorisation, error) {
	return readState[authorisation.Authorisation](tx, KindAuthorisation, number)
}

// Case reads one case of any kind.
func Case(tx ledger.Projection, kind Kind, number string) (any, error) {
	for _, m := range folds {
		if m.kind == kind {
			return m.read(tx, number)
		}
	}
	return nil, fmt.Errorf("no cases of kind %.40q", kind)
}

// Monitoring reads what is watched of one authorisation.
func Monitoring(tx ledger.Projection, number string) (authorisation.Monitoring, error) {
	return readState[authorisation.Monitoring](tx, KindMonitoring, number)
}

// Law reads what an administration approved and put in force.
func Law(tx ledger.Projection, number string) (authorisation.Programme, error) {
	return readState[authorisation.Programme](tx, KindProgramme, number)
}

// KindOf is the kind of the case an event is of.
func KindOf(e authorisation.Event) Kind {
	first, _, _ := strings.Cut(e.Type(), ".")
	return folds[first].kind
}

// Operators reads all operators in order of number.
func Operators(tx ledger.Projection) ([]authorisation.Operator, error) {
	return all[authorisation.Operator](tx, KindOperator)
}

// Applications reads all applications in order of number.
func Applications(tx ledger.Projection) ([]authorisation.Application, error) {
	return all[authorisation.Application](tx, KindApplication)
}

// Authorisations reads all authorisations in order of number.
func Authorisations(tx ledger.Projection) ([]authorisation.Authorisation, error) {
	return all[authorisation.Authorisation](tx, KindAuthorisation)
}

func all[S any](tx ledger.Projection, kind Kind) ([]S, error) {
	out := []S{}
	err := tx.Scan(caseKey(kind, ""), func(key, value []byte) (bool, error) {
		var s S
		if err := unmarshal(key, value, &s); err != nil {
			return false, err
		}
		out = append(out, s)
		return true, nil
	})
	return out, err
}

// ByIdentifier is the number of the operator that holds an identifier; "" where none does.
func ByIdentifier(tx ledger.Projection, identifier string) (string, error) {
	raw, err := tx.Get([]byte("identifier/" + identifier))
	if errors.Is(err, ledger.ErrNotFound) {
		return "", nil
	}
	return string(raw), err
}

// Credential says where a credential is, by the digest in its leaf.
func Credential(tx ledger.Projection, sha256 string) (CredentialRow, error) {
	return read[CredentialRow](tx, []byte("credential/"+sha256))
}

// SlotsTaken are the indexes of a status list that belong to a credential.
func SlotsTaken(tx ledger.Projection, uri string) (out []int64, err error) {
	ends, err := numbers(tx, []byte("slot/"+uri+"#"))
	for _, end := range ends {
		idx, err := strconv.ParseInt(end, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("row slot/%s#%s: not an index", uri, end)
		}
		out = append(out, idx)
	}
	return out, err
}

// A Waking is a case in which something is to be done though nobody acts.
type Waking struct {
	At     int64 // Unix seconds
	Kind   Kind
	Number string
}

// Due are the cases in which something is to be done by now, the longest due first.
func Due(tx ledger.Projection, now int64) ([]Waking, error) {
	var out []Waking
	err := tx.Scan([]byte("due/"), func(key, _ []byte) (bool, error) {
		at, rest, _ := strings.Cut(strings.TrimPrefix(string(key), "due/"), "/")
		kind, number, ok := strings.Cut(rest, "/")
		seconds, err := strconv.ParseInt(at, 10, 64)
		if err != nil || !ok {
			return false, fmt.Errorf("row %s: not a due row", key)
		}
		if seconds > now {
			return false, nil
		}
		out = append(out, Waking{seconds, Kind(kind), number})
		return true, nil
	})
	return out, err
}

// AuthorisationNumbers are the numbers of all authorisations, in order.
func AuthorisationNumbers(tx ledger.Projection) ([]string, error) {
	return numbers(tx, caseKey(KindAuthorisation, ""))
}

// Owed are authorisations with a component in force that has no credential yet, the
// first few.
func Owed(tx ledger.Projection, most int) (out []string, err error) {
	err = tx.Scan(owedKey(""), func(key, _ []byte) (bool, error) {
		if len(out) == most {
			return false, nil
		}
		out = append(out, string(key[len(owedKey("")):]))
		return true, nil
	})
	return out, err
}

// ReleasedOperators are the operators that released themselves for some purpose, now or once.
func ReleasedOperators(tx ledger.Projection) ([]string, error) { return numbers(tx, releasedKey("")) }

// HeldBy are the authorisations an operator holds.
func HeldBy(tx ledger.Projection, operator string) ([]string, error) {
	return numbers(tx, facetKey(KindAuthorisation, authorisation.Facet{Name: authorisation.ByHolder, Value: operator}, ""))
}

// AppliedBy are the applications of an operator.
func AppliedBy(tx ledger.Projection, operator string) ([]string, error) {
	return numbers(tx, facetKey(KindApplication, authorisation.Facet{Name: authorisation.ByHolder, Value: operator}, ""))
}

// SuccessorsOf are the applications that were handed in to succeed an authorisation.
func SuccessorsOf(tx ledger.Projection, authorisation string) ([]string, error) {
	return numbers(tx, successorKey(authorisation, ""))
}

// numbers are the ends of the keys that begin with prefix.
func numbers(tx ledger.Projection, prefix []byte) (out []string, err error) {
	err = tx.Scan(prefix, func(key, _ []byte) (bool, error) {
		out = append(out, string(key[len(prefix):]))
		return true, nil
	})
	return out, err
}

// ActedFor are the members of the union that decide applications here, in order.
func ActedFor(tx ledger.Projection) (codes []string, err error) {
	err = tx.Scan(forKey(""), func(key, _ []byte) (bool, error) {
		codes = append(codes, strings.TrimPrefix(string(key), "for/"))
		return true, nil
	})
	return codes, err
}

func forKey(authority string) []byte { return []byte("for/" + authority) }

// ReadArtefact reads a published document.
func ReadArtefact(tx ledger.Projection, kind ArtefactKind, name string) (a Artefact, found bool, err error) {
	a, err = read[Artefact](tx, artefactKey(kind, name))
	if errors.Is(err, ledger.ErrNotFound) {
		return a, false, nil
	}
	return a, err == nil, err
}

// Artefacts reads all published documents of a kind, in order of name.
func Artefacts(tx ledger.Projection, kind ArtefactKind) ([]Artefact, error) {
	var out []Artefact
	err := tx.Scan(artefactKey(kind, ""), func(key, value []byte) (bool, error) {
		var a Artefact
		if err := unmarshal(key, value, &a); err != nil {
			return false, err
		}
		out = append(out, a)
		return true, nil
	})
	return out, err
}

// A case number is a series and a number within it: NZ-APP-000042.

// FormatNumber makes a case number.
func FormatNumber(series string, n int64) string { return fmt.Sprintf("%s-%06d", series, n) }

// LastNumber is the highest number given in a series, 0 for none.
func LastNumber(tx ledger.Projection, series string) (int64, error) {
	raw, err := tx.Get([]byte("series/" + series))
	if errors.Is(err, ledger.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(raw), 10, 64)
}

// count notes that a case number was given.
func count(tx ledger.Projection, number string) error {
	i := strings.LastIndexByte(number, '-')
	n, err := strconv.ParseInt(number[i+1:], 10, 64)
	if i < 0 || err != nil {
		return fmt.Errorf("case number %s: want a series and a number", number)
	}
	last, err := LastNumber(tx, number[:i])
	if err != nil {
		return err
	}
	return tx.Set([]byte("series/"+number[:i]), strconv.AppendInt(nil, max(last, n), 10))
}

// Describe says in words what a row is about.
func Describe(key []byte) string {
	kind, rest, _ := strings.Cut(string(key), "/")
	first, second, _ := strings.Cut(rest, "/")
	switch kind {
	case "case":
		return "state of " + first + " " + second
	case "series":
		return "highest number of series " + rest
	case "identifier":
		return "holder of identifier " + rest
	case "credential":
		return "place of credential " + rest
	case "slot":
		uri, idx, _ := strings.Cut(rest, "#")
		return "owner of index " + idx + " of " + uri
	case "due":
		kind, number, _ := strings.Cut(second, "/")
		return "what is due in " + kind + " " + number
	case "owed":
		return "credentials owed to " + rest
	case "released":
		return "releases of operator " + rest
	case "facet", "task":
		_, last, _ := strings.Cut(rest, "\x00")
		return kind + " of " + last
	case "request":
		return "what came of request " + rest
	case "changed":
		return "newest changes under " + rest
	case "file":
		return "whose evidence file " + rest + " is"
	case "assessed":
		return "assessment " + second + " of operator " + first
	case "alike":
		return "what names of " + second + " look like"
	case "successor":
		return "application " + second + ", succeeding " + first
	case "visit":
		return "visit " + second + " for " + first
	case "scoring":
		return "second scoring in " + rest
	case "artefact":
		return "published " + first + " " + second
	}
	return "a row of no known kind"
}
