package bundle

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

// A Bundle is an opened bundle: container, manifest and index hold; members
// are proven when they are asked for. It never changes: any number of
// goroutines may use it.
type Bundle struct {
	anchor    *Anchor
	container *container
	index     map[string]indexEntry
	paths     []string

	manifest      *Manifest
	token         *keys.Token // manifest.jwt
	roster        *keys.History
	configuration *trust.Signed
	policy        Policy
	quorums       quorums

	administrations map[string]*administration // by entity id
	register        func() (*mra.Register, error)
	registers       map[string]func() (*mra.Register, error) // by territory
	lists           map[string]func() (*Lists, error)        // by territory
}

// Open reads a bundle under an anchor: container, roster of the anchor's
// administration, manifest, index, entity configuration, policy. Every error
// is ErrInvalid. The bytes are kept, not copied: the caller must not change them.
func Open(raw []byte, anchor *Anchor) (*Bundle, error) {
	b, err := open(raw, anchor)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return b, nil
}

func open(raw []byte, anchor *Anchor) (*Bundle, error) {
	if err := anchor.check(); err != nil {
		return nil, err
	}
	c, err := openContainer(raw)
	if err != nil {
		return nil, fmt.Errorf("container: %w", err)
	}
	b := &Bundle{anchor: anchor, container: c}
	for _, step := range []func() error{b.openRoster, b.openManifest, b.openIndex, b.openConfiguration, b.openPolicy} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	b.administrations = map[string]*administration{}
	for _, issuer := range b.manifest.Issuers {
		b.administrations[issuer.EntityID] = b.newAdministration(issuer)
	}
	b.prepareRegisters()
	b.prepareLists()
	return b, nil
}

// PeekManifest reads the manifest of a bundle and its digest without verifying
// anything but form: what a file says it is. It serves to find the anchor for a
// bundle and to go on from one's own; trust begins with [Open].
func PeekManifest(raw []byte) (m *Manifest, sha256 string, err error) {
	token, err := peek(raw)
	if err == nil {
		m, err = parseManifest(token.Payload())
	}
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return m, keys.SHA256Hex(token.Raw()), nil
}

func peek(raw []byte) (*keys.Token, error) {
	c, err := openContainer(raw)
	if err != nil {
		return nil, fmt.Errorf("container: %w", err)
	}
	return c.manifest()
}

// openRoster reads the key history before anything vouches for the member: its
// own signatures lead back to the anchor.
func (b *Bundle) openRoster() error {
	raw, ok, err := b.container.read(PathRosters)
	if err == nil && !ok {
		err = missing(PathRosters)
	}
	if err != nil {
		return err
	}
	if b.roster, err = openRosters(raw, b.anchor.Root); err != nil {
		return err
	}
	if iss := b.roster.Current().Iss; iss != b.anchor.EntityID {
		return fmt.Errorf("roster of %.80q, the anchor is of %s", iss, b.anchor.EntityID)
	}
	return nil
}

func (b *Bundle) openManifest() error {
	anchor := b.anchor
	var err error
	if b.token, err = b.container.manifest(); err != nil {
		return err
	}
	key := b.roster.Key(keys.RoleBundle, b.token.KID())
	if key == nil {
		return fmt.Errorf("manifest: %.43q is no bundle key of %s", b.token.KID(), anchor.EntityID)
	}
	if err := b.token.Verify(key.JWK); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	if b.manifest, err = parseManifest(b.token.Payload()); err != nil {
		return err
	}
	m := b.manifest
	switch {
	case !key.MaySignAt(m.Iat) || key.Compromised():
		return fmt.Errorf("manifest: bundle key %s could not sign at %d", b.token.KID(), m.Iat)
	case m.Iss != anchor.EntityID || m.Territory != anchor.Territory:
		return fmt.Errorf("manifest of %s in %s, the anchor is of %s in %s", m.Iss, m.Territory, anchor.EntityID, anchor.Territory)
	}
	return checkRosterAt(b.roster, m.Iat)
}

func (b *Bundle) openIndex() error {
	raw, _, err := b.container.read(pathIndex)
	if err != nil {
		return err
	}
	if keys.SHA256Hex(raw) != b.manifest.IndexSHA256 {
		return errors.New("index is not the one the manifest names")
	}
	index, err := parseIndex(raw)
	if err != nil {
		return err
	}
	if err := matchIndex(b.container, index); err != nil {
		return err
	}
	if err := b.manifest.checkPaths(index); err != nil {
		return err
	}
	b.index = make(map[string]indexEntry, len(index))
	for _, e := range index {
		b.index[e.Path] = e
		b.paths = append(b.paths, e.Path)
	}
	return nil
}

func (b *Bundle) openConfiguration() error {
	if _, err := b.required(PathRosters); err != nil { // read above, before there was an index
		return err
	}
	raw, err := b.required(PathConfiguration)
	if err != nil {
		return err
	}
	if b.configuration, err = trust.Parse(raw); err != nil {
		return err
	}
	if b.configuration.SHA256() != b.manifest.self().ECSHA256 {
		return fmt.Errorf("%s is not the one the manifest names", PathConfiguration)
	}
	return trust.VerifyConfiguration(b.configuration, b.roster, b.manifest.Iat)
}

func (b *Bundle) openPolicy() error {
	raw, err := b.required(PathPolicy)
	if err != nil {
		return err
	}
	if b.index[PathPolicy].SHA256 != b.manifest.PolicySHA256 {
		return fmt.Errorf("%s is not the one the manifest names", PathPolicy)
	}
	b.policy, b.quorums, err = parsePolicy(raw)
	return err
}

// Manifest is the bundle's manifest, read only.
func (b *Bundle) Manifest() *Manifest { return b.manifest }

// SHA256 is the digest of manifest.jwt.
func (b *Bundle) SHA256() string { return keys.SHA256Hex(b.token.Raw()) }

// Policy is what the administration asks where no arrangement says otherwise.
func (b *Bundle) Policy() Policy { return b.policy }

// Roster is the key history of the bundle's own administration.
func (b *Bundle) Roster() *keys.History { return b.roster }

// Configuration is the entity configuration of the bundle's own administration.
func (b *Bundle) Configuration() *trust.Signed { return b.configuration }

// Paths are the members, ascending, without manifest and index.
func (b *Bundle) Paths() []string { return slices.Clone(b.paths) }

// Member gives a member's bytes, read only, checked against the index; ok is
// false where there is none. The error is ErrInvalid.
func (b *Bundle) Member(path string) (data []byte, ok bool, err error) {
	if data, ok, err = b.member(path); err != nil {
		return nil, ok, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return data, ok, nil
}

func (b *Bundle) member(path string) (data []byte, ok bool, err error) {
	entry, ok := b.index[path]
	if !ok {
		return nil, false, nil
	}
	data, _, err = b.container.read(path)
	if err != nil {
		return nil, true, err
	}
	if keys.SHA256Hex(data) != entry.SHA256 {
		return nil, true, fmt.Errorf("member %q is not what the index names", path)
	}
	return data, true, nil
}

// required is member for what must be there.
func (b *Bundle) required(path string) ([]byte, error) {
	data, ok, err := b.member(path)
	if err == nil && !ok {
		err = missing(path)
	}
	return data, err
}

func missing(path string) error { return fmt.Errorf("no member %q", path) }
