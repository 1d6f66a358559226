package federation

import (
	"cmp"
	"fmt"
	"time"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
)

// A ListRef names the imported list that a statement stands in.
type ListRef struct {
	Partner    string `json:"partner"` // whose list
	Number     int64  `json:"number"`
	SHA256     string `json:"sha256"` // of the file as it came
	Channel    string `json:"channel"`
	ReceivedAt int64  `json:"received_at"`
	StatedAsOf string `json:"stated_as_of"` // the day it speaks of
}

// A record is what imported lists say of one authorisation.
type record struct {
	lists    *bundle.Lists
	rows     []listed.Row // of one identifier and type
	standing listed.Standing
	found    bool // some list had it by the instant asked about
}

// lookupListed judges an identifier by the lists imported of its territory. It
// is false where there are none, or where an arrangement that both sides signed
// governs the pair: then holders are known by what the partner signs, and lists
// no longer count.
func (v *Verifier) lookupListed(territory, identifier string, q Question) (*Decision, bool) {
	lists, err := v.bundle.Lists(territory)
	if err != nil {
		return v.unlisted(identifier, q, failed(BundleInvalid, "%v", err)), true
	}
	if lists == nil {
		return nil, false
	}
	register, err := v.bundle.Arrangements(territory)
	if err == nil && register.Governed(v.bundle.Manifest().Territory, territory, time.Unix(cmp.Or(q.At, q.Now), 0).UTC()) {
		return nil, false
	}
	rows, err := lists.Find(identifier)
	if err != nil {
		return v.unlisted(identifier, q, failed(BundleInvalid, "%v", err)), true
	}
	input := keys.SHA256Hex([]byte(identifier))
	var examinations []*examination
	for _, r := range byType(rows) {
		e := v.examine(q, input)
		e.decision.Basis = List
		if !e.run([]step{{CheckTime, (*examination).checkTime}}) {
			return e.decision, true
		}
		e.record = &record{lists: lists, rows: r}
		if e.takeRecord(register); !e.record.found {
			continue
		}
		e.judge()
		examinations = append(examinations, e)
	}
	if len(examinations) == 0 {
		return v.notOnList(identifier, lists, q), true
	}
	return headline(examinations, input), true
}

// byType takes the rows of a holder apart; those of one type stand together.
func byType(rows []listed.Row) [][]listed.Row {
	var out [][]listed.Row
	for i := range rows {
		if i == 0 || rows[i].AuthorisationType != rows[i-1].AuthorisationType {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], rows[i])
	}
	return out
}

// notOnList is the decision where no list names the identifier.
func (v *Verifier) notOnList(identifier string, lists *bundle.Lists, q Question) *Decision {
	at := cmp.Or(q.At, q.Now)
	current, _ := lists.History.Current(at, q.Now)
	f := failed(AtBeforeHistory, "asked about %d, the first list of %s speaks of %d", at, lists.Territory, lists.History.Begins())
	if current != nil {
		f = failed(NotListed, "the list of %s as of %s does not name %s", lists.Territory, current.StatedAsOf, identifier)
	}
	d := v.unlisted(identifier, q, f)
	d.Basis, d.List = List, listRef(current)
	return d
}

func listRef(h *listed.Header) *ListRef {
	if h == nil {
		return nil
	}
	return &ListRef{Partner: h.Partner, Number: h.Number, SHA256: h.SHA256, Channel: h.Channel, ReceivedAt: h.ReceivedAt, StatedAsOf: h.StatedAsOf}
}

// takeRecord stands in for authentication: the list was taken over by two
// officers, and the bundle's signature covers what they took.
func (e *examination) takeRecord(register *mra.Register) {
	territory := e.record.lists.Territory
	_, asOf := e.record.lists.History.Latest()
	e.issuer = &bundle.Issuer{Territory: territory, Authority: territory, Log: bundle.LogState{Time: asOf}}
	e.decision.StatusAsOf = asOf
	e.decision.Issuer = &IssuerRef{Territory: territory, Authority: territory}
	if register != nil {
		e.contact(territory, mailboxOf(register, territory))
	}
	home := e.v.bundle.Configuration().Metadata.Registry
	e.contact(home.Territory, home.Contacts.Mailbox)
	for _, id := range []string{CheckReadable, CheckFormat, CheckIssuer, CheckChain, CheckSignature, CheckDisclosures} {
		e.decision.record(id, notAsked())
	}
	e.takeStanding()
}

// mailboxOf is where the newest recognition by us alone has a partner written to.
func mailboxOf(register *mra.Register, territory string) string {
	for _, a := range register.DocumentsAlone() {
		for _, p := range a.Parties {
			if p.Territory == territory && p.Contacts.Mailbox != "" {
				return p.Contacts.Mailbox
			}
		}
	}
	return ""
}

