package keys

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// DecodeBase64URL decodes unpadded base64url and refuses every spelling but
// the canonical one (RFC 4648, 3.5): no padding, no line breaks, no unused
// bits set. So no two texts carry the same bytes.
func DecodeBase64URL(s string) ([]byte, error) {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 { // encoding/base64 passes over them, even when strict
		return nil, fmt.Errorf("line break in base64url at byte %d", i)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, errors.New("not canonical base64url")
	}
	return b, nil
}

// EncodeBase64URL is its inverse.
func EncodeBase64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
