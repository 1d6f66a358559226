package keys

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
)

// canonical refuses unused bits that are set.
var canonical = base64.RawURLEncoding.Strict()

// DecodeBase64URL decodes unpadded base64url and refuses every spelling but
// the canonical one (RFC 4648, 3.5): no padding, no line breaks, no unused
// bits set. So no two texts carry the same bytes.
func DecodeBase64URL(s string) ([]byte, error) {
	return AppendBase64URL(make([]byte, 0, canonical.DecodedLen(len(s))), s)
}

// AppendBase64URL is DecodeBase64URL that appends the bytes to dst.
func AppendBase64URL(dst []byte, s string) ([]byte, error) {
	var short [64]byte // most are digests, and they are many
	return appendBase64URL(dst, append(short[:0], s...))
}

func appendBase64URL(dst, s []byte) ([]byte, error) {
	out, err := canonical.AppendDecode(dst, s)
	// encoding/base64 passes over line breaks, even when strict: then there are
	// fewer bytes than so many characters stand for, or a number of characters
	// that stands for none.
	if err != nil || len(out) != len(dst)+canonical.DecodedLen(len(s)) || len(s)%4 == 1 {
		if i := slices.IndexFunc(s, isLineBreak); i >= 0 {
			return nil, fmt.Errorf("line break in base64url at byte %d", i)
		}
		return nil, errors.New("not canonical base64url")
	}
	return out, nil
}

func isLineBreak(c byte) bool { return c == '\r' || c == '\n' }

// EncodeBase64URL is its inverse.
func EncodeBase64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
