package view

import (
	"errors"
	"slices"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// maxChanges is how many changes of a case are remembered beside its state: as
// many as somebody who looked at it a while ago has to be told.
const maxChanges = 8

// A Change is one event under a case number.
type Change struct {
	Leaf  int64  `json:"leaf"` // its index in the log
	At    int64  `json:"at"`   // when it was decided, Unix seconds
	Actor string `json:"actor"`
	Type  string `json:"type"`
}

// Changes are the newest changes under a case number, the newest last. Cases that
// share a number share them. ledger.ErrNotFound where there never was one.
func Changes(tx ledger.Projection, number string) ([]Change, error) {
	return readKept[[]Change](tx, changedKey(number))
}

// A Done request is where a request that bore a key was carried out.
type Done struct {
	Kind   Kind   `json:"kind"`
	Number string `json:"number"`
	Body   string `json:"body"` // digest of what was asked
}

// Request says where a request was carried out; found is false where it was not.
func Request(tx ledger.Projection, key string) (d Done, found bool, err error) {
	d, err = read[Done](tx, requestKey(key))
	if errors.Is(err, ledger.ErrNotFound) {
		return d, false, nil
	}
	return d, err == nil, err
}

// noteChange remembers an event under its case number, and the request it answers.
func noteChange(tx ledger.Projection, kind Kind, e authorisation.Event, leaf int64) error {
	if e.Request != (authorisation.Origin{}) {
		row, err := marshal(Done{kind, e.Case, e.Request.Body})
		if err != nil {
			return err
		}
		if err := tx.Set(requestKey(e.Request.Key), row); err != nil {
			return err
		}
	}
	before, err := Changes(tx, e.Case)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	if len(before) >= maxChanges {
		before = before[len(before)-maxChanges+1:]
	}
	return keep(tx, changedKey(e.Case), append(slices.Clip(before), Change{leaf, e.DecidedAt, e.Actor, e.Type()}))
}

func requestKey(key string) []byte { return []byte("request/" + key) }

func changedKey(number string) []byte { return []byte("changed/" + number) }
