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

// slots keeps two issuances from choosing one index before either is written.
type slots struct {
	mu       sync.Mutex
	reserved map[slot]bool // guarded by mu
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
	if _, err := n.reserve(); !errors.Is(err, errFull) {
		return err // somebody opened them meanwhile
	}
	have := 0
	_, size, err := n.openLists()
	if err != nil {
		return err
	}
	if err := n.ledger.Reduction(func(r *transparency.Reduction) error {
		have = len(r.URIs())
		return nil
	}); err != nil {
		return err
	}
	_, err = n.ledger.Append(ctx, newLists(n.config.EntityID, have, size)...)
	return err
}

// withSlot chooses a random free index of the newest lists and holds it while do
// writes the credential that owns it. An index is never used twice, and which one
// follows which says nothing.
func (n *Node) withSlot(ctx context.Context, do func(uri string, idx int64) error) error {
	s, err := n.reserve()
	if errors.Is(err, errFull) {
		if err := n.openFurtherLists(ctx); err != nil {
			return err
		}
		s, err = n.reserve()
	}
	if err != nil {
		return err
	}
	defer func() {
		n.slots.mu.Lock()
		defer n.slots.mu.Unlock()
		delete(n.slots.reserved, s)
	}()
	return do(s.uri, s.idx)
}

func (n *Node) reserve() (slot, error) {
	lists, size, err := n.openLists()
	if err != nil {
		return slot{}, err
	}
	n.slots.mu.Lock()
	defer n.slots.mu.Unlock()
	if n.slots.reserved == nil {
		n.slots.reserved = map[slot]bool{}
	}
	// A list is given up long before it is so full that 256 throws all miss.
	for range 256 {
		s, err := n.throw(lists, size)
		if err != nil {
			return slot{}, err
		}
		taken, err := n.slotTaken(s)
		if err != nil {
			return slot{}, err
		}
		if !taken && !n.slots.reserved[s] {
			n.slots.reserved[s] = true
			return s, nil
		}
	}
	return slot{}, errFull
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

func (n *Node) slotTaken(s slot) (taken bool, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		taken, err = view.SlotTaken(tx, s.uri, s.idx)
		return err
	})
	return taken, err
}

// openLists are the newest lists of the log.
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
