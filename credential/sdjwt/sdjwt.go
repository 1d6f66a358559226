// Package sdjwt reads SD-JWTs (RFC 9901): signed JSON of which the holder shows
// only a part, and everything shown is provably the issuer's.
//
//	<issuer JWT>~<disclosure 1>~...~<disclosure n>~[<key binding JWT>]
//
// The issuer signs digests in place of hidden members (in "_sd" arrays) and
// hidden array elements ({"...": digest}); a disclosure is base64url of
// [salt, name, value] or [salt, value], and its digest is SHA-256 over its
// text. Digests nobody discloses are decoys or secrets; they leave no trace in
// the result.
//
// There are three ways in, from narrow to wide:
//
//   - [Flat] for formats that disclose only whole members of one object, such
//     as the AEO credential: digests and disclosures in, claims out;
//   - [Reveal] for any payload whose signature was verified already: nested
//     and array disclosures, recursion;
//   - [Verify] for a whole presentation, with its issuer signature, validity
//     and key binding, under [Rules] fixed beforehand.
//
// All refuse what RFC 9901, 7.1 refuses, and what it leaves open but no honest
// issuer makes: a digest that occurs twice, a disclosure that nothing refers
// to or that is shown twice, reserved and colliding names, members beside
// "...", "_sd_alg" below the top, hashes other than SHA-256, nesting deeper
// than [jcs.MaxDepth] counted through disclosures.
//
// The package is pure: no file, no network, no clock.
package sdjwt

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/keys"
)

// Caps on one SD-JWT, checked before anything is decoded.
const (
	MaxSize        = 64 << 10
	MaxDisclosures = 256
)

var (
	// ErrTooLarge says that a cap is exceeded.
	ErrTooLarge = errors.New("too large")
	// ErrUnreadable says that the text is no SD-JWT: separators, canonical
	// base64url, JSON of header or payload.
	ErrUnreadable = errors.New("unreadable")
	// ErrFormat says that header or payload break a rule of the format.
	ErrFormat = errors.New("SD-JWT of another form")
	// ErrSignature says that the issuer's signature does not verify.
	ErrSignature = errors.New("signature does not verify")
	// ErrDuplicateDigest says that the issuer's payload, or a disclosure, repeats a digest (RFC 9901, 7.1, step 4).
	ErrDuplicateDigest = errors.New("digest occurs twice")
	// ErrDisclosure says that a disclosure is not one the issuer made for its place.
	ErrDisclosure = errors.New("disclosure does not belong to the credential")
	// ErrValidity says that a time claim is missing, malformed or not met.
	ErrValidity = errors.New("not valid at this time")
	// ErrBinding says that the key binding is missing, wrong or was not asked for.
	ErrBinding = errors.New("key binding does not hold")
)

// Parts are the pieces of an SD-JWT between the tildes.
type Parts struct {
	JWT         []byte   // the issuer-signed JWT
	Disclosures []string // base64url as presented: the digest covers this text
	KeyBinding  []byte   // the KB-JWT, empty where there is none
}

// Split takes an SD-JWT apart (RFC 9901, 4) and checks that every disclosure
// is canonical base64url. It looks into none of them: what a disclosure says
// matters only once its digest was found in a signed payload.
func Split(raw []byte) (*Parts, error) {
	if len(raw) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(raw), MaxSize)
	}
	pieces := bytes.Split(raw, []byte("~"))
	last := len(pieces) - 1
	switch {
	case last == 0:
		return nil, fmt.Errorf("%w: an SD-JWT ends its issuer JWT with a tilde", ErrUnreadable)
	case last-1 > MaxDisclosures:
		return nil, fmt.Errorf("%w: %d disclosures, at most %d", ErrTooLarge, last-1, MaxDisclosures)
	}
	p := &Parts{JWT: pieces[0], KeyBinding: pieces[last], Disclosures: make([]string, 0, last-1)}
	rest := string(raw[len(p.JWT) : len(raw)-len(p.KeyBinding)])
	var room [512]byte
	decoded := room[:0]
	for i, d := range pieces[1:last] {
		if len(d) == 0 {
			return nil, fmt.Errorf("%w: disclosure %d is empty", ErrUnreadable, i)
		}
		text := rest[1 : 1+len(d)]
		rest = rest[1+len(d):]
		var err error
		if decoded, err = keys.AppendBase64URL(decoded[:0], text); err != nil {
			return nil, fmt.Errorf("%w: disclosure %d: %w", ErrUnreadable, i, err)
		}
		p.Disclosures = append(p.Disclosures, text)
	}
	return p, nil
}

// Digest is the digest of a disclosure: SHA-256 over its text (RFC 9901, 4.2.3).
func Digest(disclosure string) string {
	var room [256]byte // most fit, and need no copy on the heap
	sum := sha256.Sum256(append(room[:0], disclosure...))
	var text [43]byte
	base64.RawURLEncoding.Encode(text[:], sum[:])
	return string(text[:])
}
