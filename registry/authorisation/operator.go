package authorisation

import (
	"fmt"
	"slices"
)

// A Holder is who an operator is, as registered.
type Holder struct {
	LegalName   string   `json:"legal_name"`
	Natural     bool     `json:"natural"` // a natural person: sealed apart, listed by name only with own consent
	Identifiers []string `json:"identifiers"`
	Names       []Name   `json:"names"`
	Address     Address  `json:"address"`
}

// A Name is a name in one script (ISO 15924).
type Name struct {
	Script string `json:"script"`
	Value  string `json:"value"`
}

// An Address is where an operator is established.
type Address struct {
	Country  string `json:"country"`
	Locality string `json:"locality"`
	Postcode string `json:"postcode"`
	Street   string `json:"street"`
}

// A Purpose is what data about a holder is let out for.
type Purpose string

// The purposes of a release (domain, f.7).
const (
	Publication  Purpose = "publication"
	Exchange     Purpose = "exchange"
	Presentation Purpose = "presentation"
)

// A Basis is what a release rests on.
type Basis string

// The bases of a release.
const (
	ByConsent Basis = "consent"
	ByLaw     Basis = "law"
	ByTerms   Basis = "terms"
)

// A Release is data about a holder let out for a purpose over [From, Until).
type Release struct {
	Purpose  Purpose  `json:"purpose"`
	Basis    Basis    `json:"basis"`
	Partners []string `json:"partners"` // territories; empty means everyone
	From     int64    `json:"from"`
	Until    int64    `json:"until,omitzero"` // 0 while it holds
}

// An Operator is the state of a registered operator. The zero Operator is not registered.
type Operator struct {
	Case      string    `json:"case"`
	Holder    Holder    `json:"holder"`
	Releases  []Release `json:"releases"`
	DecidedAt int64     `json:"decided_at"`
}

// The commands for an operator. From is when consent begins or ends; 0 means At.
type (
	Register struct {
		By
		Holder Holder
	}
	AmendHolder struct {
		By
		Holder Holder
	}
	GrantRelease struct {
		By
		Purpose  Purpose
		Basis    Basis
		Partners []string
		From     int64
	}
	WithdrawRelease struct {
		By
		Purpose Purpose
		From    int64
	}
)

func (Register) name() string        { return "register" }
func (AmendHolder) name() string     { return "amend holder" }
func (GrantRelease) name() string    { return "grant release" }
func (WithdrawRelease) name() string { return "withdraw release" }

// Released reports whether a release for the purpose, towards the partner, held at
// an instant. An empty partner asks for a release towards everyone.
func (o Operator) Released(purpose Purpose, partner string, at int64) bool {
	return slices.ContainsFunc(o.Releases, func(r Release) bool {
		return r.Purpose == purpose && r.From <= at && (r.Until == 0 || at < r.Until) &&
			(len(r.Partners) == 0 || slices.Contains(r.Partners, partner))
	})
}

func (o Operator) state() string {
	if o.Case == "" {
		return "not registered"
	}
	return "registered"
}

// Decide answers a command with the events it brings about.
func (o Operator) Decide(c Command) ([]Event, error) {
	if err := admit(c, o.state(), o.Case, o.DecidedAt); err != nil {
		return nil, err
	}
	if _, registering := c.(Register); registering != (o.Case == "") {
		return nil, &TransitionError{o.state(), c.name(), "an operator is registered once, and first"}
	}
	switch c := c.(type) {
	case Register:
		return one(c.By, c.At, OperatorRegistered{c.Holder})
	case AmendHolder:
		return one(c.By, c.At, OperatorAmended{c.Holder})
	case GrantRelease:
		if i := o.open(c.Purpose); i >= 0 {
			return nil, &TransitionError{o.state(), c.name(), "a release for " + string(c.Purpose) + " holds already"}
		}
		return one(c.By, from(c.By, c.From), ReleaseGranted{c.Purpose, c.Basis, c.Partners})
	case WithdrawRelease:
		i := o.open(c.Purpose)
		if i < 0 {
			return nil, &TransitionError{o.state(), c.name(), "no release for " + string(c.Purpose) + " holds"}
		}
		if from(c.By, c.From) < o.Releases[i].From {
			return nil, &InputError{"from", "earlier than the release began"}
		}
		return one(c.By, from(c.By, c.From), ReleaseWithdrawn{c.Purpose})
	}
	return nil, &TransitionError{o.state(), c.name(), "not a command for an operator"}
}

func (o Operator) open(p Purpose) int {
	return slices.IndexFunc(o.Releases, func(r Release) bool { return r.Purpose == p && r.Until == 0 })
}

// Apply returns the state after an event.
func (o Operator) Apply(e Event) (Operator, error) {
	if err := follows(e, o.Case, o.DecidedAt); err != nil {
		return o, err
	}
	o.Releases = slices.Clone(o.Releases)
	switch d := e.Data.(type) {
	case OperatorRegistered:
		o.Case, o.Holder = e.Case, d.Holder
	case OperatorAmended:
		o.Holder = d.Holder
	case ReleaseGranted:
		o.Releases = append(o.Releases, Release{d.Purpose, d.Basis, d.Partners, e.EffectiveAt, 0})
	case ReleaseWithdrawn:
		i := o.open(d.Purpose)
		if i < 0 {
			return o, fmt.Errorf("applying %s: no release for %s", e.Type(), d.Purpose)
		}
		o.Releases[i].Until = e.EffectiveAt
	default:
		return o, fmt.Errorf("applying %s to an operator: %w", e.Type(), ErrUnknownEvent)
	}
	o.DecidedAt = e.DecidedAt
	return o, nil
}
