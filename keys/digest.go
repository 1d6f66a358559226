package keys

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// SHA256Hex is the digest by which documents name each other: lower-case
// hexadecimal SHA-256 of bytes.
func SHA256Hex(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// IsSHA256Hex reports whether s has the form of such a digest.
func IsSHA256Hex(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}
