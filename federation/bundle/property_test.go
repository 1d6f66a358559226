package bundle_test

import (
	"bytes"
	"testing"

	"github.com/aeo-registry/aeo/federation/bundle"
	"pgregory.net/rapid"
)

// readWhole asks a bundle for everything it holds.
func readWhole(raw []byte, anchor *bundle.Anchor) error {
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
	_, err = b.Register()
	return err
}

// No bit of a bundle can change without somebody noticing.
func TestAnyFlippedBitIsRefused(t *testing.T) {
	r := newZealand(t, found(t))
	raw := r.pack()
	if err := readWhole(raw, r.anchor); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		changed := bytes.Clone(raw)
		at := rapid.IntRange(0, len(raw)-1).Draw(rt, "byte")
		changed[at] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		if err := readWhole(changed, r.anchor); err == nil {
			rt.Fatalf("byte %d: a changed bundle was read whole", at)
		}
	})
}

// Packing twice gives the same bytes, and what went in comes out.
func TestPackedMembersComeOutAsTheyWentIn(t *testing.T) {
	r := newZealand(t, found(t))
	index := indexOf(t, r.members)
	one, err := bundle.Pack([]byte("m"), index, r.members)
	if err != nil {
		t.Fatal(err)
	}
	two, err := bundle.Pack([]byte("m"), indexOf(t, r.clone(t).members), r.clone(t).members)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("the same members gave other bytes; %v", err)
	}
	b := r.open()
	if got := len(b.Paths()); got != len(r.members) {
		t.Errorf("%d members, put in %d", got, len(r.members))
	}
	for path, want := range r.members {
		got, ok, err := b.Member(path)
		if err != nil || !ok || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %v", path, ok, err)
		}
	}
	if _, err := bundle.Pack(nil, nil, map[string][]byte{"index": nil}); err == nil {
		t.Error("a second index was packed")
	}
}
