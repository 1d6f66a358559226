// Package statuslist is the Token Status List (draft-ietf-oauth-status-list)
// with 2 bits per credential: valid, ended, suspended, superseded.
//
// A [List] is 2^14 to 2^20 values in one array of bytes, value i in the bits
// from 2*(i mod 4) upwards of byte i/4. Its [List.Digest] is what a log's state
// leaf holds. A token is the list, compressed, in a JWS of typ "statuslist+jwt":
//
//	{"sub": uri, "iat", "exp": iat + 24 h, "ttl": 900,
//	 "status_list": {"bits": 2, "lst": base64url(zlib(list))},
//	 "aeo_log": {"origin", "size", "root"}}
//
// where aeo_log names the published log size whose state leaf holds the same
// bits. Nothing is inflated before the signature verified, and then into
// exactly the bytes the list has: a bomb bursts at its first byte too many.
//
// The package is pure: no file, no network, no clock.
package statuslist

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrList says that a list or a token does not hold.
var ErrList = errors.New("status list does not hold")

// Sizes of a list, in entries.
const (
	Bits        = 2
	MinSize     = 1 << 14
	DefaultSize = 1 << 17
	MaxSize     = 1 << 20
)

// perByte is how many values one byte holds.
const perByte = 8 / Bits

// String is the word for v in JSON and text.
func (v Value) String() string {
	switch v {
	case Valid:
		return "valid"
	case Ended:
		return "ended"
	case Suspended:
		return "suspended"
	case Superseded:
		return "superseded"
	}
	return fmt.Sprintf("value %d", uint8(v))
}

// May reports whether a status may change from v to to. Ended is final: a
// court's restoration is a new credential.
func (v Value) May(to Value) bool {
	switch v {
	case Valid:
		return to == Ended || to == Suspended || to == Superseded
	case Suspended:
		return to == Valid || to == Ended || to == Superseded
	case Superseded:
		return to == Ended
	}
	return false
}

// A List is an array of 2-bit values. The zero List has size 0. One goroutine
// owns a list that is still being set.
type List struct {
	raw []byte
}

// NewList makes a list of valid entries; size is a power of two in [MinSize, MaxSize].
func NewList(size int64) (*List, error) {
	if err := checkSize(size); err != nil {
		return nil, err
	}
	return &List{raw: make([]byte, size/perByte)}, nil
}

// FromRaw reads a list of size entries from its bytes, which it copies.
func FromRaw(raw []byte, size int64) (*List, error) {
	if err := checkSize(size); err != nil {
		return nil, err
	}
	if int64(len(raw)) != size/perByte {
		return nil, fmt.Errorf("%w: %d bytes for %d entries, want %d", ErrList, len(raw), size, size/perByte)
	}
	return &List{raw: bytes.Clone(raw)}, nil
}

// FromLst reads a list of size entries from an lst; see [DecodeLst].
func FromLst(lst string, size int64) (*List, error) {
	if err := checkSize(size); err != nil {
		return nil, err
	}
	raw, err := DecodeLst(lst, int(size/perByte))
	if err != nil {
		return nil, err
	}
	return &List{raw: raw}, nil
}

func checkSize(size int64) error {
	if size < MinSize || size > MaxSize || size&(size-1) != 0 {
		return fmt.Errorf("%w: size %d is not a power of two from %d to %d", ErrList, size, MinSize, MaxSize)
	}
	return nil
}

// Size is the number of entries.
func (l *List) Size() int64 { return int64(len(l.raw)) * perByte }

// Get is the value of entry idx.
func (l *List) Get(idx int64) (Value, error) {
	v, err := At(l.raw, Bits, idx)
	return Value(v), err
}

// Set changes entry idx; whether it may change so is [Value.May].
func (l *List) Set(idx int64, v Value) error {
	if idx < 0 || idx >= l.Size() {
		return fmt.Errorf("%w: idx %d of %d entries", ErrList, idx, l.Size())
	}
	if v > Superseded {
		return fmt.Errorf("%w: %v does not fit 2 bits", ErrList, v)
	}
	shift := idx % perByte * Bits
	b := &l.raw[idx/perByte]
	*b = *b&^(3<<shift) | byte(v)<<shift
	return nil
}

// Raw are the list's own bytes, to be read only.
func (l *List) Raw() []byte { return l.raw }

// Clone is an independent copy.
func (l *List) Clone() *List { return &List{raw: bytes.Clone(l.raw)} }

// Digest is what a log's state leaf holds of the list published at uri: lower-case
// hex of SHA-256("aeo-list-v1\0" uri 0x00 bits u64be(size) raw).
func (l *List) Digest(uri string) string {
	h := sha256.New()
	h.Write([]byte("aeo-list-v1\x00" + uri + "\x00"))
	h.Write([]byte{Bits})
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(l.Size())))
	h.Write(l.raw)
	return hex.EncodeToString(h.Sum(nil))
}
