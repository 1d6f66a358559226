package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/mod/sumdb/tlog"
)

// journaled reports whether a row belongs into the journal.
func journaled(key []byte) bool {
	if len(key) == 0 {
		return false
	}
	switch key[0] {
	case rowLeaf, rowHash, rowRecord, rowBatch:
		return len(key) == 9
	case rowSubject:
		return len(key) == 1+32
	}
	return bytes.Equal(key, keyLedger) || bytes.Equal(key, keyTree)
}

// encodeRows are the rows of a batch that belong into the journal.
func encodeRows(w *pebble.Batch) (rows []byte, err error) {
	r := w.Reader()
	for {
		kind, key, value, ok, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("read batch: %w", err)
		}
		if !ok {
			return rows, nil
		}
		if journaled(key) {
			if kind != pebble.InternalKeyKindSet {
				return nil, fmt.Errorf("row %x is deleted, which no batch of a ledger does", key)
			}
			rows = appendRow(rows, key, value)
		}
	}
}

func appendRow(rows, key, value []byte) []byte {
	rows = binary.BigEndian.AppendUint16(rows, uint16(len(key)))
	rows = binary.BigEndian.AppendUint32(rows, uint32(len(value)))
	return append(append(rows, key...), value...)
}

// eachRow walks encoded rows. Key and value share their memory.
func eachRow(rows []byte, fn func(key, value []byte) error) error {
	for len(rows) > 0 {
		if len(rows) < 6 {
			return fmt.Errorf("%w: rows end within a length", ErrDamaged)
		}
		k, v := int64(binary.BigEndian.Uint16(rows)), int64(binary.BigEndian.Uint32(rows[2:]))
		if rows = rows[6:]; int64(len(rows)) < k+v {
			return fmt.Errorf("%w: rows end within a row", ErrDamaged)
		}
		key, value := rows[:k:k], rows[k:k+v:k+v]
		if !journaled(key) {
			return fmt.Errorf("%w: a row %.20x in the journal", ErrDamaged, key)
		}
		if err := fn(key, value); err != nil {
			return err
		}
		rows = rows[k+v:]
	}
	return nil
}

// applyRows puts encoded rows into a batch.
func applyRows(w *pebble.Batch, rows []byte) error {
	return eachRow(rows, func(key, value []byte) error { return w.Set(key, value, nil) })
}

// rootOf is the root in the tree row among rows, which must be that of the batch.
func rootOf(rows []byte, number, size int64) (tlog.Hash, error) {
	var tree treeRow
	err := eachRow(rows, func(key, value []byte) (err error) {
		if bytes.Equal(key, keyTree) {
			tree, err = parseTree(value)
		}
		return err
	})
	if err == nil && (tree.batch != number || tree.size != size) {
		err = fmt.Errorf("%w: the rows of batch %d say batch %d of size %d", ErrDamaged, number, tree.batch, tree.size)
	}
	return tree.root, err
}
