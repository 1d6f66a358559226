package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"filippo.io/age"
)

// An Unlock opens a ring: an age identity, or a passphrase. The zero Unlock opens none.
type Unlock struct {
	identity  age.Identity
	recipient age.Recipient
}

// maxUnlock is more than an identity file with its comments, or a passphrase, needs.
const maxUnlock = 4096

// maxWorkFactor bounds the memory a passphrase file can make scrypt take, 1 GiB;
// age writes 18.
const maxWorkFactor = 20

// IdentityFile reads an age X25519 identity file (mode 0600 or stricter). It
// must hold exactly one identity, since a ring is encrypted to one.
func IdentityFile(path string) (Unlock, error) {
	raw, err := readPrivate(path, maxUnlock)
	if err != nil {
		return Unlock{}, fmt.Errorf("read identity: %w", err)
	}
	identities, err := age.ParseIdentities(bytes.NewReader(raw))
	if err != nil || len(identities) != 1 { // the library's error may quote the key
		return Unlock{}, fmt.Errorf("read identity %s: %w: want one AGE-SECRET-KEY-1 line", path, ErrUnlock)
	}
	id, ok := identities[0].(*age.X25519Identity)
	if !ok {
		return Unlock{}, fmt.Errorf("read identity %s: %w: not an X25519 identity", path, ErrUnlock)
	}
	return Unlock{identity: id, recipient: id.Recipient()}, nil
}

// CreateIdentity makes an age X25519 identity file, mode 0600; it must not exist.
func CreateIdentity(path string) error {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("make identity: %w", err)
	}
	if err := writeNew(path, fmt.Appendf(nil, "# public key: %s\n%s\n", id.Recipient(), id)); err != nil {
		return fmt.Errorf("make identity: %w", err)
	}
	return nil
}

// PassphraseFile reads a passphrase from the first line of a file (mode 0600 or stricter).
func PassphraseFile(path string) (Unlock, error) {
	raw, err := readPrivate(path, maxUnlock)
	if err != nil {
		return Unlock{}, fmt.Errorf("read passphrase: %w", err)
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return Unlock{}, fmt.Errorf("read passphrase %s: %w: its first line is empty", path, ErrUnlock)
	}
	id, err := age.NewScryptIdentity(line)
	if err != nil {
		return Unlock{}, fmt.Errorf("read passphrase %s: %w", path, err)
	}
	id.SetMaxWorkFactor(maxWorkFactor)
	recipient, err := age.NewScryptRecipient(line)
	if err != nil {
		return Unlock{}, fmt.Errorf("read passphrase %s: %w", path, err)
	}
	return Unlock{identity: id, recipient: recipient}, nil
}

// Format keeps the secret out of every print.
func (u Unlock) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue keeps the secret out of every log.
func (u Unlock) LogValue() slog.Value { return slog.StringValue(redacted) }

func (u Unlock) encrypt(plain []byte) ([]byte, error) {
	if u.recipient == nil {
		return nil, fmt.Errorf("%w: none given", ErrUnlock)
	}
	return encrypt(plain, u.recipient)
}

func (u Unlock) decrypt(sealed []byte) ([]byte, error) {
	if u.identity == nil {
		return nil, fmt.Errorf("%w: none given", ErrUnlock)
	}
	plain, err := decrypt(sealed, u.identity)
	var foreign *age.NoIdentityMatchError
	switch {
	case errors.As(err, &foreign):
		return nil, ErrUnlock
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return plain, nil
}
