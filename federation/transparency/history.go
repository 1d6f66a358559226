package transparency

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// A History says how the status lists of a log came to what they are: a proven
// base state with its bits, then every later status event (protocol 10).
type History struct {
	Base   HistoryBase    `json:"base"`
	Lists  []HistoryList  `json:"lists"` // every list known at the end, in order of opening
	Events []HistoryEvent `json:"events"`
}

// A HistoryBase is where a history starts.
type HistoryBase struct {
	State Inclusion `json:"state"` // proven in the published checkpoint
	Bits  []string  `json:"bits"`  // base64url of zlib of the raw bits of the lists of State, in order
}

// A HistoryList names a list; one opened after the base starts all 0.
type HistoryList struct {
	URI  string `json:"uri"`
	Size int64  `json:"size"`
}

// MakeHistory starts at a state leaf and takes all later events of end, which
// must be at a state leaf. base needs a proof in the checkpoint of end's size.
// baseLists are the lists as of base; where it is nil they are recomputed.
func MakeHistory(base Inclusion, baseLists map[string]*statuslist.List, end *Reduction) (*History, error) {
	leaf, err := ParseLeaf(base.Leaf)
	if err != nil {
		return nil, fmt.Errorf("make history: base: %w", err)
	}
	state, ok := leaf.(State)
	if !ok || state.Applied != base.Index {
		return nil, fmt.Errorf("make history: leaf %d is no state leaf of that index", base.Index)
	}
	if end.Open() || base.Index >= end.Size() || len(state.Lists) > len(end.uris) {
		return nil, fmt.Errorf("make history: size %d is not the end of a batch after leaf %d", end.Size(), base.Index)
	}
	if baseLists == nil {
		if baseLists, err = end.listsAt(base.Index); err != nil {
			return nil, fmt.Errorf("make history: %w", err)
		}
	}
	h := &History{Base: HistoryBase{State: base, Bits: []string{}}, Lists: []HistoryList{}, Events: []HistoryEvent{}}
	for _, l := range state.Lists {
		list := baseLists[l.URI]
		if list == nil || list.Digest(l.URI) != l.SHA256 {
			return nil, fmt.Errorf("make history: list %.80q is not the one of leaf %d", l.URI, base.Index)
		}
		bits, err := statuslist.EncodeLst(list.Raw())
		if err != nil {
			return nil, fmt.Errorf("make history: %w", err)
		}
		h.Base.Bits = append(h.Base.Bits, bits)
	}
	for _, uri := range end.uris {
		h.Lists = append(h.Lists, HistoryList{URI: uri, Size: end.lists[uri].list.Size()})
	}
	for _, e := range end.Events() {
		if e.Leaf > base.Index {
			h.Events = append(h.Events, end.number(e))
		}
	}
	return h, nil
}

// listsAt are the lists as of a state leaf, from the events before it. Lists
// opened after it are among them, all 0.
func (r *Reduction) listsAt(index int64) (map[string]*statuslist.List, error) {
	lists := map[string]*statuslist.List{}
	for uri, l := range r.lists {
		list, err := statuslist.NewList(l.list.Size())
		if err != nil {
			return nil, err
		}
		lists[uri] = list
	}
	for _, e := range r.Events() {
		if e.Leaf > index {
			break
		}
		if err := lists[e.URI].Set(e.Idx, e.Value); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// Marshal writes the history in RFC 8785 form.
func (h *History) Marshal() ([]byte, error) { return jcs.Marshal(h) }

// ParseHistory reads what Marshal writes, at most [MaxHistory] bytes of it, and
// nothing else. It looks at the form only; see [History.Open].
func ParseHistory(raw []byte) (*History, error) {
	if len(raw) > MaxHistory {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrHistory, len(raw), MaxHistory)
	}
	var h History
	if err := jcs.Unmarshal(raw, &h); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHistory, err)
	}
	again, err := h.Marshal()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHistory, err)
	}
	if !bytes.Equal(again, raw) {
		return nil, fmt.Errorf("%w: a member is missing or not in RFC 8785 form", ErrHistory)
	}
	return &h, nil
}

