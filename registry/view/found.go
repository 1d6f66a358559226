package view

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// States that are looked for by what they are, and by what they wait for.
type (
	faceted interface{ Facets() []authorisation.Facet }
	waiting interface{ Tasks() []authorisation.Task }
)

// A Queued task is one with its case.
type Queued struct {
	Kind   Kind   `json:"kind"`
	Number string `json:"number"`
	authorisation.Task
}

// indexFound keeps the rows by which a case is found.
func indexFound(tx ledger.Projection, kind Kind, number string, before, after any) error {
	if is, ok := after.(faceted); ok {
		if err := indexFacets(tx, kind, number, before.(faceted).Facets(), is.Facets()); err != nil {
			return err
		}
	}
	is, ok := after.(waiting)
	if !ok {
		return nil
	}
	was, now := before.(waiting).Tasks(), is.Tasks()
	if len(was) == 0 && len(now) == 0 || reflect.DeepEqual(was, now) {
		return nil
	}
	for i, t := range was {
		for _, key := range taskKeys(kind, number, i, t) {
			if err := tx.Delete(key); err != nil {
				return err
			}
		}
	}
	for i, t := range now {
		row, err := marshal(Queued{kind, number, t})
		if err != nil {
			return err
		}
		for _, key := range taskKeys(kind, number, i, t) {
			if err := tx.Set(key, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// indexFacets goes from the facets a case had to those it has.
func indexFacets(tx ledger.Projection, kind Kind, number string, was, is []authorisation.Facet) error {
	for _, f := range was {
		if f.Value != "" && !slices.Contains(is, f) {
			if err := tx.Delete(facetKey(kind, f, number)); err != nil {
				return err
			}
		}
	}
	for _, f := range is {
		if f.Value != "" && !slices.Contains(was, f) {
			if err := tx.Set(facetKey(kind, f, number), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func facetKey(kind Kind, f authorisation.Facet, number string) []byte {
	return []byte("facet/" + string(kind) + "/" + f.Name + "/" + f.Value + "\x00" + number)
}

// taskKeys are the rows of a task. What has no date comes last.
func taskKeys(kind Kind, number string, i int, t authorisation.Task) [][]byte {
	due := t.Due
	if due == 0 {
		due = math.MaxInt64
	}
	end := fmt.Sprintf("%019d\x00%s/%s/%d", due, kind, number, i)
	keys := [][]byte{[]byte("task/all/" + end)}
	if t.Officer != "" {
		keys = append(keys, []byte("task/for/"+authorisation.Folded(t.Officer)+"\x00"+end))
	}
	if t.Office != "" {
		keys = append(keys, []byte("task/office/"+t.Office+"\x00"+end))
	}
	if t.Act != "" {
		keys = append(keys, []byte("task/act/"+t.Act+"\x00"+end))
	}
	return keys
}
