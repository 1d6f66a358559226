package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/mod/sumdb/tlog"
)

// Open starts a ledger: it takes the locks, replays every leaf, recomputes the
// root and compares it with what the store and the head file say.
//
// A store behind its head file is refused with [ErrBehind], one that
// contradicts it or itself with [ErrDamaged]. A store ahead of the head file is
// what a crash between the two leaves: its tail was acknowledged to nobody, and
// is signed now. A missing head file is replaced with a warning: then nothing
// here can tell an old copy of the store, and the caller should ask partners
// for the largest checkpoint they hold before anything new is published.
//
// A store that [Restore] made opens read only ([ErrUnproven]) until [Recover]
// has proven that it is the newest of the log.
func Open(o Options) (*Ledger, error) {
	l, err := attach(o, false)
	if err != nil {
		return nil, err
	}
	if err := l.start(); err != nil {
		return nil, errors.Join(err, l.detach())
	}
	if l.unproven {
		l.halt.hold(ErrUnproven)
	}
	go l.sequence()
	go l.landAll()
	return l, nil
}

// attach locks the directories and opens store and head file.
func attach(o Options, create bool) (*Ledger, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	l := &Ledger{
		signer: o.Signer, keys: o.Keys, project: o.Project, now: o.Now, rand: o.Rand, log: o.Log,
		mirrorFS: o.MirrorFS, mirrorDir: o.Mirror,
		clock: newClock(o), halt: newHalt(o), memo: &memo{}, heads: &headFile{fs: o.HeadFS, dir: o.HeadDir}, queue: make(chan *submission, maxQueue),
		flight: make(chan *batch, 1), closing: make(chan struct{}), ended: make(chan struct{}),
	}
	if err := l.acquire(o, create); err != nil {
		return nil, errors.Join(err, l.detach())
	}
	return l, nil
}

func (l *Ledger) acquire(o Options, create bool) error {
	if create {
		if err := makeDir(o.FS, o.Dir); err != nil {
			return err
		}
	} else if _, err := o.FS.Stat(o.Dir); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("no ledger in %s: %w", o.Dir, ErrNotFound)
	}
	if err := makeDir(o.HeadFS, o.HeadDir); err != nil {
		return err
	}
	store, err := lockDir(o.FS, o.Dir)
	if err != nil {
		return err
	}
	l.locks = append(l.locks, store)
	head, err := lockDir(o.HeadFS, o.HeadDir)
	if err != nil {
		return err
	}
	l.locks = append(l.locks, head)
	if err := l.makeRoom(o.FS, o.Dir); err != nil {
		return err
	}
	if l.db, err = openStore(o, l.halt, store, create); err != nil {
		return err
	}
	return nil
}

// makeRoom gives the reserve of a directory back where the disk is full, so
// that it can be opened. Appends wait until there is space again.
func (l *Ledger) makeRoom(fs vfs.FS, dir string) error {
	l.rooms = append(l.rooms, newRoom(fs, dir, l.log))
	if err := l.room(); err != nil && !errors.Is(err, ErrFull) {
		return err
	}
	return nil
}

// detach gives everything back, in reverse.
func (l *Ledger) detach() (err error) {
	l.views.close()
	err = l.heads.close()
	if l.journal != nil {
		err = errors.Join(err, l.journal.close())
	}
	if l.db != nil {
		err = errors.Join(err, l.db.Close())
	}
	for i := len(l.locks) - 1; i >= 0; i-- {
		err = errors.Join(err, l.locks[i].Close())
	}
	return err
}

// start checks the store against itself and the head file, and makes ready to append.
func (l *Ledger) start() error {
	newest, err := l.heads.open()
	if err != nil {
		return err
	}
	l.headless = newest == nil
	if err := l.identify(newest); err != nil {
		return err
	}
	if err := l.openUnproven(newest); err != nil {
		return err
	}
	if err := l.openMirror(); err != nil {
		return err
	}
	tree, err := l.load()
	if err != nil {
		return err
	}
	if l.unproven && tree.size > newest.size { // what a recovery that did not end brought: to be proven, not signed
		return fmt.Errorf("%w: put back with %d leaves, a recovery that did not end brought it to %d", ErrUnproven, newest.size, tree.size)
	}
	if err := l.compare(tree, newest); err != nil {
		return err
	}
	cp, err := l.sign(tree.size, tree.root)
	if err != nil {
		return err
	}
	if newest == nil || newest.size < tree.size {
		if err := l.remember(cp); err != nil {
			return err
		}
	}
	if err := l.reform(); err != nil {
		return err
	}
	if err := l.catchUp(); err != nil {
		return err
	}
	l.adopt(cp, l.reduction.At(), l.newView(tree.size))
	if err := l.loadPublished(); err != nil {
		return err
	}
	return l.halt.readOnly() // damage met on the way
}

