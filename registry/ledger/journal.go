package ledger

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/mod/sumdb/tlog"
)

// The journal is the ledger's mirror: every batch once more, whole, in a
// directory that belongs on another disk. The head file can only say that the
// store lost something; the journal gives it back.
//
// It is a row of files <number of the first batch, 20 digits>.journal, each
//
//	"aeo-journal-v1\0" instance16 first8 crc4
//
// and then records, one a batch, numbers without a gap from 1:
//
//	"AEOB" number8 size8 root32 length4 crc4  rows  crc4
//
// with big-endian numbers. The first CRC-32C is over the record's head, the
// second over head and rows. The rows are those the batch has in the store but
// for projections and published heads, which follow from them: key length 2,
// value length 4, key, value. A journal holds sealed payloads, never the keys
// they are sealed with.
const (
	journalSuffix = ".journal"
	journalMagic  = "aeo-journal-v1\x00"
	recordMagic   = "AEOB"

	segmentHead = len(journalMagic) + instanceSize + 8 + 4
	recordHead  = len(recordMagic) + 8 + 8 + tlog.HashSize + 4 + 4
	crcSize     = 4

	// segmentBytes is the length from which on a new file is begun.
	segmentBytes = 64 << 20
	// maxRows bounds the rows of one batch, whatever a record says.
	maxRows = 1 << 30
)

// A journal is an open mirror. One goroutine owns it.
type journal struct {
	fs       vfs.FS
	dir      string
	instance [instanceSize]byte
	limit    int64 // bytes from which on a new segment is begun
	lock     io.Closer

	segments []segment // oldest first
	file     vfs.File  // the last segment, for appending; nil without one
	newest   journalRecord
}

type segment struct {
	first int64 // number of its first batch
	end   int64 // bytes up to the end of its last whole record
}

// A journalRecord is a batch in the journal.
type journalRecord struct {
	number, size int64
	root         tlog.Hash
	rows         []byte
}

// openJournal opens the journal of a directory, which it makes where there is
// none, and reads all of it. A last record that a crash left half written is
// dropped: it was acknowledged to nobody. Any other damage, and the journal of
// another ledger, is [ErrDamaged].
func openJournal(fs vfs.FS, dir string, instance [instanceSize]byte) (*journal, error) {
	j := &journal{fs: fs, dir: dir, instance: instance, limit: segmentBytes}
	if err := j.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("mirror %s: %w", dir, err), j.close())
	}
	return j, nil
}

func (j *journal) open() (err error) {
	if err := makeDir(j.fs, j.dir); err != nil {
		return err
	}
	lock, err := lockDir(j.fs, j.dir)
	if err != nil {
		return err
	}
	j.lock = lock
	if j.segments, err = listSegments(j.fs, j.dir); err != nil {
		return err
	}
	for i := range j.segments {
		if err := j.check(i); err != nil {
			return fmt.Errorf("%s: %w", segmentName(j.segments[i].first), err)
		}
	}
	return j.reopen()
}

// listSegments finds the files of a journal.
func listSegments(fs vfs.FS, dir string) (out []segment, err error) {
	names, err := fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("list segments: %w", err)
	}
	slices.Sort(names)
	for _, name := range names {
		if !strings.HasSuffix(name, journalSuffix) {
			continue // the lock and its holder, or what a crash left half made
		}
		var first int64
		if _, err := fmt.Sscanf(name, "%d"+journalSuffix, &first); err != nil || segmentName(first) != name {
			return nil, fmt.Errorf("%w: %.40q is no segment", ErrDamaged, name)
		}
		out = append(out, segment{first: first})
	}
	return out, nil
}

func segmentName(first int64) string { return fmt.Sprintf("%020d%s", first, journalSuffix) }

func (j *journal) path(s segment) string { return j.fs.PathJoin(j.dir, segmentName(s.first)) }

// check reads a segment through and cuts a torn last record off the last one.
func (j *journal) check(i int) error {
	if j.segments[i].first != j.newest.number+1 {
		return fmt.Errorf("%w: it does not follow batch %d", ErrDamaged, j.newest.number)
	}
	end, err := j.read(j.segments[i], func(r journalRecord) error {
		r.rows = nil
		j.newest = r
		return nil
	})
	j.segments[i].end = end
	if !errors.Is(err, errTorn) {
		return err
	}
	if i < len(j.segments)-1 {
		return fmt.Errorf("at byte %d: %w", end, err)
	}
	return j.cut(j.segments[i])
}

