package ledger

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/mod/sumdb/tlog"
)

// A record row holds what is private about a leaf:
//
//	batch8 n4 [subject32 nonce12 sealed]
//	batch8 n4 0x4c
//
// The second form is that of a lost payload: the leaf came back from a public
// copy of the log, what was private about it did not.
//
// subject32 is the SHA-256 of the subject; sealed is AES-256-GCM under the
// subject's key, with the leaf's RFC 6962 hash as additional data, of
//
//	0x00 payload          or, for a case leaf,
//	0x01 salt32 payload
const (
	saltSize  = 32
	nonceSize = 12
	placeSize = 8 + 4

	unsalted = 0x00
	salted   = 0x01
	lost     = 0x4c
)

// subjectOf is the digest of the subject in a record row with a payload.
func subjectOf(row []byte) (digest []byte, ok bool) {
	if len(row) < placeSize+sha256.Size {
		return nil, false
	}
	return row[placeSize : placeSize+sha256.Size], true
}

func placeRow(batch, n int64, sealed []byte) []byte {
	row := binary.BigEndian.AppendUint64(nil, uint64(batch))
	row = binary.BigEndian.AppendUint32(row, uint32(n))
	return append(row, sealed...)
}

func newAEAD(key [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal makes the sealed part of a record row.
func (it *item) seal(key [32]byte, rand io.Reader) error {
	aead, err := newAEAD(key)
	if err != nil {
		return fmt.Errorf("seal payload: %w", err)
	}
	var nonce [nonceSize]byte
	if _, err := io.ReadFull(rand, nonce[:]); err != nil {
		return fmt.Errorf("draw nonce: %w", err)
	}
	const head = sha256.Size + nonceSize
	subject := sha256.Sum256([]byte(it.subject))
	out := make([]byte, 0, head+1+len(it.salt)+len(it.payload)+aead.Overhead())
	out = append(append(out, subject[:]...), nonce[:]...)
	kind := byte(unsalted)
	if it.salt != nil {
		kind = salted
	}
	out = append(append(append(out, kind), it.salt...), it.payload...)
	it.sealed = aead.Seal(out[:head], nonce[:], out[head:], it.hash[:]) // in place
	return nil
}

// unseal is its inverse.
func unseal(key [32]byte, sealed []byte, hash tlog.Hash) (salt, payload []byte, err error) {
	const head = sha256.Size + nonceSize
	aead, err := newAEAD(key)
	if err != nil {
		return nil, nil, err
	}
	if len(sealed) < head {
		return nil, nil, fmt.Errorf("%w: sealed payload of %d bytes", ErrDamaged, len(sealed))
	}
	plain, err := aead.Open(nil, sealed[sha256.Size:head], sealed[head:], hash[:])
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("%w: sealed payload: %w", ErrDamaged, err)
	case len(plain) > 0 && plain[0] == unsalted:
		return nil, plain[1:], nil
	case len(plain) > saltSize && plain[0] == salted:
		return plain[1 : 1+saltSize], plain[1+saltSize:], nil
	}
	return nil, nil, fmt.Errorf("%w: sealed payload of no known form", ErrDamaged)
}

// open fills in subject and payload of a record from its sealed part; who tells
// the subject of a digest, nil where the name is gone.
func (l *Ledger) open(rec *Record, raw, sealed []byte, who func(digest []byte) ([]byte, error)) error {
	if len(sealed) == 0 {
		return nil
	}
	if len(sealed) == 1 && sealed[0] == lost {
		rec.Lost = true
		return nil
	}
	if len(sealed) < sha256.Size {
		return fmt.Errorf("%w: sealed payload of %d bytes", ErrDamaged, len(sealed))
	}
	subject, err := who(sealed[:sha256.Size])
	if err != nil {
		return fmt.Errorf("read subject: %w", err)
	}
	if subject == nil {
		rec.Erased = true
		return nil
	}
	key, err := l.keys.Key(string(subject), false)
	if errors.Is(err, ErrErased) {
		rec.Erased = true
		return nil
	}
	if l.unproven && errors.Is(err, ErrNotFound) {
		rec.Lost = true // so far; [Recover] asks again
		return nil
	}
	if err != nil {
		return fmt.Errorf("read subject's key: %w", err)
	}
	rec.Subject = string(subject)
	rec.Salt, rec.Payload, err = unseal(key, sealed, tlog.RecordHash(raw))
	if err != nil {
		return err
	}
	return checkCommitment(rec)
}

// checkCommitment checks that a case leaf commits to the payload under it.
func checkCommitment(rec *Record) error {
	leaf, ok := rec.Entry.(transparency.Case)
	if !ok || rec.Salt == nil {
		return nil
	}
	if transparency.Commitment([saltSize]byte(rec.Salt), rec.Payload) != leaf.SHA256 {
		return fmt.Errorf("%w: payload is not what the case leaf commits to", ErrDamaged)
	}
	return nil
}

// EraseSubject destroys the subject's key, and with it every payload sealed
// under it, for good. That it was done, and by whose decision, is the caller's
// to log. It may be repeated.
func (l *Ledger) EraseSubject(subject string) error {
	return l.still(func() error { return l.erase(subject) }) // no batch is sealing meanwhile
}

func (l *Ledger) erase(subject string) error {
	if err := l.usable(); err != nil {
		return err
	}
	if err := l.keys.Destroy(subject); err != nil {
		return fmt.Errorf("destroy subject's key: %w", err)
	}
	digest := sha256.Sum256([]byte(subject))
	if err := l.db.Delete(nameKey(rowSubject, digest[:]), pebble.Sync); err != nil {
		l.halt.stop(fmt.Errorf("forget subject: %w", err))
	}
	l.memo = &memo{} // nothing of the subject lingers
	l.views.adopt(l.newView(l.Head().Size))
	return nil
}
