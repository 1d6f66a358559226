package keyring

import (
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// Encrypt encrypts what is written to the identity or passphrase, for a file
// too large to hold in memory. The file is whole only after Close.
func (u Unlock) Encrypt(to io.Writer) (io.WriteCloser, error) {
	if u.recipient == nil {
		return nil, fmt.Errorf("%w: none given", ErrUnlock)
	}
	w, err := age.Encrypt(to, u.recipient)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return w, nil
}

// Decrypt reads what Encrypt wrote. A file that was cut short or altered is an
// error of Read, at the latest where io.EOF would be.
func (u Unlock) Decrypt(from io.Reader) (io.Reader, error) {
	if u.identity == nil {
		return nil, fmt.Errorf("%w: none given", ErrUnlock)
	}
	r, err := age.Decrypt(from, u.identity)
	var foreign *age.NoIdentityMatchError
	if errors.As(err, &foreign) {
		return nil, ErrUnlock
	}
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	return r, nil
}
