package bundle_test

import (
	"maps"
	"testing"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys"
)

// Who passes a bundle on may leave something out that is signed by itself, say
// the notice that suspends an arrangement, and make the index anew; only the
// manifest shows it.
func TestIndexMadeAnewIsRefused(t *testing.T) {
	r := newZealand(t, found(t))
	index := indexOf(t, r.members)
	r.manifest.IndexSHA256, r.manifest.PolicySHA256 = digest(index), digest(r.members[bundle.PathPolicy])
	manifest := sign(t, keys.KindBundle, r.manifest, r.signer)
	open := func(index []byte, members map[string][]byte) error {
		raw, err := bundle.Pack(manifest, index, members)
		if err != nil {
			t.Fatal(err)
		}
		_, err = bundle.Open(raw, r.anchor)
		return err
	}
	if err := open(index, r.members); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"without a notice":    bundle.NoticePath("JP-NZ", "JP", 1),
		"without a directory": "p/jp/directory.jwt",
	} {
		members := maps.Clone(r.members)
		delete(members, path)
		if len(members) == len(r.members) {
			t.Fatalf("there is no %s", path)
		}
		t.Run(name, func(t *testing.T) {
			wantError(t, open(indexOf(t, members), members), bundle.ErrInvalid, "not the one the manifest names")
		})
	}
}
