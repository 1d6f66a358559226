package mra

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

// A recognition that one party declares alone, over lists the other hands out,
// is a JWS in general JSON serialization, typ aeo-recognition+jws, with one
// signature over a [Document] of the same form. It differs in three ways: one
// party alone has root keys, and is who recognises in every rule; the others
// have none and may be without entity id, because they run nothing that has
// one; and it says nothing about credentials, only about holders in imported
// lists ([Query].Listed). Its versions are numbered by themselves, so that the
// arrangement that may follow under the same id begins at version 1 for both.

// ParseAlone reads the recognition that one party declares alone and verifies
// its signature by a root key the document lists for that party. That the key
// is truly the party's is for the caller to compare with its roster.
func ParseAlone(raw []byte) (*Annex, error) {
	a, err := parse(keys.KindRecognition, raw, (*Document).CheckAlone)
	if err != nil {
		return nil, err
	}
	if len(a.signed) != 1 { // parse has verified each, of different parties
		return nil, fmt.Errorf("%w: %d signatures, want that of the party alone", ErrAnnex, len(a.signed))
	}
	a.alone = a.recognising()
	return a, nil
}

// PeekAlone is [PeekParties] of a recognition that one party declares alone.
func PeekAlone(raw []byte) ([]string, error) { return peekParties(keys.KindRecognition, raw) }

// Alone is the territory that declares the recognition by itself; "" for an
// annex that all parties sign.
func (a *Annex) Alone() string { return a.alone }

// CheckAlone reports the first rule that the document breaks as what one party
// declares alone.
func (d *Document) CheckAlone() error { return d.check(d.checkPartiesAlone) }

func (d *Document) checkPartiesAlone() error {
	if len(d.Parties) < 2 || len(d.Parties) > maxParties {
		return fmt.Errorf("%d parties, want 2 to %d", len(d.Parties), maxParties)
	}
	kids := map[string]bool{}
	signing := 0
	for i := range d.Parties {
		p := &d.Parties[i]
		check := p.checkWithoutKeys
		if len(p.Root) > 0 {
			signing++
			check = func() error { return p.check(kids) }
		}
		if err := check(); err != nil {
			return fmt.Errorf("parties[%d]: %w", i, err)
		}
		same := func(q Party) bool { return q.Territory == p.Territory || q.EntityID != "" && q.EntityID == p.EntityID }
		if slices.ContainsFunc(d.Parties[:i], same) {
			return fmt.Errorf("parties[%d]: territory or entity id listed twice", i)
		}
	}
	if signing != 1 {
		return fmt.Errorf("%d parties with root keys, want the one that declares it", signing)
	}
	by := d.recognising()
	for i, r := range d.Recognitions {
		if r.By != by {
			return fmt.Errorf("recognitions[%d]: by %.16q, %s alone declares this", i, r.By, by)
		}
		if r.Pilot {
			return fmt.Errorf("recognitions[%d]: a pilot takes two", i)
		}
	}
	return nil
}

// checkWithoutKeys checks a party that does not sign. What is not known of it is empty.
func (p *Party) checkWithoutKeys() error {
	if _, err := zone(p.TimeZone); err != nil {
		return err
	}
	optional := func(name, s string, most int) error {
		if s == "" {
			return nil
		}
		return checkText(name, s, most)
	}
	var entity error
	if p.EntityID != "" {
		entity = trust.CheckEntityID(p.EntityID)
	}
	return cmp.Or(
		checkTerritory("territory", p.Territory),
		entity,
		optional("contacts.mailbox", p.Contacts.Mailbox, 254),
		optional("contacts.duty_phone", p.Contacts.DutyPhone, 40),
		optional("signatory.function", p.Signatory.Function, 200),
		optional("signatory.mandate", p.Signatory.Mandate, 300),
	)
}

// recognising is the territory of the party that has root keys.
func (d *Document) recognising() string {
	for _, p := range d.Parties {
		if len(p.Root) > 0 {
			return p.Territory
		}
	}
	return ""
}

// DocumentsAlone are the newest versions of what parties declare alone, by id and party.
func (r *Register) DocumentsAlone() []*Annex { return newest(r.alone) }

// Governed reports whether an arrangement that both sides signed speaks about
// the pair at an instant, whatever it says: from the day on which its rules for
// the pair begin, holders are known by credentials and directories, and lists no
// longer count, until it has ended and By declares something alone anew.
func (r *Register) Governed(by, of string, at time.Time) bool {
	q := Query{By: by, Of: of, At: at}
	governing, governed := r.agreed(q)
	return governed && !slices.ContainsFunc(r.alone, func(a *arrangement) bool {
		return a.by == by && a.evaluate(q).after(governing)
	})
}

// agreed is the outcome of arrangements that both sides signed, and whether any
// of them has begun to speak about the pair.
func (r *Register) agreed(q Query) (Outcome, bool) {
	o, _ := furthest(r.arrangements, q)
	return o, o.Failure != NoArrangement && o.Failure != NotYetInEffect
}

// after reports whether a declaration counts again beside an arrangement that
// governed the pair: signed after it, once it has ended.
func (o Outcome) after(governing Outcome) bool {
	return governing.Failure == Ended && o.Annex != nil && o.Annex.SignedOn > governing.Annex.SignedOn
}

// evaluateAlone answers for a holder who is known by an imported list only: what
// By declares alone counts where no arrangement governs the pair, or again after it.
func (r *Register) evaluateAlone(q Query) Outcome {
	governing, governed := r.agreed(q)
	best, _ := furthest(slices.DeleteFunc(slices.Clone(r.alone), func(a *arrangement) bool {
		return a.by != q.By || governed && !a.evaluate(q).after(governing)
	}), q)
	return best
}

// StartOfDay is the first instant, in Unix seconds, at which calendars in a time
// zone (IANA name) show a date or a later one.
func StartOfDay(date, timeZone string) (int64, error) {
	d, err := parseDate("date", date)
	if err != nil {
		return 0, err
	}
	loc, err := zone(timeZone)
	if err != nil {
		return 0, err
	}
	return startOfDay(d, loc), nil
}
