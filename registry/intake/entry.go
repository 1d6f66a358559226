package intake

import (
	"errors"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/deadline"
	"github.com/aeo-registry/aeo/registry/partnerlist"
	"github.com/aeo-registry/aeo/registry/programme"
)

// An Entry is a row as the programme understands it.
type Entry struct {
	Number     int // of the row in the file
	Holder     authorisation.Holder
	Reference  string
	Type       string
	Components []string
	Roles      []string

	GrantedAt, EffectiveAt, ExpiresAt int64 // Unix seconds; ExpiresAt 0: unlimited
	Acts                              []authorisation.PastAct

	// Request is what the row is known by when it comes again: by the first of its
	// identifiers in the order of letters, and what the register calls it.
	Request authorisation.Origin
}

// Check holds a row against a programme, as of an instant. Where there are problems
// there is no entry.
func (r Row) Check(p *programme.Pack, now int64) (Entry, []Problem) {
	c := checker{sayer: sayer{row: r.Number}, pack: p, now: now}
	e := Entry{Number: r.Number, Reference: r.Reference, Type: r.Type, Roles: r.Roles, Holder: c.holder(r)}
	if r.Reference == "" {
		c.say(colReference, "empty")
	}
	e.Components = c.components(r)
	c.times(r, &e)
	if len(c.found) > 0 {
		return Entry{}, c.found
	}
	body, err := jcs.Marshal(r)
	if err != nil {
		c.say("", "%v", err)
		return Entry{}, c.found
	}
	e.Request = authorisation.Origin{Key: Key(slices.Min(e.Holder.Identifiers), r.Reference), Body: keys.SHA256Hex(body)}
	return e, nil
}

// Key is what a row is known by when it comes again.
func Key(identifier, reference string) string {
	return keys.SHA256Hex([]byte("imported row\x00" + identifier + "\x00" + reference))
}

type checker struct {
	sayer
	pack *programme.Pack
	now  int64
}

func (c *checker) holder(r Row) authorisation.Holder {
	h := authorisation.Holder{LegalName: r.LegalName, Natural: r.Natural, Names: slices.Concat([]authorisation.Name{}, r.Names), Address: r.Address}
	if err := partnerlist.CheckName(r.LegalName); err != nil {
		c.say(colName, "%v", err)
	}
	for _, n := range r.Names {
		if err := partnerlist.CheckName(n.Value); err != nil {
			c.say(colNames, "%v", err)
		}
	}
	if len(r.Identifiers) == 0 {
		c.say(colIdentifiers, "empty")
	}
	if len(r.Identifiers) > maxList {
		c.say(colIdentifiers, "%d, at most %d", len(r.Identifiers), maxList)
		return h
	}
	for _, text := range r.Identifiers {
		id, err := c.pack.ParseIdentifier(text)
		var why *programme.IdentifierError
		switch {
		case errors.As(err, &why):
			c.say(colIdentifiers, "%.80q: %s", text, why.Why)
		case err != nil:
			c.say(colIdentifiers, "%v", err)
		case slices.Contains(h.Identifiers, id.String()):
			c.say(colIdentifiers, "%s twice", id)
		default:
			h.Identifiers = append(h.Identifiers, id.String())
		}
	}
	return h
}

func (c *checker) components(r Row) (out []string) {
	parts, err := c.pack.Components(r.Type)
	if err != nil {
		c.say(colType, "%v", err)
		return nil
	}
	if err := c.pack.CheckRoles(r.Type, r.Roles); err != nil {
		c.say(colRoles, "%v", err)
	}
	for _, part := range parts {
		out = append(out, part.Code)
	}
	return out
}

// day is the midnight a day begins with; 0 where it is none. Days that are over or
// begun are past.
func (c *checker) day(column, text string, past bool) int64 {
	at, err := time.ParseInLocation(time.DateOnly, text, c.pack.Zone())
	switch {
	case err != nil:
		c.say(column, "%.40q is no day written 2006-01-02", text)
		return 0
	case at.Unix() <= 0:
		c.say(column, "%s is before any register of this kind", text)
		return 0
	case past && at.Unix() > c.now:
		c.say(column, "%s is still to come", text)
	}
	return at.Unix()
}

func (c *checker) times(r Row, e *Entry) {
	e.GrantedAt = c.day(colGranted, r.GrantedOn, true)
	e.EffectiveAt = e.GrantedAt
	if r.EffectiveOn != "" {
		e.EffectiveAt = c.day(colEffective, r.EffectiveOn, false)
		if e.EffectiveAt != 0 && e.EffectiveAt < e.GrantedAt {
			c.say(colEffective, "%s is before it was granted", r.EffectiveOn)
		}
	}
	_, limited := c.pack.ValidUntil(r.Type, time.Unix(e.EffectiveAt, 0))
	switch {
	case r.ExpiresOn != "":
		if last := c.day(colExpires, r.ExpiresOn, false); last != 0 {
			e.ExpiresAt = (deadline.DateOf(time.Unix(last, 0), c.pack.Zone()) + 1).Begins(c.pack.Zone()).Unix()
			if e.ExpiresAt <= e.EffectiveAt {
				c.say(colExpires, "%s is before it takes effect", r.ExpiresOn)
			}
		}
	case limited:
		c.say(colExpires, "empty, and a %s does not last for ever", r.Type)
	}
	c.acts(r, e)
}

// acts are the suspensions in the order of time, and the end.
func (c *checker) acts(r Row, e *Entry) {
	if len(r.Suspensions) > maxList {
		c.say(colSuspensions, "%d, at most %d", len(r.Suspensions), maxList)
		return
	}
	last := e.EffectiveAt
	act := func(column string, a authorisation.Act, day string) {
		at := c.day(column, day, true)
		if at != 0 && at < last {
			c.say(column, "%s comes before what went before it", day)
		}
		if at != 0 && e.ExpiresAt != 0 && at >= e.ExpiresAt {
			c.say(column, "%s is after it expired", day)
		}
		last = max(last, at)
		e.Acts = append(e.Acts, authorisation.PastAct{Act: a, At: at})
	}
	for i, s := range r.Suspensions {
		act(colSuspensions, authorisation.ActSuspend, s.From)
		switch {
		case s.Until != "":
			act(colSuspensions, authorisation.ActReinstate, s.Until)
		case i < len(r.Suspensions)-1:
			c.say(colSuspensions, "one that lasts, and another after it")
		}
	}
	end, known := ends[r.End]
	switch {
	case r.End == "" && r.EndedOn == "":
	case r.EndedOn == "":
		c.say(colEnded, "empty, though it was %.20s", r.End)
	case r.End == "":
		c.say(colEnd, "empty, though it ended")
	case !known:
		c.say(colEnd, "%.20q, want revoked, annulled or withdrawn", r.End)
	default:
		if len(r.Suspensions) == 0 {
			last = e.GrantedAt // it may end before it takes effect
		}
		act(colEnded, end, r.EndedOn)
	}
}
