package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-jose/go-jose/v4"
)

var (
	// ErrSealed says that bytes are no sealed message of the one form there is.
	ErrSealed = errors.New("no sealed message")
	// ErrNotForUs says that a sealed message does not open with the key offered.
	ErrNotForUs = errors.New("the message does not open with this key")
)

const (
	// MaxSealed is the most bytes a sealed message may have: that of the
	// largest KindExchange in base64url, and its header.
	MaxSealed = 1 << 20

	sealedAlg = "ECDH-ES"
	sealedEnc = "A256GCM"
	sealedTyp = "aeo-exchange+jwe"
	sealedCty = "aeo-exchange+jwt"

	sealedHead = 1024 // more than the header ever needs
	ivSize     = 12
	tagSize    = 16
)

// A Sealed is a compact JWE (RFC 7516) whose form was checked and which was not opened.
// There is one form: direct ECDH-ES agreement (RFC 7518, 4.6) with an ephemeral
// P-256 key, A256GCM, and the protected header
//
//	{"alg":"ECDH-ES","cty":"aeo-exchange+jwt","enc":"A256GCM",
//	 "epk":{"crv":"P-256","kty":"EC","x","y"},"kid","typ":"aeo-exchange+jwe"}
//
// with no other member: no zip, no p2c, no apu or apv, no crit, so nothing in it
// makes a reader work more than once for a byte (RFC 8725, 2.4 and 3.6).
type Sealed struct {
	raw []byte
	kid string
}

type sealedHeader struct {
	Alg string       `json:"alg"`
	Cty string       `json:"cty"`
	Enc string       `json:"enc"`
	EPK ephemeralKey `json:"epk"`
	Kid string       `json:"kid"`
	Typ string       `json:"typ"`
}

type ephemeralKey struct {
	Crv string `json:"crv"`
	Kty string `json:"kty"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// Seal encrypts content to a key of the role exchange. The randomness is the
// library's own.
func Seal(content []byte, to *PublicKey) ([]byte, error) {
	opts := (&jose.EncrypterOptions{}).WithType(sealedTyp).WithContentType(sealedCty)
	e, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.ECDH_ES, Key: to.key, KeyID: to.kid}, opts)
	if err != nil {
		return nil, fmt.Errorf("prepare encryption: %w", err)
	}
	jwe, err := e.Encrypt(content)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	compact, err := jwe.CompactSerialize()
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	if len(compact) > MaxSealed {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(compact), MaxSealed)
	}
	return []byte(compact), nil
}

// ParseSealed checks the form: five canonical base64url parts, exactly the
// header above, the ephemeral key a point of the curve, no encrypted key, 12
// bytes of nonce and 16 of tag. It runs before a JOSE library sees the bytes.
func ParseSealed(raw []byte) (*Sealed, error) {
	if len(raw) > MaxSealed {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(raw), MaxSealed)
	}
	if bytes.Count(raw, []byte(".")) != 4 {
		return nil, fmt.Errorf("%w: a compact JWE has exactly four dots", ErrSealed)
	}
	parts := bytes.Split(raw, []byte("."))
	if len(parts[0]) > sealedHead || len(parts[1]) > 0 {
		return nil, fmt.Errorf("%w: header too long, or an encrypted key", ErrSealed)
	}
	var sizes [5]int
	for i := 2; i < len(parts); i++ {
		part, err := appendBase64URL(nil, parts[i])
		if err != nil {
			return nil, fmt.Errorf("%w: part %d: %w", ErrSealed, i, err)
		}
		sizes[i] = len(part)
	}
	if sizes[2] != ivSize || sizes[4] != tagSize {
		return nil, fmt.Errorf("%w: %d bytes of nonce and %d of tag, want %d and %d", ErrSealed, sizes[2], sizes[4], ivSize, tagSize)
	}
	kid, err := parseSealedHeader(parts[0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	return &Sealed{raw: raw, kid: kid}, nil
}

func parseSealedHeader(head []byte) (kid string, err error) {
	raw, err := appendBase64URL(nil, head)
	if err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	var h sealedHeader
	if err := jcs.Unmarshal(raw, &h); err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	switch {
	case h.Alg != sealedAlg || h.Enc != sealedEnc || h.Typ != sealedTyp || h.Cty != sealedCty:
		return "", fmt.Errorf("header: alg %.16q enc %.16q typ %.40q cty %.40q", h.Alg, h.Enc, h.Typ, h.Cty)
	case h.EPK.Kty != "EC" || h.EPK.Crv != "P-256":
		return "", fmt.Errorf("header: ephemeral key of kty %.16q crv %.16q", h.EPK.Kty, h.EPK.Crv)
	case len(h.Kid) != 43:
		return "", errors.New("header: kid is no thumbprint")
	}
	point, err := jwk{X: h.EPK.X, Y: h.EPK.Y}.point()
	if err != nil {
		return "", fmt.Errorf("header: ephemeral key: %w", err)
	}
	// A point off the curve would tell its sender bits of our key.
	if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err != nil {
		return "", fmt.Errorf("header: ephemeral key: %w", err)
	}
	return h.Kid, nil
}

// KID names the key the message is sealed to.
func (s *Sealed) KID() string { return s.kid }

// Open decrypts with the private half of the key the message is sealed to,
// which must be in memory.
func (s *Sealed) Open(key *Signer) ([]byte, error) {
	private, ok := key.key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: a key in a module that does not agree on secrets", ErrKey)
	}
	if key.public.kid != s.kid {
		return nil, ErrNotForUs
	}
	jwe, err := jose.ParseEncryptedCompact(string(s.raw), []jose.KeyAlgorithm{jose.ECDH_ES}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSealed, err)
	}
	content, err := jwe.Decrypt(private)
	if err != nil {
		return nil, ErrNotForUs
	}
	return content, nil
}
