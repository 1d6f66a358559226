package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/cockroachdb/pebble/v2"
)

// A batch is what becomes durable together and is covered by one checkpoint.
type batch struct {
	number, first, at int64
	subs              []*submission
	items             []*item // in causal order; [batch.close] adds the state leaf
	sealed            int     // bytes of payload

	slots  map[slot]bool // status entries it changes
	roster bool          // it has a key leaf

	rows *pebble.Batch // once written: to wait for
	view *view         // once written: the store as of this batch
}

// A slot is one entry of a status list.
type slot struct {
	uri string
	idx int64
}

func (b *batch) size() int64 { return b.first + int64(len(b.items)) }

// estimate is about how many bytes the rows of the batch take, with what
// projections make of them: a batch that grows by doubling is copied again and again.
func (b *batch) estimate() int {
	const perLeaf = 1 << 10
	return 2*b.sealed + perLeaf*len(b.items)
}

// errLater says that a submission waits for the next batch.
var errLater = errors.New("waits for the next batch")

// assemble makes a batch of the submissions that may join it, answers those
// that can never be part of the log, and returns those that must wait.
func (l *Ledger) assemble(waiting []*submission) (b *batch, later []*submission) {
	b = &batch{number: l.batches + 1, first: l.reduction.Size(), slots: map[slot]bool{}}
	at, err := l.instant()
	if err != nil {
		refuse(waiting, err)
		return b, nil
	}
	b.at = at
	for _, s := range waiting {
		err := l.admit(b, s)
		switch {
		case errors.Is(err, errLater):
			later = append(later, s)
		case err != nil:
			refuse([]*submission{s}, err)
		}
	}
	return b, later
}

// instant is the recorded time of a batch made now; it never goes back.
func (l *Ledger) instant() (int64, error) {
	if err := l.clock.check(); err != nil {
		return 0, err
	}
	now, head := l.now().Unix(), l.reduction.At()
	if head-now > ClockSlack {
		return 0, fmt.Errorf("%w: it shows %d, the log is at %d", ErrClock, now, head)
	}
	return max(now, head), nil
}

