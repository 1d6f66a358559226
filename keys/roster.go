package keys

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// ErrRoster says that a roster, or the chain of rosters, does not hold.
var ErrRoster = errors.New("roster does not hold")

const (
	maxRosterKeys = 128
	maxRoots      = 3
	// MaxRosterLife is the longest a roster may be valid, in seconds: 400 days.
	MaxRosterLife = 400 * 24 * 3600
)

// A Roster lists the keys of one administration. Times are Unix seconds.
//
// Its signed form is a JWS in general JSON serialization, typ aeo-keys+jws, by
// a root key it lists and, where the roots change, also by a root of the
// roster before. It is the body of the log's key leaves, so the log holds the
// history of keys. Each names the one before by the digest of its signed form,
// so that a signature on one is a signature on all that led to it.
type Roster struct {
	Iss        string       `json:"iss"`                  // entity id
	Seq        int64        `json:"seq"`                  // 1, 2, 3 ...
	PrevSHA256 string       `json:"prev_sha256,omitzero"` // [SHA256Hex] of roster seq-1; absent from the first alone
	Iat        int64        `json:"iat"`
	Exp        int64        `json:"exp"` // at most 400 days after iat
	Root       []*PublicKey `json:"root"`
	Keys       []RosterKey  `json:"keys"`

	sha256 string // of the signed form it was read from
}

// SHA256 is the digest of the signed form the roster was read from by
// [ParseRoster], as [SHA256Hex] gives it; empty where it was not read.
func (r *Roster) SHA256() string { return r.sha256 }

// A RosterKey is one key with its window. SignUntil ends signing; Exp ends
// acceptance and is not earlier than the last expiry of anything signed.
type RosterKey struct {
	Role      Role        `json:"role"`
	JWK       *PublicKey  `json:"jwk,omitzero"`
	VKey      string      `json:"vkey,omitzero"`
	Nbf       int64       `json:"nbf"`
	SignUntil int64       `json:"sign_until"`
	Exp       int64       `json:"exp"`
	Revoked   *Revocation `json:"revoked,omitzero"`
}

// A Revocation takes a key out of use from an instant on.
type Revocation struct {
	At     int64  `json:"at"`
	Reason string `json:"reason"` // unspecified, compromised, superseded
}

// ReasonCompromised is the revocation reason that also distrusts what the key signed before, unless it was logged by then.
const ReasonCompromised = "compromised"

// Check reports whether the roster is well formed on its own.
func (r *Roster) Check() error {
	switch {
	case r.Iss == "" || len(r.Iss) > 512:
		return fmt.Errorf("%w: no iss", ErrRoster)
	case r.Seq < 1:
		return fmt.Errorf("%w: seq %d", ErrRoster, r.Seq)
	case (r.Seq == 1) != (r.PrevSHA256 == "") || r.PrevSHA256 != "" && !IsSHA256Hex(r.PrevSHA256):
		return fmt.Errorf("%w: prev_sha256 %.64q of roster %d", ErrRoster, r.PrevSHA256, r.Seq)
	case r.Iat < 0 || r.Exp <= r.Iat || r.Exp-r.Iat > MaxRosterLife:
		return fmt.Errorf("%w: validity from %d to %d, want at most 400 days", ErrRoster, r.Iat, r.Exp)
	case len(r.Root) == 0 || len(r.Root) > maxRoots:
		return fmt.Errorf("%w: %d root keys, want 1 to %d", ErrRoster, len(r.Root), maxRoots)
	case len(r.Keys) > maxRosterKeys:
		return fmt.Errorf("%w: %d keys, at most %d", ErrRoster, len(r.Keys), maxRosterKeys)
	}
	seen := map[string]bool{}
	for i, root := range r.Root {
		if root == nil || seen[root.kid] {
			return fmt.Errorf("%w: root %d missing or listed twice", ErrRoster, i)
		}
		seen[root.kid] = true
	}
	for i, k := range r.Keys {
		id, err := k.check()
		if err != nil {
			return fmt.Errorf("key %d: %w", i, err)
		}
		if seen[id] {
			return fmt.Errorf("%w: key %d is listed twice", ErrRoster, i)
		}
		seen[id] = true
	}
	return nil
}

