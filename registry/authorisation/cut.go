package authorisation

import (
	"bytes"
	"strconv"
	"strings"
)

// cutIssued reads the event there is most of, which is most of what is read again
// when rows are made anew, in a sixth of the time. It takes what stands where the
// members of such an event would for their values, and knows that they are when
// they are written as the same bytes again: no other event is, as there is one
// spelling of each. False says nothing.
func cutIssued(raw []byte) (Event, bool) {
	c := cutter{rest: string(raw), ok: true}
	var e Event
	var d CredentialIssued
	c.text(`{"actor":`, &e.Actor)
	c.text(`,"case":`, &e.Case)
	c.text(`,"data":{"component":`, &d.Component)
	c.number(`,"expires":`, &d.Expires)
	c.number(`,"idx":`, &d.Idx)
	c.number(`,"not_before":`, &d.NotBefore)
	c.number(`,"sequence":`, &d.Sequence)
	c.text(`,"sha256":`, &d.SHA256)
	c.text(`,"uri":`, &d.URI)
	c.number(`},"decided_at":`, &e.DecidedAt)
	c.number(`,"effective_at":`, &e.EffectiveAt)
	if !c.ok {
		return Event{}, false
	}
	e.Data = d
	again, err := MarshalEvent(e)
	return e, err == nil && bytes.Equal(again, raw)
}

// A cutter takes members off the front, as a [writer] appends them.
type cutter struct {
	rest string
	ok   bool
}

func (c *cutter) skip(s string) {
	if c.ok {
		c.rest, c.ok = strings.CutPrefix(c.rest, s)
	}
}

func (c *cutter) text(name string, s *string) {
	c.skip(name)
	c.skip(`"`)
	if c.ok {
		*s, c.rest, c.ok = strings.Cut(c.rest, `"`)
	}
}

func (c *cutter) number(name string, n *int64) {
	c.skip(name)
	end := strings.IndexAny(c.rest, ",}")
	if !c.ok || end < 0 {
		c.ok = false
		return
	}
	var err error
	*n, err = strconv.ParseInt(c.rest[:end], 10, 64)
	c.rest, c.ok = c.rest[end:], err == nil
}
