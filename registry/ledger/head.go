package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/mod/sumdb/tlog"
	"os"
)

// The head file remembers the newest signed tree outside Pebble, because a
// store that lost its tail to a damaged WAL, or was put back from a copy, opens
// without a complaint (quality 0.1). It has two slots of 4 096 bytes that are
// written in turn, so that a torn write leaves the one before:
//
//	"aeo-head-v1\0" instance16 size8 root32 length2 checkpoint 0... crc4
//
// with big-endian numbers and CRC-32C over all before it.
const (
	headName  = "head"
	headMagic = "aeo-head-v1\x00"
	slotSize  = 4096

	atInstance   = len(headMagic)
	atSize       = atInstance + instanceSize
	atRoot       = atSize + 8
	atLength     = atRoot + tlog.HashSize
	atCheckpoint = atLength + 2
	atCRC        = slotSize - 4
)

// A headSlot is what one slot says.
type headSlot struct {
	instance   [instanceSize]byte
	size       int64
	root       tlog.Hash
	checkpoint []byte
}

func (s *headSlot) bytes() ([]byte, error) {
	if len(s.checkpoint) > atCRC-atCheckpoint {
		return nil, fmt.Errorf("checkpoint of %d bytes does not fit the head file", len(s.checkpoint))
	}
	b := make([]byte, slotSize)
	copy(b, headMagic)
	copy(b[atInstance:], s.instance[:])
	binary.BigEndian.PutUint64(b[atSize:], uint64(s.size))
	copy(b[atRoot:], s.root[:])
	binary.BigEndian.PutUint16(b[atLength:], uint16(len(s.checkpoint)))
	copy(b[atCheckpoint:], s.checkpoint)
	binary.BigEndian.PutUint32(b[atCRC:], crc32.Checksum(b[:atCRC], castagnoli()))
	return b, nil
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// parseSlot gives nil where the slot is blank or torn.
func parseSlot(b []byte) *headSlot {
	if len(b) != slotSize || !bytes.HasPrefix(b, []byte(headMagic)) ||
		binary.BigEndian.Uint32(b[atCRC:]) != crc32.Checksum(b[:atCRC], castagnoli()) {
		return nil
	}
	size, length := binary.BigEndian.Uint64(b[atSize:]), int(binary.BigEndian.Uint16(b[atLength:]))
	if size == 0 || int64(size) < 0 || atCheckpoint+length > atCRC {
		return nil
	}
	return &headSlot{
		instance:   [instanceSize]byte(b[atInstance:]),
		size:       int64(size),
		root:       tlog.Hash(b[atRoot:atLength]),
		checkpoint: slices.Clone(b[atCheckpoint : atCheckpoint+length]),
	}
}

// A headFile is the open head file. One goroutine owns it.
type headFile struct {
	fs   vfs.FS
	dir  string
	file vfs.File // nil until it is created by the first write
	next int64    // the slot to write
	torn bool     // one slot did not hold when the file was opened
}

// open opens the file and returns its newest slot; nil where there is no file.
// A file of which no slot holds is refused: no crash leaves one, and what it
// knew is lost.
func (h *headFile) open() (*headSlot, error) {
	name := h.fs.PathJoin(h.dir, headName)
	if _, err := h.fs.Stat(name); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("find head file: %w", err)
	}
	file, err := h.fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, fmt.Errorf("open head file: %w", err)
	}
	newest, err := h.read(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("head file %s: %w", name, err), file.Close())
	}
	h.file = file
	return newest, nil
}

// read picks the newest slot and leaves the other to be written next.
func (h *headFile) read(file vfs.File) (*headSlot, error) {
	raw := make([]byte, 2*slotSize+1)
	n, err := file.ReadAt(raw, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read: %w", err)
	}
	if n != 2*slotSize {
		return nil, fmt.Errorf("%w: not of %d bytes", ErrDamaged, 2*slotSize)
	}
	a, b := parseSlot(raw[:slotSize]), parseSlot(raw[slotSize:2*slotSize])
	h.torn = a == nil || b == nil && !blank(raw[slotSize:2*slotSize])
	switch {
	case a == nil && b == nil:
		return nil, fmt.Errorf("%w: neither slot holds", ErrDamaged)
	case a == nil || b != nil && b.size > a.size:
		h.next, a = 0, b
	case b != nil && b.size == a.size:
		return nil, fmt.Errorf("%w: both slots are of size %d", ErrDamaged, a.size)
	default:
		h.next = 1
	}
	return a, nil
}

func blank(b []byte) bool { return bytes.Count(b, []byte{0}) == len(b) }

// write makes the slot durable. After an error the file must not be trusted
// without reading it again, in another process.
func (h *headFile) write(s *headSlot) error {
	b, err := s.bytes()
	if err != nil {
		return err
	}
	if h.file == nil {
		return h.create(b)
	}
	if _, err := h.file.WriteAt(b, h.next*slotSize); err != nil {
		return fmt.Errorf("write head file: %w", err)
	}
	if err := h.file.SyncData(); err != nil {
		return fmt.Errorf("sync head file: %w", err)
	}
	h.next = 1 - h.next
	return nil
}

// create makes the file with its first slot under another name, so that no
// crash leaves a head file without one.
func (h *headFile) create(slot []byte) error {
	if err := writeDurably(h.fs, h.dir, headName, append(slot, make([]byte, slotSize)...)); err != nil {
		return fmt.Errorf("create head file: %w", err)
	}
	file, err := h.fs.OpenReadWrite(h.fs.PathJoin(h.dir, headName), vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("open head file: %w", err)
	}
	h.file, h.next = file, 1
	return nil
}

func (h *headFile) close() error {
	if h.file == nil {
		return nil
	}
	return h.file.Close()
}
