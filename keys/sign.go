package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-jose/go-jose/v4"
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
func Sign(kind Kind, payload []byte, s *Signer) ([]byte, error) {
	if err := jcs.CheckObject(payload); err != nil {
		return nil, fmt.Errorf("payload of a %s: %w", kind.typ, err)
	}
	opts := (&jose.SignerOptions{}).WithType(jose.ContentType(kind.typ))
	js, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: opaque{s}}, opts)
	if err != nil {
		return nil, fmt.Errorf("prepare signature: %w", err)
	}
	sig, err := js.Sign(payload)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", kind.typ, err)
	}
	compact, err := sig.CompactSerialize()
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", kind.typ, err)
	}
	if len(compact) > kind.max {
		return nil, tooLarge(kind, len(compact))
	}
	return []byte(compact), nil
}

// opaque lets go-jose sign with a key it cannot see.
type opaque struct{ s *Signer }

func (o opaque) Public() *jose.JSONWebKey {
	return &jose.JSONWebKey{Key: o.s.public.key, KeyID: o.s.public.kid, Algorithm: string(jose.ES256), Use: "sig"}
}

func (o opaque) Algs() []jose.SignatureAlgorithm { return []jose.SignatureAlgorithm{jose.ES256} }

func (o opaque) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	digest := sha256.Sum256(payload)
	der, err := o.s.key.Sign(rand.Reader, digest[:], crypto.SHA256)
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
