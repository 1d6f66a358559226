package credential

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/credential/sdjwt"
	"github.com/aeo-registry/aeo/keys"
)

// MaxSize is the most bytes one SD-JWT may have.
const MaxSize = sdjwt.MaxSize

// A Presentation is one SD-JWT whose form was checked; nothing in it is
// trusted until Verify returned nil. One goroutine owns it.
type Presentation struct {
	raw         []byte
	token       *keys.Token
	claims      Claims // visible ones
	digests     []string
	disclosures []string
	malformed   error // the signature cannot be one; judged where signatures are
	verified    bool
}

// Parse reads one SD-JWT, without line end. It judges readability (separators,
// canonical base64url of every part, JSON of header and payload) before form
// (header, visible claims, no key binding, as no holder key is ever issued).
func Parse(raw []byte) (*Presentation, error) { return parse(bytes.Clone(raw)) }

// parse keeps the bytes it reads.
func parse(raw []byte) (*Presentation, error) {
	parts, err := sdjwt.Split(raw)
	if err != nil {
		return nil, err
	}
	if err := checkReadable(parts.KeyBinding); err != nil {
		return nil, fmt.Errorf("%w: after the last tilde: %w", ErrUnreadable, err)
	}
	p := payload{SD: make([]string, 0, digestCount)}
	token, malformed, err := parseToken(parts.JWT, &p)
	if err != nil {
		return nil, err
	}
	if len(parts.KeyBinding) > 0 {
		return nil, fmt.Errorf("%w: a key binding, though the credential is bound to no key", ErrFormat)
	}
	if err := p.checkSigned(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return &Presentation{
		raw: raw, token: token, malformed: malformed,
		claims: p.claims(), digests: p.SD, disclosures: parts.Disclosures,
	}, nil
}

// parseToken reads the issuer JWT, its payload into p. A signature of the wrong length is reported
// apart: whose signature is missing is known only after the issuer was found
// (protocol 11), so the form is read as if a signature of zeros stood there,
// which verifies under no key.
func parseToken(jwt []byte, p *payload) (token *keys.Token, malformed, err error) {
	token, err = keys.ParseInto(keys.KindCredential, jwt, p)
	if errors.Is(err, keys.ErrSignature) {
		malformed = err
		zeros := keys.EncodeBase64URL(make([]byte, 64))
		unsigned := jwt[:bytes.LastIndexByte(jwt, '.')+1]
		*p = payload{}
		token, err = keys.ParseInto(keys.KindCredential, append(bytes.Clone(unsigned), zeros...), p)
	}
	switch {
	case err == nil:
		return token, malformed, nil
	case errors.Is(err, keys.ErrTooLarge):
		return nil, nil, fmt.Errorf("%w: %w", ErrTooLarge, err)
	case errors.Is(err, keys.ErrUnreadable):
		return nil, nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return nil, nil, fmt.Errorf("%w: %w", ErrFormat, err)
}

// checkReadable accepts nothing, or the three parts of a compact JWS.
func checkReadable(jws []byte) error {
	if len(jws) == 0 {
		return nil
	}
	parts := bytes.Split(jws, []byte("."))
	if len(parts) != 3 {
		return errors.New("neither nothing nor a compact JWS")
	}
	for _, p := range parts {
		if _, err := keys.DecodeBase64URL(string(p)); err != nil {
			return err
		}
	}
	return nil
}

// Raw is the SD-JWT as it was presented.
func (p *Presentation) Raw() []byte { return p.raw }

// KID names the issuer's key.
func (p *Presentation) KID() string { return p.token.KID() }

// Visible are the claims every presentation shows; the Subject is empty. They
// are nobody's word until the signature verified.
func (p *Presentation) Visible() Claims { return p.claims }

// LogSHA256 is SHA-256(header "." payload), the digest in the credential leaf
// of the issuer's log. The signature is left out because ECDSA is malleable.
func (p *Presentation) LogSHA256() [32]byte { return sha256.Sum256(p.token.SigningInput()) }

// VerifySignature checks the issuer's signature with key, the one [Presentation.KID] names.
func (p *Presentation) VerifySignature(key *keys.PublicKey) error {
	p.verified = false
	if p.malformed != nil {
		return fmt.Errorf("%w: %w", ErrSignature, p.malformed)
	}
	if err := p.token.Verify(key); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	p.verified = true
	return nil
}

// OpenDisclosures returns what the holder chose to show. It fails with
// [ErrUnverified] before VerifySignature succeeded.
func (p *Presentation) OpenDisclosures() (*Subject, error) {
	if !p.verified {
		return nil, ErrUnverified
	}
	claims, err := sdjwt.Flat(p.digests, p.disclosures)
	if err != nil {
		return nil, err
	}
	s, err := newSubject(claims)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisclosure, err)
	}
	return s, nil
}

// Verify checks the signature and opens the disclosures, in this order.
func (p *Presentation) Verify(key *keys.PublicKey) (*Claims, error) {
	if err := p.VerifySignature(key); err != nil {
		return nil, err
	}
	s, err := p.OpenDisclosures()
	if err != nil {
		return nil, err
	}
	c := p.claims
	c.Subject = *s
	return &c, nil
}
