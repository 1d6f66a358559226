package authorisation

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// cutIssued reads the event there is most of, which is most of what is read again
// when rows are made anew, in a tenth of the time. It takes nothing but the bytes
// [MarshalEvent] writes; false says nothing.
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
	e.Data = d
	return e, c.ok && c.rest == `,"type":"credential.issued","version":1}` && e.check() == nil
}

// cutEvent takes an event apart without reading its data: what is around it stands
// at the two ends, and nothing like it can stand in a string, where quotes are
// escaped. That data is one JSON value and nothing more is seen by whoever reads
// it. False says nothing.
func cutEvent(raw []byte) (env envelope[jsontext.Value], ok bool) {
	c := cutter{rest: string(raw), ok: true}
	c.text(`{"actor":`, &env.Actor)
	c.text(`,"case":`, &env.Case)
	c.skip(`,"data":`)
	end := strings.LastIndex(c.rest, `,"decided_at":`)
	if !c.ok || end < 0 {
		return env, false
	}
	env.Data, c.rest = jsontext.Value(c.rest[:end]), c.rest[end:]
	c.number(`,"decided_at":`, &env.DecidedAt)
	c.number(`,"effective_at":`, &env.EffectiveAt)
	if strings.HasPrefix(c.rest, `,"request":`) {
		c.text(`,"request":{"body":`, &env.Request.Body)
		c.text(`,"key":`, &env.Request.Key)
		c.skip(`}`)
	}
	c.text(`,"type":`, &env.Type)
	c.number(`,"version":`, &env.Version)
	return env, c.ok && c.rest == `}`
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

// text takes a string in which nothing is escaped and nothing had to be.
func (c *cutter) text(name string, s *string) {
	c.skip(name)
	c.skip(`"`)
	if !c.ok {
		return
	}
	*s, c.rest, c.ok = strings.Cut(c.rest, `"`)
	c.ok = c.ok && utf8.ValidString(*s) && !strings.ContainsFunc(*s, escaped)
}

func escaped(r rune) bool { return r < ' ' || r == '\\' }

func (c *cutter) number(name string, n *int64) {
	c.skip(name)
	end := strings.IndexAny(c.rest, ",}")
	if !c.ok || end < 0 {
		c.ok = false
		return
	}
	var err error
	*n, err = strconv.ParseInt(c.rest[:end], 10, 64)
	c.ok = err == nil && strconv.FormatInt(*n, 10) == c.rest[:end]
	c.rest = c.rest[end:]
}