// errTorn says that a record does not hold.
var errTorn = fmt.Errorf("%w: a record does not hold", ErrDamaged)

// read calls fn with the records of a segment and returns where the last whole
// one ends.
func (j *journal) read(s segment, fn func(journalRecord) error) (end int64, err error) {
	file, err := j.fs.Open(j.path(s), vfs.SequentialReadsOption)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	length := info.Size()
	r := bufio.NewReaderSize(io.NewSectionReader(file, 0, length), 1<<20)
	if err := j.readHead(r, s); err != nil {
		return 0, err
	}
	end = int64(segmentHead)
	for number := s.first; end < length; number++ {
		rec, n, err := readRecord(r, length-end)
		if err != nil {
			return end, err
		}
		if rec.number != number {
			return end, fmt.Errorf("%w: batch %d where batch %d belongs", ErrDamaged, rec.number, number)
		}
		if err := fn(rec); err != nil {
			return end, err
		}
		end += n
	}
	return end, nil
}

// readHead reads the head of a segment. Segments are made with their head, so
// no crash leaves a bad one.
func (j *journal) readHead(r io.Reader, s segment) error {
	head := make([]byte, segmentHead)
	if _, err := io.ReadFull(r, head); err != nil {
		return fmt.Errorf("%w: no head: %w", ErrDamaged, err)
	}
	want := j.head(s.first)
	if !bytes.HasPrefix(head, []byte(journalMagic)) || !checksummed(head) {
		return fmt.Errorf("%w: its head does not hold", ErrDamaged)
	}
	if !bytes.Equal(head, want) {
		return fmt.Errorf("%w: it is of ledger %x from batch %d on, the store is %x", ErrDamaged,
			head[len(journalMagic):][:instanceSize], binary.BigEndian.Uint64(head[segmentHead-12:]), j.instance)
	}
	return nil
}

func (j *journal) head(first int64) []byte {
	return checksum(slices.Concat([]byte(journalMagic), j.instance[:], number(first)))
}

// checksum appends the CRC-32C of b.
func checksum(b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli()))
}

// checksummed reports whether b ends with the CRC-32C of the rest.
func checksummed(b []byte) bool {
	n := len(b) - crcSize
	return n >= 0 && binary.BigEndian.Uint32(b[n:]) == crc32.Checksum(b[:n], castagnoli())
}

// readRecord reads a record of at most left bytes; errTorn where it does not hold.
func readRecord(r io.Reader, left int64) (rec journalRecord, n int64, err error) {
	if left < int64(recordHead) {
		return rec, 0, errTorn
	}
	head := make([]byte, recordHead)
	if _, err := io.ReadFull(r, head); err != nil {
		return rec, 0, err
	}
	length, ok := rec.parseHead(head)
	n = int64(recordHead) + length + crcSize
	if !ok || n > left {
		return rec, 0, errTorn
	}
	body := make([]byte, length+crcSize)
	if _, err := io.ReadFull(r, body); err != nil {
		return rec, 0, err
	}
	rec.rows = body[:length:length]
	sum := crc32.Update(crc32.Checksum(head, castagnoli()), castagnoli(), rec.rows)
	if binary.BigEndian.Uint32(body[length:]) != sum {
		return rec, 0, errTorn
	}
	return rec, n, nil
}

// parseHead reads the head of a record.
func (rec *journalRecord) parseHead(head []byte) (length int64, ok bool) {
	rest, ok := bytes.CutPrefix(head, []byte(recordMagic))
	if !ok || !checksummed(head) {
		return 0, false
	}
	rec.number, rec.size = int64(binary.BigEndian.Uint64(rest)), int64(binary.BigEndian.Uint64(rest[8:]))
	rec.root = tlog.Hash(rest[16 : 16+tlog.HashSize])
	length = int64(binary.BigEndian.Uint32(rest[16+tlog.HashSize:]))
	return length, rec.number > 0 && rec.size > 0 && length <= maxRows
}

func (rec *journalRecord) bytes() []byte {
	b := slices.Concat([]byte(recordMagic), number(rec.number), number(rec.size), rec.root[:])
	b = slices.Grow(b, 2*crcSize+4+len(rec.rows))
	b = checksum(binary.BigEndian.AppendUint32(b, uint32(len(rec.rows))))
	return checksum(append(b, rec.rows...))
}

