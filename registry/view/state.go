package view

import (
	"github.com/aeo-registry/aeo/registry/ledger"
)

// readState is the state of a case. It is shared with all who read it and not
// changed: a projection that can keeps it, or remembers it for the bytes of its row.
func readState[S any](tx ledger.Projection, kind, number string) (s S, err error) {
	key := caseKey(kind, number)
	if k, ok := tx.(ledger.Keeper); ok {
		if s, ok := k.Kept(key).(S); ok {
			return s, nil
		}
	}
	r, ok := tx.(ledger.Rememberer)
	if !ok {
		return read[S](tx, key)
	}
	raw, err := tx.Get(key)
	if err != nil {
		return s, err
	}
	if known, ok := r.Remembered(key, raw).(S); ok {
		return known, nil
	}
	if err := unmarshal(key, raw, &s); err != nil {
		return s, err
	}
	r.Remember(key, raw, s)
	return s, nil
}

func writeState(tx ledger.Projection, kind, number string, state any) error {
	key := caseKey(kind, number)
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
