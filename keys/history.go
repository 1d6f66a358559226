package keys

import (
	"fmt"
	"slices"
)

// A History is the verified chain of an administration's rosters, oldest first.
type History struct {
	rosters []*Roster
	raw     [][]byte
}

// VerifyHistory checks a chain of signed rosters, oldest first and starting
// with seq 1, of which one must be signed by one of the pinned root keys.
//
// A pin on a later root serves as well as one on the first: the roster it
// signed names all before it by digest, so nobody can invent another beginning
// that leads to it, and those after it are introduced root by root.
func VerifyHistory(raw [][]byte, pinned []*PublicKey) (*History, error) {
	if len(raw) == 0 {
		return nil, fmt.Errorf("%w: no roster", ErrRoster)
	}
	h, rests := &History{}, false
	for i, b := range raw {
		if err := h.Append(b); err != nil {
			return nil, fmt.Errorf("roster %d: %w", i, err)
		}
		doc, err := ParseGeneral(KindRoster, b)
		if err != nil {
			return nil, err
		}
		rests = rests || slices.ContainsFunc(pinned, doc.SignedBy)
	}
	if !rests {
		return nil, fmt.Errorf("%w: no pinned root key signed a roster of the chain", ErrRoster)
	}
	return h, nil
}

// VerifyVouchedHistory is VerifyHistory under the root keys of the chain's own
// beginning. That proves nothing about whose it is: the caller has the digest of a
// roster from elsewhere, or says whose word it takes.
func VerifyVouchedHistory(raw [][]byte) (*History, error) {
	if len(raw) == 0 {
		return nil, fmt.Errorf("%w: no roster", ErrRoster)
	}
	first, err := ParseRoster(raw[0], nil)
	if err != nil {
		return nil, err
	}
	return VerifyHistory(raw, first.Root)
}

// Clone is a chain that goes its own way.
func (h *History) Clone() *History {
	return &History{rosters: slices.Clip(h.rosters), raw: slices.Clip(h.raw)}
}

// Append checks the next roster of the chain and adds it.
func (h *History) Append(raw []byte) error {
	r, err := ParseRoster(raw, h.Current())
	if err != nil {
		return err
	}
	h.rosters, h.raw = append(h.rosters, r), append(h.raw, raw)
	return nil
}

// With is the chain with one more roster; the chain itself stays as it is.
func (h *History) With(raw []byte) (*History, error) {
	next := h.Clone()
	if err := next.Append(raw); err != nil {
		return nil, err
	}
	return next, nil
}

// Current is the newest roster; nil while there is none.
func (h *History) Current() *Roster {
	if len(h.rosters) == 0 {
		return nil
	}
	return h.rosters[len(h.rosters)-1]
}

// First is the roster the chain starts with; nil while there is none. Its root
// keys are what verifies the chain again.
func (h *History) First() *Roster {
	if len(h.rosters) == 0 {
		return nil
	}
	return h.rosters[0]
}

// Raw are the signed rosters, oldest first.
func (h *History) Raw() [][]byte { return h.raw }

// Root finds a root key of any roster of the chain by kid; nil where there is none.
func (h *History) Root(kid string) *PublicKey {
	for i := len(h.rosters) - 1; i >= 0; i-- {
		if k := findKey(h.rosters[i].Root, kid); k != nil {
			return k
		}
	}
	return nil
}

// Key finds the newest entry for a key of the role by kid; nil where there is none.
func (h *History) Key(role Role, kid string) *RosterKey {
	for i := len(h.rosters) - 1; i >= 0; i-- {
		for j := range h.rosters[i].Keys {
			k := &h.rosters[i].Keys[j]
			if k.Role == role && k.JWK != nil && k.JWK.kid == kid {
				return k
			}
		}
	}
	return nil
}

// Note returns the note key of a role in the newest roster: the latest that is not revoked.
func (h *History) Note(role Role) (*VKey, error) {
	var newest *RosterKey
	if r := h.Current(); r != nil {
		for i := range r.Keys {
			k := &r.Keys[i]
			if k.Role == role && !role.JOSE() && k.Revoked == nil && (newest == nil || k.Nbf >= newest.Nbf) {
				newest = k
			}
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("%w: no %s key", ErrRoster, role)
	}
	return ParseVKey(newest.VKey)
}

// Notes are the note keys of a role in the newest roster that are not revoked,
// in its order; of witness and auditor there may be several while one follows another.
func (h *History) Notes(role Role) (out []*VKey) {
	r := h.Current()
	if r == nil || role.JOSE() {
		return nil
	}
	for i := range r.Keys {
		if k := &r.Keys[i]; k.Role == role && k.Revoked == nil {
			if v, err := ParseVKey(k.VKey); err == nil {
				out = append(out, v)
			}
		}
	}
	return out
}
