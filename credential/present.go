package credential

import (
	"bytes"
	"fmt"

	"github.com/aeo-registry/aeo/credential/sdjwt"
)

// A Preset selects disclosures.
type Preset string

// The presets. Every one shows legal name, identifiers and roles: a verdict
// shows name, identifier and scope together or misleads.
const (
	Counterparty Preset = "counterparty" // to a business partner
	Declaration  Preset = "declaration"  // to customs, with a declaration
	Full         Preset = "full"         // everything
)

// Values are all presets.
func (Preset) Values() []Preset { return []Preset{Counterparty, Declaration, Full} }

// shows reports whether the preset discloses a claim.
func (p Preset) shows(claim string) bool {
	switch claim {
	case claimLegalName, claimIdentifiers, claimRoles:
		return true
	}
	return p == Full
}

// Present keeps only the disclosures of the preset. It needs no key: the
// holder cannot change what is signed, only leave out.
func Present(raw []byte, preset Preset) ([]byte, error) {
	switch preset {
	case Counterparty, Declaration, Full:
	default:
		return nil, fmt.Errorf("preset %.20q is not known", string(preset))
	}
	p, err := Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("present: %w", err)
	}
	claims, err := sdjwt.Flat(p.digests, p.disclosures)
	if err != nil {
		return nil, fmt.Errorf("present: %w", err)
	}
	var kept []string
	for _, c := range claims {
		if preset.shows(c.Name) {
			kept = append(kept, c.Disclosure)
		}
	}
	jwt, _, _ := bytes.Cut(p.raw, []byte("~"))
	return combine(jwt, kept), nil
}

// combine writes an SD-JWT (RFC 9901, 4).
func combine(jwt []byte, disclosures []string) []byte {
	size := len(jwt) + 1
	for _, d := range disclosures {
		size += len(d) + 1
	}
	out := append(append(make([]byte, 0, size), jwt...), '~')
	for _, d := range disclosures {
		out = append(append(out, d...), '~')
	}
	return out
}
