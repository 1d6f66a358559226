package registry

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// openLists is how many status lists a node keeps open for new credentials.
const openLists = 2

// errFull says that no free index was found: time to open a further list.
var errFull = errors.New("status lists are full")

// slots knows which indexes of the newest lists belong to a credential, or to one
// about to be written, so that no two issuances choose the same.
type slots struct {
	mu    sync.Mutex
	lists []string      // the newest, of one size; guarded by mu, empty until asked for
	size  int64         // guarded by mu
	taken map[slot]bool // of these lists; guarded by mu
}

type slot struct {
	uri string
	idx int64
}

func listURI(entityID string, number int) string {
	return fmt.Sprintf("%s/status/%d", entityID, number)
}

// newLists are the leaves that open the lists after the first have.
func newLists(entityID string, have int, size int64) []ledger.Entry {
	var out []ledger.Entry
	for i := range openLists {
		out = append(out, ledger.Entry{Leaf: transparency.List{URI: listURI(entityID, have+i+1), Bits: statuslist.Bits, Size: size}})
	}
	return out
}

// openFurtherLists opens new lists when the newest are full.
func (n *Node) openFurtherLists(ctx context.Context) error {
	defer n.cases.lock("status lists")()
	s, err := n.reserve()
	if err == nil { // somebody opened them meanwhile
		n.slots.release(s)
	}
	if !errors.Is(err, errFull) {
		return err
	}
	have := 0
	if err := n.ledger.Reduction(func(r *transparency.Reduction) error {
		have = len(r.URIs())
		return nil
	}); err != nil {
		return err
	}
	n.slots.mu.Lock()
	size := n.slots.size
	n.slots.mu.Unlock()
	if _, err = n.ledger.Append(ctx, newLists(n.config.EntityID, have, size)...); err != nil {
		return err
	}
	n.slots.mu.Lock()
	defer n.slots.mu.Unlock()
	n.slots.lists = nil
	return nil
}

// retireLists opens new lists where credentials were lost whose indexes nobody
// knows any more: of the lists they are in no index is given again.
func (n *Node) retireLists(ctx context.Context) error {
	var lost bool
	if err := n.ledger.View(func(tx ledger.Projection) (err error) {
		lost, err = view.ListsLost(tx)
		return err
	}); err != nil || !lost {
		return err
	}
	have, size := 0, int64(0)
	if err := n.ledger.Reduction(func(r *transparency.Reduction) error {
		uris := r.URIs()
		have, size = len(uris), r.List(uris[len(uris)-1]).Size()
		return nil
	}); err != nil {
		return err
	}
	_, err := n.ledger.Append(ctx, newLists(n.config.EntityID, have, size)...)
	return err
}

// takeSlot chooses a random free index of the newest lists. An index is never
// used twice, and which one follows which says nothing.
func (n *Node) takeSlot(ctx context.Context) (slot, error) {
	s, err := n.reserve()
	if !errors.Is(err, errFull) {
		return s, err
	}
	if err := n.openFurtherLists(ctx); err != nil {
		return slot{}, err
	}
	return n.reserve()
}

// release gives back indexes whose credentials were not written.
func (s *slots) release(all ...slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range all {
		delete(s.taken, one)
	}
}

func (n *Node) reserve() (slot, error) {
	n.slots.mu.Lock()
	defer n.slots.mu.Unlock()
	if len(n.slots.lists) == 0 {
		if err := n.loadSlots(); err != nil {
			return slot{}, err
		}
	}
	// A list is given up long before it is so full that 256 throws all miss.
	for range 256 {
		s, err := n.throw(n.slots.lists, n.slots.size)
		if err != nil {
			return slot{}, err
		}
		if !n.slots.taken[s] {
			n.slots.taken[s] = true
			return s, nil
		}
	}
	return slot{}, errFull
}

// loadSlots finds the newest lists and what is taken of them. The caller holds slots.mu.
func (n *Node) loadSlots() error {
	lists, size, err := n.openLists()
	if err != nil {
		return err
	}
	taken := map[slot]bool{}
	if err := n.ledger.View(func(tx ledger.Projection) error {
		for _, uri := range lists {
			indexes, err := view.SlotsTaken(tx, uri)
			if err != nil {
				return err
			}
			for _, idx := range indexes {
				taken[slot{uri, idx}] = true
			}
		}
		return nil
	}); err != nil {
		return err
	}
	n.slots.lists, n.slots.size, n.slots.taken = lists, size, taken
	return nil
}

// throw picks one of the lists and an index in it; sizes are powers of two, so every index is as likely.
func (n *Node) throw(lists []string, size int64) (slot, error) {
	var b [9]byte
	if _, err := io.ReadFull(n.opts.Rand, b[:]); err != nil {
		return slot{}, fmt.Errorf("choose a status index: %w", err)
	}
	idx := int64(binary.BigEndian.Uint64(b[1:]) & uint64(size-1))
	return slot{lists[int(b[0])%len(lists)], idx}, nil
}

// openLists are the newest lists of the log. It waits for the batch at hand.
func (n *Node) openLists() (uris []string, size int64, err error) {
	err = n.ledger.Reduction(func(r *transparency.Reduction) error {
		all := r.URIs()
		if len(all) < openLists {
			return errors.New("the log has no open status list")
		}
		uris = append(uris, all[len(all)-openLists:]...)
		size = r.List(uris[0]).Size()
		return nil
	})
	return uris, size, err
}
