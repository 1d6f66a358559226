package statuslist

import (
	"bytes"
	"fmt"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// A detached token is a token of [Sign] with an empty lst: what whoever knows
// the bits, having replayed the log, needs to see that the token holds the same.
// Its signature is that of the whole token.

// DetachedType is the media type of a detached token.
const DetachedType = "application/aeo-statuslist-detached+jwt"

// MaxDetached bounds a detached token, in bytes.
const MaxDetached = 4 << 10

// Detach leaves the bits out of a token. A token that Sign did not make may have
// none: ErrList.
func Detach(token []byte) ([]byte, error) {
	s, err := Parse(token)
	if err != nil {
		return nil, err
	}
	c, lst := s.claims, s.claims.StatusList.Lst
	c.StatusList.Lst = ""
	out, err := withClaims(token, c)
	if err != nil {
		return nil, err
	}
	c.StatusList.Lst = lst
	if again, err := withClaims(out, c); err != nil || !bytes.Equal(again, token) {
		return nil, fmt.Errorf("%w: the token is not in the form that Sign gives it", ErrList)
	}
	return out, nil
}

// Attach makes a token out of a detached one and a list. It verifies as any
// other does, and only if it was signed over this very list; it may fail to
// though the bits are the same, where the signer packs them another way.
func Attach(detached []byte, l *List) ([]byte, error) {
	if len(detached) > MaxDetached {
		return nil, fmt.Errorf("%w: a detached token of %d bytes, at most %d", ErrList, len(detached), MaxDetached)
	}
	parts := bytes.Split(detached, []byte("."))
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: a detached token of %d parts", ErrList, len(parts))
	}
	payload, err := keys.DecodeBase64URL(string(parts[1]))
	if err != nil {
		return nil, fmt.Errorf("%w: detached token: %w", ErrList, err)
	}
	var c claims
	if err := jcs.Unmarshal(payload, &c); err != nil {
		return nil, fmt.Errorf("%w: detached token: %w", ErrList, err)
	}
	if c.StatusList.Lst != "" {
		return nil, fmt.Errorf("%w: a detached token with bits", ErrList)
	}
	if c.StatusList.Lst, err = EncodeLst(l.raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrList, err)
	}
	return withClaims(detached, c)
}

// withClaims is a token with another payload and the signature it had.
func withClaims(token []byte, c claims) ([]byte, error) {
	payload, err := jcs.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrList, err)
	}
	parts := bytes.Split(token, []byte("."))
	parts[1] = []byte(keys.EncodeBase64URL(payload))
	return bytes.Join(parts, []byte(".")), nil
}
