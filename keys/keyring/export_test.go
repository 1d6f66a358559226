package keyring

import (
	"fmt"

	"filippo.io/age"
)

// Cheap makes scrypt as quick as it can be; a real passphrase takes a second.
func Cheap(u Unlock) Unlock {
	u.recipient.(*age.ScryptRecipient).SetWorkFactor(1)
	return u
}

// Encrypt makes a ring file of any content.
func Encrypt(u Unlock, plain []byte) ([]byte, error) { return u.encrypt(plain) }

// Content is what a ring file holds in clear.
func Content(u Unlock, sealed []byte) ([]byte, error) { return u.decrypt(sealed) }

// Decode reads content and writes it again in clear.
func Decode(u Unlock, plain []byte) (again []byte, err error) {
	r := &Ring{unlock: u}
	if err := r.decode(plain); err != nil {
		return nil, err
	}
	sealed, err := r.encode(r.keys)
	if err != nil {
		return nil, fmt.Errorf("encode what was decoded: %w", err)
	}
	return u.decrypt(sealed)
}
