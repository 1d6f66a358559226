package main

import (
	"github.com/aeo-registry/aeo/registry/programme"
)

// packs are the rule packs looked up so far, by territory or member of a
// union; nil where there is none.
type packs map[string]*programme.Pack

// of is the pack of a territory, or that of its union as a member sees it.
func (p packs) of(code string) (*programme.Pack, error) {
	pack, known := p[code]
	if !known {
		pack = findPack(code)
		p[code] = pack
	}
	if pack == nil {
		return nil, &programme.UnknownError{Kind: programme.ErrUnknownTerritory, Given: code, Known: programme.Territories()}
	}
	return pack, nil
}

func findPack(code string) *programme.Pack {
	if code == "" { // to the packs, who is no member of a union
		return nil
	}
	if pack, err := programme.Load(code, ""); err == nil {
		return pack
	}
	for _, t := range programme.Territories() {
		if pack, err := programme.Load(t, code); err == nil {
			return pack
		}
	}
	return nil
}

// place is what people call a territory or a member of a union; its code where
// there is no pack.
func place(code string) string {
	if name, known := programme.PlaceName(code); known {
		return name
	}
	return code
}
