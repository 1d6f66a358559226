package keys

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"filippo.io/edwards25519"
	"golang.org/x/mod/sumdb/note"
)

// Signature types of C2SP signed-note.
const (
	NoteEd25519     = 0x01 // a log's signature
	NoteCosignature = 0x04 // cosignature/v1 of a witness or auditor
)

// A VKey is a C2SP verifier key, `name+hex(id)+base64(type || key)`. Keys with
// a small order or a non-canonical spelling are refused: their owner could
// later deny what was signed (crypto/ed25519 accepts them).
type VKey struct {
	name string
	typ  byte
	hash uint32
	pub  ed25519.PublicKey
}

const maxVKey = 512

// ParseVKey reads a verifier key and recomputes its id.
func ParseVKey(text string) (*VKey, error) {
	if len(text) > maxVKey {
		return nil, fmt.Errorf("%w: verifier key of %d bytes", ErrKey, len(text))
	}
	name, rest, ok1 := strings.Cut(text, "+")
	id, data, ok2 := strings.Cut(rest, "+")
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("%w: a verifier key is name+id+key", ErrKey)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(data)
	if err != nil || strings.ContainsAny(data, "\r\n") {
		return nil, fmt.Errorf("%w: key is not canonical base64", ErrKey)
	}
	if len(raw) != 1+ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: want a type byte and 32 bytes of Ed25519 key", ErrKey)
	}
	v, err := NewVKey(name, raw[0], raw[1:])
	if err != nil {
		return nil, err
	}
	if want := fmt.Sprintf("%08x", v.hash); id != want {
		return nil, fmt.Errorf("%w: key id %.8q, its name and key give %s", ErrKey, id, want)
	}
	return v, nil
}

// NewVKey makes the verifier key for a name and an Ed25519 public key.
func NewVKey(name string, typ byte, pub ed25519.PublicKey) (*VKey, error) {
	if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, notInName) {
		return nil, fmt.Errorf("%w: %.40q cannot name a note key", ErrKey, name)
	}
	if typ != NoteEd25519 && typ != NoteCosignature {
		return nil, fmt.Errorf("%w: note signature type %#02x", ErrKey, typ)
	}
	if err := CheckEd25519(pub); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(slices.Concat([]byte(name), []byte{'\n', typ}, pub))
	return &VKey{name: name, typ: typ, hash: binary.BigEndian.Uint32(sum[:]), pub: slices.Clone(pub)}, nil
}

// notInName are the characters that signed-note forbids in a key name, and
// those no note may hold at all.
func notInName(r rune) bool { return r == '+' || unicode.IsSpace(r) || unicode.IsControl(r) }

// CheckEd25519 refuses public keys that are no point of the curve, not in
// their one canonical spelling, or of small order (RFC 8032, 5.1.3).
func CheckEd25519(pub []byte) error {
	p, err := new(edwards25519.Point).SetBytes(pub)
	if err != nil {
		return fmt.Errorf("%w: no Ed25519 point", ErrKey)
	}
	if string(p.Bytes()) != string(pub) {
		return fmt.Errorf("%w: Ed25519 key not canonically encoded", ErrKey)
	}
	if new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return fmt.Errorf("%w: Ed25519 key of small order", ErrKey)
	}
	return nil
}

// Name is the key's name; for a log, its origin.
func (v *VKey) Name() string { return v.name }

// KeyHash is the key id of C2SP signed-note.
func (v *VKey) KeyHash() uint32 { return v.hash }

// Cosigner reports whether it is a key for cosignature/v1.
func (v *VKey) Cosigner() bool { return v.typ == NoteCosignature }

// String is the key in text form.
func (v *VKey) String() string {
	id := binary.BigEndian.AppendUint32(nil, v.hash)
	return v.name + "+" + hex.EncodeToString(id) + "+" + base64.StdEncoding.EncodeToString(append([]byte{v.typ}, v.pub...))
}

// Verify implements note.Verifier for a log key.
func (v *VKey) Verify(msg, sig []byte) bool {
	return v.typ == NoteEd25519 && ed25519.Verify(v.pub, msg, sig)
}

var _ note.Verifier = (*VKey)(nil)

// cosigned is what a cosignature/v1 is over: the checkpoint's text, its final
// newline included, and when the cosigner saw it (C2SP tlog-cosignature).
func cosigned(text []byte, at int64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text)
}

// VerifyCosignature checks a cosignature/v1 over a checkpoint's text and
// returns the instant, in Unix seconds, at which the cosigner vouched for it.
// Sig is the timestamp and the Ed25519 signature, without the key id.
func (v *VKey) VerifyCosignature(text, sig []byte) (at int64, ok bool) {
	if v.typ != NoteCosignature || len(sig) != 8+ed25519.SignatureSize {
		return 0, false
	}
	stamp := binary.BigEndian.Uint64(sig)
	if stamp > math.MaxInt64 || !ed25519.Verify(v.pub, cosigned(text, int64(stamp)), sig[8:]) {
		return 0, false
	}
	return int64(stamp), true
}
