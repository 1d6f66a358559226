package keys

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"

	"golang.org/x/mod/sumdb/note"
)

// A NoteSigner signs notes with an Ed25519 key, in memory or in a hardware
// module. Ed25519 is deterministic: signing the same text again gives the same
// bytes, which is what lets a log repeat a checkpoint after a crash. Printed or
// logged it shows its verifier key.
type NoteSigner struct {
	*VKey
	key crypto.Signer
}

var _ note.Signer = (*NoteSigner)(nil)

// NewNoteSigner wraps a private key under a name; typ as in NewVKey.
func NewNoteSigner(name string, typ byte, key crypto.Signer) (*NoteSigner, error) {
	pub, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: a note key is Ed25519", ErrKey)
	}
	v, err := NewVKey(name, typ, pub)
	if err != nil {
		return nil, err
	}
	return &NoteSigner{VKey: v, key: key}, nil
}

// Sign implements note.Signer for a log key.
func (s *NoteSigner) Sign(msg []byte) ([]byte, error) {
	if s.typ != NoteEd25519 {
		return nil, fmt.Errorf("%w: a cosigner's key signs no plain note", ErrKey)
	}
	return s.key.Sign(rand.Reader, msg, crypto.Hash(0))
}

// Cosign makes a cosignature/v1 over a checkpoint's text, saying that the
// cosigner vouches for it at the given instant in Unix seconds. The result is
// what [VKey.VerifyCosignature] reads.
func (s *NoteSigner) Cosign(text []byte, at int64) ([]byte, error) {
	if s.typ != NoteCosignature || at < 0 {
		return nil, fmt.Errorf("%w: only a cosigner's key cosigns, and after 1970", ErrKey)
	}
	sig, err := s.key.Sign(rand.Reader, cosigned(text, at), crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("cosign checkpoint: %w", err)
	}
	return append(binary.BigEndian.AppendUint64(nil, uint64(at)), sig...), nil
}

// Format prints the verifier key, whatever the verb: never the private key.
func (s *NoteSigner) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue is what a log shows.
func (s *NoteSigner) LogValue() slog.Value { return slog.StringValue(s.String()) }
