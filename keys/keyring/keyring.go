// Package keyring keeps one node's private keys in one age-encrypted file.
//
// The file is readable by its owner alone and encrypted to an age X25519
// identity or a passphrase ([Unlock]). Inside is one JSON object, RFC 8785:
//
//	{"format": "aeo.keyring/1",
//	 "host": "aeo.customs.nz.example",
//	 "storage": "AGE-SECRET-KEY-1...",
//	 "keys": [{"role", "private", "nbf", "sign_until", "exp", "revoked"?}]}
//
// with keys oldest first and private the 32 bytes of a P-256 scalar or an
// Ed25519 seed in base64url. storage is the X25519 identity that [Ring.Seal]
// encrypts other secrets of the node to, so that they survive a change of
// passphrase.
//
// Every change writes a new file beside the old one, syncs it and renames it
// over: after a crash the ring is the old one or the new one. Nothing of the
// package prints a private key.
package keyring

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"filippo.io/age"
	"github.com/aeo-registry/aeo/keys"
)

var (
	// ErrUnlock says that the identity or passphrase is not the one the ring is encrypted to.
	ErrUnlock = errors.New("key ring does not open with this identity or passphrase")
	// ErrDamaged says that what was decrypted, or what should be, is no key ring.
	ErrDamaged = errors.New("damaged key ring")
	// ErrNoKey says that the ring has no key that may do this now.
	ErrNoKey = errors.New("no such key in the ring")
	// ErrRole says that no key of the role can be made.
	ErrRole = errors.New("no key of this role can be made")
)

// A Ring is an open key ring. It may be used by several goroutines.
type Ring struct {
	path   string
	unlock Unlock
	rand   io.Reader
	host   string

	storage *age.X25519Identity

	mu   sync.RWMutex
	keys []key // guarded by mu; oldest first
}

// An Entry describes one key without its private half.
type Entry struct {
	Role                keys.Role
	JWK                 *keys.PublicKey // JOSE roles and root
	VKey                string          // note roles
	Nbf, SignUntil, Exp time.Time
	Revoked             *keys.Revocation // nil for a key in good standing
}

