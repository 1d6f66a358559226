package keys_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aeo-registry/aeo/keys"
)

// signer is the same key for the same name, in every run.
func signer(t testing.TB, name string) *keys.Signer {
	t.Helper()
	scalar := sha256.Sum256([]byte(name))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	if err != nil {
		t.Fatal(err)
	}
	s, err := keys.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func noteSigner(t testing.TB, name string, typ byte) *keys.NoteSigner {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	s, err := keys.NewNoteSigner(name, typ, ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t testing.TB, kind keys.Kind, payload string, s *keys.Signer) []byte {
	t.Helper()
	raw, err := keys.Sign(kind, []byte(payload), s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// corpus is the path of a conformance corpus, which a newcomer's clone does not have.
func corpus(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data", "corpora")
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no corpora here: %v", err)
	}
	return path
}

func readCorpus(t *testing.T, name string, v any) {
	t.Helper()
	raw, err := os.ReadFile(corpus(t, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
}
