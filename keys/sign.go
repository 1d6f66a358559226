package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"

	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// A Signer holds a P-256 private key, in memory or in a hardware module: all
// it asks of the key is the standard library's crypto.Signer. Printed or
// logged it shows its kid.
type Signer struct {
	key    crypto.Signer
	public *PublicKey
}

// NewSigner wraps a private key; it must be of P-256.
func NewSigner(key crypto.Signer) (*Signer, error) {
	pub, ok := key.Public().(*ecdsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: ES256 needs a P-256 key", ErrKey)
	}
	p, err := NewPublicKey(pub)
	if err != nil {
		return nil, err
	}
	return &Signer{key: key, public: p}, nil
}

// Public is the signer's public key.
func (s *Signer) Public() *PublicKey { return s.public }

// Crypto is the private key, for a library that signs with a crypto.Signer itself.
func (s *Signer) Crypto() crypto.Signer { return s.key }

// Format prints the kid, whatever the verb: never the private key.
func (s *Signer) Format(f fmt.State, _ rune) { io.WriteString(f, "ES256 key "+s.public.kid) }

// LogValue is what a log shows.
func (s *Signer) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// Sign makes a compact JWS of the kind over payload, one JSON object.
//
// It writes the bytes go-jose would write. That library has three members of plain
// ASCII to put into a header and takes half as long for it as the signature takes;
// it is what verifies, where being wrong is dangerous.
func Sign(kind Kind, payload []byte, s *Signer) ([]byte, error) {
	if err := jcs.CheckObject(payload); err != nil {
		return nil, fmt.Errorf("payload of a %s: %w", kind.typ, err)
	}
	header := `{"alg":"ES256","kid":"` + s.public.kid + `","typ":"` + kind.typ + `"}`
	size := base64.RawURLEncoding.EncodedLen(len(header)) + base64.RawURLEncoding.EncodedLen(len(payload)) +
		base64.RawURLEncoding.EncodedLen(signatureSize) + len("..")
	if size > kind.max {
		return nil, tooLarge(kind, size)
	}
	out := base64.RawURLEncoding.AppendEncode(make([]byte, 0, size), []byte(header))
	out = base64.RawURLEncoding.AppendEncode(append(out, '.'), payload)
	signature, err := s.sign(out)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", kind.typ, err)
	}
	return base64.RawURLEncoding.AppendEncode(append(out, '.'), signature), nil
}

// sign makes the ES256 signature over a signing input (RFC 7518, 3.4).
func (s *Signer) sign(input []byte) ([]byte, error) {
	digest := sha256.Sum256(input)
	der, err := s.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return rawSignature(der)
}

// rawSignature turns the ASN.1 form every crypto.Signer returns into the r||s of RFC 7518, 3.4.
func rawSignature(der []byte) ([]byte, error) {
	var (
		r, s  = new(big.Int), new(big.Int)
		input = cryptobyte.String(der)
		both  cryptobyte.String
	)
	if !input.ReadASN1(&both, asn1.SEQUENCE) || !input.Empty() ||
		!both.ReadASN1Integer(r) || !both.ReadASN1Integer(s) || !both.Empty() ||
		r.Sign() <= 0 || s.Sign() <= 0 || r.BitLen() > 256 || s.BitLen() > 256 {
		return nil, errors.New("the key returned no ECDSA signature")
	}
	out := make([]byte, signatureSize)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out, nil
}
