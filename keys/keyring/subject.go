package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"

	"filippo.io/age"
)

// subjectStanza is the type of the stanza that holds the key of a file which is
// sealed with the data key of a subject. Its body is AES-256-GCM under the
// subject's key, a random nonce in front, with what the file is as additional data.
const subjectStanza = "aeo.subject/1"

// A SubjectKey is the data key of a subject, for files too large for a payload of
// the log. They are age files, so a reader keeps one chunk of 64 KiB in memory,
// and who destroys the key has destroyed them.
type SubjectKey struct {
	aead  cipher.AEAD
	about string
}

// NewSubjectKey is a key for files that are what about says: one that was sealed
// as something else does not open.
func NewSubjectKey(key [32]byte, about string) (*SubjectKey, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &SubjectKey{aead, about}, nil
}

// Encrypt returns a writer whose Close completes the sealed file.
func (k *SubjectKey) Encrypt(w io.Writer) (io.WriteCloser, error) {
	out, err := age.Encrypt(w, k)
	if err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	return out, nil
}

// Decrypt reads a sealed file. What was read before an error is not to be used.
func (k *SubjectKey) Decrypt(r io.Reader) (io.Reader, error) {
	in, err := age.Decrypt(r, k)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	return in, nil
}

// Wrap implements age.Recipient.
func (k *SubjectKey) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	return []*age.Stanza{{Type: subjectStanza, Body: k.aead.Seal(nil, nil, fileKey, []byte(k.about))}}, nil
}

// Unwrap implements age.Identity.
func (k *SubjectKey) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if len(stanzas) != 1 || stanzas[0].Type != subjectStanza || len(stanzas[0].Args) != 0 {
		return nil, age.ErrIncorrectIdentity
	}
	fileKey, err := k.aead.Open(nil, nil, stanzas[0].Body, []byte(k.about))
	if err != nil {
		return nil, age.ErrIncorrectIdentity
	}
	return fileKey, nil
}
