package registry

import (
	"fmt"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/view"
)

// Happened is an event without what it says.
type Happened struct {
	Leaf   int64     `json:"leaf"` // its index in the log
	Kind   view.Kind `json:"kind"`
	Number string    `json:"number"`
	Type   string    `json:"type"`
	At     int64     `json:"at"` // when it was recorded, Unix seconds
}

// maxLooked is how many leaves are looked at for one answer.
const maxLooked = 512

// Happenings are the events of cases among the leaves from one on, and the leaf to
// go on from, which is the size of the log where there are no more. Of what was
// erased nothing is told.
func (n *Node) Happenings(from int64) (list []Happened, next int64, err error) {
	size := n.ledger.Head().Size
	if from < 0 || from > size {
		return nil, 0, fmt.Errorf("%w: leaf %d of a log of %d", ErrInvalid, from, size)
	}
	for next = from; next < min(size, from+maxLooked); next++ {
		r, err := n.ledger.Record(next)
		if err != nil {
			return nil, 0, err
		}
		opened, err := view.Projector{}.Open(r)
		if err != nil {
			return nil, 0, err
		}
		if e, ok := opened.(authorisation.Event); ok {
			list = append(list, Happened{next, view.KindOf(e), e.Case, e.Type(), r.At})
		}
	}
	return list, next, nil
}