// identify checks that the store is a ledger of this format, and the one the head file is of.
func (l *Ledger) identify(newest *headSlot) error {
	row, err := get(l.db, keyLedger)
	if errors.Is(err, ErrNotFound) && newest != nil {
		return fmt.Errorf("%w: it is empty, leaves 0 to %d are missing", ErrBehind, newest.size-1)
	}
	if err != nil {
		return fmt.Errorf("find the ledger in the store: %w", err)
	}
	instance, ok := bytes.CutPrefix(row, []byte(format))
	if !ok || len(instance) != instanceSize {
		return fmt.Errorf("%w: the store is of format %.20q", ErrDamaged, row)
	}
	l.instance = [instanceSize]byte(instance)
	if newest != nil && newest.instance != l.instance {
		return fmt.Errorf("%w: the head file is that of ledger %x, the store is %x", ErrDamaged, newest.instance, l.instance)
	}
	return nil
}

// load replays the log and checks the result against the store's own account of it.
func (l *Ledger) load() (tree treeRow, err error) {
	if l.reduction, l.edge, err = replay(l.db, l.signer.Name()); err != nil {
		return tree, err
	}
	l.landed = l.edge.clone()
	if tree, err = readTree(l.db); err != nil {
		return tree, err
	}
	l.batches = tree.batch
	if l.reduction.Open() || l.reduction.Size() != tree.size || tree.size == 0 {
		return tree, fmt.Errorf("%w: %d leaves, the tree row says %d", ErrDamaged, l.reduction.Size(), tree.size)
	}
	root, err := l.edge.root(tree.size)
	if err != nil {
		return tree, fmt.Errorf("recompute root: %w", err)
	}
	if root != tree.root {
		return tree, fmt.Errorf("%w: the leaves give root %v, the tree row says %v", ErrDamaged, root, tree.root)
	}
	return tree, l.checkKey()
}

// checkKey refuses to sign with another key than the log's: another key is
// another origin (protocol 1).
func (l *Ledger) checkKey() error {
	if !lists(l.reduction.Rosters().Current(), l.signer) {
		return fmt.Errorf("%w: the log's key is not %v", ErrDamaged, l.signer.VKey)
	}
	return nil
}

// lists reports whether a roster has the signer as the log's key.
func lists(r *keys.Roster, s *keys.NoteSigner) bool {
	return slices.ContainsFunc(r.Keys, func(k keys.RosterKey) bool {
		return k.Role == keys.RoleLog && k.VKey == s.VKey.String()
	})
}

// compare refuses a store that does not hold what the head file says was signed.
func (l *Ledger) compare(tree treeRow, newest *headSlot) error {
	if newest == nil {
		l.log.Warn("head file is missing; an old copy of the store would go unnoticed", "size", tree.size, "head", "missing")
		return nil
	}
	if l.heads.torn {
		l.log.Warn("one slot of the head file does not hold", "head_size", newest.size)
	}
	if newest.size > tree.size {
		return fmt.Errorf("%w: it has %d leaves, leaves %d to %d are missing", ErrBehind, tree.size, tree.size, newest.size-1)
	}
	signed, err := transparency.ParseCheckpoint(newest.checkpoint, l.signer.VKey)
	if err != nil {
		return fmt.Errorf("head file: %w: %w", ErrDamaged, err)
	}
	root, err := tlog.TreeHash(newest.size, hashReader(l.db))
	if err != nil {
		return fmt.Errorf("recompute root of size %d: %w", newest.size, err)
	}
	if root != newest.root || signed.Root != root || signed.Size != newest.size {
		return fmt.Errorf("%w: at size %d the root is %v, but %v was signed", ErrDamaged, newest.size, root, signed.Root)
	}
	return nil
}
