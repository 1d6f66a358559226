package author

import (
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys"
)

// Bundle packs members, path -> bytes without manifest and index, and signs
// the manifest. The digests of index and policy are filled in, and ec_sha256
// where an issuer has none.
//
// What comes out is read back as a verifier with the anchor would, every
// administration and arrangement included: a bundle that anybody would refuse
// is not published. The same input gives the same bytes but for the signature.
func Bundle(m bundle.Manifest, members map[string][]byte, anchor *bundle.Anchor, signer *keys.Signer) ([]byte, error) {
	raw, err := Pack(m, members, signer)
	if err != nil {
		return nil, err
	}
	if err := readBackBundle(raw, anchor); err != nil {
		return nil, fmt.Errorf("read back bundle %d of %s: %w", m.Seq, m.Iss, err)
	}
	return raw, nil
}

// Pack is Bundle without the reading back: it packs and signs what it is given
// and judges none of it. It is for bundles that a verifier shall refuse; what
// is published goes through [Bundle].
func Pack(m bundle.Manifest, members map[string][]byte, signer *keys.Signer) ([]byte, error) {
	index, err := bundle.Index(members)
	if err != nil {
		return nil, err
	}
	m.IndexSHA256, m.PolicySHA256 = keys.SHA256Hex(index), keys.SHA256Hex(members[bundle.PathPolicy])
	m.Issuers = slices.Clone(m.Issuers)
	for i := range m.Issuers {
		if issuer := &m.Issuers[i]; issuer.ECSHA256 == "" {
			issuer.ECSHA256 = keys.SHA256Hex(members[bundle.Prefix(*issuer)+"entity-configuration.jwt"])
		}
	}
	manifest, err := sign(keys.KindBundle, m, signer)
	if err != nil {
		return nil, err
	}
	return bundle.Pack(manifest, index, members)
}

func readBackBundle(raw []byte, anchor *bundle.Anchor) error {
	b, err := bundle.Open(raw, anchor)
	if err != nil {
		return err
	}
	for _, path := range b.Paths() {
		if _, _, err := b.Member(path); err != nil {
			return err
		}
	}
	for _, issuer := range b.Manifest().Issuers {
		if _, err := b.Administration(issuer.EntityID); err != nil {
			return err
		}
	}
	for _, territory := range b.Listed() {
		lists, err := b.Lists(territory)
		if err != nil {
			return err
		}
		if _, err := lists.All(); err != nil {
			return err
		}
	}
	_, err = b.Register()
	return err
}
