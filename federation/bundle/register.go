package bundle

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
)

// Register verifies all arrangements and notices of the bundle, when first
// asked for. The error is ErrInvalid: who signs a bundle answers for what of
// the law it carries.
func (b *Bundle) Register() (*mra.Register, error) { return b.register() }

// Arrangements is Register of the arrangements that name a territory of the
// manifest's issuers as a party, and of no others: what the rest of the law
// says has no bearing on how that territory's holders are recognised.
func (b *Bundle) Arrangements(territory string) (*mra.Register, error) {
	if register := b.registers[territory]; register != nil {
		return register()
	}
	return b.Register()
}

// prepareRegisters has every register verified when first asked for.
func (b *Bundle) prepareRegisters() {
	b.register = sync.OnceValues(func() (*mra.Register, error) { return b.readRegister(b.arrangementPaths()) })
	parties := sync.OnceValue(b.peekParties)
	b.registers = map[string]func() (*mra.Register, error){}
	territories := b.Listed()
	for _, i := range b.manifest.Issuers {
		territories = append(territories, i.Territory)
	}
	for _, t := range territories {
		b.registers[t] = sync.OnceValues(func() (*mra.Register, error) {
			return b.readRegister(slices.DeleteFunc(b.arrangementPaths(), func(path string) bool {
				named := parties()[dirOf(path)]
				return named != nil && !named[t]
			}))
		})
	}
}

// arrangementPaths are the members below mra/.
func (b *Bundle) arrangementPaths() []string {
	first, _ := slices.BinarySearch(b.paths, dirArrangements)
	end, _ := slices.BinarySearch(b.paths, strings.TrimSuffix(dirArrangements, "/")+"0") // '0' follows '/'
	return slices.Clone(b.paths[first:end])
}

// dirOf is the directory of an arrangement: its versions and notices lie in one.
func dirOf(path string) string { return path[:strings.LastIndexByte(path, '/')+1] }

// peekParties says whom the annexes of each directory name as parties, before
// anything of them is verified. A directory is not among them where an annex of
// it cannot be read so far, or where it holds none: it concerns everybody, and
// who looks closer finds what is wrong.
func (b *Bundle) peekParties() map[string]map[string]bool {
	parties := map[string]map[string]bool{}
	unread := map[string]bool{}
	for _, path := range b.arrangementPaths() {
		dir := dirOf(path)
		if strings.HasSuffix(path, ".jwt") {
			continue
		}
		raw, _, err := b.Member(path)
		if err != nil {
			unread[dir] = true
			continue
		}
		peek := mra.PeekParties
		if isAlone(path) {
			peek = mra.PeekAlone
		}
		named, err := peek(raw)
		if err != nil {
			unread[dir] = true
			continue
		}
		if parties[dir] == nil {
			parties[dir] = map[string]bool{}
		}
		for _, t := range named {
			parties[dir][t] = true
		}
	}
	for dir := range unread {
		delete(parties, dir)
	}
	return parties
}

func (b *Bundle) readRegister(paths []string) (*mra.Register, error) {
	r, err := b.verifyRegister(paths)
	if err != nil && !errors.Is(err, ErrInvalid) {
		err = fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return r, err
}

func (b *Bundle) verifyRegister(paths []string) (*mra.Register, error) {
	var annexes []*mra.Annex
	var notices []*mra.SignedNotice
	for _, path := range paths {
		raw, _, err := b.Member(path)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(path, ".jwt") {
			notice, err := b.readNotice(path, raw)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			notices = append(notices, notice)
			continue
		}
		read := b.readAnnex
		if isAlone(path) {
			read = b.readAlone
		}
		annex, err := read(path, raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		annexes = append(annexes, annex)
	}
	return mra.NewRegister(annexes, notices)
}

// readAnnex wants an annex whose every party is an administration of the
// bundle that lists, or once listed, the root keys the annex has for it.
func (b *Bundle) readAnnex(path string, raw []byte) (*mra.Annex, error) {
	annex, err := mra.Parse(raw)
	if err != nil {
		return nil, err
	}
	if want := AnnexPath(annex.ID, annex.Version); path != want {
		return nil, fmt.Errorf("annex belongs at %.120q", want)
	}
	for _, p := range annex.Parties {
		id, err := b.party(p.Territory, p.EntityID)
		if err != nil {
			return nil, err
		}
		for _, root := range p.Root {
			if id.rosters.Root(root.KID()) == nil {
				return nil, fmt.Errorf("%s is no root key of %s", root.KID(), p.EntityID)
			}
		}
	}
	return annex, nil
}

// readAlone wants a recognition that the bundle's own administration declares,
// with root keys it lists or once listed.
func (b *Bundle) readAlone(path string, raw []byte) (*mra.Annex, error) {
	alone, err := mra.ParseAlone(raw)
	if err != nil {
		return nil, err
	}
	if want := AlonePath(alone.ID, alone.Version); path != want {
		return nil, fmt.Errorf("recognition belongs at %.120q", want)
	}
	for _, p := range alone.Parties {
		if p.Territory != alone.Alone() {
			continue
		}
		if p.Territory != b.manifest.Territory || p.EntityID != b.manifest.Iss {
			return nil, fmt.Errorf("recognition of %s by %.80q, the bundle is of %s", p.Territory, p.EntityID, b.manifest.Iss)
		}
		for _, root := range p.Root {
			if b.roster.Root(root.KID()) == nil {
				return nil, fmt.Errorf("%s is no root key of %s", root.KID(), p.EntityID)
			}
		}
	}
	return alone, nil
}

// readNotice wants a notice signed with a federation key of the party it speaks for.
func (b *Bundle) readNotice(path string, raw []byte) (*mra.SignedNotice, error) {
	notice, err := mra.ParseNotice(raw)
	if err != nil {
		return nil, err
	}
	if want := NoticePath(notice.MRA, notice.Party, notice.Seq); path != want {
		return nil, fmt.Errorf("notice belongs at %.120q", want)
	}
	id, err := b.party(notice.Party, notice.Iss)
	if err != nil {
		return nil, err
	}
	key := id.rosters.Key(keys.RoleFederation, notice.KID())
	if key == nil || !key.MaySignAt(notice.Iat) {
		return nil, fmt.Errorf("%.43q is no federation key of %s at %d", notice.KID(), notice.Iss, notice.Iat)
	}
	if err := notice.Verify(key.JWK); err != nil {
		return nil, err
	}
	return notice, nil
}

// party identifies a party to an arrangement. That a statement about it has
// lapsed is no matter here; for a union it is the union itself.
func (b *Bundle) party(territory, entityID string) (*identity, error) {
	union := b.manifest.union(territory)
	if union == nil || union.EntityID != entityID {
		return nil, fmt.Errorf("party %.80q for %.20q is no administration of this bundle", entityID, territory)
	}
	return b.administrations[entityID].identify()
}
