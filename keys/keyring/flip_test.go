package keyring_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/aeo-registry/aeo/keys/keyring"
)

// A key ring with one turned bit, wherever it is, is refused: no key is used
// that is not the one that was made.
func TestEveryFlippedByteIsRefused(t *testing.T) {
	_, path, unlock := create(t)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range raw {
		changed := bytes.Clone(raw)
		changed[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.Open(path, unlock); err == nil {
			t.Errorf("byte %d: a changed key ring was opened", at)
		}
	}
	t.Logf("figure keyring_flips %d bits of the key ring, all refused", len(raw))
}
