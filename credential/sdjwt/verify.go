package sdjwt

import (
	"fmt"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// Rules are what a verifier demands of the credentials it accepts.
type Rules struct {
	Typ      string   // exact typ of the issuer's header
	Required []string // members the processed payload must have
	Plain    []string // members that may be neither disclosed selectively nor hold anything that is
}

// A Binding is what a verifier fixed before it saw the presentation. Whether
// to ask for one is decided in advance, never from what was presented (RFC
// 9901, 7.3 and 9.5).
type Binding struct {
	Nonce    string
	Audience string
	MaxAge   int64 // seconds since the holder signed
}

// Skew is how far, in seconds, another clock may be ahead of ours.
const Skew = 60

// Verify checks one presentation in the order of RFC 9901, 7.3 (issuer
// signature, disclosures, validity, key binding) and returns the processed
// payload. Without a binding asked for, a presentation that carries one is
// refused.
func Verify(raw []byte, issuer *keys.PublicKey, rules Rules, now int64, asked *Binding) (map[string]any, error) {
	parts, err := Split(raw)
	if err != nil {
		return nil, err
	}
	token, err := parseJWS(parts.JWT, rules.Typ)
	if err != nil {
		return nil, err
	}
	if !token.verify(issuer) {
		return nil, ErrSignature
	}
	payload, err := Reveal(token.payload, parts.Disclosures, rules.Plain)
	if err != nil {
		return nil, err
	}
	for _, name := range rules.Required {
		if payload[name] == nil {
			return nil, fmt.Errorf("%w: %s is missing", ErrFormat, name)
		}
	}
	if err := checkValidity(payload, now); err != nil {
		return nil, err
	}
	switch {
	case asked == nil && len(parts.KeyBinding) > 0:
		return nil, fmt.Errorf("%w: presented though not asked for", ErrBinding)
	case asked != nil:
		presented := raw[:len(raw)-len(parts.KeyBinding)]
		if err := asked.check(parts.KeyBinding, presented, payload, now); err != nil {
			return nil, err
		}
	}
	return payload, nil
}

// checkValidity judges exp, nbf and iat of the processed payload, where present.
func checkValidity(payload map[string]any, now int64) error {
	exp, stated, err := instant(payload, "exp")
	if err != nil {
		return err
	}
	if stated && now >= exp {
		return fmt.Errorf("%w: expired at %d", ErrValidity, exp)
	}
	for _, name := range []string{"nbf", "iat"} {
		from, stated, err := instant(payload, name)
		if err != nil {
			return err
		}
		if stated && from > now+Skew {
			return fmt.Errorf("%w: %s is %d, later than %d", ErrValidity, name, from, now)
		}
	}
	return nil
}

// instant reads a NumericDate; only integers that no JSON reader rounds are taken.
func instant(payload map[string]any, name string) (at int64, stated bool, err error) {
	v, stated := payload[name]
	if !stated {
		return 0, false, nil
	}
	f, ok := v.(float64)
	if !ok || f < 0 || f > jcs.MaxInt || f != float64(int64(f)) {
		return 0, true, fmt.Errorf("%w: %s is not a time in whole seconds", ErrValidity, name)
	}
	return int64(f), true, nil
}
