package ledger

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/mod/sumdb/tlog"
)

// A Source is what somebody holds of a log: heads it signed and, where it is a
// copy, its leaves from the first on. A source needs no trust: every head must
// bear the log's signature, and leaves must give the newest of them.
type Source struct {
	Name   string // for messages
	Heads  []*transparency.Checkpoint
	Leaves [][]byte
}

// HeadFile is what a head file knows, that of a lost disk for example.
func HeadFile(fs vfs.FS, name string, log *keys.VKey) (Source, error) {
	if fs == nil {
		fs = vfs.Default
	}
	slot, err := readSlot(fs, name)
	if err != nil {
		return Source{}, fmt.Errorf("head file %s: %w", name, err)
	}
	cp, err := transparency.ParseCheckpoint(slot.checkpoint, log)
	if err != nil {
		return Source{}, fmt.Errorf("head file %s: %w: %w", name, ErrDamaged, err)
	}
	return Source{Name: name, Heads: []*transparency.Checkpoint{cp}}, nil
}

// A Recovered says what [Recover] found and did.
type Recovered struct {
	Before   int64  // leaves the store had; -1 where it could not be read
	Size     int64  // leaves it has now
	ProvenBy string // the source that knows the newest head
	Lost     int64  // leaves whose payload is lost
	Kept     string // where the store as it was is kept; empty where it was not replaced
}

// Recover makes a store whole and proves that it is the newest of the log that
// anybody knows of: no source may have a head that the store does not extend.
// Then, and not before, a restored ledger may sign again.
//
// What the store lost comes from the mirror, whole, or from the leaves of a
// source; then the payloads that go with them are lost, and their records say so
// ([Record.Lost]). A store that is damaged is made anew from what can still be
// read of it and the sources, beside the old one, which is kept.
//
// It is refused with [ErrUnproven] where no source knows a head at or above the
// one that a restored store came with, with [ErrBehind] where leaves are
// missing that nobody holds, with a [*Contradiction] where a source has another
// history, and with [ErrMissingKeys] where keys of subjects are missing, unless
// forget is set: then what was sealed with them counts as lost.
func Recover(o Options, forget bool, sources ...Source) (rec *Recovered, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	if err := finishReplacing(o); err != nil {
		return nil, err
	}
	r := &recovery{o: o, forget: forget, sources: sources, out: &Recovered{Before: -1}}
	l, err := r.attach()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.run(), l.detach()); err != nil {
		return nil, err
	}
	return r.out, nil
}

// A Contradiction is two heads of one log of which at most one can be true. It
// is evidence against the log's own administration.
type Contradiction struct {
	Source string
	Theirs *transparency.Checkpoint
	Root   tlog.Hash // of the store at that size
}

func (c *Contradiction) Error() string {
	return fmt.Sprintf("%s holds a head of size %d with root %v, signed by this log; the store gives root %v: two histories",
		c.Source, c.Theirs.Size, c.Theirs.Root, c.Root)
}

// A recovery is one run of Recover.
type recovery struct {
	l       *Ledger
	o       Options
	forget  bool
	sources []Source
	out     *Recovered
	own     *headSlot // of the head file; nil without one

	mirrorSize int64 // of the tree the mirror holds; 0 without one
}

// attach opens the store, or an empty one in the place of one so damaged that
// it does not open.
func (r *recovery) attach() (l *Ledger, err error) {
	r.l, err = attach(r.o, false)
	if err == nil || !pebble.IsCorruptionError(err) {
		return r.l, err
	}
	r.o.Log.Warn("the store does not open; making it anew", "error", err)
	if r.out.Kept, err = r.keep(); err != nil {
		return nil, err
	}
	r.l, err = attach(r.o, true)
	return r.l, err
}

func (r *recovery) run() (err error) {
	if r.own, err = r.l.heads.open(); err != nil {
		return err
	}
	if err := r.l.identify(r.own); err != nil {
		if r.own == nil || !errors.Is(err, ErrBehind) && !pebble.IsCorruptionError(err) {
			return err
		}
		r.l.instance = r.own.instance // the head file says whose store it was
	}
	if err := r.l.openUnproven(r.own); err != nil {
		return err
	}
	tree, err := r.whole()
	if err != nil {
		return err
	}
	if err := r.settleLost(); err != nil {
		return err
	}
	return r.lift(tree)
}

// whole brings the store to the newest head known, and proves it.
func (r *recovery) whole() (treeRow, error) {
	if err := r.openJournal(); err != nil {
		return treeRow{}, err
	}
	tree, err := r.l.load()
	if err == nil {
		r.out.Before = tree.size
		// A restored store is made anew, so that it stays as it was if proof fails.
		if _, size := r.mirrored(); size > tree.size && !r.l.unproven {
			if err := r.l.restoreFromJournal(); err != nil {
				return tree, err
			}
			tree, err = r.l.load()
		}
	}
	target := max(r.newest(), r.mirrorSize)
	if err == nil && tree.size >= target {
		return tree, r.prove(tree)
	}
	if err != nil {
		r.l.log.Warn("the store does not hold together; making it anew", "error", err)
	}
	if err := r.remake(target); err != nil {
		return tree, err
	}
	return r.loadProven()
}

// loadProven checks the store against itself and all that is known of the log.
func (r *recovery) loadProven() (treeRow, error) {
	tree, err := r.l.load()
	if err != nil {
		return tree, err
	}
	return tree, r.prove(tree)
}

