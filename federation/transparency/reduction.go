package transparency

import (
	"fmt"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

// A FaultError says which leaf no honest log would hold, and why. It accuses
// the log once a checkpoint the log signed covers that leaf (see [Replay]);
// until then it accuses whoever delivered the bytes.
type FaultError struct {
	Index  int64
	Reason string
}

func (e *FaultError) Error() string {
	return fmt.Sprintf("%v: leaf %d: %s", ErrFaulty, e.Index, e.Reason)
}

// Unwrap is ErrFaulty.
func (e *FaultError) Unwrap() error { return ErrFaulty }

// A Reduction is the state that follows from all leaves so far. One goroutine
// owns it.
type Reduction struct {
	origin  string
	size    int64
	at      int64
	genesis Genesis

	rosters      keys.History
	rosterSHA256 string // of the newest roster; empty before the first

	uris  []string // in order of opening
	lists map[string]*openList
	named int // bytes a state leaf needs at least to name them

	events []StatusEvent // those of the open batch at the end, not yet with their instant
	closed int           // events recorded by closed batches
	chain  eventChain    // over events[:closed]

	start   int64     // where the open batch begins
	ordered bool      // the open batch has come to its leaves ordered by hash
	highest tlog.Hash // the newest of those

	token *byte // names the lists that are its own to write
}

// An openList is a status list with what is needed to judge the next leaf about it.
type openList struct {
	list     *statuslist.List
	position int64           // among the lists, in order of opening
	last     map[int64]int64 // idx -> its newest status leaf
	digest   string          // empty where a leaf touched the list since
	token    *byte           // of the reduction that may write to it
}

// NewReduction starts before leaf 0 of the log with that origin.
func NewReduction(origin string) *Reduction {
	return &Reduction{origin: origin, lists: map[string]*openList{}}
}

// Apply takes the next leaf, whose index is [Reduction.Size]. What no honest
// log does is a *FaultError, and leaves the reduction as it was.
func (r *Reduction) Apply(raw []byte) (Leaf, error) {
	l, _, err := r.apply(raw)
	return l, err
}

// apply also returns the leaf's hash, which both the order of a batch and the
// tree need.
func (r *Reduction) apply(raw []byte) (Leaf, tlog.Hash, error) {
	l, err := ParseLeaf(raw)
	if err != nil {
		return nil, tlog.Hash{}, r.fault("%v", err)
	}
	hash := tlog.RecordHash(raw)
	if err := r.checkOrder(l, hash); err != nil {
		return nil, hash, err
	}
	if err := r.take(l); err != nil {
		return nil, hash, err
	}
	if _, closes := l.(State); !closes && !Structural(l) {
		r.ordered, r.highest = true, hash
	}
	r.size++
	return l, hash, nil
}

// Size is how many leaves were applied.
func (r *Reduction) Size() int64 { return r.size }

// Open reports whether leaves were applied since the last state leaf.
func (r *Reduction) Open() bool { return r.size > r.start }

// At is the instant of the last state leaf, 0 before the first.
func (r *Reduction) At() int64 { return r.at }

// Next is the state leaf that must close the batch now. Its Applied is Size.
func (r *Reduction) Next(at int64) State {
	lists := make([]ListState, len(r.uris))
	for i, uri := range r.uris {
		l := r.lists[uri]
		if l.digest == "" {
			l.digest = l.list.Digest(uri)
		}
		lists[i] = ListState{URI: uri, SHA256: l.digest}
	}
	chain := r.chain
	for _, e := range r.events[r.closed:] {
		e.At = at
		chain = chain.add(r.number(e))
	}
	return State{Applied: r.size, At: at, Lists: lists, RosterSHA256: r.rosterSHA256, EventsSHA256: chain.String()}
}

// Snapshot is the state at the end of a batch, for reading while leaves go on
// being applied: it costs a copy of the lists. No leaf can be applied to it.
func (r *Reduction) Snapshot() *Reduction {
	s := *r
	s.events, s.lists = r.Events(), make(map[string]*openList, len(r.lists))
	for uri, l := range r.lists {
		s.lists[uri] = &openList{list: l.list.Clone(), position: l.position, digest: l.digest}
	}
	return &s
}

// List is the list of a uri; nil where the log has none. It belongs to the
// reduction: clone it to keep it, never set it.
func (r *Reduction) List(uri string) *statuslist.List {
	if l := r.lists[uri]; l != nil {
		return l.list
	}
	return nil
}

// URIs are the lists in order of opening, read only.
func (r *Reduction) URIs() []string { return r.uris }

// Rosters is the chain of rosters so far, empty before the first key leaf. The
// first roster is as the log states it: whether its roots are the right ones is
// for the caller, who knows them.
func (r *Reduction) Rosters() *keys.History { return &r.rosters }

// Genesis is leaf 0; zero before it.
func (r *Reduction) Genesis() Genesis { return r.genesis }

// Last is the newest status leaf of an index and the value it set; ok is false
// where there is none.
func (r *Reduction) Last(uri string, idx int64) (leaf int64, value statuslist.Value, ok bool) {
	l := r.lists[uri]
	if l == nil {
		return 0, 0, false
	}
	leaf, ok = l.last[idx]
	if !ok {
		return 0, 0, false
	}
	value, err := l.list.Get(idx)
	return leaf, value, err == nil
}

// Events are all status changes recorded by closed batches, in log order, read only.
func (r *Reduction) Events() []StatusEvent { return r.events[:r.closed:r.closed] }

func (r *Reduction) number(e StatusEvent) HistoryEvent {
	return HistoryEvent{e.Leaf, e.At, r.lists[e.URI].position, e.Idx, int64(e.Value), e.EffectiveAt}
}

func (r *Reduction) fault(format string, args ...any) error {
	return &FaultError{Index: r.size, Reason: fmt.Sprintf(format, args...)}
}
