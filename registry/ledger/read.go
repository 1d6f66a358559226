package ledger

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/mod/sumdb/tlog"
)

// Leaf is the RFC 8785 bytes of a leaf.
func (l *Ledger) Leaf(index int64) (raw []byte, err error) {
	err = l.look(func(v *view) error {
		if err := within(index, v.size); err != nil {
			return err
		}
		raw, err = readLeaf(v.snap, index)
		return err
	})
	return raw, err
}

func readLeaf(r pebble.Reader, index int64) ([]byte, error) {
	raw, err := get(r, rowKey(rowLeaf, index))
	if err != nil {
		return nil, fmt.Errorf("read leaf %d: %w", index, err)
	}
	return raw, nil
}

// Entries calls fn with the leaves from up to to, which is not included.
func (l *Ledger) Entries(from, to int64, fn func(i int64, leaf []byte) error) error {
	return l.look(func(v *view) error {
		if from < 0 || from > to || to > v.size {
			return fmt.Errorf("leaves %d to %d in a tree of %d: %w", from, to, v.size, ErrNotFound)
		}
		return readLeaves(v.snap, from, to, func(i int64, leaf []byte) error { return fn(i, slices.Clone(leaf)) })
	})
}

// readLeaves walks leaf rows and refuses gaps. A leaf is valid until fn returns.
func readLeaves(r pebble.Reader, from, to int64, fn func(i int64, leaf []byte) error) error {
	next := from
	err := scan(r, rowKey(rowLeaf, from), rowKey(rowLeaf, to), func(key, leaf []byte) (bool, error) {
		if string(key) != string(rowKey(rowLeaf, next)) {
			return false, fmt.Errorf("%w: leaf %d is missing", ErrDamaged, next)
		}
		next++
		return true, fn(next-1, leaf)
	})
	if err == nil && next < to {
		err = fmt.Errorf("%w: leaf %d is missing", ErrDamaged, next)
	}
	return err
}

// Record is a leaf with what is private about it.
func (l *Ledger) Record(index int64) (rec Record, err error) {
	err = l.look(func(v *view) error {
		if err := within(index, v.size); err != nil {
			return err
		}
		rec, err = l.record(v.snap, index)
		if err != nil {
			return err
		}
		b, err := readBatch(v.snap, rec.Batch)
		rec.At = b.at
		return err
	})
	return rec, err
}

// record reads all of a record but its time, which its batch knows.
func (l *Ledger) record(r pebble.Reader, index int64) (rec Record, err error) {
	raw, err := readLeaf(r, index)
	if err != nil {
		return rec, err
	}
	row, err := get(r, rowKey(rowRecord, index))
	if err != nil {
		return rec, fmt.Errorf("read record %d: %w", index, err)
	}
	return l.openRecord(index, raw, row, func(digest []byte) ([]byte, error) { return readSubject(r, digest) })
}

// openRecord makes a record of its two rows, which it does not keep.
func (l *Ledger) openRecord(index int64, raw, row []byte, subject func(digest []byte) ([]byte, error)) (rec Record, err error) {
	if len(row) < placeSize {
		return rec, fmt.Errorf("%w: record %d of %d bytes", ErrDamaged, index, len(row))
	}
	rec = Record{Leaf: index, Stored: true, Batch: int64(binary.BigEndian.Uint64(row)), N: int64(binary.BigEndian.Uint32(row[8:]))}
	if rec.Entry, err = transparency.ParseLeaf(raw); err != nil {
		return rec, fmt.Errorf("%w: leaf %d: %w", ErrDamaged, index, err)
	}
	if err := l.open(&rec, raw, row[placeSize:], subject); err != nil {
		return rec, fmt.Errorf("record %d: %w", index, err)
	}
	return rec, nil
}

// Records calls fn with every record in causal order, from a tree size that
// ends a batch: 0, [Appended.Size] or [Ledger.ProjectionSize].
func (l *Ledger) Records(from int64, fn func(Record) error) error {
	return l.look(func(v *view) error { return l.records(v.snap, from, fn) })
}

