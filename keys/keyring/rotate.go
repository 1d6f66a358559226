package keyring

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/keys"
)

// ErrAnnounced says that a key of the role is announced already and has not begun to sign.
var ErrAnnounced = errors.New("a key of this role is announced already")

// Overlap is how long the key before may still sign once the next one does: what
// was begun with it is finished with it.
const Overlap = 24 * time.Hour

// Announce adds the next key of a role and rewrites the ring file; it signs once
// the next roster lists it and from has come, which is taken back to the
// beginning of its UTC day. The keys of the role that the roster lists end
// signing an [Overlap] later; what they signed is accepted for as long as before.
//
// A ring whose key was never listed, since the node stopped between the ring and
// the roster, gives that key its window anew instead of making another.
//
// Root keys change in a ceremony, a log's key never, and the keys of witness and
// auditor not while others pin them: ErrRole.
func (r *Ring) Announce(role keys.Role, listed *keys.Roster, from, now time.Time) (Entry, error) {
	switch role {
	case keys.RoleLog:
		return Entry{}, fmt.Errorf("%w: a log's key never changes, another key is another log", ErrRole)
	case keys.RoleWitness, keys.RoleAuditor:
		return Entry{}, fmt.Errorf("%w: others pin the %s key, which is replaced only with all of them", ErrRole, role)
	case keys.RoleRoot:
		return Entry{}, fmt.Errorf("%w: root keys change in a ceremony", ErrRole)
	}
	if !Rotates(role) {
		return Entry{}, fmt.Errorf("%w: unknown role %.16q", ErrRole, role)
	}
	next, err := generate(role, r.host, from, r.rand)
	if err != nil {
		return Entry{}, err
	}
	err = r.change(func(ring []key) ([]key, error) {
		changed, pending, err := rotate(ring, next, listed, now)
		next = pending
		return changed, err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("announce %s key: %w", role, err)
	}
	return next.entry(), nil
}

// Rotates reports whether keys of the role are replaced in the ordinary way, by [Ring.Announce].
func Rotates(role keys.Role) bool { return role.JOSE() && role != keys.RoleRoot }

// rotate puts the next key at the end of the ring and ends the listed ones of
// its role. A key of the role that no roster lists takes next's window and place.
func rotate(ring []key, next key, listed *keys.Roster, now time.Time) (changed []key, pending key, err error) {
	until := max(next.Nbf, now.Unix()) + int64(Overlap/time.Second)
	signing := int64(0)
	for _, k := range ring {
		if k.Role != next.Role {
			changed = append(changed, k)
			continue
		}
		in := k.listedIn(listed)
		switch {
		case in == nil && k.Revoked == nil && k.Exp >= now.Unix():
			k.Nbf, k.SignUntil, k.Exp = next.Nbf, next.SignUntil, next.Exp
			next = k
			continue
		case in != nil && in.Nbf > now.Unix():
			return nil, key{}, fmt.Errorf("%w: it signs from %s", ErrAnnounced, time.Unix(in.Nbf, 0).UTC().Format(time.DateOnly))
		case in != nil && in.Revoked == nil:
			signing = max(signing, in.SignUntil)
			k.SignUntil = min(in.SignUntil, until) // the ring may hold what no roster came to say
		}
		changed = append(changed, k)
	}
	if signing >= now.Unix() && signing < next.Nbf {
		return nil, key{}, fmt.Errorf("%w: the present key signs until %s only, the next one would from %s", ErrNoKey,
			time.Unix(signing, 0).UTC().Format(time.DateOnly), time.Unix(next.Nbf, 0).UTC().Format(time.DateOnly))
	}
	return append(changed, next), next, nil
}

// Unlisted are the roles of which the ring holds a key that the roster does not
// list though it should: a rotation was cut short.
func (r *Ring) Unlisted(listed *keys.Roster, now time.Time) []keys.Role {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var roles []keys.Role
	for _, k := range r.keys {
		if Rotates(k.Role) && k.Exp >= now.Unix() && k.Revoked == nil && k.listedIn(listed) == nil {
			roles = append(roles, k.Role)
		}
	}
	return roles
}

// RootsOf reports whether the roster's roots are those it would be given now:
// false once a ceremony has changed them in the ring. A ring without root keys,
// which are kept elsewhere then, would give none.
func (r *Ring) RootsOf(listed *keys.Roster, now time.Time) bool {
	next := &keys.Roster{}
	r.fill(next, nil, now)
	return len(next.Root) == 0 || len(next.Root) == len(listed.Root) && !slices.ContainsFunc(next.Root, func(k *keys.PublicKey) bool {
		return !slices.ContainsFunc(listed.Root, k.Equal)
	})
}

// SignerIn is the ES256 key of a role that may sign at an instant by what the
// roster says, which the world goes by, of several the newest; at is the time
// that will stand in what is signed.
func (r *Ring) SignerIn(listed *keys.Roster, role keys.Role, at time.Time) (*keys.Signer, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for i := len(r.keys) - 1; i >= 0; i-- {
		k := &r.keys[i]
		if k.Role != role || k.signer == nil || k.Revoked != nil && at.Unix() >= k.Revoked.At {
			continue
		}
		if in := k.listedIn(listed); in != nil && in.MaySignAt(at.Unix()) {
			return k.signer, nil
		}
	}
	return nil, fmt.Errorf("%w: none of role %s that the roster lists may sign at %s", ErrNoKey, role, at.UTC().Format(time.RFC3339))
}

// listedIn is the roster's entry for the key; nil where it has none.
func (k *key) listedIn(r *keys.Roster) *keys.RosterKey {
	for i := range r.Keys {
		in := &r.Keys[i]
		if in.Role == k.Role && (k.signer != nil && k.signer.Public().Equal(in.JWK) || k.note != nil && in.VKey == k.id()) {
			return in
		}
	}
	return nil
}
