package transparency

import (
	"fmt"
	"math"

	"github.com/aeo-registry/aeo/credential/statuslist"
)

// A Timeline answers questions about any entry of any list within a proven
// history. It never changes: any number of goroutines may ask.
type Timeline struct {
	from   int64
	lists  map[string]*span
	events map[entry][]StatusEvent // in log order
}

type entry struct {
	uri string
	idx int64
}

// A span is a list at both ends of the history.
type span struct{ start, end *statuslist.List }

// A Standing is what an entry says: its value and since when that is effective.
type Standing struct {
	Value statuslist.Value
	Since int64 // effective_at of the deciding event; 0 where there is none
	// BeforeHistory says that no event of the history decides, but one before it
	// may have: then Since, which is 0, is not known.
	BeforeHistory bool
}

func (h *History) timeline(base *State, start, end []*statuslist.List) *Timeline {
	t := &Timeline{from: base.At, lists: map[string]*span{}, events: map[entry][]StatusEvent{}}
	if base.EventsSHA256 == "" {
		t.from = 0 // nothing was ever recorded before: the log proves that all was 0
	}
	for i, l := range h.Lists {
		t.lists[l.URI] = &span{start: start[i], end: end[i]}
	}
	for _, e := range h.Events {
		uri := h.Lists[e[2]].URI
		at := entry{uri, e[3]}
		t.events[at] = append(t.events[at], StatusEvent{
			Leaf: e[0], At: e[1], URI: uri, Idx: e[3], Value: statuslist.Value(e[4]), EffectiveAt: e[5],
		})
	}
	return t
}

// From is the earliest instant about which the timeline can answer: that of the
// base state, or 0 where no status had ever changed by then.
func (t *Timeline) From() int64 { return t.from }

// Current is the list as of the published state, read only; nil where the log has none.
func (t *Timeline) Current(uri string) *statuslist.List {
	if s := t.lists[uri]; s != nil {
		return s.end
	}
	return nil
}

// At says what held at the instant at, as far as was recorded by the instant
// known (math.MaxInt64 for all that is known now): the last event in log order
// with effective_at <= at and recorded <= known decides. After the published
// state it answers as if nothing had happened since.
//
// Errors: ErrBeforeHistory, ErrNoList, statuslist.ErrList for an index beyond the list.
func (t *Timeline) At(uri string, idx int64, at, known int64) (Standing, error) {
	list := t.lists[uri]
	if list == nil {
		return Standing{}, fmt.Errorf("%w: %.80q", ErrNoList, uri)
	}
	value, err := list.start.Get(idx)
	if err != nil {
		return Standing{}, fmt.Errorf("entry of %.80q: %w", uri, err)
	}
	if at < t.from || known < t.from {
		return Standing{}, fmt.Errorf("%w: asked about %d as known at %d, it begins at %d", ErrBeforeHistory, at, known, t.from)
	}
	standing := Standing{Value: value, BeforeHistory: t.from > 0}
	for _, e := range t.events[entry{uri, idx}] {
		if e.EffectiveAt <= at && e.At <= known {
			standing = Standing{Value: e.Value, Since: e.EffectiveAt}
		}
	}
	return standing, nil
}

// UnlessEnded is At with the end of the entry left out, which was taken back since by
// another entry: what it would say had there been none. An end before the history
// cannot be left out.
func (t *Timeline) UnlessEnded(uri string, idx int64, at int64) (Standing, error) {
	known := int64(math.MaxInt64)
	for _, e := range t.events[entry{uri, idx}] {
		if e.Value == statuslist.Ended { // nothing follows it
			known = e.At - 1
			break
		}
	}
	return t.At(uri, idx, at, max(known, t.from))
}
