package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"golang.org/x/mod/sumdb/tlog"
)

// The rows of the store. A key is one byte that says the kind, then what is
// named here; numbers are 8 bytes, big endian. The formats are final: a ledger
// is kept for decades.
const (
	rowMeta      = 'm' // "ledger" -> "aeo-ledger-v1\0" instance16; "tree" -> see treeRow; "view" -> size the projections reflect
	rowLeaf      = 'l' // leaf index -> the leaf (RFC 8785)
	rowHash      = 'h' // stored hash index of x/mod/sumdb/tlog -> hash32
	rowRecord    = 'r' // leaf index -> place in the causal order and sealed payload, see seal.go
	rowBatch     = 'b' // batch number, from 1 -> first leaf, size, at
	rowSubject   = 's' // SHA-256 of a subject -> the subject; deleted when it is erased
	rowView      = 'v' // key of a projection -> its value
	rowPublished = 'p' // size 0 -> checkpoint; size 1 uri -> artefact
)

const (
	instanceSize = 16 // bytes that tell one ledger, and its head file, from another
	format       = "aeo-ledger-v1\x00"
)

var (
	keyLedger = []byte("mledger")
	keyTree   = []byte("mtree")
	keyView   = []byte("mview")
	keyForm   = []byte("mform") // of the rows of read models, as [Former] says
)

func rowKey(kind byte, n int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{kind}, uint64(n))
}

func nameKey(kind byte, name []byte) []byte { return append([]byte{kind}, name...) }

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// numbers splits a row of n big-endian numbers.
func numbers(row []byte, n int) ([]int64, error) {
	if len(row) != 8*n {
		return nil, fmt.Errorf("%w: row of %d bytes, want %d", ErrDamaged, len(row), 8*n)
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(binary.BigEndian.Uint64(row[8*i:]))
		if out[i] < 0 {
			return nil, fmt.Errorf("%w: number %d of a row is negative", ErrDamaged, i)
		}
	}
	return out, nil
}

// A treeRow is the newest tree of the store: batch number, size, root. It is
// not signed; the checkpoint is made from it when it has been read back.
type treeRow struct {
	batch, size int64
	root        tlog.Hash
}

func (t treeRow) bytes() []byte {
	return slices.Concat(number(t.batch), number(t.size), t.root[:])
}

func readTree(r pebble.Reader) (t treeRow, err error) {
	row, err := get(r, keyTree)
	if err != nil {
		return t, fmt.Errorf("read tree row: %w", err)
	}
	return parseTree(row)
}

func parseTree(row []byte) (t treeRow, err error) {
	if len(row) != 16+tlog.HashSize {
		return t, fmt.Errorf("%w: tree row of %d bytes", ErrDamaged, len(row))
	}
	n, err := numbers(row[:16], 2)
	if err != nil {
		return t, err
	}
	return treeRow{n[0], n[1], tlog.Hash(row[16:])}, nil
}

// A batchRow says which leaves a batch has and when they were recorded.
type batchRow struct{ first, size, at int64 }

func (b batchRow) bytes() []byte {
	return slices.Concat(number(b.first), number(b.size), number(b.at))
}

func readBatch(r pebble.Reader, n int64) (b batchRow, err error) {
	row, err := get(r, rowKey(rowBatch, n))
	if err != nil {
		return b, fmt.Errorf("read batch %d: %w", n, err)
	}
	v, err := numbers(row, 3)
	if err != nil {
		return b, fmt.Errorf("batch %d: %w", n, err)
	}
	return batchRow{v[0], v[1], v[2]}, nil
}

// get reads a row into memory of the caller's.
func get(r pebble.Reader, key []byte) (out []byte, err error) {
	err = lend(r, key, func(value []byte) error {
		out = slices.Clone(value)
		return nil
	})
	return out, err
}

// lend calls fn with a row, which is valid only until it returns.
func lend(r pebble.Reader, key []byte, fn func(value []byte) error) error {
	value, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	return errors.Join(fn(value), closer.Close())
}

// scan walks the rows from low up to high, which is not included. Key and
// value are valid only until fn returns.
func scan(r pebble.Reader, low, high []byte, fn func(key, value []byte) (more bool, err error)) error {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: high})
	if err != nil {
		return fmt.Errorf("scan store: %w", err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return errors.Join(fmt.Errorf("scan store: %w", err), it.Close())
		}
		more, err := fn(it.Key(), value)
		if err != nil || !more {
			return errors.Join(err, it.Close())
		}
	}
	if err := it.Close(); err != nil {
		return fmt.Errorf("scan store: %w", err)
	}
	return nil
}

// after is the least key behind all that begin with prefix; nil where there is none.
func after(prefix []byte) []byte {
	out := slices.Clone(prefix)
	for i := len(out) - 1; i >= 0; i-- {
		if out[i]++; out[i] != 0 {
			return out[:i+1]
		}
	}
	return nil
}

// hashReader reads tree hashes from the store.
func hashReader(r pebble.Reader) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			row, err := get(r, rowKey(rowHash, x))
			if err != nil {
				return nil, fmt.Errorf("read tree hash %d: %w", x, err)
			}
			if len(row) != tlog.HashSize {
				return nil, fmt.Errorf("%w: tree hash %d has %d bytes", ErrDamaged, x, len(row))
			}
			out[i] = tlog.Hash(row)
		}
		return out, nil
	})
}

// Projections are read before they are written, and the states of cases are
// written again and again: with Pebble's own 8 and 4 MiB most of the time of an
// issuance goes into decompressing blocks and merging tables (bytes). Pebble takes
// its memory tables, of which two may be alive, out of the cache: one of twice their
// size caches nothing.
const (
	cacheSize    = 256 << 20
	memTableSize = 64 << 20
)

// filterBits are those of a table's Bloom filter for each key. States are read by
// key, and most tables do not hold the one asked for: without filters each of
// them is looked into, from the disk where it was just made.
const filterBits = 10

// CachedBytes is what the store keeps in memory to be fast: cached blocks, memory
// tables and rows read before. It grows up to a bound; 0 when the ledger is closed.
func (l *Ledger) CachedBytes() (bytes int64) {
	_ = l.look(func(v *view) error { // keeps the store open
		m := l.db.Metrics()
		bytes = m.BlockCache.Size + int64(m.MemTable.Size+m.MemTable.ZombieSize) + v.memo.bytes()
		return nil
	})
	return bytes
}

// openStore opens Pebble as this package needs it (quality 0.1 to 0.4).
func openStore(o Options, h *halt, lock *pebble.Lock, create bool) (*pebble.DB, error) {
	options := &pebble.Options{
		FS:                 orderedFS{o.FS},
		Lock:               lock,
		ErrorIfNotExists:   !create,
		FormatMajorVersion: pebble.FormatNewest, // older WALs end silently at damage
		CacheSize:          cacheSize,
		MemTableSize:       memTableSize,
		Logger:             pebbleLog{h},
		EventListener: &pebble.EventListener{
			BackgroundError: h.background,
			DataCorruption:  func(info pebble.DataCorruptionInfo) { h.damaged(fmt.Errorf("%s", info)) },
		},
	}
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(filterBits)
	}
	db, err := pebble.Open(o.Dir, options)
	if errors.Is(err, pebble.ErrDBDoesNotExist) {
		return nil, fmt.Errorf("no store in %s: %w", o.Dir, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", o.Dir, err)
	}
	// Only a WAL begun after a flush carries the sync offsets that show damage
	// in its middle.
	if err := db.Flush(); err != nil {
		return nil, errors.Join(fmt.Errorf("flush store %s: %w", o.Dir, err), db.Close())
	}
	return db, nil
}
