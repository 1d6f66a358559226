package keys

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-jose/go-jose/v4"
)

var (
	// ErrTooLarge says that an artefact exceeds the cap of its kind.
	ErrTooLarge = errors.New("too large")
	// ErrUnreadable says that the bytes are no strict JWS: separators,
	// canonical base64url, JSON of header or payload.
	ErrUnreadable = errors.New("unreadable JWS")
	// ErrFormat says that a readable JWS is not of the kind asked for: typ,
	// alg, header members.
	ErrFormat = errors.New("JWS of another kind")
	// ErrPayload says that the payload of a good JWS has not the form asked for.
	ErrPayload = errors.New("payload")
	// ErrForeignKey says that the JWS names another key than the one offered.
	ErrForeignKey = errors.New("signed with another key")
	// ErrSignature says that the signature does not verify.
	ErrSignature = errors.New("signature does not verify")
)

// signatureSize is what an ES256 signature has: r and s, 32 bytes each (RFC 7518, 3.4).
const signatureSize = 64

// A Token is a compact JWS whose form was checked and whose signature was not,
// until Verify returns nil. It keeps the bytes it was read from, which the
// caller must not change.
type Token struct {
	raw       []byte
	header    int // length of the header
	signed    int // length of the signing input
	kid       string
	payload   []byte
	signature []byte
}

type header struct {
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
}

// Parse reads a compact JWS of the given kind: size, three canonical base64url
// parts, a header with exactly alg ES256, the kind's typ and a kid, a payload
// that is one strict JSON object, and a signature of 64 bytes. It is stricter
// than any JOSE library and runs before one sees the bytes.
//
// What is not readable is [ErrUnreadable] whatever else is wrong with it.
func Parse(kind Kind, raw []byte) (*Token, error) {
	return parse(kind, raw, jcs.CheckObject)
}

// ParseInto is Parse that reads the payload into v as [jcs.Unmarshal] does, in
// the one pass that also finds out whether it is strict JSON. A payload of
// another form than v is [ErrPayload], where nothing else is wrong.
func ParseInto(kind Kind, raw []byte, v any) (*Token, error) {
	return parse(kind, raw, func(payload []byte) error { return jcs.UnmarshalObject(payload, v) })
}

func parse(kind Kind, raw []byte, read func(payload []byte) error) (*Token, error) {
	if len(raw) > kind.max {
		return nil, tooLarge(kind, len(raw))
	}
	head, body, sig, err := split(raw)
	if err != nil {
		return nil, err
	}
	payload, err := decodePayload(body, read)
	if err != nil && !errors.Is(err, ErrPayload) {
		return nil, err
	}
	token, bad := newToken(kind, raw, head, payload, sig)
	if err = cmp.Or(bad, err); err != nil {
		return nil, err
	}
	return token, nil
}

func tooLarge(kind Kind, size int) error {
	return fmt.Errorf("%w: %d bytes, at most %d for %s", ErrTooLarge, size, kind.max, kind.typ)
}

func split(raw []byte) (head, body, sig []byte, err error) {
	head, rest, _ := bytes.Cut(raw, []byte("."))
	body, sig, found := bytes.Cut(rest, []byte("."))
	if !found || bytes.IndexByte(sig, '.') >= 0 {
		return nil, nil, nil, fmt.Errorf("%w: a compact JWS has exactly two dots", ErrUnreadable)
	}
	return head, body, sig, nil
}

func decodePayload(body []byte, read func(payload []byte) error) ([]byte, error) {
	payload, err := appendBase64URL(nil, body)
	if err == nil {
		err = read(payload)
	}
	switch {
	case errors.Is(err, jcs.ErrMember):
		return payload, fmt.Errorf("%w: %w", ErrPayload, err)
	case err != nil:
		return nil, fmt.Errorf("%w: payload: %w", ErrUnreadable, err)
	}
	return payload, nil
}

// newToken checks what is left once the payload is known to be good. Raw is
// head "." payload "." sig, all in base64url but for payload.
func newToken(kind Kind, raw, head, payload, sig []byte) (*Token, error) {
	decoded, err := appendBase64URL(make([]byte, 0, signatureSize), sig)
	if err != nil {
		return nil, fmt.Errorf("%w: signature: %w", ErrUnreadable, err)
	}
	kid, err := parseHeader(kind, head)
	if err != nil {
		return nil, err
	}
	if len(decoded) != signatureSize {
		return nil, fmt.Errorf("%w: ES256 signatures have %d bytes, this one %d", ErrSignature, signatureSize, len(decoded))
	}
	return &Token{
		raw: raw, header: len(head), signed: len(raw) - len(sig) - 1,
		kid: kid, payload: payload, signature: decoded,
	}, nil
}

// parseHeader refuses every member but three: crit, b64, jwk, jku, x5u and zip
// among the rest (RFC 8725, 3.10 and 3.1).
func parseHeader(kind Kind, head []byte) (kid string, err error) {
	raw, err := appendBase64URL(nil, head)
	if err != nil {
		return "", fmt.Errorf("%w: header: %w", ErrUnreadable, err)
	}
	var h header
	switch err := jcs.Unmarshal(raw, &h); {
	case errors.Is(err, jcs.ErrMember) && jcs.CheckObject(raw) == nil:
		return "", fmt.Errorf("%w: header may hold alg, kid and typ only: %w", ErrFormat, err)
	case err != nil:
		return "", fmt.Errorf("%w: header: %w", ErrUnreadable, err)
	case h.Typ != kind.typ:
		return "", fmt.Errorf("%w: typ %.40q, want %q", ErrFormat, h.Typ, kind.typ)
	case h.Alg != "ES256":
		return "", fmt.Errorf("%w: alg %.16q, want ES256", ErrFormat, h.Alg)
	case h.Kid == "":
		return "", fmt.Errorf("%w: no kid", ErrFormat)
	}
	return h.Kid, nil
}

// KID names the key the token says it is signed with.
func (t *Token) KID() string { return t.kid }

// Payload is the JSON object the token carries; nobody's word until Verify returned nil.
func (t *Token) Payload() []byte { return t.payload }

// Raw is the token as it was read.
func (t *Token) Raw() []byte { return t.raw }

// SigningInput is what is signed: header "." payload, still in base64url.
func (t *Token) SigningInput() []byte { return t.raw[:t.signed] }

// Verify checks the signature with key, which must be the one the token names.
func (t *Token) Verify(key *PublicKey) error {
	if key == nil || key.kid != t.kid {
		return ErrForeignKey
	}
	envelope, err := key.envelope(t)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	jws := jose.JSONWebSignature{Signatures: []jose.Signature{envelope}}
	jws.Signatures[0].Signature = t.signature
	if jws.DetachedVerify(t.payload, key.key) != nil {
		return ErrSignature
	}
	return nil
}

// An envelope is a protected header as go-jose reads it, of whatever signature.
type envelope struct {
	header string
	jose   jose.Signature
}

// envelope gives a token's header as go-jose reads it. What a key signs has the
// same header again and again, so the last one is kept: it is a matter of its
// bytes alone, and go-jose checks it against key and signature each time.
func (p *PublicKey) envelope(t *Token) (jose.Signature, error) {
	header := t.raw[:t.header]
	if last := p.last.Load(); last != nil && last.header == string(header) {
		return last.jose, nil
	}
	detached := string(header) + ".." + string(t.raw[t.signed+1:])
	jws, err := jose.ParseDetached(detached, t.payload, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return jose.Signature{}, err
	}
	p.last.Store(&envelope{header: string(header), jose: jws.Signatures[0]})
	return jws.Signatures[0], nil
}
