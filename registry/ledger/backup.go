package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// backupSegment is the length from which on a backup begins a new segment.
const backupSegment = 8 << 20

// Backup writes the log as of the newest acknowledged batch as the segments of
// a journal (see journal.go), calling put for each, and returns the checkpoint
// that covers it. It neither stops nor slows those who append. What a backup
// holds can be checked batch by batch; projections are not in it, so that
// erasing a subject's key erases it from every backup as well.
func (l *Ledger) Backup(put func(name string, content []byte) error) (cp *transparency.Checkpoint, err error) {
	if err := l.usable(); err != nil {
		return nil, err
	}
	err = l.look(func(v *view) error {
		cp, err = l.backup(v, put)
		return err
	})
	return cp, err
}

func (l *Ledger) backup(v *view, put func(string, []byte) error) (*transparency.Checkpoint, error) {
	tree, err := readTree(v.snap)
	if err != nil {
		return nil, err
	}
	j := journal{instance: l.instance}
	content, first, whole := j.head(1), int64(1), edge{}
	for n := int64(1); n <= tree.batch; n++ {
		if len(content) >= backupSegment {
			if err := put(segmentName(first), content); err != nil {
				return nil, err
			}
			first, content = n, j.head(n)
		}
		rows, b, err := batchRows(v.snap, n)
		if err != nil {
			return nil, err
		}
		if err := whole.retrace(v.snap, b.first, b.size, func([]byte) error { return nil }); err != nil {
			return nil, fmt.Errorf("batch %d: %w", n, err)
		}
		root, err := whole.root(b.size)
		if err != nil {
			return nil, err
		}
		content = append(content, (&journalRecord{number: n, size: b.size, root: root, rows: rows}).bytes()...)
	}
	root, err := whole.root(tree.size)
	if err != nil {
		return nil, err
	}
	if root != tree.root {
		return nil, fmt.Errorf("%w: the leaves give root %v, the tree row says %v", ErrDamaged, root, tree.root)
	}
	cp, err := l.sign(tree.size, root) // it was signed before: the view is of an acknowledged batch
	if err != nil {
		return nil, err
	}
	return cp, put(segmentName(first), content)
}

// Restore makes a ledger of the segments of a backup in dir and the checkpoint
// that came with them. What it makes opens read only until [Recover] has lifted
// that: the backup cannot know what was signed after it. An error leaves
// nothing that opens.
func Restore(o Options, dir string, checkpoint []byte) (err error) {
	l, err := attach(o, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.detach()) }()
	if err := l.pristine(); err != nil {
		return err
	}
	cp, err := transparency.ParseCheckpoint(checkpoint, l.signer.VKey)
	if err != nil {
		return fmt.Errorf("backup: %w: %w", ErrDamaged, err)
	}
	if l.instance, err = journalInstance(l.heads.fs, dir); err != nil {
		return err
	}
	slot, err := (&headSlot{instance: l.instance, size: cp.Size, root: cp.Root, checkpoint: cp.Raw}).bytes()
	if err != nil {
		return err
	}
	// The mark first: whatever a crash leaves is unproven.
	if err := writeDurably(l.heads.fs, l.heads.dir, unprovenName, slot); err != nil {
		return fmt.Errorf("mark as unproven: %w", err)
	}
	if l.journal, err = openJournal(l.heads.fs, dir, l.instance); err != nil {
		return err
	}
	if err := l.journal.since(0, l.restoreBatch); err != nil {
		return err
	}
	tree, err := l.load()
	if err != nil {
		return err
	}
	if tree.size != cp.Size || tree.root != cp.Root {
		return fmt.Errorf("%w: the backup holds %d leaves with root %v, its checkpoint covers %d with root %v",
			ErrDamaged, tree.size, tree.root, cp.Size, cp.Root)
	}
	return l.remember(cp)
}

// unprovenName is the file beside the head file that says that the store was put
// back from a backup. It is a slot of a head file: the head of the backup.
const unprovenName = "unproven"

// Doubt makes the ledger read only, also after a restart, until [Recover] has
// proven it the newest of its log: somebody showed a head that this log signed
// and that the store does not have. The mark is the one of a restored store.
func (l *Ledger) Doubt(cause error) error {
	l.halt.hold(fmt.Errorf("%w: %w", ErrUnproven, cause))
	head := l.Head()
	slot, err := (&headSlot{instance: l.instance, size: head.Size, root: head.Root, checkpoint: head.Raw}).bytes()
	if err != nil {
		return err
	}
	if err := writeDurably(l.heads.fs, l.heads.dir, unprovenName, slot); err != nil {
		return fmt.Errorf("mark as unproven: %w", err)
	}
	return nil
}

// openUnproven reads the mark of a restored store.
func (l *Ledger) openUnproven(newest *headSlot) error {
	mark, err := readSlot(l.heads.fs, l.heads.fs.PathJoin(l.heads.dir, unprovenName))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	// A head above the mark is what a cut in [recovery.lift] leaves.
	if mark.instance != l.instance || newest == nil || newest.size < mark.size || newest.size == mark.size && newest.root != mark.root {
		return fmt.Errorf("%w: the store was put back at size %d and the head file does not say so", ErrDamaged, mark.size)
	}
	l.unproven = true
	return nil
}

// readSlot reads the newest slot of a head file, or the one of the mark, without
// taking it for one's own.
func readSlot(fs vfs.FS, name string) (*headSlot, error) {
	file, err := fs.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, 2*slotSize+1))
	if err != nil {
		return nil, err
	}
	var newest *headSlot
	for at := 0; at+slotSize <= len(raw) && len(raw) <= 2*slotSize; at += slotSize {
		if s := parseSlot(raw[at : at+slotSize]); s != nil && (newest == nil || s.size > newest.size) {
			newest = s
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("%s: %w: no slot holds", name, ErrDamaged)
	}
	return newest, nil
}

// journalInstance is the ledger the journal of a directory is of.
func journalInstance(fs vfs.FS, dir string) (id [instanceSize]byte, err error) {
	segments, err := listSegments(fs, dir)
	if err != nil {
		return id, err
	}
	if len(segments) == 0 {
		return id, fmt.Errorf("%w: no segment in %s", ErrDamaged, dir)
	}
	file, err := fs.Open(fs.PathJoin(dir, segmentName(segments[0].first)))
	if err != nil {
		return id, err
	}
	defer file.Close()
	head := make([]byte, segmentHead)
	if _, err := io.ReadFull(file, head); err != nil || !checksummed(head) {
		return id, fmt.Errorf("%w: the head of %s does not hold", ErrDamaged, segmentName(segments[0].first))
	}
	return [instanceSize]byte(head[len(journalMagic):]), nil
}
