package federation

import (
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/federation/mra"
)

// evaluate asks the arrangements what they make of the statement. Whether the
// answer counts is decided later; how fresh a status must be stands in it too.
//
// Arrangements are verified when a holder from a territory they name is first
// asked about. What of them does not hold is the fault of who signed the bundle.
func (e *examination) evaluate() (mra.Outcome, error) {
	if e.q.StatusOnly || e.own() {
		return mra.Outcome{}, nil
	}
	register, err := e.v.bundle.Arrangements(e.issuer.Territory)
	if err != nil {
		return mra.Outcome{}, err
	}
	return register.Evaluate(e.query()), nil
}

func (e *examination) query() mra.Query {
	q := mra.Query{
		By: e.v.bundle.Manifest().Territory, Of: e.issuer.Territory,
		Programme: e.said.programme, Type: e.said.typ,
		Held: e.said.roles, Role: e.q.Role, Direction: e.q.Direction,
		At: time.Unix(e.at, 0).UTC(), Listed: e.record != nil,
	}
	if e.known == e.at { // not all that is known now
		q.KnownBy = q.At
	}
	return q
}

func (e *examination) checkArrangement() finding {
	if e.q.StatusOnly || e.own() {
		return notAsked()
	}
	if e.unread != nil {
		return failed(BundleInvalid, "%v", e.unread)
	}
	if a := e.outcome.Annex; a != nil {
		e.decision.MRA = &MRARef{ID: a.ID, Version: a.Version, OneSided: a.Alone() != ""}
		e.decision.Evidence.MRA = a.SHA256()
	}
	if e.outcome.EarlyEnd {
		e.caveat(CaveatEarlyEnd, "The arrangement was ended with less notice than was agreed.")
	}
	e.tellEnd()
	e.tellPilot()
	by, of := e.v.bundle.Manifest().Territory, e.issuer.Territory
	switch e.outcome.Failure {
	case mra.NoArrangement:
		return failed(NoArrangement, "%s has no arrangement that recognises %s", by, of)
	case mra.NotYetInEffect:
		return failed(NotYetInEffect, "%s does not recognise %s yet", by, of)
	case mra.Ended:
		return failed(ArrangementEnded, "%s no longer recognises %s", by, of)
	case mra.SuspendedArrangement:
		return failed(SuspendedArrangement, "%s does not recognise %s at present", by, of)
	}
	return passed()
}

// tellEnd says when recognition ended or will, and what that means for goods
// under way. The verdict is that of the instant asked about; which instant that
// is to be, people decide by the date that counts.
func (e *examination) tellEnd() {
	end := e.outcome.End
	switch {
	case end == nil:
	case end.At > e.at:
		e.caveat(CaveatEnds, fmt.Sprintf("Recognition ends on %s; %s", end.On, transit(end)))
	default:
		e.caveat(CaveatInTransit, fmt.Sprintf("Recognition ended on %s; %s", end.On, transit(end)))
	}
}

func transit(end *mra.End) string {
	if end.InTransit == mra.Honour {
		return "goods under way by then are honoured: ask about the day on which they set out."
	}
	return fmt.Sprintf("goods under way by then are not honoured: what counts is the day of %s.", end.DateBasis)
}

func (e *examination) checkType() finding {
	if e.q.StatusOnly {
		return notAsked()
	}
	if e.q.Type != "" && e.q.Type != e.said.typ {
		return failed(TypeNotCovered, "%s is needed, this is %s", e.q.Type, e.said.typ)
	}
	if e.outcome.Failure == mra.Type {
		return failed(TypeNotCovered, "no rule for %s of programme %s", e.said.typ, e.said.programme)
	}
	return passed()
}

// checkRole wants a role that is asked for to be held and in a rule; where
// none is asked for, any rule that names a role held will do.
func (e *examination) checkRole() finding {
	held := e.said.roles
	missing := e.outcome.Failure == mra.Role
	if e.own() {
		missing = e.q.Role != "" && !slices.Contains(held, e.q.Role)
	}
	switch {
	case e.q.StatusOnly, e.own() && e.q.Role == "":
		return notAsked()
	case missing && len(held) == 0:
		return failed(NotDisclosed, "no role is shown")
	case missing && e.q.Role != "":
		return failed(RoleNotCovered, "%s is not held or in no rule", e.q.Role)
	case missing:
		return failed(RoleNotCovered, "none of %q is in a rule", held)
	}
	return passed()
}

func (e *examination) checkDirection() finding {
	switch {
	case e.q.StatusOnly || e.own():
		return notAsked()
	case e.outcome.Failure == mra.Direction:
		return failed(DirectionNotCovered, "no rule for %s", e.q.Direction)
	}
	return passed()
}

// basisExchange is the data_sharing basis under which only what one
// administration sent the other counts, so neither a copy nor a public list does.
const basisExchange = "exchange"

func (e *examination) checkBasis() finding {
	switch {
	case e.q.StatusOnly || e.own():
		return notAsked()
	case e.outcome.Annex.DataSharing.Basis == basisExchange:
		return failed(NotExchanged, "%s counts only what the administrations exchange", e.outcome.Annex.ID)
	}
	return passed()
}

// checkHold has nothing to look at: a public bundle carries no local holds.
func (e *examination) checkHold() finding { return notAsked() }

// agreedScopes is what the arrangement recognises.
func (e *examination) agreedScopes() []Scope {
	var out []Scope
	for _, m := range e.outcome.Matches {
		out = append(out, Scope{Role: m.Role, Direction: m.Direction, As: m.As, Benefits: m.Benefits})
	}
	return out
}

// ownScopes is what an authorisation of this territory is good for: its roles,
// both ways, as what it is.
func (e *examination) ownScopes() []Scope {
	var out []Scope
	for _, role := range e.said.roles {
		if e.q.Role == "" || e.q.Role == role {
			out = append(out, Scope{Role: role, Direction: mra.Both, As: e.said.typ, Benefits: []string{}})
		}
	}
	return out
}