// takeStanding finds what the lists known say at the instant asked about, and
// takes it as the statement to judge.
func (e *examination) takeStanding() {
	r := e.record
	if r.standing, r.found = r.lists.History.Standing(r.rows, e.at, e.known); !r.found {
		return
	}
	s := &r.standing.Entry
	e.said = &statement{
		programme: s.Programme, typ: s.AuthorisationType, name: s.Name,
		identifiers: []string{s.Identifier}, roles: s.Roles,
	}
	e.said.notBefore, _ = mra.StartOfDay(s.EffectiveOn, r.standing.List.TimeZone) // both were checked when the rows were read
	e.showHolder().EffectiveOn = s.EffectiveOn
	e.decision.List = listRef(r.standing.List)
}

// judgementOfList is judgement for a holder who stands in an imported list.
func judgementOfList() []step {
	steps := judgement()
	for i, s := range steps {
		switch s.id {
		case CheckDates:
			steps[i].check = (*examination).checkListDates
		case CheckStatus:
			steps[i].check = (*examination).checkListStatus
		case CheckFreshness:
			steps[i].check = (*examination).checkListFreshness
		case CheckTransparency:
			steps[i].check = (*examination).checkListTransparency
		case CheckBasis:
			steps[i].check = (*examination).checkListBasis
		}
	}
	return steps
}

func (e *examination) checkListDates() finding {
	r := e.record
	if !r.found {
		if e.at < r.lists.History.Begins() {
			return failed(AtBeforeHistory, "asked about %d, the first list speaks of %d", e.at, r.lists.History.Begins())
		}
		return failed(NotListed, "no list known by then has it")
	}
	e.warnAboutHolder()
	h := r.standing.List
	e.caveat(CaveatList, fmt.Sprintf("This stands in the list of %s of %s, which came by %s on %s; %s has not signed it.",
		h.Partner, h.StatedAsOf, h.Channel, time.Unix(h.ReceivedAt, 0).UTC().Format(time.DateOnly), h.Partner))
	return e.checkDates()
}

func (e *examination) checkListStatus() finding {
	if m := e.v.bundle.Manifest(); !e.past() && e.q.Now > m.Exp {
		return failed(BundleExpired, "now is %d, the bundle expired at %d", e.q.Now, m.Exp)
	}
	s := &e.record.standing
	e.decision.StatusSince = s.Since
	switch s.Status {
	case listed.Suspended:
		return failed(StatusSuspended, "since %d", s.Since)
	case listed.Ended:
		if s.Removed {
			return failed(Ended, "since %d: the list of %s no longer has it", s.Since, s.List.StatedAsOf)
		}
		return failed(Ended, "since %d", s.Since)
	}
	return passed()
}

// checkListFreshness asks how long before the instant asked about the day was of
// which the newest list speaks: by the rule of what we recognise alone, else by
// the bundle's policy. It is that instant that counts, not now, since once an
// arrangement has taken the place of lists none comes any more.
func (e *examination) checkListFreshness() finding {
	if e.past() {
		return notAsked()
	}
	policy := e.v.bundle.Policy()
	warn, honour := policy.WarnAfter, policy.HonourUntil
	if a := e.outcome.Annex; a != nil && a.Freshness != nil {
		warn, honour = a.Freshness.WarnAfter, a.Freshness.HonourUntil
	}
	if e.q.MaxAge > 0 {
		honour = min(honour, e.q.MaxAge)
	}
	age := e.at - e.statusAsOf()
	if age > honour {
		return failed(ListTooOld, "the newest list of %s speaks of %s, %s before, at most %s is honoured",
			e.issuer.Territory, e.record.lists.History.Newest().StatedAsOf, span(age), span(honour))
	}
	if age > warn {
		e.caveat(CaveatStale, fmt.Sprintf("The newest list of %s speaks of %s, %s before.",
			e.issuer.Territory, e.record.lists.History.Newest().StatedAsOf, span(age)))
	}
	if e.q.Now > e.v.bundle.Manifest().RefreshBy {
		e.caveat(CaveatRefreshDue, "The trust bundle should be refreshed.")
	}
	return passed()
}

// checkListTransparency: what a partner sends by mail is in no log of its own.
func (e *examination) checkListTransparency() finding {
	if e.level() == LevelTransparency {
		return failed(ReceiptMissing, "a list is in no log of %s", e.issuer.Territory)
	}
	return notAsked()
}

// checkListBasis says that the partner had no part in the recognition.
func (e *examination) checkListBasis() finding {
	if e.q.StatusOnly {
		return notAsked()
	}
	by := e.v.bundle.Manifest().Territory
	e.caveat(CaveatOneSided, fmt.Sprintf("%s recognises this alone, over lists; %s has not agreed to it.", by, e.issuer.Territory))
	return passed()
}
