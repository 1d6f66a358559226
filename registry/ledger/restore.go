package ledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/mod/sumdb/tlog"
)

// openMirror opens the journal, where one is configured, and makes it and the
// store the same: a store that lost its tail gets it back, a journal that is
// behind is filled. Where the two contradict each other nothing is changed.
func (l *Ledger) openMirror() (err error) {
	if l.mirrorDir == "" || l.unproven {
		return nil
	}
	if l.journal, err = openJournal(l.mirrorFS, l.mirrorDir, l.instance); err != nil {
		return err
	}
	if err := l.makeRoom(l.mirrorFS, l.mirrorDir); err != nil {
		return err
	}
	return l.restoreFromJournal()
}

// restoreFromJournal is the part of a start before the store is checked: what
// it takes over is checked with the rest.
func (l *Ledger) restoreFromJournal() error {
	tree, err := readTree(l.db)
	if err != nil {
		return err
	}
	newest, size := l.journal.last()
	if err := l.compareJournal(min(newest, tree.batch)); err != nil {
		return err
	}
	if newest > tree.batch {
		l.log.Warn("the store lost its tail; taking it back from the mirror",
			"mirror", l.journal.dir, "size", tree.size, "mirror_size", size)
		return l.journal.since(tree.batch, l.restoreBatch)
	}
	if newest < tree.batch {
		l.log.Info("filling the mirror", "mirror", l.journal.dir, "size", tree.size, "mirror_size", size)
	}
	for n := newest + 1; n <= tree.batch; n++ {
		if err := l.mirrorBatch(n); err != nil {
			return fmt.Errorf("fill mirror: %w", err)
		}
	}
	return nil
}

// compareJournal compares journal and store at the newest batch both have.
func (l *Ledger) compareJournal(n int64) error {
	if n == 0 {
		return nil
	}
	rec := l.journal.newest
	if rec.number != n {
		found := false
		err := l.journal.since(n-1, func(number, size int64, rows []byte) (err error) {
			if number == n {
				rec.number, rec.size, found = number, size, true
				rec.root, err = rootOf(rows, number, size)
			}
			return err
		})
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("%w: mirror %s has no batch %d", ErrDamaged, l.journal.dir, n)
		}
	}
	b, err := readBatch(l.db, n)
	if err != nil {
		return err
	}
	if b.size < 1 || b.size != rec.size {
		return fmt.Errorf("%w: batch %d ends at size %d, in mirror %s at %d", ErrDamaged, n, b.size, l.journal.dir, rec.size)
	}
	root, err := tlog.TreeHash(b.size, hashReader(l.db))
	if err != nil {
		return fmt.Errorf("recompute root of size %d: %w", b.size, err)
	}
	if root != rec.root {
		return fmt.Errorf("%w: at size %d the root is %v, in mirror %s it is %v", ErrDamaged, b.size, root, l.journal.dir, rec.root)
	}
	return nil
}

// restoreBatch writes a batch of the journal into the store.
func (l *Ledger) restoreBatch(number, size int64, rows []byte) error {
	w := l.db.NewIndexedBatch()
	defer w.Close()
	if err := applyRows(w, rows); err != nil {
		return err
	}
	if err := l.forgetErased(w, rows); err != nil {
		return err
	}
	want, err := rootOf(rows, number, size)
	if err != nil {
		return err
	}
	root, err := tlog.TreeHash(size, hashReader(w))
	if err != nil {
		return fmt.Errorf("recompute root of batch %d: %w", number, err)
	}
	if root != want {
		return fmt.Errorf("%w: batch %d of the mirror gives root %v, its tree row says %v", ErrDamaged, number, root, want)
	}
	if err := w.Commit(pebble.Sync); err != nil {
		l.halt.stop(fmt.Errorf("restore batch %d: %w", number, err))
	}
	return nil
}

// forgetErased takes out the names of subjects that were erased since the batch.
func (l *Ledger) forgetErased(w *pebble.Batch, rows []byte) error {
	return eachRow(rows, func(key, value []byte) error {
		if key[0] != rowSubject {
			return nil
		}
		if _, err := l.keys.Key(string(value), false); errors.Is(err, ErrErased) {
			return w.Delete(key, nil)
		}
		return nil // a key that is missing or unreadable shows where a payload is opened
	})
}

// mirrorBatch writes a batch of the store into the journal.
func (l *Ledger) mirrorBatch(n int64) error {
	rows, b, err := batchRows(l.db, n)
	if err != nil {
		return err
	}
	return l.journal.append(n, b.size, rows)
}

// batchRows are the rows of a batch as its record in the journal has them.
func batchRows(r pebble.Reader, n int64) (rows []byte, b batchRow, err error) {
	if b, err = readBatch(r, n); err != nil {
		return nil, b, err
	}
	if b.first < 0 || b.first >= b.size {
		return nil, b, fmt.Errorf("%w: batch %d has leaves %d to %d", ErrDamaged, n, b.first, b.size-1)
	}
	if n == 1 {
		row, err := get(r, keyLedger)
		if err != nil {
			return nil, b, err
		}
		rows = appendRow(rows, keyLedger, row)
	}
	take := func(kind byte, from, to int64, also func(value []byte) error) error {
		return scan(r, rowKey(kind, from), rowKey(kind, to), func(key, value []byte) (bool, error) {
			rows = appendRow(rows, key, value)
			return true, also(value)
		})
	}
	nothing := func([]byte) error { return nil }
	var subjects [][]byte
	if err := take(rowLeaf, b.first, b.size, nothing); err != nil {
		return nil, b, err
	}
	if err := take(rowHash, tlog.StoredHashIndex(0, b.first), tlog.StoredHashIndex(0, b.size), nothing); err != nil {
		return nil, b, err
	}
	if err := take(rowRecord, b.first, b.size, func(value []byte) error {
		if digest, ok := subjectOf(value); ok {
			subjects = append(subjects, slices.Clone(digest))
		}
		return nil
	}); err != nil {
		return nil, b, err
	}
	slices.SortFunc(subjects, slices.Compare)
	for _, digest := range slices.CompactFunc(subjects, slices.Equal) {
		subject, err := get(r, nameKey(rowSubject, digest))
		if errors.Is(err, ErrNotFound) { // erased
			continue
		}
		if err != nil {
			return nil, b, err
		}
		rows = appendRow(rows, nameKey(rowSubject, digest), subject)
	}
	root, err := tlog.TreeHash(b.size, hashReader(r))
	if err != nil {
		return nil, b, fmt.Errorf("recompute root of size %d: %w", b.size, err)
	}
	rows = appendRow(rows, rowKey(rowBatch, n), b.bytes())
	return appendRow(rows, keyTree, treeRow{n, b.size, root}.bytes()), b, nil
}
