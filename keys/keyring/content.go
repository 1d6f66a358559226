package keyring

import (
	"bytes"
	"fmt"

	"filippo.io/age"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

const (
	format  = "aeo.keyring/1"
	maxFile = 1 << 20 // some 3 000 keys
)

// content is what is encrypted.
type content struct {
	Format  string   `json:"format"`
	Host    string   `json:"host"`
	Storage string   `json:"storage"`
	Keys    []stored `json:"keys"`
}

type stored struct {
	Role      keys.Role        `json:"role"`
	Private   string           `json:"private"`
	Nbf       int64            `json:"nbf"`
	SignUntil int64            `json:"sign_until"`
	Exp       int64            `json:"exp"`
	Revoked   *keys.Revocation `json:"revoked,omitzero"`
}

// encode gives the encrypted file for a set of keys.
func (r *Ring) encode(ring []key) ([]byte, error) {
	plain, err := r.plain(ring)
	if err != nil {
		return nil, fmt.Errorf("write key ring: %w", err)
	}
	if len(plain) > maxFile/2 {
		return nil, fmt.Errorf("write key ring: %d bytes of keys, at most %d", len(plain), maxFile/2)
	}
	return r.unlock.encrypt(plain)
}

func (r *Ring) plain(ring []key) ([]byte, error) {
	c := content{Format: format, Host: r.host, Storage: r.storage.String()}
	for _, k := range ring {
		c.Keys = append(c.Keys, k.stored)
	}
	return jcs.Marshal(c)
}

// decode reads the decrypted content into the ring and takes only what the
// ring would write itself. Its errors never quote the content.
func (r *Ring) decode(plain []byte) error {
	var c content
	if err := jcs.Unmarshal(plain, &c); err != nil {
		return fmt.Errorf("%w: its content is no key ring", ErrDamaged)
	}
	if c.Format != format {
		return fmt.Errorf("%w: format %.40q, want %q", ErrDamaged, c.Format, format)
	}
	storage, err := age.ParseX25519Identity(c.Storage)
	if err != nil {
		return fmt.Errorf("%w: storage key", ErrDamaged)
	}
	seen := map[string]bool{}
	for i, s := range c.Keys {
		k, err := open(s, c.Host)
		if err != nil {
			return fmt.Errorf("%w: key %d: %w", ErrDamaged, i, err)
		}
		if s.Nbf < 0 || s.Nbf > s.SignUntil || s.SignUntil > s.Exp || seen[k.id()] {
			return fmt.Errorf("%w: key %d has an impossible window or is there twice", ErrDamaged, i)
		}
		seen[k.id()] = true
		r.keys = append(r.keys, k)
	}
	r.host, r.storage = c.Host, storage
	if again, err := r.plain(r.keys); err != nil || !bytes.Equal(again, plain) {
		return fmt.Errorf("%w: its content is not in its one spelling", ErrDamaged)
	}
	return nil
}
