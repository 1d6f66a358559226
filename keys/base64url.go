package keys

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
)

// canonical refuses unused bits that are set.
var canonical = base64.RawURLEncoding.Strict()

// DecodeBase64URL decodes unpadded base64url and refuses every spelling but
// the canonical one (RFC 4648, 3.5): no padding, no line breaks, no unused
// bits set. So no two texts carry the same bytes.
func DecodeBase64URL(s string) ([]byte, error) { return decodeBase64URL([]byte(s)) }

func decodeBase64URL(s []byte) ([]byte, error) {
	out := make([]byte, canonical.DecodedLen(len(s)))
	n, err := canonical.Decode(out, s)
	// encoding/base64 passes over line breaks, even when strict: then there are
	// fewer bytes than so many characters stand for, or a number of characters
	// that stands for none.
	if n != len(out) || len(s)%4 == 1 || err != nil {
		if i := bytes.IndexAny(s, "\r\n"); i >= 0 {
			return nil, fmt.Errorf("line break in base64url at byte %d", i)
		}
		return nil, errors.New("not canonical base64url")
	}
	return out, nil
}

// EncodeBase64URL is its inverse.
func EncodeBase64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