// records walks batch, leaf and record rows side by side.
func (l *Ledger) records(r pebble.Reader, from int64, fn func(Record) error) error {
	tree, err := readTree(r)
	if err != nil || from == tree.size {
		return err
	}
	if err := within(from, tree.size); err != nil {
		return err
	}
	first, err := l.record(r, from)
	if err != nil {
		return err
	}
	w := walk{l: l, r: r, subjects: subjects{r: r, known: map[[sha256.Size]byte][]byte{}}}
	defer w.close()
	if err := w.begin(from); err != nil {
		return err
	}
	for n := first.Batch; n <= tree.batch; n++ {
		b, err := readBatch(r, n)
		if err != nil {
			return err
		}
		if n == first.Batch && b.first != from {
			return fmt.Errorf("size %d ends no batch: %w", from, ErrNotFound)
		}
		if err := w.batch(n, b, fn); err != nil {
			return err
		}
	}
	return nil
}

// A walk goes through records in the order of their leaves, batch by batch.
type walk struct {
	l              *Ledger
	r              pebble.Reader
	leaves, places *pebble.Iterator
	subjects       subjects
}

func (w *walk) begin(from int64) (err error) {
	if w.leaves, err = w.r.NewIter(&pebble.IterOptions{LowerBound: rowKey(rowLeaf, from), UpperBound: []byte{rowLeaf + 1}}); err != nil {
		return err
	}
	if w.places, err = w.r.NewIter(&pebble.IterOptions{LowerBound: rowKey(rowRecord, from), UpperBound: []byte{rowRecord + 1}}); err != nil {
		return err
	}
	w.leaves.First()
	w.places.First()
	return errors.Join(w.leaves.Error(), w.places.Error())
}

func (w *walk) close() {
	for _, it := range []*pebble.Iterator{w.leaves, w.places} {
		if it != nil {
			_ = it.Close() // what went wrong was met while reading
		}
	}
}

func (w *walk) batch(n int64, b batchRow, fn func(Record) error) error {
	recs := make([]Record, 0, max(0, b.size-b.first))
	for i := b.first; i < b.size; i++ {
		raw, err := row(w.leaves, rowKey(rowLeaf, i))
		if err != nil {
			return fmt.Errorf("leaf %d: %w", i, err)
		}
		place, err := row(w.places, rowKey(rowRecord, i))
		if err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
		rec, err := w.l.openRecord(i, raw, place, w.subjects.of)
		if err != nil {
			return err
		}
		if rec.Batch != n {
			return fmt.Errorf("%w: leaf %d is in batch %d and in %d", ErrDamaged, i, n, rec.Batch)
		}
		rec.At = b.at
		recs = append(recs, rec)
		w.leaves.Next()
		w.places.Next()
	}
	slices.SortFunc(recs, func(x, y Record) int { return cmp.Compare(x.N, y.N) })
	for _, rec := range recs {
		if err := fn(rec); err != nil {
			return err
		}
	}
	return nil
}

// row is the value at an iterator, which must stand at key.
func row(it *pebble.Iterator, key []byte) ([]byte, error) {
	if !it.Valid() || !bytes.Equal(it.Key(), key) {
		return nil, cmp.Or(it.Error(), fmt.Errorf("%w: it is missing", ErrDamaged))
	}
	return it.ValueAndErr()
}

// subjects remember whose records a walk met. One that meets many reads them all,
// in the order of their digests, instead of looking for each.
type subjects struct {
	r     pebble.Reader
	known map[[sha256.Size]byte][]byte // by digest; nil for one that was erased
	asked int                          // how many were looked for
}

const manySubjects = 1 << 10

func (s *subjects) of(digest []byte) ([]byte, error) {
	key := [sha256.Size]byte(digest)
	if name, ok := s.known[key]; ok {
		return name, nil
	}
	if s.asked++; s.asked == manySubjects {
		if err := s.all(); err != nil {
			return nil, err
		}
	}
	name, err := readSubject(s.r, digest)
	if err != nil {
		return nil, err
	}
	if len(s.known) >= maxCached {
		clear(s.known)
	}
	s.known[key] = name
	return name, nil
}