func (k *RosterKey) check() (id string, err error) {
	if !k.Role.known() {
		return "", fmt.Errorf("%w: role %.16q", ErrRoster, k.Role)
	}
	if k.Nbf < 0 || k.Nbf > k.SignUntil || k.SignUntil > k.Exp {
		return "", fmt.Errorf("%w: want 0 <= nbf <= sign_until <= exp", ErrRoster)
	}
	if k.Revoked != nil {
		switch k.Revoked.Reason {
		case "unspecified", ReasonCompromised, "superseded":
		default:
			return "", fmt.Errorf("%w: revocation reason %.16q", ErrRoster, k.Revoked.Reason)
		}
	}
	if k.Role.JOSE() {
		if k.JWK == nil || k.VKey != "" {
			return "", fmt.Errorf("%w: a %s key has a jwk and no vkey", ErrRoster, k.Role)
		}
		return k.JWK.kid, nil
	}
	if k.JWK != nil {
		return "", fmt.Errorf("%w: a %s key has a vkey and no jwk", ErrRoster, k.Role)
	}
	v, err := ParseVKey(k.VKey)
	if err != nil {
		return "", err
	}
	if v.Cosigner() != (k.Role != RoleLog) {
		return "", fmt.Errorf("%w: wrong note key type for a %s", ErrRoster, k.Role)
	}
	return string(v.pub), nil
}

// MaySignAt reports whether the key was in its signing window, and not revoked, at the instant t.
func (k *RosterKey) MaySignAt(t int64) bool {
	return t >= k.Nbf && t <= k.SignUntil && (k.Revoked == nil || t < k.Revoked.At)
}

// Compromised reports whether the key was revoked as compromised.
func (k *RosterKey) Compromised() bool {
	return k.Revoked != nil && k.Revoked.Reason == ReasonCompromised
}

// ParseRoster reads one signed roster and checks that a root key it lists
// signed it and that every signature is by a root it or prev lists. prev is the
// roster before it, read by ParseRoster too, or nil for the first; only then is
// seq 1 demanded.
func ParseRoster(raw []byte, prev *Roster) (*Roster, error) {
	doc, err := ParseGeneral(KindRoster, raw)
	if err != nil {
		return nil, fmt.Errorf("read roster: %w", err)
	}
	r, err := decodeRoster(doc.Payload())
	if err != nil {
		return nil, err
	}
	r.sha256 = SHA256Hex(raw)
	if prev == nil {
		prev = &Roster{Iss: r.Iss, Root: r.Root}
	}
	if r.Iss != prev.Iss || r.Seq != prev.Seq+1 || r.Iat < prev.Iat {
		return nil, fmt.Errorf("%w: seq %d of %.80q cannot follow seq %d of %.80q", ErrRoster, r.Seq, r.Iss, prev.Seq, prev.Iss)
	}
	if r.PrevSHA256 != prev.sha256 {
		return nil, fmt.Errorf("%w: roster %d follows %.64q, the one before is %.64q", ErrRoster, r.Seq, r.PrevSHA256, prev.sha256)
	}
	if err := checkRoots(doc, r, prev); err != nil {
		return nil, err
	}
	return r, nil
}

// decodeRoster takes the one spelling a roster has: what this system would
// write for it, so that no member is missing, null or foreign.
func decodeRoster(payload []byte) (*Roster, error) {
	var r Roster
	if err := jcs.Unmarshal(payload, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRoster, err)
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	again, err := jcs.Marshal(&r)
	if err != nil || !bytes.Equal(again, payload) {
		return nil, fmt.Errorf("%w: a member is missing, null or not in its one spelling", ErrRoster)
	}
	return &r, nil
}

func checkRoots(doc *General, r, prev *Roster) error {
	own, before := false, false
	for i, t := range doc.Signatures() {
		inOwn, inPrev := findKey(r.Root, t.kid), findKey(prev.Root, t.kid)
		key := cmp.Or(inOwn, inPrev)
		if key == nil {
			return fmt.Errorf("%w: signature %d is by no root key", ErrRoster, i)
		}
		if err := t.Verify(key); err != nil {
			return fmt.Errorf("%w: signature %d: %w", ErrRoster, i, err)
		}
		own, before = own || inOwn != nil, before || inPrev != nil
	}
	if !own || !before {
		return fmt.Errorf("%w: a root it lists and a root of the roster before must sign", ErrRoster)
	}
	return nil
}

func findKey(list []*PublicKey, kid string) *PublicKey {
	for _, k := range list {
		if k.kid == kid {
			return k
		}
	}
	return nil
}
