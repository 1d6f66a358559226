package view

import (
	"errors"
	"strconv"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// keyLost is there while indexes of the newest status lists may belong to lost
// credentials.
var keyLost = []byte("lost/lists")

// projectLost notes what a record whose payload is lost may have used up: an
// index of an open list, a number of each series. Which ones nobody knows any
// more, and none may be given twice.
func projectLost(tx ledger.Projection, r ledger.Record) error {
	if _, ok := r.Entry.(transparency.Credential); ok {
		if err := tx.Set(keyLost, strconv.AppendInt(nil, r.Leaf, 10)); err != nil {
			return err
		}
	}
	numbers := map[string][]byte{}
	prefix := []byte("series/")
	if err := tx.Scan(prefix, func(key, value []byte) (bool, error) {
		last, err := strconv.ParseInt(string(value), 10, 64)
		numbers[string(key)] = strconv.AppendInt(nil, last+1, 10)
		return true, err
	}); err != nil {
		return err
	}
	for key, value := range numbers {
		if err := tx.Set([]byte(key), value); err != nil {
			return err
		}
	}
	return nil
}

// ListsLost reports whether credentials were lost since the newest status lists
// were opened.
func ListsLost(tx ledger.Projection) (bool, error) {
	_, err := tx.Get(keyLost)
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
