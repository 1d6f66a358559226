package registry

import (
	"fmt"
	"slices"
	"unicode"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
	"golang.org/x/text/unicode/norm"
)

// A Lookalike is what an officer should see before a name is entered. It blocks
// nothing: two companies may be called the same, and a name may mix scripts.
type Lookalike struct {
	Operator string `json:"operator,omitzero"` // that has the name
	Name     string `json:"name,omitzero"`     // as that operator writes it
	Why      string `json:"why"`
}

// Lookalikes says which operators have a name that looks like one, and whether it is
// written in letters of scripts that do not go together.
func (n *Node) Lookalikes(name string) (out []Lookalike, err error) {
	if len(name) > maxLookedAt {
		return nil, fmt.Errorf("%w: name: longer than %d bytes", ErrInvalid, maxLookedAt)
	}
	if mixed := mixedScripts(name); mixed != "" {
		out = append(out, Lookalike{Why: "the name mixes " + mixed + " letters"})
	}
	err = n.ledger.View(func(tx ledger.Projection) error {
		numbers, err := view.Alike(tx, name)
		if err != nil {
			return err
		}
		for _, number := range numbers[:min(len(numbers), maxAlike)] {
			o, err := view.Operator(tx, number)
			if err != nil {
				return err
			}
			why := "looks the same"
			if norm.NFC.String(name) == o.Holder.LegalName {
				why = "is the same"
			}
			out = append(out, Lookalike{number, o.Holder.LegalName, "a name of this operator " + why})
		}
		return nil
	})
	return out, err
}

const (
	maxLookedAt = 1024
	maxAlike    = 16
)

// scripts of which letters look like one another's. Han, kana and Hangul are written
// beside Latin in many a company's name.
var lookalikeScripts = []string{"Latin", "Cyrillic", "Greek", "Armenian", "Cherokee", "Georgian"}

// mixedScripts names the scripts of a name where it mixes those that are mistaken for
// one another (UTS 39, section 5).
func mixedScripts(name string) string {
	var found []string
	for _, r := range name {
		for _, s := range lookalikeScripts {
			if unicode.Is(unicode.Scripts[s], r) && !slices.Contains(found, s) {
				found = append(found, s)
			}
		}
	}
	if len(found) < 2 {
		return ""
	}
	words := found[0]
	for _, s := range found[1:] {
		words += " and " + s
	}
	return words
}

// composed writes names and address in one way of several that look the same (NFC).
func composed(h authorisation.Holder) authorisation.Holder {
	h.LegalName = norm.NFC.String(h.LegalName)
	h.Names = slices.Clone(h.Names)
	for i := range h.Names {
		h.Names[i].Value = norm.NFC.String(h.Names[i].Value)
	}
	a := &h.Address
	a.Locality, a.Street = norm.NFC.String(a.Locality), norm.NFC.String(a.Street)
	return h
}
