package keyring_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
)

// A node's first minute: an identity, a ring of fresh keys, the first roster.
func Example() {
	dir, err := os.MkdirTemp("", "keyring")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		log.Fatal(err)
	}
	file := filepath.Join(dir, "identity")
	if err := os.WriteFile(file, []byte(identity.String()), 0o600); err != nil {
		log.Fatal(err)
	}

	unlock, err := keyring.IdentityFile(file)
	if err != nil {
		log.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	ring, err := keyring.Create(filepath.Join(dir, "keys.age"), unlock, "aeo.customs.nz.example", now, nil)
	if err != nil {
		log.Fatal(err)
	}
	raw, err := ring.SignRoster("https://aeo.customs.nz.example", nil, now)
	if err != nil {
		log.Fatal(err)
	}
	roster, err := keys.ParseRoster(raw, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, k := range roster.Keys[:3] {
		fmt.Println(k.Role, time.Unix(k.Nbf, 0).UTC().Format(time.DateOnly), time.Unix(k.SignUntil, 0).UTC().Format(time.DateOnly))
	}
	fmt.Println(ring, unlock)
	// Output:
	// federation 2026-01-01 2028-01-01
	// bundle 2026-01-01 2028-01-01
	// issuer 2026-01-01 2027-01-01
	// [redacted] [redacted]
}
