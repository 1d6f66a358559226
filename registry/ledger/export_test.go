package ledger

import (
	"crypto/cipher"
	"crypto/sha256"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/mod/sumdb/tlog"
)

// Doors for the tests outside.

// RewriteLeaf changes a leaf row below the ledger.
func RewriteLeaf(l *Ledger, index int64, raw []byte) error {
	return l.db.Set(rowKey(rowLeaf, index), raw, pebble.Sync)
}

// SpoilRoot changes the root in the tree row below the ledger.
func SpoilRoot(l *Ledger) error {
	tree, err := readTree(l.db)
	if err != nil {
		return err
	}
	tree.root[0] ^= 1
	return l.db.Set(keyTree, tree.bytes(), pebble.Sync)
}

// SwapSealed exchanges the private parts of two leaves.
func SwapSealed(l *Ledger, a, b int64) error {
	rowA, err := get(l.db, rowKey(rowRecord, a))
	if err != nil {
		return err
	}
	rowB, err := get(l.db, rowKey(rowRecord, b))
	if err != nil {
		return err
	}
	if err := l.db.Set(rowKey(rowRecord, a), rowB, pebble.Sync); err != nil {
		return err
	}
	if err := l.db.Set(rowKey(rowRecord, b), rowA, pebble.Sync); err != nil {
		return err
	}
	l.views.adopt(l.newView(l.Head().Size))
	return nil
}

// Written returns when no batch is being written; those written may be in flight.
func Written(l *Ledger) {
	l.mu.Lock()
	defer l.mu.Unlock()
}

// SpoilEdge turns a bit in every hash that the next batch builds on, as faulty
// memory may. Mend puts them right once that batch is written.
func SpoilEdge(l *Ledger) (mend func() error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	good, first := l.edge.clone(), l.reduction.Size()
	for i := range l.edge.nodes {
		l.edge.nodes[i][0] ^= 1
	}
	return func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.edge = good
		return readLeaves(l.db, first, l.reduction.Size(), func(n int64, raw []byte) error {
			_, err := l.edge.add(n, raw)
			return err
		})
	}
}

// ReadBack is step 3 of a batch.
func ReadBack(l *Ledger, first, size int64) (tlog.Hash, error) {
	l.landed = edge{}
	if err := l.landed.retrace(l.db, 0, first, func([]byte) error { return nil }); err != nil {
		return tlog.Hash{}, err
	}
	return l.readBack(l.db, first, size)
}

// Holds reports whether a slot of a head file does, and its bytes again.
func Holds(slot []byte) (again []byte, ok bool) {
	s := parseSlot(slot)
	if s == nil {
		return nil, false
	}
	again, err := s.bytes()
	return again, err == nil
}

// Slot is a slot of a head file.
func Slot(size int64, root tlog.Hash, checkpoint []byte) ([]byte, error) {
	return (&headSlot{size: size, root: root, checkpoint: checkpoint}).bytes()
}

// NewAEAD is what seals the private part of a leaf.
func NewAEAD(key [32]byte) (cipher.AEAD, error) { return newAEAD(key) }

// Unseal opens the private part of a leaf.
func Unseal(key [32]byte, sealed []byte, hash tlog.Hash) (salt, payload []byte, err error) {
	return unseal(key, sealed, hash)
}

// KeyFileName is where the key of a subject is kept.
func KeyFileName(subject string) string { return fileName(sha256.Sum256([]byte(subject))) }

// A Journal is a mirror by itself.
type Journal struct{ j *journal }

// OpenJournal opens one that begins a new segment after so many bytes.
func OpenJournal(fs vfs.FS, dir string, limit int64) (Journal, error) {
	j, err := openJournal(fs, dir, [instanceSize]byte{1, 2, 3})
	if j != nil {
		j.limit = limit
	}
	return Journal{j}, err
}

// Append appends a batch of one leaf.
func (j Journal) Append(number int64, leaf []byte) error {
	rows := appendRow(nil, rowKey(rowLeaf, number-1), leaf)
	return j.j.append(number, number, appendRow(rows, keyTree, treeRow{number, number, tlog.RecordHash(leaf)}.bytes()))
}

// Leaves are the leaves of the batches after number.
func (j Journal) Leaves(number int64) (leaves []string, err error) {
	err = j.j.since(number, func(_, _ int64, rows []byte) error {
		return eachRow(rows, func(key, value []byte) error {
			if key[0] == rowLeaf {
				leaves = append(leaves, string(value))
			}
			return nil
		})
	})
	return leaves, err
}

// Close closes it.
func (j Journal) Close() error { return j.j.close() }
