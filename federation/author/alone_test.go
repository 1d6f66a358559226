package author_test

import (
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/federation/author"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
)

func TestSignAlone(t *testing.T) {
	d := document(t, "JP", "NZ")
	d.Parties[1].EntityID, d.Parties[1].Root = "", []*keys.PublicKey{}
	raw, err := author.SignAlone(d, signerFor(t, "JP root"))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := mra.ParseAlone(raw); err != nil || a.Alone() != "JP" || a.SHA256() != d.SHA256() {
		t.Errorf("read back: %v", err)
	}
	if _, err := author.SignAlone(d, signerFor(t, "NZ root")); !errors.Is(err, author.ErrNotParty) {
		t.Errorf("signed with the other's key: %v", err)
	}
	if _, err := author.SignAlone(document(t, "JP", "NZ"), signerFor(t, "JP root")); !errors.Is(err, mra.ErrAnnex) {
		t.Errorf("signed an annex alone: %v", err)
	}
}