// Create generates one key per role, one root among them, and writes the ring
// file, mode 0600; it must not exist. Host names the note keys: host/log,
// host/witness, host/auditor. Source gives the randomness of the signature
// keys; nil is the system's, which also makes the storage key.
func Create(path string, unlock Unlock, host string, now time.Time, source io.Reader) (*Ring, error) {
	if !regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`).MatchString(host) {
		return nil, fmt.Errorf("create key ring: %.80q is no host name", host)
	}
	if source == nil {
		source = rand.Reader
	}
	storage, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("create storage key: %w", err)
	}
	r := &Ring{path: path, unlock: unlock, rand: source, host: host, storage: storage}
	for _, role := range []keys.Role{
		keys.RoleRoot, keys.RoleFederation, keys.RoleBundle, keys.RoleIssuer, keys.RoleExchange,
		keys.RoleReceipt, keys.RoleLog, keys.RoleWitness, keys.RoleAuditor,
	} {
		k, err := generate(role, host, now, source)
		if err != nil {
			return nil, err
		}
		r.keys = append(r.keys, k)
	}
	sealed, err := r.encode(r.keys)
	if err != nil {
		return nil, err
	}
	if err := writeNew(path, sealed); err != nil {
		return nil, fmt.Errorf("create key ring: %w", err)
	}
	return r, nil
}

// Open decrypts a ring. It refuses a file that others than its owner can reach
// ([ModeError]).
func Open(path string, unlock Unlock) (*Ring, error) {
	sealed, err := readPrivate(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("open key ring: %w", err)
	}
	plain, err := unlock.decrypt(sealed)
	if err != nil {
		return nil, fmt.Errorf("open key ring %s: %w", path, err)
	}
	r := &Ring{path: path, unlock: unlock, rand: rand.Reader}
	if err := r.decode(plain); err != nil {
		return nil, fmt.Errorf("open key ring %s: %w", path, err)
	}
	return r, nil
}

// Entries lists the keys, oldest first.
func (r *Ring) Entries() []Entry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []Entry
	for _, k := range r.keys {
		out = append(out, k.entry())
	}
	return out
}

// Signer is the ES256 key of a role that may sign at the instant now; of
// several the newest.
func (r *Ring) Signer(role keys.Role, now time.Time) (*keys.Signer, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for i := len(r.keys) - 1; i >= 0; i-- {
		if k := &r.keys[i]; k.Role == role && k.signer != nil && k.maySignAt(now) {
			return k.signer, nil
		}
	}
	return nil, fmt.Errorf("%w: none of role %s may sign at %s", ErrNoKey, role, now.UTC().Format(time.RFC3339))
}

// ByKID is the ES256 key of a role with that kid until the roster's acceptance of
// it ends, whether it may still sign or not: for what was encrypted to it. Nil
// where there is none.
func (r *Ring) ByKID(role keys.Role, kid string, now time.Time) *keys.Signer {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for i := range r.keys {
		if k := &r.keys[i]; k.Role == role && k.signer != nil && k.id() == kid && now.Unix() < k.Exp {
			return k.signer
		}
	}
	return nil
}

// NoteSigner is the note key of a role; of several the newest that is not revoked.
func (r *Ring) NoteSigner(role keys.Role) (*keys.NoteSigner, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for i := len(r.keys) - 1; i >= 0; i-- {
		if k := &r.keys[i]; k.Role == role && k.note != nil && k.Revoked == nil {
			return k.note, nil
		}
	}
	return nil, fmt.Errorf("%w: no note key of role %s", ErrNoKey, role)
}

// Generate adds a key of the role and rewrites the ring file. A log's key
// never changes, since another key is another log.
func (r *Ring) Generate(role keys.Role, now time.Time) (Entry, error) {
	if role == keys.RoleLog {
		return Entry{}, fmt.Errorf("%w: a log's key never changes", ErrRole)
	}
	k, err := generate(role, r.host, now, r.rand)
	if err != nil {
		return Entry{}, err
	}
	err = r.change(func(ring []key) ([]key, error) { return append(ring, k), nil })
	if err != nil {
		return Entry{}, fmt.Errorf("add %s key: %w", role, err)
	}
	return k.entry(), nil
}

// Revoke takes a key out of use from an instant on and rewrites the ring file;
// the next roster says so. Id is the kid or the verifier key, reason one that a
// roster knows. Revoking again replaces what was said before.
func (r *Ring) Revoke(id string, at time.Time, reason string) error {
	switch reason {
	case "unspecified", "superseded", keys.ReasonCompromised:
	default:
		return fmt.Errorf("revoke key: unknown reason %.40q", reason)
	}
	err := r.change(func(ring []key) ([]key, error) {
		for i := range ring {
			if ring[i].id() == id {
				ring[i].Revoked = &keys.Revocation{At: at.Unix(), Reason: reason}
				return ring, nil
			}
		}
		return nil, fmt.Errorf("%w: %.120q", ErrNoKey, id)
	})
	if err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	return nil
}

// change applies edit to a copy of the keys; they become the ring's once they are on disk.
func (r *Ring) change(edit func([]key) ([]key, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed, err := edit(append([]key(nil), r.keys...))
	if err != nil {
		return err
	}
	sealed, err := r.encode(changed)
	if err != nil {
		return err
	}
	if err := replace(r.path, sealed); err != nil {
		return err
	}
	r.keys = changed
	return nil
}

// Format keeps the keys out of every print.
func (r *Ring) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue keeps the keys out of every log.
func (r *Ring) LogValue() slog.Value { return slog.StringValue(redacted) }

const redacted = "[redacted]"