// admit adds a submission to the batch if it may join.
func (l *Ledger) admit(b *batch, s *submission) error {
	j := judge{r: l.reduction, b: b, signer: l.signer, slots: map[slot]bool{}, lists: map[string]int64{}}
	payload := 0
	for i, it := range s.items {
		if err := j.entry(it); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		payload += len(it.payload)
	}
	if len(b.subs) > 0 && (len(b.items)+len(s.items) >= maxLeaves || b.sealed+payload > maxSealed) {
		return errLater
	}
	for i, it := range s.items {
		if err := l.sealItem(it); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	if !s.take() {
		return nil // its caller has gone
	}
	b.subs, b.items, b.sealed = append(b.subs, s), append(b.items, s.items...), b.sealed+payload
	for slot := range j.slots {
		b.slots[slot] = true
	}
	b.roster = b.roster || j.roster != nil
	return nil
}

func (l *Ledger) sealItem(it *item) error {
	if it.payload == nil {
		return nil
	}
	key, err := l.keys.Key(it.subject, false)
	if err != nil {
		return err
	}
	return it.seal(key, l.rand)
}

// A judge foresees for one submission what the reduction would say, because a
// reduction cannot take back half a batch. What it does not foresee costs a
// replay (see [Ledger.round]), but does no harm.
type judge struct {
	r      *transparency.Reduction
	b      *batch
	signer *keys.NoteSigner

	slots  map[slot]bool    // of this submission
	lists  map[string]int64 // opened by this submission, and their sizes
	roster *keys.Roster     // brought by this submission
}

func (j *judge) entry(it *item) (err error) {
	switch leaf := it.leaf.(type) {
	case transparency.Genesis:
		if j.r.Size() > 0 {
			err = fmt.Errorf("%w: a second genesis", ErrConflict)
		}
	case transparency.State:
		err = fmt.Errorf("%w: state leaves are the ledger's own", ErrConflict)
	case transparency.Key:
		err = j.key(leaf)
	case transparency.List:
		err = j.list(leaf)
	case transparency.Status:
		if err = j.status(leaf); err == nil {
			err = j.link(it, leaf)
		}
	}
	return err
}

func (j *judge) key(k transparency.Key) (err error) {
	if j.b.roster {
		return errLater
	}
	if j.roster != nil {
		return fmt.Errorf("%w: two rosters in one submission", ErrConflict)
	}
	if j.roster, err = keys.ParseRoster(k.Roster, j.r.Rosters().Current()); err != nil {
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	if !lists(j.roster, j.signer) {
		return fmt.Errorf("%w: roster %d does not list the log's key %v", ErrConflict, j.roster.Seq, j.signer.VKey)
	}
	return nil
}

func (j *judge) list(leaf transparency.List) error {
	roster := j.r.Rosters().Current()
	if roster == nil {
		roster = j.roster
	}
	switch {
	case roster == nil || !strings.HasPrefix(leaf.URI, roster.Iss+"/status/"):
		return fmt.Errorf("%w: list %.80q is not below our entity id", ErrConflict, leaf.URI)
	case j.r.List(leaf.URI) != nil || j.lists[leaf.URI] != 0:
		return fmt.Errorf("%w: list %.80q is open already", ErrConflict, leaf.URI)
	}
	j.lists[leaf.URI] = leaf.Size
	return nil
}

func (j *judge) status(leaf transparency.Status) error {
	s := slot{leaf.URI, leaf.Idx}
	if j.b.slots[s] {
		return errLater
	}
	value, err := j.value(s)
	switch {
	case err != nil:
		return err
	case j.slots[s]:
		return fmt.Errorf("%w: entry %d of %.80q changes twice", ErrConflict, s.idx, s.uri)
	case !value.May(leaf.Value):
		return fmt.Errorf("%w: entry %d of %.80q may not go from %v to %v", ErrConflict, s.idx, s.uri, value, leaf.Value)
	case leaf.EffectiveAt > j.b.at:
		return fmt.Errorf("%w: effective at %d, it is %d", ErrConflict, leaf.EffectiveAt, j.b.at)
	}
	j.slots[s] = true
	return nil
}

// value is what an entry says before the batch.
func (j *judge) value(s slot) (statuslist.Value, error) {
	if size, ok := j.lists[s.uri]; ok && s.idx < size {
		return statuslist.Valid, nil
	}
	list := j.r.List(s.uri)
	if list == nil || s.idx >= list.Size() {
		return 0, fmt.Errorf("%w: no entry %d of list %.80q", ErrConflict, s.idx, s.uri)
	}
	return list.Get(s.idx)
}

// link fills in the previous status leaf of the same entry.
func (j *judge) link(it *item, leaf transparency.Status) error {
	leaf.Prev = nil
	if prev, _, ok := j.r.Last(leaf.URI, leaf.Idx); ok {
		leaf.Prev = &prev
	}
	it.leaf = leaf
	return it.encode()
}

// place gives the items their indexes: structural leaves first, in causal
// order, then the others by leaf hash, so that their order says nothing about
// who did what when (protocol 6). It returns the items in leaf order.
func (b *batch) place() []*item {
	order := slices.Clone(b.items)
	slices.SortStableFunc(order, func(x, y *item) int {
		first, second := transparency.Structural(x.leaf), transparency.Structural(y.leaf)
		switch {
		case first && second:
			return 0
		case first:
			return -1
		case second:
			return 1
		}
		return bytes.Compare(x.hash[:], y.hash[:])
	})
	for i, it := range order {
		it.index = b.first + int64(i)
	}
	return order
}

// record is an item as projections see it.
func (b *batch) record(n int) Record {
	it := b.items[n]
	return Record{
		Leaf: it.index, Batch: b.number, N: int64(n), At: b.at,
		Entry: it.leaf, Subject: it.subject, Payload: it.payload, Salt: it.salt,
	}
}
