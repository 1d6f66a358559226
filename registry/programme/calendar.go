package programme

import (
	"time"

	"github.com/aeo-registry/aeo/registry/deadline"
)

// Rules of effect and of validity.
const (
	EffectImmediate  = "immediate"    // at the instant of the decision
	EffectStartOfDay = "start_of_day" // local midnight that begins the n-th day after it
	ValidUnlimited   = "unlimited"
	ValidYears       = "years"
)

// MaxCredentialDays bounds the life of a credential: two years (protocol 4).
const MaxCredentialDays = 730

// An Effect says when a grant takes effect.
type Effect struct {
	Rule   string `json:"rule"`
	Days   int    `json:"days,omitempty"` // day of the decision not counted
	Source string `json:"source"`
	Unsure string `json:"unsure,omitempty"`
}

// A Validity says how long an authorisation lasts.
type Validity struct {
	Rule          string `json:"rule"`
	Years         int    `json:"years,omitempty"`
	ReassessYears int    `json:"reassess_years,omitempty"` // periodic re-check; never ends it by itself
	Source        string `json:"source"`
	Unsure        string `json:"unsure,omitempty"`
}

// Zone is the time zone in which the authority's days begin.
func (p *Pack) Zone() *time.Location { return p.zone }

// EffectiveAt is the instant a grant decided at decidedAt takes effect. It is a
// date rule, not a period: it is not rolled over weekends or holidays (for the
// EU Del. Reg. 2015/2446 Art. 29; Reg. 1182/71 does not apply to it).
func (p *Pack) EffectiveAt(decidedAt time.Time) time.Time {
	if p.Effect.Rule != EffectStartOfDay {
		return decidedAt
	}
	return (deadline.DateOf(decidedAt, p.zone) + deadline.Date(p.Effect.Days)).Begins(p.zone)
}

// ValidityOf is how long an authorisation of a type lasts: as the type says, or
// the programme.
func (p *Pack) ValidityOf(typ string) Validity {
	if t, err := p.Type(typ); err == nil && t.Validity != nil {
		return *t.Validity
	}
	return p.Validity
}

// ValidUntil is the first instant an authorisation of a type, effective at
// effectiveAt, is no longer valid; false where validity is unlimited. 29 February
// ends on 1 March.
func (p *Pack) ValidUntil(typ string, effectiveAt time.Time) (time.Time, bool) {
	v := p.ValidityOf(typ)
	if v.Rule != ValidYears {
		return time.Time{}, false
	}
	y, m, d := effectiveAt.In(p.zone).Date()
	return deadline.DateFor(y+v.Years, m, d).Begins(p.zone), true
}

// CredentialUntil is the expiry of a credential whose life begins at from: the
// pack's life, cut at the end of the authorisation; a zero end means it has none.
func (p *Pack) CredentialUntil(from, end time.Time) time.Time {
	until := from.Add(time.Duration(p.CredentialDays) * 24 * time.Hour)
	if !end.IsZero() && end.Before(until) {
		return end
	}
	return until
}

// LocalDate writes the legal date of an instant, as the authority reckons it.
func (p *Pack) LocalDate(at time.Time) string { return at.In(p.zone).Format(time.DateOnly) }
