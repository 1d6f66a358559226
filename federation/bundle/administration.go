package bundle

import (
	"errors"
	"fmt"
	"sync"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

// An Administration is everything a bundle says about one issuer, proven as of
// the manifest's iat.
type Administration struct {
	Issuer        Issuer
	Configuration *trust.Signed
	Registry      *trust.Registry
	Rosters       *keys.History
	LogKey        *keys.VKey
	Checkpoint    *transparency.Checkpoint
	Quorum        Quorum // of Checkpoint
	State         *transparency.State
	Timeline      *transparency.Timeline
	Directory     *Directory     // nil where none
	Programme     jsontext.Value // nil where none

	extended []Extended
}

// An administration opens in two steps, each done once: who it is by the
// manifest's word, which arrangements need of every party, and all the rest.
type administration struct {
	identify     func() (*identity, error)
	open         func() (*Administration, error)
	contradicted bool // of two histories: see [Issuer].ContradictedAt
}

// An identity is what the manifest vouches for by a single digest: ec_sha256
// names the entity configuration, which names the newest roster.
type identity struct {
	configuration *trust.Signed
	rosters       *keys.History
}

func (b *Bundle) newAdministration(issuer Issuer) *administration {
	a := &administration{contradicted: issuer.ContradictedAt != 0}
	a.identify = sync.OnceValues(func() (*identity, error) { return b.identify(issuer) })
	a.open = sync.OnceValues(func() (*Administration, error) {
		opened, err := b.openAdministration(issuer, a.identify)
		if err != nil {
			return nil, asChainError(issuer, err)
		}
		return opened, nil
	})
	return a
}

// Administration opens one issuer by entity id, when first asked for; nil
// without error where the manifest does not list it.
//
// A member that differs from the index is ErrInvalid. All else wraps
// trust.ErrChain: it is that administration which cannot be believed, not the bundle.
func (b *Bundle) Administration(entityID string) (*Administration, error) {
	a := b.administrations[entityID]
	if a == nil {
		return nil, nil
	}
	return a.open()
}

func asChainError(issuer Issuer, err error) error {
	if errors.Is(err, ErrInvalid) || errors.Is(err, trust.ErrChain) {
		return fmt.Errorf("%s: %w", issuer.EntityID, err)
	}
	return fmt.Errorf("%w: %s: %w", trust.ErrChain, issuer.EntityID, err)
}

// part reads a member of an administration; what differs from the index is ErrInvalid.
func (b *Bundle) part(issuer Issuer, name string) ([]byte, error) {
	path := Prefix(issuer) + name
	raw, ok, err := b.Member(path)
	if err == nil && !ok {
		err = missing(path)
	}
	return raw, err
}

// optional is part for what need not be there: nil without error.
func (b *Bundle) optional(issuer Issuer, name string) ([]byte, error) {
	raw, _, err := b.Member(Prefix(issuer) + name)
	return raw, err
}

func (b *Bundle) identify(issuer Issuer) (*identity, error) {
	raw, err := b.part(issuer, nameConfiguration)
	if err != nil {
		return nil, err
	}
	if keys.SHA256Hex(raw) != issuer.ECSHA256 {
		return nil, errors.New("entity configuration is not the one the manifest names")
	}
	id := &identity{}
	if id.configuration, err = trust.Parse(raw); err != nil {
		return nil, err
	}
	if ec := id.configuration; !ec.IsConfiguration() || ec.Sub != issuer.EntityID {
		return nil, fmt.Errorf("statement of %s about %s is not its entity configuration", ec.Iss, ec.Sub)
	}
	if id.rosters, err = b.openPartRosters(issuer); err != nil {
		return nil, err
	}
	newest := id.rosters.Raw()[len(id.rosters.Raw())-1]
	if keys.SHA256Hex(newest) != id.configuration.Metadata.Registry.RosterSHA256 {
		return nil, errors.New("newest roster is not the one the entity configuration names")
	}
	return id, nil
}

// openPartRosters reads an administration's key history: our own must rest on
// the anchor here too.
func (b *Bundle) openPartRosters(issuer Issuer) (*keys.History, error) {
	raw, err := b.part(issuer, nameRosters)
	if err != nil {
		return nil, err
	}
	if issuer.Relation == RelationSelf {
		return openRosters(raw, b.anchor.Root)
	}
	return openVouchedRosters(raw)
}

func (b *Bundle) openAdministration(issuer Issuer, identify func() (*identity, error)) (*Administration, error) {
	id, err := identify()
	if err != nil {
		return nil, err
	}
	a := &Administration{
		Issuer: issuer, Configuration: id.configuration, Rosters: id.rosters,
		Registry: id.configuration.Metadata.Registry,
	}
	for _, step := range []func(*Administration) error{
		b.checkIdentity, b.checkChain, b.openLog, b.openConsistency, b.openQuorum, b.openLists, b.openHistory, b.openProgramme, b.openDirectory,
	} {
		if err := step(a); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (b *Bundle) checkIdentity(a *Administration) error {
	if err := trust.VerifyConfiguration(a.Configuration, a.Rosters, b.manifest.Iat); err != nil {
		return err
	}
	if r := a.Registry; r.Territory != a.Issuer.Territory || r.Authority != a.Issuer.Authority {
		return fmt.Errorf("says it is %s in %s, the manifest has %s in %s",
			r.Authority, r.Territory, a.Issuer.Authority, a.Issuer.Territory)
	}
	return checkRosterAt(a.Rosters, b.manifest.Iat)
}

const maxProgramme = 1 << 20

// openProgramme takes a profile that the entity configuration names by digest.
func (b *Bundle) openProgramme(a *Administration) error {
	raw, err := b.optional(a.Issuer, nameProgramme)
	if err != nil || raw == nil {
		return err
	}
	if len(raw) > maxProgramme {
		return fmt.Errorf("programme of %d bytes, at most %d", len(raw), maxProgramme)
	}
	if err := jcs.CheckObject(raw); err != nil {
		return fmt.Errorf("programme: %w", err)
	}
	digest := keys.SHA256Hex(raw)
	for _, p := range a.Registry.Programmes {
		if p.SHA256 == digest {
			a.Programme = raw
			return nil
		}
	}
	return errors.New("programme is none of those the entity configuration names")
}
