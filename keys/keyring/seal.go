package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// ErrSealed says that a sealed secret does not open with this ring's storage key.
var ErrSealed = errors.New("sealed secret does not open with this key ring")

// MaxSecret is the largest secret Seal takes, in bytes.
const MaxSecret = 4096

// maxSealed is what age adds at most to the largest secret, generously.
const maxSealed = MaxSecret + 1024

// Seal encrypts a small secret (a trader's data key) to the ring's storage key; OpenSealed reverses it.
func (r *Ring) Seal(secret []byte) ([]byte, error) {
	if len(secret) > MaxSecret {
		return nil, fmt.Errorf("seal secret: %d bytes, at most %d", len(secret), MaxSecret)
	}
	return encrypt(secret, r.storage.Recipient())
}

// OpenSealed decrypts what Seal made.
func (r *Ring) OpenSealed(sealed []byte) ([]byte, error) {
	if len(sealed) > maxSealed {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrSealed, len(sealed), maxSealed)
	}
	secret, err := decrypt(sealed, r.storage)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	return secret, nil
}

func encrypt(plain []byte, to age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return out.Bytes(), nil
}

// decrypt expects sealed to be bounded: age does not compress, so the plain text is shorter.
func decrypt(sealed []byte, with age.Identity) ([]byte, error) {
	in, err := age.Decrypt(bytes.NewReader(sealed), with)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	plain, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	return plain, nil
}