// all reads as many as are remembered.
func (s *subjects) all() error {
	return scan(s.r, []byte{rowSubject}, []byte{rowSubject + 1}, func(key, name []byte) (bool, error) {
		if len(key) != 1+sha256.Size {
			return false, fmt.Errorf("%w: digest of a subject of %d bytes", ErrDamaged, len(key)-1)
		}
		s.known[[sha256.Size]byte(key[1:])] = slices.Clone(name)
		return len(s.known) < maxCached, nil
	})
}

// readSubject is the subject of a digest; nil where EraseSubject took the name away.
func readSubject(r pebble.Reader, digest []byte) ([]byte, error) {
	name, err := get(r, nameKey(rowSubject, digest))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return name, err
}

// StateBefore is the last state leaf of the tree of size that is not after an
// instant, Unix seconds; the first one where all are later.
func (l *Ledger) StateBefore(at, size int64) (index int64, err error) {
	err = l.look(func(v *view) error {
		tree, err := readTree(v.snap)
		if err != nil {
			return err
		}
		// Batches are numbered from 1, and neither their times nor their sizes decrease.
		low, high := int64(1), tree.batch
		for low < high {
			middle := low + (high-low+1)/2
			b, err := readBatch(v.snap, middle)
			if err != nil {
				return err
			}
			if b.at <= at && b.size <= size {
				low = middle
			} else {
				high = middle - 1
			}
		}
		b, err := readBatch(v.snap, low)
		index = b.size - 1
		return err
	})
	return index, err
}

// CheckHead reads the head back, recomputes its root and signs it again; the
// checkpoint is verified and thrown away. An error says that the ledger could
// not vouch for its head now.
func (l *Ledger) CheckHead() error {
	if err := l.usable(); err != nil {
		return err
	}
	return l.look(func(v *view) error {
		tree, err := readTree(v.snap)
		if err != nil {
			return err
		}
		root, err := tlog.TreeHash(v.size, hashReader(v.snap))
		if err != nil {
			return fmt.Errorf("recompute root: %w", err)
		}
		if tree.size != v.size || tree.root != root {
			return fmt.Errorf("%w: tree row says %d %v, its hashes give %d %v", ErrDamaged, tree.size, tree.root, v.size, root)
		}
		_, err = l.sign(v.size, root)
		return err
	})
}

// Prove gives the inclusion of a leaf in the tree of size.
func (l *Ledger) Prove(index, size int64) (inc *transparency.Inclusion, err error) {
	err = l.look(func(v *view) error {
		if size > v.size {
			return fmt.Errorf("tree of %d, the head is %d: %w", size, v.size, ErrNotFound)
		}
		if err := within(index, size); err != nil {
			return err
		}
		raw, err := readLeaf(v.snap, index)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveRecord(size, index, hashReader(v.snap))
		if err != nil {
			return fmt.Errorf("prove leaf %d in %d: %w", index, size, err)
		}
		inc = &transparency.Inclusion{Index: index, Leaf: raw, Proof: proof}
		return nil
	})
	return inc, err
}

// ProveConsistency proves that the newer tree extends the older.
func (l *Ledger) ProveConsistency(older, newer int64) (proof tlog.TreeProof, err error) {
	err = l.look(func(v *view) error {
		if older < 0 || older > newer || newer > v.size {
			return fmt.Errorf("trees of %d and %d, the head is %d: %w", older, newer, v.size, ErrNotFound)
		}
		if older == 0 { // extended by everything
			return nil
		}
		proof, err = tlog.ProveTree(newer, older, hashReader(v.snap))
		return err
	})
	return proof, err
}

// RootAt is the root of the tree of the first size leaves.
func (l *Ledger) RootAt(size int64) (root tlog.Hash, err error) {
	err = l.look(func(v *view) error {
		if size < 0 || size > v.size {
			return fmt.Errorf("tree of %d, the head is %d: %w", size, v.size, ErrNotFound)
		}
		root, err = tlog.TreeHash(size, hashReader(v.snap))
		return err
	})
	return root, err
}
