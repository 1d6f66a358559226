package transparency

import (
	"maps"
	"slices"
)

// Fork is a copy that goes its own way: what is added to it is not in c, which
// stays as it is for those who read it. It costs what is added to it, not what
// c holds: both share the entries they have in common. Nothing may be added to
// c or forked from it while another goroutine does either.
func (c *Copy) Fork() *Copy {
	if c.tail == nil {
		c.tail = new(c.Size())
	}
	f := *c
	f.replay = &Replay{Reduction: c.replay.Reduction.fork(), edge: slices.Clone(c.replay.edge)}
	return &f
}

// unshare makes sure that the places behind the last entry are this copy's to
// write: those of the arrays shared belong to the first fork that adds, any
// other gets arrays of its own.
func (c *Copy) unshare() {
	if c.tail == nil || *c.tail == c.Size() {
		return
	}
	c.entries, c.hashes, c.states = slices.Clone(c.entries), slices.Clone(c.hashes), slices.Clone(c.states)
	r := c.replay.Reduction
	r.events = slices.Clone(r.events)
	c.tail = new(c.Size())
}

// fork is a reduction that goes its own way. The events stay shared: see [Copy.unshare].
func (r *Reduction) fork() *Reduction {
	f := *r
	f.rosters = *r.rosters.Clone()
	f.uris, f.lists = slices.Clone(r.uris), maps.Clone(r.lists)
	// From now on the lists belong to neither.
	r.token, f.token = new(byte), new(byte)
	return &f
}

// own is a list that may be written to.
func (r *Reduction) own(uri string) *openList {
	l := r.lists[uri]
	if l == nil || l.token == r.token {
		return l
	}
	l = &openList{list: l.list.Clone(), position: l.position, last: maps.Clone(l.last), digest: l.digest, token: r.token}
	r.lists[uri] = l
	return l
}
