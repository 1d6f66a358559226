package bundle

import (
	"bytes"
	"errors"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// readExact reads the one spelling a value has, the RFC 8785 bytes written for
// it: no member is missing, null or foreign.
func readExact[T any](raw []byte, v *T) error {
	if err := jcs.Unmarshal(raw, v); err != nil {
		return err
	}
	again, err := jcs.Marshal(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, raw) {
		return errors.New("a member is missing, null or not in RFC 8785 form")
	}
	return nil
}

// marshalExact writes the one spelling; nil where the value is unfit to be written.
func marshalExact(v any, unfit error) []byte {
	if unfit != nil {
		return nil
	}
	raw, err := jcs.Marshal(v)
	if err != nil {
		return nil
	}
	return raw
}

// withNewline ends a text that people may look at.
func withNewline(raw []byte) []byte {
	if raw == nil {
		return nil
	}
	return append(raw, '\n')
}

// isTerritory reports whether s has the form of a territory or authority (protocol 1).
func isTerritory(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}

// isInstant reports whether t is a Unix time that every JSON reader keeps.
func isInstant(t int64) bool { return t >= 0 && t <= jcs.MaxInt }
