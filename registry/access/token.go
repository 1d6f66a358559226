package access

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	tokenPrefix = "aeo_"
	tokenSize   = 32
)

// ErrToken says that a text is no token.
var ErrToken = errors.New("not a token")

// NewToken draws a token: "aeo_" and 256 bits in base64url. It is shown once and
// kept as [Digest].
func NewToken(rand io.Reader) (string, error) {
	var raw [tokenSize]byte
	if _, err := io.ReadFull(rand, raw[:]); err != nil {
		return "", fmt.Errorf("draw token: %w", err)
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

// Digest is what is kept of a token: its SHA-256 in hexadecimal. A token has all the
// randomness there is to guess, so no slow function is needed; a look-up by digest
// tells a guesser nothing about tokens.
func Digest(token string) (string, error) {
	text, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok || len(text) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return "", ErrToken
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(text); err != nil {
		return "", ErrToken
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:]), nil
}
