package ledger_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/aeo-registry/aeo/registry/ledger"
)

// Checksums are no proof: a batch of the mirror whose tree hashes are not those
// of its leaves is refused before anything of it is in the store, which the
// right mirror then still makes whole.
func TestAMirrorWithAnotherTreeIsNotTakenOver(t *testing.T) {
	w := mirrored(t)
	old, notes := w.copied(), newNotebook()
	l := w.mustOpen(t)
	busy(t, l, notes, 3)
	closed(t, l)
	w.setBack(t, old) // so that the mirror is needed
	name := "/mirror/00000000000000000001.journal"
	good := content(t, w.mirror, name)
	put(t, w.mirror, name, forged(t, good))
	if _, err := w.open(); !errors.Is(err, ledger.ErrDamaged) {
		t.Fatalf("with a forged mirror: %v", err)
	}
	put(t, w.mirror, name, good)
	notes.check(t, w.id, w.mustOpen(t))
}

// forged is a journal whose last batch has another tree hash, and checksums
// that hold (see journal.go).
func forged(t *testing.T, raw []byte) []byte {
	t.Helper()
	raw = slices.Clone(raw)
	record := raw[bytes.LastIndex(raw, []byte("AEOB")):]
	const rowHead = 2 + 4 // lengths of key and value
	last := bytes.LastIndex(record, []byte("\x00\x09\x00\x00\x00\x20h"))
	if last < 0 {
		t.Fatal("no tree hash in the last batch")
	}
	record[last+rowHead+9] ^= 1
	body := record[:len(record)-4]
	binary.BigEndian.PutUint32(record[len(body):], crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
	return raw
}
