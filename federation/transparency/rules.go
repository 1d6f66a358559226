package transparency

import (
	"crypto/sha256"
	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

// checkOrder holds the rules about where in the log, and in its batch, a leaf
// may stand (protocol 6).
func (r *Reduction) checkOrder(l Leaf, hash tlog.Hash) error {
	if _, genesis := l.(Genesis); genesis != (r.size == 0) {
		return r.fault("a log has one genesis leaf, its first")
	}
	if _, closes := l.(State); closes || !r.ordered {
		return nil
	}
	if Structural(l) {
		return r.fault("genesis, key and list leaves come first in a batch")
	}
	if compareHashes(hash, r.highest) < 0 {
		return r.fault("its hash is below that of the leaf before it in the batch")
	}
	return nil
}

// take applies a leaf that stands where it may, or refuses it and changes nothing.
func (r *Reduction) take(l Leaf) error {
	switch l := l.(type) {
	case Genesis:
		return r.takeGenesis(l)
	case Key:
		return r.takeKey(l)
	case List:
		return r.takeList(l)
	case Status:
		return r.takeStatus(l)
	case State:
		return r.takeState(l)
	}
	return nil // a digest: true or not, it cannot contradict the log
}

func (r *Reduction) takeGenesis(g Genesis) error {
	if g.Origin != r.origin {
		return r.fault("origin %.80q, this is the log %.80q", g.Origin, r.origin)
	}
	r.genesis = g
	return nil
}

func (r *Reduction) takeKey(k Key) error {
	digest := keys.SHA256Hex(k.Roster)
	if r.rosterSHA256 == "" && digest != r.genesis.RosterSHA256 {
		return r.fault("the first roster is not the one the genesis leaf names")
	}
	if err := r.rosters.Append(k.Roster); err != nil {
		return r.fault("%v", err)
	}
	r.rosterSHA256 = digest
	return nil
}

func (r *Reduction) takeList(l List) error {
	issuer, err := listIssuer(l.URI)
	if err != nil {
		return r.fault("%v", err)
	}
	if r.rosterSHA256 == "" {
		return r.fault("a list opens before the first roster")
	}
	if iss := r.rosters.Current().Iss; issuer != iss {
		return r.fault("list %.80q is not below %.80q, whose log this is", l.URI, iss)
	}
	if r.lists[l.URI] != nil {
		return r.fault("list %.80q opens twice", l.URI)
	}
	named := r.named + len(`{"sha256":"","uri":""}`) + 2*sha256.Size + len(l.URI)
	if named > MaxLeaf {
		return r.fault("more lists than a state leaf can name")
	}
	list, err := statuslist.NewList(l.Size)
	if err != nil {
		return r.fault("%v", err)
	}
	r.lists[l.URI] = &openList{list: list, position: int64(len(r.uris)), last: map[int64]int64{}, token: r.token}
	r.uris, r.named = append(r.uris, l.URI), named
	return nil
}

func (r *Reduction) takeStatus(s Status) error {
	l := r.lists[s.URI]
	if l == nil {
		return r.fault("no list %.80q was opened", s.URI)
	}
	value, err := l.list.Get(s.Idx)
	if err != nil {
		return r.fault("%v", err)
	}
	last, changed := l.last[s.Idx]
	switch {
	case changed && last >= r.start:
		return r.fault("entry %d of %.80q changes twice in a batch", s.Idx, s.URI)
	case changed != (s.Prev != nil) || changed && *s.Prev != last:
		return r.fault("prev is not the previous status leaf of entry %d of %.80q", s.Idx, s.URI)
	case !value.May(s.Value):
		return r.fault("entry %d of %.80q may not change from %v to %v", s.Idx, s.URI, value, s.Value)
	}
	l = r.own(s.URI)
	if err := l.list.Set(s.Idx, s.Value); err != nil {
		return r.fault("%v", err)
	}
	l.last[s.Idx], l.digest = r.size, ""
	r.events = append(r.events, StatusEvent{
		Leaf: r.size, URI: s.URI, Idx: s.Idx, Value: s.Value, EffectiveAt: s.EffectiveAt,
	})
	return nil
}

func (r *Reduction) takeState(s State) error {
	if err := r.checkState(s); err != nil {
		return err
	}
	for i := range r.events[r.closed:] {
		e := &r.events[r.closed+i]
		e.At = s.At
		r.chain = r.chain.add(r.number(*e))
	}
	r.at, r.closed = s.At, len(r.events)
	r.start, r.ordered = r.size+1, false
	return nil
}

func (r *Reduction) checkState(s State) error {
	want := r.Next(s.At)
	switch {
	case r.rosterSHA256 == "":
		return r.fault("a state comes before the first roster")
	case s.Applied != r.size:
		return r.fault("applied %d is not its own index", s.Applied)
	case s.At < r.at:
		return r.fault("at %d is before the state leaf before it, %d", s.At, r.at)
	case s.RosterSHA256 != want.RosterSHA256:
		return r.fault("roster_sha256 is not that of the newest roster")
	case len(s.Lists) != len(want.Lists):
		return r.fault("%d lists, %d were opened", len(s.Lists), len(want.Lists))
	}
	for _, e := range r.events[r.closed:] {
		if e.EffectiveAt > s.At {
			return r.fault("status leaf %d is effective at %d, after at %d", e.Leaf, e.EffectiveAt, s.At)
		}
	}
	for i, l := range s.Lists {
		if l != want.Lists[i] {
			return r.fault("list %d is not %.80q with digest %s", i, want.Lists[i].URI, want.Lists[i].SHA256)
		}
	}
	if s.EventsSHA256 != want.EventsSHA256 {
		return r.fault("events_sha256 is not that of the status leaves so far")
	}
	return nil
}
