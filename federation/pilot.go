package federation

import (
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/federation/mra"
)

// A Pilot is what the rules of a pilot make of a statement that is test data. It
// stands beside the verdict, which does not look at it.
type Pilot struct {
	MRA           *MRARef `json:"mra,omitzero"`
	Answer        string  `json:"answer"` // ok, or the reason why not
	RecognisedFor []Scope `json:"recognised_for,omitzero"`
}

// tellPilot asks the pilot, where the question asks for that.
func (e *examination) tellPilot() {
	if !e.q.Pilot || e.record != nil {
		return
	}
	register, err := e.v.bundle.Arrangements(e.issuer.Territory)
	if err != nil {
		return // said already
	}
	q := e.query()
	q.Pilot = true
	o := register.Evaluate(q)
	p := &Pilot{Answer: string(o.Failure)}
	if o.Annex != nil {
		p.MRA = &MRARef{ID: o.Annex.ID, Version: o.Annex.Version}
	}
	text := "As test data it would not be recognised by a pilot: " + strings.ReplaceAll(p.Answer, "_", " ") + "."
	if o.Failure == mra.OK {
		p.Answer = OK.String()
		for _, m := range o.Matches {
			p.RecognisedFor = append(p.RecognisedFor, Scope{Role: m.Role, Direction: m.Direction, As: m.As, Benefits: m.Benefits})
		}
		text = fmt.Sprintf("As test data it would be recognised as %s by the pilot of %s v%d. That is no recognition.", o.Matches[0].As, p.MRA.ID, p.MRA.Version)
	}
	e.decision.Pilot = p
	e.caveat(CaveatPilot, text)
}