// openJournal opens the mirror, if there is one, as a source: nothing is written
// to it before the store is proven.
func (r *recovery) openJournal() (err error) {
	if r.l.mirrorDir == "" {
		return nil
	}
	found, err := hasJournal(r.l.mirrorFS, r.l.mirrorDir)
	if err == nil && !found {
		err = fmt.Errorf("mirror %s: %w", r.l.mirrorDir, ErrNotFound)
	}
	if err != nil {
		return err
	}
	if r.l.journal, err = openJournal(r.l.mirrorFS, r.l.mirrorDir, r.l.instance); err == nil {
		_, r.mirrorSize = r.l.journal.last()
	}
	return err
}

// heads are all heads known, with who knows them.
func (r *recovery) heads(fn func(name string, cp *transparency.Checkpoint) error) error {
	for _, s := range r.sources {
		for _, cp := range s.Heads {
			if err := fn(s.Name, cp); err != nil {
				return err
			}
		}
	}
	return nil
}

// newest is the size of the largest head known, the head file's included.
func (r *recovery) newest() (size int64) {
	if r.own != nil {
		size = r.own.size
	}
	_ = r.heads(func(_ string, cp *transparency.Checkpoint) error {
		size = max(size, cp.Size)
		return nil
	})
	return size
}

// prove checks that the store extends every head known, and that one of them
// is enough to trust it.
func (r *recovery) prove(tree treeRow) error {
	if r.own != nil {
		if err := r.l.compare(tree, r.own); err != nil {
			return err
		}
	}
	known := r.mirrorSize
	if known > 0 {
		if err := r.l.compareJournal(min(r.l.journal.newest.number, tree.batch)); err != nil {
			return err
		}
		r.out.ProvenBy = "mirror " + r.l.mirrorDir
	}
	if err := r.heads(func(name string, cp *transparency.Checkpoint) error {
		if cp.Size > tree.size {
			return fmt.Errorf("%w: it has %d leaves, %s knows of %d", ErrBehind, tree.size, name, cp.Size)
		}
		root, err := tlog.TreeHash(cp.Size, hashReader(r.l.db))
		if err != nil {
			return fmt.Errorf("recompute root of size %d: %w", cp.Size, err)
		}
		if root != cp.Root {
			return &Contradiction{Source: name, Theirs: cp, Root: root}
		}
		if cp.Size > known {
			known, r.out.ProvenBy = cp.Size, name
		}
		return nil
	}); err != nil {
		return err
	}
	if r.l.unproven && known < r.own.size {
		return fmt.Errorf("%w: it was put back at size %d, and no source knows a head of that size or above", ErrUnproven, r.own.size)
	}
	return nil
}

func (r *recovery) mirrored() (number, size int64) {
	if r.l.journal == nil {
		return 0, 0
	}
	return r.l.journal.last()
}

// settleLost counts records without a payload, and marks those whose
// subject's key is gone though nobody destroyed it.
func (r *recovery) settleLost() error {
	missing := map[string][]byte{} // digest -> subject
	if err := scan(r.l.db, []byte{rowSubject}, []byte{rowSubject + 1}, func(key, value []byte) (bool, error) {
		_, err := r.l.keys.Key(string(value), false)
		if errors.Is(err, ErrNotFound) {
			missing[string(key[1:])] = slices.Clone(value)
			return true, nil
		}
		if errors.Is(err, ErrErased) {
			return true, nil
		}
		return true, err
	}); err != nil {
		return fmt.Errorf("look for the keys of subjects: %w", err)
	}
	if len(missing) > 0 && !r.forget {
		return fmt.Errorf("the keys of %d subjects are missing, as of those made after the keys were backed up: %w", len(missing), ErrMissingKeys)
	}
	w := r.l.db.NewBatch()
	defer w.Close()
	err := scan(r.l.db, []byte{rowRecord}, []byte{rowRecord + 1}, func(key, row []byte) (bool, error) {
		if len(row) == placeSize+1 {
			r.out.Lost++
		}
		digest, sealed := subjectOf(row)
		if _, gone := missing[string(digest)]; !sealed || !gone {
			return true, nil
		}
		r.out.Lost++
		return true, w.Set(key, append(slices.Clone(row[:placeSize]), lost), nil)
	})
	for digest := range missing {
		err = errors.Join(err, w.Delete(nameKey(rowSubject, []byte(digest)), nil))
	}
	if r.out.Lost > 0 { // the read models must do without: they are made again at the next start
		err = errors.Join(err, w.DeleteRange([]byte{rowView}, []byte{rowView + 1}, nil), w.Set(keyView, number(0), nil))
	}
	if err != nil {
		return fmt.Errorf("mark lost payloads: %w", err)
	}
	if err := w.Commit(pebble.Sync); err != nil {
		r.l.halt.stop(fmt.Errorf("mark lost payloads: %w", err))
	}
	return nil
}

// lift makes the head file say what was proven and takes the mark away.
func (r *recovery) lift(tree treeRow) error {
	cp, err := r.l.sign(tree.size, tree.root)
	if err != nil {
		return err
	}
	if r.own == nil || r.own.size < tree.size {
		if err := r.l.remember(cp); err != nil {
			return err
		}
	}
	r.out.Size = tree.size
	if !r.l.unproven {
		return nil
	}
	if err := r.o.HeadFS.Remove(r.o.HeadFS.PathJoin(r.o.HeadDir, unprovenName)); err != nil {
		return fmt.Errorf("lift the mark: %w", err)
	}
	return syncDir(r.o.HeadFS, r.o.HeadDir)
}

const (
	remadeSuffix = ".remade" // a store being made anew; whole once the old one is gone
	keptSuffix   = ".damaged"
)