// cut drops what follows the last whole record of a segment. Where a record
// that holds comes after it, nothing was torn: it is damage.
func (j *journal) cut(s segment) error {
	file, err := j.fs.Open(j.path(s))
	if err != nil {
		return err
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	for rest := raw[s.end+1:]; ; rest = rest[1:] {
		at := bytes.Index(rest, []byte(recordMagic))
		if at < 0 {
			break
		}
		rest = rest[at:]
		var later journalRecord
		if len(rest) >= recordHead {
			if _, ok := later.parseHead(rest[:recordHead]); ok && later.number > j.newest.number {
				return fmt.Errorf("%w: batch %d does not hold, batch %d follows it", ErrDamaged, j.newest.number+1, later.number)
			}
		}
	}
	return writeDurably(j.fs, j.dir, segmentName(s.first), raw[:s.end])
}

// reopen opens the last segment for appending.
func (j *journal) reopen() (err error) {
	if len(j.segments) == 0 {
		return nil
	}
	j.file, err = j.fs.OpenReadWrite(j.path(j.segments[len(j.segments)-1]), vfs.WriteCategoryUnspecified)
	return err
}

// append makes the next batch durable. After an error the journal must not be
// used without opening it again, in another process.
func (j *journal) append(number, size int64, rows []byte) error {
	rec := journalRecord{number: number, size: size, rows: rows}
	var err error
	if rec.root, err = rootOf(rows, number, size); err == nil && (number != j.newest.number+1 || size <= j.newest.size) {
		err = fmt.Errorf("batch %d of size %d does not follow batch %d of size %d", number, size, j.newest.number, j.newest.size)
	}
	if err == nil && len(rows) > maxRows {
		err = fmt.Errorf("batch %d has %d bytes of rows", number, len(rows))
	}
	if err == nil {
		err = j.write(rec)
	}
	if err != nil {
		return fmt.Errorf("mirror %s: %w", j.dir, err)
	}
	rec.rows = nil
	j.newest = rec
	return nil
}

func (j *journal) write(rec journalRecord) error {
	if n := len(j.segments); n == 0 || j.segments[n-1].end >= j.limit {
		if err := j.begin(rec.number); err != nil {
			return err
		}
	}
	b, last := rec.bytes(), &j.segments[len(j.segments)-1]
	if _, err := j.file.WriteAt(b, last.end); err != nil {
		return fmt.Errorf("write batch %d: %w", rec.number, err)
	}
	if err := j.file.SyncData(); err != nil {
		return fmt.Errorf("sync batch %d: %w", rec.number, err)
	}
	last.end += int64(len(b))
	return nil
}

// begin makes a new segment.
func (j *journal) begin(first int64) error {
	if j.file != nil {
		if err := j.file.Close(); err != nil {
			return fmt.Errorf("close segment: %w", err)
		}
		j.file = nil
	}
	if err := writeDurably(j.fs, j.dir, segmentName(first), j.head(first)); err != nil {
		return fmt.Errorf("begin segment: %w", err)
	}
	j.segments = append(j.segments, segment{first: first, end: int64(segmentHead)})
	return j.reopen()
}

// last is the newest batch of the journal and its tree size; 0, 0 when it is empty.
func (j *journal) last() (number, size int64) { return j.newest.number, j.newest.size }

// since calls fn with the batches after number, in order.
func (j *journal) since(number int64, fn func(number, size int64, rows []byte) error) error {
	for i, s := range j.segments {
		if i+1 < len(j.segments) && j.segments[i+1].first <= number+1 {
			continue
		}
		if _, err := j.read(s, func(r journalRecord) error {
			if r.number <= number {
				return nil
			}
			return fn(r.number, r.size, r.rows)
		}); err != nil {
			return fmt.Errorf("mirror %s: %s: %w", j.dir, segmentName(s.first), err)
		}
	}
	return nil
}

func (j *journal) close() (err error) {
	if j.file != nil {
		err = j.file.Close()
	}
	if j.lock != nil {
		err = errors.Join(err, j.lock.Close())
	}
	return err
}

// hasJournal reports whether a directory holds a journal.
func hasJournal(fs vfs.FS, dir string) (bool, error) {
	if _, err := fs.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	found, err := listSegments(fs, dir)
	return len(found) > 0, err
}
