package federation

import (
	"errors"
	"slices"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
)

// checkChain finds out whether the issuer is who it says it is, may say what
// the credential says, and whether the key is one of its own.
func (e *examination) checkChain() finding {
	if f := e.openAdministration(); f.result == Failed {
		return f
	}
	if f := e.checkEntitled(); f.result == Failed {
		return f
	}
	return e.checkIssuerKey()
}

// openAdministration takes all the bundle proves about the issuer.
func (e *examination) openAdministration() finding {
	a, err := e.v.bundle.Administration(e.issuer.EntityID)
	if err != nil {
		return unopened(err)
	}
	if f := contradicted(e.issuer); f.result == Failed {
		return f
	}
	e.administration = a
	e.decision.StatusAsOf = e.statusAsOf()
	e.introduce()
	return passed()
}

// contradicted is what it means that the bundle's builder holds evidence
// against an administration: which of its histories is true, nobody can tell.
func contradicted(i *bundle.Issuer) finding {
	if i.ContradictedAt == 0 {
		return passed()
	}
	return failed(LogMisbehaviour, "%s signed two histories of its log, as was found out at %d", i.EntityID, i.ContradictedAt)
}

// unopened says what it means that an administration cannot be opened.
func unopened(err error) finding {
	switch {
	case errors.Is(err, bundle.ErrInvalid):
		return failed(BundleInvalid, "%v", err)
	case errors.Is(err, transparency.ErrFaulty):
		return failed(LogMisbehaviour, "%v", err)
	}
	return failed(ChainInvalid, "%v", err)
}

// checkEntitled compares what the issuer says of itself with what it is known
// to be. An issuer that speaks for another territory, another authority or
// under another's credential type is not entitled to, however well it signs:
// the chain does not reach that far, so this is chain_invalid.
func (e *examination) checkEntitled() finding {
	c := e.line.Presentation.Visible()
	switch {
	case c.Territory != e.issuer.Territory || !e.administration.Registry.MayState(c.Authority):
		return failed(ChainInvalid, "%s is %s in %s, the credential says %s in %s",
			e.issuer.EntityID, e.issuer.Authority, e.issuer.Territory, c.Authority, c.Territory)
	case !slices.Contains(e.administration.Registry.VCT, c.VCT):
		return failed(ChainInvalid, "%s does not issue the type %s", e.issuer.EntityID, c.VCT)
	}
	e.attribute(c.Authority)
	return passed()
}

// attribute says who decided, where the issuer acts for another authority of its union.
func (e *examination) attribute(authority string) {
	if authority != "" && authority != e.issuer.Authority {
		e.decision.Issuer.DecidedBy = authority
	}
}

// checkIssuerKey judges the key and the time of signing. That time is the
// issuer's own claim, so it must lie in the window of the key; what a stolen
// key signed can claim any time, so there only the log counts.
func (e *examination) checkIssuerKey() finding {
	p := e.line.Presentation
	c, k := p.Visible(), e.issuerKey()
	switch {
	case k == nil:
		return failed(IssuerKeyUnknown, "%s has no issuer key %.43q", e.issuer.EntityID, p.KID())
	case k.Compromised() && !e.loggedBefore(k.Revoked.At):
		return failed(IssuerKeyCompromised, "key %.43q was compromised at %d", p.KID(), k.Revoked.At)
	case !k.MaySignAt(c.IssuedAt):
		return failed(IssuerKeyUnknown, "key %.43q could not sign at %d", p.KID(), c.IssuedAt)
	case e.at > k.Exp && e.at < c.Expires:
		return failed(IssuerKeyUnknown, "key %.43q was accepted until %d", p.KID(), k.Exp)
	}
	return passed()
}

func (e *examination) issuerKey() *keys.RosterKey {
	return e.administration.Rosters.Key(keys.RoleIssuer, e.line.Presentation.KID())
}

// introduce says who makes the statement, and whom to ask there and at home.
func (e *examination) introduce() {
	r, i := e.administration.Registry, e.issuer
	e.decision.Cosigned = cosigned(e.administration.Quorum)
	e.decision.Issuer = &IssuerRef{EntityID: i.EntityID, Territory: i.Territory, Authority: i.Authority, Name: r.Contacts.Name}
	e.contact(i.Territory, r.Contacts.Mailbox)
	if home := e.v.bundle.Configuration(); home.Sub != i.EntityID {
		e.contact(home.Metadata.Registry.Territory, home.Metadata.Registry.Contacts.Mailbox)
	}
}

func (e *examination) contact(of, mailbox string) {
	if mailbox != "" {
		e.decision.Contacts = append(e.decision.Contacts, Contact{Of: of, Mailbox: mailbox})
	}
}
