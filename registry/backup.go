package registry

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry/files"
	"github.com/aeo-registry/aeo/registry/ledger"
)

// subjectKeysLife is how old a backup of subjects' keys may be when it is put
// back: one that is older would bring back whom the law has erased (protocol 6).
const subjectKeysLife = 30 * 24 * time.Hour

// Backup writes the node to w, consistent and encrypted, while it goes on
// working; see archive.go for the form. Subjects' keys are not in it.
func (n *Node) Backup(w io.Writer) error {
	return n.archive(w, kindNode, func(a *archive) error {
		cp, err := n.ledger.Backup(func(name string, content []byte) error {
			return a.add("journal/"+name, int64(len(content)), bytes.NewReader(content))
		})
		if err != nil {
			return err
		}
		a.manifest.Checkpoint = string(cp.Raw)
		return errors.Join(n.backupFiles(a), n.backupPeers(a))
	})
}

func (n *Node) backupFiles(a *archive) error {
	n.federating.Lock()
	defer n.federating.Unlock()
	return errors.Join(
		a.file("node.json", n.paths.config()), a.file("keys.age", n.paths.ring()), a.file("mirror", n.paths.mirror()),
		a.file("anchor.aeoanchor", n.paths.anchor()), a.file("bundle.aeobundle", n.paths.bundle()),
		a.file("border.aeobundle", n.paths.border()), a.tree("lists", n.paths.lists()), a.tree("tls", n.paths.tls()),
		a.tree("programme", n.paths.programme()),
		a.tree("passwords", n.paths.passwords()), a.tree("approvals", n.paths.approvals()), a.tree("reads", n.paths.reads()),
		n.backupNegotiations(a),
	)
}

// backupNegotiations takes the drafts while nobody replaces one.
func (n *Node) backupNegotiations(a *archive) error {
	unlock := n.cases.lock("negotiations")
	defer unlock()
	return a.tree("negotiations", n.paths.negotiations())
}

// backupPeers takes each peer while nobody replaces what is known of it.
func (n *Node) backupPeers(a *archive) error {
	peers, err := n.loadPeers()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, p := range peers {
		letters := p.Host() + ".jsonl"
		known[letters] = true
		unlock := n.lockPeer(p)
		err := errors.Join(a.tree("peers/"+p.Host(), p.dir), n.correspondence(p).backup(a, "exchange/"+letters))
		unlock()
		if err != nil {
			return err
		}
	}
	all, err := os.ReadDir(n.paths.exchange())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range all { // those with administrations that were removed stay
		if known[e.Name()] {
			continue
		}
		if err := a.file("exchange/"+e.Name(), filepath.Join(n.paths.exchange(), e.Name())); err != nil {
			return err
		}
	}
	if err := n.backupEvidence(a); err != nil {
		return err
	}
	// Last: what was cosigned meanwhile must not be forgotten by who is restored.
	return errors.Join(a.tree("evidence", n.paths.evidence()), a.tree("witness", n.paths.witness()), a.tree("auditor", n.paths.auditor()))
}

// backupEvidence takes files after the log, so that every file it knows is there,
// and staged ones before those they become.
func (n *Node) backupEvidence(a *archive) error {
	if err := a.tree("files/"+files.Staged, filepath.Join(n.paths.files(), files.Staged)); err != nil {
		return err
	}
	subjects, err := os.ReadDir(n.paths.files())
	if err != nil {
		return err
	}
	for _, s := range subjects {
		if s.Name() == files.Staged {
			continue
		}
		if err := a.tree("files/"+s.Name(), filepath.Join(n.paths.files(), s.Name())); err != nil {
			return err
		}
	}
	return nil
}

// BackupSubjectKeys writes the wrapped keys of all subjects to w. Such a backup
// must be destroyed after 30 days: it undoes erasures.
func (n *Node) BackupSubjectKeys(w io.Writer) error {
	if err := n.ledger.ReadOnly(); err != nil {
		return err
	}
	return n.archive(w, kindKeys, func(a *archive) error { return a.tree("traderkeys", n.paths.traderKeys()) })
}

func (n *Node) archive(w io.Writer, kind string, fill func(*archive) error) error {
	sealed, err := n.opts.Unlock.Encrypt(w)
	if err != nil {
		return err
	}
	a := &archive{tar: tar.NewWriter(sealed), manifest: BackupManifest{Schema: backupSchema, Kind: kind,
		EntityID: n.config.EntityID, MadeAt: n.now().Unix(), Files: []BackupFile{}}}
	if err := fill(a); err != nil {
		return err
	}
	if err := a.close(); err != nil {
		return err
	}
	return sealed.Close()
}

