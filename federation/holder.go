package federation

import (
	"encoding/hex"
	"time"

	"github.com/aeo-registry/aeo/credential"
	"github.com/aeo-registry/aeo/federation/bundle"
)

// takePresentation takes a credential whose signature and disclosures were checked as
// the statement to judge.
func (e *examination) takePresentation(p *credential.Presentation, s *credential.Subject) {
	c, sum := p.Visible(), p.LogSHA256()
	e.said = &statement{
		programme: c.Programme, typ: c.Type,
		name: s.LegalName, identifiers: s.Identifiers, roles: s.Roles,
		notBefore: c.NotBefore, expires: c.Expires,
		status: c.Status, leaf: hex.EncodeToString(sum[:]),
	}
	h := e.showHolder()
	h.AuthorisationNo, h.EffectiveOn = s.AuthorisationNo, s.EffectiveOn
	for _, n := range s.Names {
		h.Names = append(h.Names, n.Value)
	}
	e.warnAboutHolder()
}

// takeEntry takes an entry of a directory as the statement to judge. A directory
// states a day, not an instant; it is taken to begin at midnight UTC.
func (e *examination) takeEntry(entry *bundle.DirectoryEntry) {
	begins, _ := time.Parse(time.DateOnly, entry.EffectiveOn) // ParseDirectory has checked it
	e.said = &statement{
		programme: entry.Programme, typ: entry.AuthorisationType,
		name: entry.Name, identifiers: entry.Identifiers, roles: entry.Roles,
		notBefore: begins.Unix(), status: credential.StatusRef(entry.Status), leaf: entry.CredentialSHA256,
	}
	e.showHolder().EffectiveOn = entry.EffectiveOn
	e.warnAboutHolder()
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
