package mra

import (
	"fmt"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// An Annex is a document with the signatures of some or all of its parties, or
// the recognition that one of them declares alone.
type Annex struct {
	Document
	raw    []byte
	sha256 string          // of the document
	signed map[string]bool // by territory
	alone  string          // the territory that declares it alone; "" for an annex
}

// Parse reads an annex, checks its document and verifies every signature it
// carries: each by a root key the document lists for a party, at most one per
// party, in order of the parties. One signature that does not hold spoils the
// annex, whatever the others say.
//
// That the root keys are truly those parties' is for the caller to compare
// with their rosters.
func Parse(raw []byte) (*Annex, error) { return parse(keys.KindAnnex, raw, (*Document).Check) }

func parse(kind keys.Kind, raw []byte, check func(*Document) error) (*Annex, error) {
	doc, err := keys.ParseGeneral(kind, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnnex, err)
	}
	a := &Annex{raw: raw, signed: map[string]bool{}}
	if err := decode(doc.Payload(), &a.Document); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnnex, err)
	}
	if err := check(&a.Document); err != nil {
		return nil, err
	}
	a.sha256 = a.Document.SHA256()
	last := -1
	for i, t := range doc.Signatures() {
		party, root := a.signer(t.KID())
		if party <= last {
			return nil, fmt.Errorf("%w: signature %d is by no root key of a party, or not in order of the parties", ErrAnnex, i)
		}
		if err := t.Verify(root); err != nil {
			return nil, fmt.Errorf("%w: signature %d, of %s: %w", ErrAnnex, i, a.Parties[party].Territory, err)
		}
		a.signed[a.Parties[party].Territory] = true
		last = party
	}
	return a, nil
}

// PeekParties says which territories an annex names as parties, verifying
// nothing: enough to tell whom it cannot concern, since Parse reads the same
// bytes to the same end or refuses them.
func PeekParties(raw []byte) ([]string, error) { return peekParties(keys.KindAnnex, raw) }

func peekParties(kind keys.Kind, raw []byte) ([]string, error) {
	doc, err := keys.PeekGeneral(kind, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnnex, err)
	}
	var d struct {
		Parties []struct {
			Territory string `json:"territory"`
		} `json:"parties"`
	}
	if err := jcs.UnmarshalOpen(doc, &d); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnnex, err)
	}
	var territories []string
	for _, p := range d.Parties {
		territories = append(territories, p.Territory)
	}
	return territories, nil
}

// SHA256 is the digest of the document, taken when the annex was read: every
// verdict that rests on an annex states it.
func (a *Annex) SHA256() string { return a.sha256 }

// Raw is the annex as it was read.
func (a *Annex) Raw() []byte { return a.raw }

// Missing are the territories that have not signed, in order of the parties;
// none means that the annex is complete.
func (a *Annex) Missing() []string {
	var missing []string
	for _, p := range a.Parties {
		if a.alone == "" && !a.signed[p.Territory] {
			missing = append(missing, p.Territory)
		}
	}
	return missing
}
