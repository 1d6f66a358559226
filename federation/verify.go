package federation

import (
	"errors"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/keys"
)

// maxSkew is how far, in seconds, the clock may be behind the bundle (protocol 11).
const maxSkew = 300

// Verify judges the content of an .aeo file, or one SD-JWT. The question must
// have passed CheckQuestion.
//
// The file is judged whole up to its disclosures; then each credential alone,
// and the headline is the best of them.
func (v *Verifier) Verify(file []byte, q Question) *Decision {
	lines, receipts := readFile(file)
	input := keys.SHA256Hex(file)
	examinations := make([]*examination, len(lines))
	for i, line := range lines {
		e := v.examine(q, input)
		e.line, e.receipts = line, receipts
		e.decision.Basis = PresentedCopy
		e.run(authentication())
		examinations[i] = e
	}
	if refused := gravestLine(examinations); refused != nil {
		return refused
	}
	for _, e := range examinations {
		if len(examinations) > 1 {
			e.decision.Evidence.Input = keys.SHA256Hex(e.line.Presentation.Raw())
		}
		e.judge()
	}
	return headline(examinations, input)
}

// authentication is the walk up to the point where it is known what was said
// and who said it.
func authentication() []step {
	return []step{
		{CheckTime, (*examination).checkTime},
		{CheckReadable, (*examination).checkReadable},
		{CheckFormat, (*examination).checkFormat},
		{CheckIssuer, (*examination).checkIssuer},
		{CheckChain, (*examination).checkChain},
		{CheckSignature, (*examination).checkSignature},
		{CheckDisclosures, (*examination).checkDisclosures},
	}
}

// judgement is the rest of the walk: what it is worth, there and here.
func judgement() []step {
	return []step{
		{CheckDates, (*examination).checkDates},
		{CheckStatus, (*examination).checkStatus},
		{CheckFreshness, (*examination).checkFreshness},
		{CheckTransparency, (*examination).checkTransparency},
		{CheckArrangement, (*examination).checkArrangement},
		{CheckType, (*examination).checkType},
		{CheckRole, (*examination).checkRole},
		{CheckDirection, (*examination).checkDirection},
		{CheckBasis, (*examination).checkBasis},
		{CheckHold, (*examination).checkHold},
	}
}

// judge finishes an examination whose statement is known and not yet refused.
func (e *examination) judge() {
	if e.concluded {
		return
	}
	e.decision.KnownThen = e.knownThen()
	e.walk()
}

func (e *examination) walk() {
	steps := judgement()
	if e.record != nil {
		steps = judgementOfList()
		e.takeStanding() // by what was known, which is less for known_then
	}
	e.outcome, e.unread = e.evaluate()
	if !e.run(steps) {
		return
	}
	switch {
	case e.q.StatusOnly:
		e.conclude(OK)
	case e.own():
		e.decision.RecognisedFor = e.ownScopes()
		e.conclude(OwnProgramme)
	default:
		e.decision.RecognisedFor = e.agreedScopes()
		e.conclude(ByArrangement)
	}
}

func (e *examination) checkTime() finding {
	if m := e.v.bundle.Manifest(); e.q.Now < m.Iat-maxSkew {
		return failed(ClockBeforeBundle, "now is %d, the bundle was built at %d", e.q.Now, m.Iat)
	}
	if e.at > e.q.Now {
		return failed(AtAfterBundle, "asked about %d, now is %d", e.at, e.q.Now)
	}
	return passed()
}

func (e *examination) checkReadable() finding {
	switch err := e.line.Err; {
	case errors.Is(err, credential.ErrTooLarge):
		return failed(TooLarge, "%v", err)
	case errors.Is(err, credential.ErrUnreadable):
		return failed(Unreadable, "%v", err)
	}
	return passed()
}

func (e *examination) checkFormat() finding {
	if err := e.line.Err; err != nil {
		return failed(WrongFormat, "%v", err)
	}
	return passed()
}

func (e *examination) checkIssuer() finding {
	iss := e.line.Presentation.Visible().Issuer
	m := e.v.bundle.Manifest()
	for i := range m.Issuers {
		if m.Issuers[i].EntityID == iss {
			e.issuer = &m.Issuers[i]
			e.decision.StatusAsOf = e.statusAsOf()
			return passed()
		}
	}
	return failed(IssuerUnknown, "%s is not in the bundle", iss)
}

func (e *examination) checkSignature() finding {
	if err := e.line.Presentation.VerifySignature(e.issuerKey().JWK); err != nil {
		return failed(BadSignature, "%v", err)
	}
	return passed()
}

func (e *examination) checkDisclosures() finding {
	p := e.line.Presentation
	s, err := p.OpenDisclosures()
	switch {
	case errors.Is(err, credential.ErrDuplicateDigest):
		return failed(DuplicateDigest, "%v", err)
	case err != nil:
		return failed(DisclosureUnknown, "%v", err)
	}
	e.takePresentation(p, s)
	if s.LegalName == "" || len(s.Identifiers) == 0 {
		return failed(NameNotDisclosed, "legal name or identifiers are not shown")
	}
	return passed()
}