// A RestoreRequest names what to put back.
type RestoreRequest struct {
	Node        io.Reader
	SubjectKeys io.Reader // nil = none: then nothing sealed for a subject can be read
	AllowOld    bool      // take subjects' keys older than 30 days
}

// A Restored says what was put back.
type Restored struct {
	EntityID string `json:"entity_id"`
	MadeAt   int64  `json:"made_at"`
	KeysAt   int64  `json:"keys_at,omitzero"`
	Size     int64  `json:"size"` // leaves of the log
	Files    int    `json:"files"`
}

// Restore makes the directory of o of a backup. The node in it reads and does not
// sign until [Recover] has proven that its log is the newest. Everything is
// checked before the directory gets its name; an error leaves none.
func Restore(o Options, r RestoreRequest) (out *Restored, err error) {
	o = o.withDefaults()
	if entries, err := os.ReadDir(o.Dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%w: %s is not empty", ErrExists, o.Dir)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	final := o.Dir
	o.Dir += ".restoring"
	if err := os.RemoveAll(o.Dir); err != nil { // of a run that a crash ended
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(o.Dir))
		}
	}()
	if out, err = restore(o, r); err != nil {
		return nil, err
	}
	if err := os.Remove(final); err != nil && !errors.Is(err, os.ErrNotExist) { // it was empty
		return nil, err
	}
	if err := os.Rename(o.Dir, final); err != nil {
		return nil, err
	}
	return out, syncDirectory(filepath.Dir(final))
}

func restore(o Options, r RestoreRequest) (*Restored, error) {
	plain, err := decrypt(o.Unlock, r.Node)
	if err != nil {
		return nil, err
	}
	m, err := unpack(plain, kindNode, o.Dir)
	if err != nil {
		return nil, err
	}
	out := &Restored{EntityID: m.EntityID, MadeAt: m.MadeAt, Files: len(m.Files)}
	if r.SubjectKeys != nil {
		if out.KeysAt, err = restoreKeys(o, r, m); err != nil {
			return nil, err
		}
	}
	config, err := readConfig(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBackup, err)
	}
	if config.EntityID != m.EntityID {
		return nil, fmt.Errorf("%w: it is of %s, its node.json of %s", ErrBackup, m.EntityID, config.EntityID)
	}
	ring, err := keyring.Open(paths{o.Dir}.ring(), o.Unlock)
	if err != nil {
		return nil, err
	}
	lo, err := ledgerOptions(o, ring)
	if err != nil {
		return nil, err
	}
	journal := filepath.Join(o.Dir, "journal")
	if err := ledger.Restore(lo, journal, []byte(m.Checkpoint)); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(journal); err != nil {
		return nil, err
	}
	lo.Mirror = ""
	l, err := ledger.Open(lo) // as the node will
	if err != nil {
		return nil, err
	}
	out.Size = l.Head().Size
	return out, l.Close()
}

func restoreKeys(o Options, r RestoreRequest, node *BackupManifest) (at int64, err error) {
	plain, err := decrypt(o.Unlock, r.SubjectKeys)
	if err != nil {
		return 0, err
	}
	m, err := unpack(plain, kindKeys, o.Dir)
	if err != nil {
		return 0, err
	}
	if m.EntityID != node.EntityID {
		return 0, fmt.Errorf("%w: the subjects' keys are of %s, the node is %s", ErrBackup, m.EntityID, node.EntityID)
	}
	if age := o.Now().Sub(time.Unix(m.MadeAt, 0)); age > subjectKeysLife && !r.AllowOld {
		return 0, fmt.Errorf("%w: the backup of subjects' keys is %d days old: it would bring back whom was erased since", ErrNotAllowed, age/(24*time.Hour))
	}
	return m.MadeAt, nil
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// decrypt tells a file that is no backup from an identity that is not the node's.
func decrypt(u keyring.Unlock, from io.Reader) (io.Reader, error) {
	plain, err := u.Decrypt(from)
	if err != nil && !errors.Is(err, keyring.ErrUnlock) {
		err = fmt.Errorf("%w: %w", ErrBackup, err)
	}
	return plain, err
}