// Open proves the history against the published head, cp with its state leaf
// current ([StateOf]): the base is in the log, its bits are those the base
// states, and the events lead from there to exactly the current state. A dropped,
// added, altered or moved event leads elsewhere.
func (h *History) Open(cp *Checkpoint, current *State) (*Timeline, error) {
	base, err := provenState(cp, &h.Base.State)
	if err != nil {
		return nil, fmt.Errorf("%w: base: %w", ErrHistory, err)
	}
	if current.Applied != cp.Size-1 {
		return nil, fmt.Errorf("%w: leaf %d is not the state of the tree of %d", ErrHistory, current.Applied, cp.Size)
	}
	if err := h.checkLists(base, current); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHistory, err)
	}
	start, err := h.startingLists(base)
	if err != nil {
		return nil, fmt.Errorf("%w: base: %w", ErrHistory, err)
	}
	end, err := h.reduce(base, current, start)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHistory, err)
	}
	return h.timeline(base, start, end), nil
}

// checkLists compares which lists there are; base's must be the first of them.
func (h *History) checkLists(base, current *State) error {
	same := func(l HistoryList, s ListState) bool { return l.URI == s.URI }
	if !slices.EqualFunc(h.Lists, current.Lists, same) {
		return fmt.Errorf("its %d lists are not the %d of leaf %d", len(h.Lists), len(current.Lists), current.Applied)
	}
	n := len(base.Lists)
	if n > len(h.Lists) || !slices.EqualFunc(h.Lists[:n], base.Lists, same) {
		return fmt.Errorf("leaf %d had other lists", base.Applied)
	}
	if len(h.Base.Bits) != n {
		return fmt.Errorf("bits of %d lists, leaf %d has %d", len(h.Base.Bits), base.Applied, n)
	}
	return nil
}

// startingLists inflates the bits of the base, each into exactly its list's
// size, and compares them with the digests of the base state.
func (h *History) startingLists(base *State) ([]*statuslist.List, error) {
	lists := make([]*statuslist.List, len(h.Lists))
	for i, l := range h.Lists {
		var err error
		if i < len(base.Lists) {
			lists[i], err = statuslist.FromLst(h.Base.Bits[i], l.Size)
		} else {
			lists[i], err = statuslist.NewList(l.Size)
		}
		if err != nil {
			return nil, fmt.Errorf("list %d: %w", i, err)
		}
		if i < len(base.Lists) && lists[i].Digest(l.URI) != base.Lists[i].SHA256 {
			return nil, fmt.Errorf("the bits of list %d are not those leaf %d states", i, base.Applied)
		}
	}
	return lists, nil
}

// reduce takes the lists from base to current.
func (h *History) reduce(base, current *State, start []*statuslist.List) ([]*statuslist.List, error) {
	chain, ok := parseChain(base.EventsSHA256)
	if !ok {
		return nil, fmt.Errorf("events_sha256 of leaf %d is no digest", base.Applied)
	}
	end := make([]*statuslist.List, len(start))
	for i, l := range start {
		end[i] = l.Clone()
	}
	before := HistoryEvent{base.Applied, base.At}
	for i, e := range h.Events {
		if err := e.follows(before, current, end); err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
		chain, before = chain.add(e), e
	}
	for i, l := range h.Lists {
		if end[i].Digest(l.URI) != current.Lists[i].SHA256 {
			return nil, fmt.Errorf("list %d does not come out as leaf %d states", i, current.Applied)
		}
	}
	if chain.String() != current.EventsSHA256 {
		return nil, fmt.Errorf("the events are not those leaf %d states", current.Applied)
	}
	return end, nil
}

// follows applies the event to the lists if it may come after the one before.
func (e HistoryEvent) follows(before HistoryEvent, current *State, lists []*statuslist.List) error {
	leaf, at, list, idx, value, effectiveAt := e[0], e[1], e[2], e[3], e[4], e[5]
	switch {
	case leaf <= before[0] || leaf >= current.Applied:
		return fmt.Errorf("leaf %d is not between %d and %d", leaf, before[0], current.Applied)
	case at < before[1] || at > current.At:
		return fmt.Errorf("at %d is not from %d to %d", at, before[1], current.At)
	case effectiveAt < 0 || effectiveAt > at:
		return fmt.Errorf("effective at %d, recorded at %d", effectiveAt, at)
	case list < 0 || list >= int64(len(lists)):
		return fmt.Errorf("list %d of %d", list, len(lists))
	case value < 0 || value > int64(statuslist.Superseded):
		return fmt.Errorf("value %d is no status", value)
	}
	was, err := lists[list].Get(idx)
	if err != nil {
		return err
	}
	if to := statuslist.Value(value); !was.May(to) {
		return fmt.Errorf("entry %d of list %d may not change from %v to %v", idx, list, was, to)
	}
	return lists[list].Set(idx, statuslist.Value(value))
}
