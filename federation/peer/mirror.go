package peer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

const (
	mirrorSchema = "aeo.mirror/1"
	maxView      = 64 << 20
)

// ErrNoMirror says that nothing was fetched yet.
var ErrNoMirror = errors.New("not synchronised yet")

// A Mirror is a partner's publications on disk:
//
//	entries         every log entry, uint16 length and bytes, appended only
//	view.json       aeo.mirror/1: what belongs to the checkpoint of one size, replaced atomically
//	seen.json       aeo.mirror-seen/1: when just that was seen again, replaced atomically
//	evidence-<n>/   two signed checkpoints that contradict each other
//	m/<host>/       the same for each member of a union
//
// Entries beyond the size view.json names are leftovers of an interrupted
// fetch: they are no part of the view, and the next fetch goes on from them.
type Mirror struct{ dir string }

// NewMirror uses a directory, which need not exist yet.
func NewMirror(dir string) *Mirror { return &Mirror{dir: dir} }

// Member is the mirror of a union's member.
func (m *Mirror) Member(host string) *Mirror { return &Mirror{dir: filepath.Join(m.dir, "m", host)} }

// Load reads the mirror back and verifies it anew, as of when it was fetched:
// what was valid then stays readable.
func (m *Mirror) Load(anchor *bundle.Anchor) (*View, error) { return m.load(pinned(anchor)) }

func (m *Mirror) load(s subject) (*View, error) {
	raw, err := ReadFile(filepath.Join(m.dir, "view.json"), maxView)
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNoMirror
	}
	if err != nil {
		return nil, fmt.Errorf("read mirror: %w", err)
	}
	v, err := m.read(raw, s)
	if err != nil {
		return nil, fmt.Errorf("mirror %s: %w", m.dir, err)
	}
	return v, m.loadMembers(v)
}

func (m *Mirror) read(raw []byte, s subject) (v *View, err error) {
	var d Documents
	if err := jcs.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	if d.Schema != mirrorSchema || d.EntityID != s.entityID {
		return nil, fmt.Errorf("%.40q of %.200q, want %s of %s", d.Schema, d.EntityID, mirrorSchema, s.entityID)
	}
	if d.FetchedAt, err = m.seenAt(d); err != nil {
		return nil, err
	}
	size, err := checkpointSize(d)
	if err != nil {
		return nil, err
	}
	log := transparency.NewCopy(trust.Host(d.EntityID) + "/log")
	if err := m.readEntries(log, size); err != nil {
		return nil, err
	}
	return open(d, log, s, d.FetchedAt)
}

// loadMembers adds what is known of a union's members. One that was never
// fetched, or for which the union's word has run out, is left out.
func (m *Mirror) loadMembers(union *View) error {
	r := union.Config.Metadata.Registry
	for _, id := range r.Members {
		s := subject{entityID: id, territory: r.Territory, union: union}
		v, err := m.Member(trust.Host(id)).load(s)
		if err == nil {
			err = s.vouchedFor(v)
		}
		if errors.Is(err, ErrNoMirror) || errors.Is(err, trust.ErrChain) {
			continue
		}
		if err != nil {
			return err
		}
		union.Members = append(union.Members, v)
	}
	return nil
}

// checkpointSize is the size the stored checkpoint names; open verifies it in full.
func checkpointSize(d Documents) (int64, error) {
	config, err := trust.Parse([]byte(d.Configuration))
	if err != nil {
		return 0, err
	}
	if config.Metadata == nil || config.Metadata.Registry == nil {
		return 0, fmt.Errorf("%w: no aeo_registry metadata", ErrIdentity)
	}
	key, err := keys.ParseVKey(config.Metadata.Registry.Log.VKey)
	if err != nil {
		return 0, err
	}
	cp, err := transparency.ParseCheckpoint([]byte(d.Checkpoint), key)
	if err != nil {
		return 0, err
	}
	return cp.Size, nil
}

func (m *Mirror) readEntries(log *transparency.Copy, size int64) error {
	f, err := os.Open(filepath.Join(m.dir, "entries"))
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	for log.Size() < size {
		entry, err := readEntry(r)
		if err != nil {
			return fmt.Errorf("entry %d of %d: %w", log.Size(), size, err)
		}
		if err := log.Add(entry); err != nil {
			return err
		}
	}
	return nil
}

func readEntry(r io.Reader) ([]byte, error) {
	var n [2]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return nil, err
	}
	entry := make([]byte, binary.BigEndian.Uint16(n[:]))
	_, err := io.ReadFull(r, entry)
	return entry, err
}

// Store replaces the mirror: entries first, then the view that names how many of them count.
func (m *Mirror) Store(v *View) error { return m.storeFrom(v, &filed{}) }

// storeFrom is Store that writes only what the file of entries does not hold.
func (m *Mirror) storeFrom(v *View, f *filed) error {
	raw, err := jcs.Marshal(v.Documents)
	if err != nil {
		return err
	}
	if len(raw) > maxView {
		return fmt.Errorf("%w: documents of %d bytes, at most %d", ErrAnswer, len(raw), maxView)
	}
	if err := m.keep(v.Log, f); err != nil {
		return err
	}
	return ReplaceFile(filepath.Join(m.dir, "view.json"), raw)
}

const (
	seenCheckpoint = "seen.checkpoint"
	nowCheckpoint  = "now.checkpoint"
)

// Evidence keeps two contradicting checkpoints, once however often they are
// met, and returns where.
func (m *Mirror) Evidence(older, newer []byte) (string, error) {
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		dir := filepath.Join(m.dir, fmt.Sprintf("evidence-%d", n))
		err := os.Mkdir(dir, 0o700)
		if errors.Is(err, os.ErrExist) {
			if holds(dir, seenCheckpoint, older) && holds(dir, nowCheckpoint, newer) {
				return dir, nil
			}
			continue
		}
		if err != nil {
			return "", err
		}
		if err := ReplaceFile(filepath.Join(dir, seenCheckpoint), older); err != nil {
			return "", err
		}
		return dir, ReplaceFile(filepath.Join(dir, nowCheckpoint), newer)
	}
}

// holds reports whether a file of the directory has the content.
func holds(dir, name string, content []byte) bool {
	raw, err := ReadFile(filepath.Join(dir, name), maxCheckpoint)
	return err == nil && bytes.Equal(raw, content)
}

// ReadFile reads a file of at most max bytes.
func ReadFile(name string, max int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > max {
		return nil, fmt.Errorf("%s has more than %d bytes", name, max)
	}
	return raw, nil
}

// ReplaceFile writes a file so that a crash leaves the old or the new one whole.
func ReplaceFile(name string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(content); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Sync(); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
