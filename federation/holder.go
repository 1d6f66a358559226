package federation

import (
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// takePresentation takes a credential whose signature and disclosures were checked as
// the statement to judge.
func (e *examination) takePresentation(p *credential.Presentation, s *credential.Subject) {
	c := p.Visible()
	e.said = &statement{
		programme: c.Programme, typ: c.Type,
		name: s.LegalName, identifiers: s.Identifiers, roles: s.Roles,
		notBefore: c.NotBefore, expires: c.Expires,
		status: c.Status, restores: c.Restores, issued: c.IssuedAt,
	}
	h := e.showHolder()
	h.AuthorisationNo, h.EffectiveOn = s.AuthorisationNo, s.EffectiveOn
	for _, n := range s.Names {
		h.Names = append(h.Names, n.Value)
	}
	e.warnAboutHolder()
}

// takeEntry takes an entry of a directory as the statement to judge. A directory
// states a legal day, not an instant: it begins at local midnight of the issuer.
func (e *examination) takeEntry(entry *bundle.DirectoryEntry) {
	begins, _ := time.ParseInLocation(time.DateOnly, entry.EffectiveOn, e.issuerZone()) // ParseDirectory has checked the form
	e.said = &statement{
		programme: entry.Programme, typ: entry.AuthorisationType,
		name: entry.Name, identifiers: entry.Identifiers, roles: entry.Roles,
		notBefore: begins.Unix(), status: credential.StatusRef(entry.Status),
	}
	e.showHolder().EffectiveOn = entry.EffectiveOn
	e.warnAboutHolder()
}

// issuerZone is the time zone in the issuer's programme profile; UTC where it states none.
func (e *examination) issuerZone() *time.Location {
	var profile struct {
		TimeZone string `json:"time_zone"`
	}
	if err := jcs.UnmarshalOpen(e.administration.Programme, &profile); err != nil {
		return time.UTC
	}
	zone, err := time.LoadLocation(profile.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// showHolder shows the holder in the decision.
func (e *examination) showHolder() *Holder {
	s := e.said
	e.decision.Holder = &Holder{
		LegalName: s.name, Identifiers: s.identifiers, Roles: s.roles,
		Programme: s.programme, Type: s.typ, NotBefore: s.notBefore, Expires: s.expires,
	}
	return e.decision.Holder
}
