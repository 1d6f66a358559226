package programme

import (
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // legal dates must not depend on what the machine has installed

	"github.com/aeo-registry/aeo/keys/jcs"
)

//go:embed packs/*.json
var packs embed.FS

// What may be unknown; an [UnknownError] says which it was.
var (
	ErrUnknownTerritory  = errors.New("unknown territory")
	ErrUnknownAuthority  = errors.New("unknown authority")
	ErrUnknownType       = errors.New("unknown authorisation type")
	ErrUnknownRole       = errors.New("the authorisation type does not cover the role")
	ErrUnknownRendering  = errors.New("unknown rendering")
	ErrUnknownIdentifier = errors.New("unknown identifier")
)

// An UnknownError names what was asked for and what there is.
type UnknownError struct {
	Kind  error // one of the ErrUnknown values
	Given string
	Known []string
}

func (e *UnknownError) Error() string {
	if e.Given == "" && e.Kind == ErrUnknownRole {
		return fmt.Sprintf("role: missing (known: %s)", strings.Join(e.Known, ", "))
	}
	return fmt.Sprintf("%v %q (known: %s)", e.Kind, e.Given, strings.Join(e.Known, ", "))
}

func (e *UnknownError) Unwrap() error { return e.Kind }

// Territories lists the territories that have a pack, in order.
func Territories() []string {
	entries, err := packs.ReadDir("packs")
	if err != nil {
		return nil
	}
	var codes []string
	for _, e := range entries {
		codes = append(codes, strings.ToUpper(strings.TrimSuffix(e.Name(), ".json")))
	}
	return codes
}

// Load returns the pack of a territory as its authority sees it. An empty
// authority, or one equal to the territory, is the territory itself; any other
// must be a member of the union.
func Load(territory, authority string) (*Pack, error) {
	if known := Territories(); !slices.Contains(known, territory) {
		return nil, &UnknownError{Kind: ErrUnknownTerritory, Given: territory, Known: known}
	}
	raw, err := packs.ReadFile("packs/" + strings.ToLower(territory) + ".json")
	if err != nil {
		return nil, fmt.Errorf("reading pack of %s: %w", territory, err)
	}
	p, err := read(raw)
	if err != nil {
		return nil, fmt.Errorf("reading pack of %s: %w", territory, err)
	}
	if p.Territory != territory {
		return nil, fmt.Errorf("reading pack of %s: it says it is of %s", territory, p.Territory)
	}
	if err := p.seenBy(authority); err != nil {
		return nil, err
	}
	return p, nil
}

// read parses a pack, or an outline of one, and checks it as a whole.
func read(raw []byte) (*Pack, error) {
	if formatOf(raw) == OutlineFormat {
		var err error
		if raw, err = complete(raw); err != nil {
			return nil, fmt.Errorf("outline: %w", err)
		}
	}
	p := new(Pack)
	if err := jcs.Unmarshal(raw, p); err != nil {
		return nil, err
	}
	p.raw, p.sum = raw, sha256.Sum256(raw)
	if err := p.check(); err != nil {
		return nil, err
	}
	profile, err := p.writeProfile()
	if err != nil {
		return nil, err
	}
	p.profile = profile
	return p, nil
}

// seenBy settles who decides and in which time zone its days begin.
func (p *Pack) seenBy(authority string) error {
	zone := p.TimeZone
	p.Authority, p.AuthorityName = p.Territory, p.Administration
	if authority != "" && authority != p.Territory {
		known := []string{p.Territory}
		i := slices.IndexFunc(p.Members, func(m Member) bool { return m.Code == authority })
		if i < 0 {
			for _, m := range p.Members {
				known = append(known, m.Code)
			}
			return &UnknownError{Kind: ErrUnknownAuthority, Given: authority, Known: known}
		}
		m := p.Members[i]
		p.Authority, p.AuthorityName, zone = m.Code, "Customs administration of "+m.Name, m.TimeZone
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return fmt.Errorf("time zone of %s: %w", p.Authority, err)
	}
	p.zone = loc
	return nil
}
