package view

import (
	"fmt"

	"github.com/aeo-registry/aeo/registry/ledger"
)

// readState is the state of a case, shared with all who read it and not changed.
func readState[S any](tx ledger.Projection, kind Kind, number string) (s S, err error) {
	return readKept[S](tx, caseKey(kind, number))
}

// readKept is what a row holds that is written by [keep].
func readKept[S any](tx ledger.Projection, key []byte) (s S, err error) {
	r, ok := tx.(ledger.Reader)
	if !ok {
		return read[S](tx, key)
	}
	value, err := r.Read(key, func(row []byte) (any, error) {
		var s S
		err := unmarshal(key, row, &s)
		return s, err
	})
	if err != nil {
		return s, err
	}
	if s, ok = value.(S); !ok {
		return s, fmt.Errorf("row %s: read as a %T before", key, value)
	}
	return s, nil
}

func writeState(tx ledger.Projection, kind Kind, number string, state any) error {
	return keep(tx, caseKey(kind, number), state)
}

// keep writes a row that many records change one after the other.
func keep(tx ledger.Projection, key []byte, state any) error {
	if k, ok := tx.(ledger.Keeper); ok {
		k.Keep(key, state, marshal)
		return nil
	}
	raw, err := marshal(state)
	if err != nil {
		return err
	}
	return tx.Set(key, raw)
}
