package registry

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/witness"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
	"github.com/aeo-registry/aeo/registry/ledger"
	"golang.org/x/mod/sumdb/tlog"
)

// maxStray is more than any file of an exported log.
const maxStray = 64 << 20

// A RecoverRequest names who may know more of the node's log than the node does.
type RecoverRequest struct {
	Heads  []string // head files, of a lost disk for example
	From   []string // partners' bundles, mirrors of partners, exported logs, or checkpoints that partners cosigned
	Mirror string   // the node's own mirror; empty = the one it remembers
	Forget bool     // go on without the keys of subjects that are missing
}

// Recover makes the log of a stopped node whole and proves it the newest; see
// [ledger.Recover].
func Recover(o Options, r RecoverRequest) (*ledger.Recovered, error) {
	o = o.withDefaults()
	config, err := readConfig(o.Dir)
	if err != nil {
		return nil, err
	}
	ring, err := keyring.Open(paths{o.Dir}.ring(), o.Unlock)
	if err != nil {
		return nil, err
	}
	lo, err := ledgerOptions(o, ring)
	if err != nil {
		return nil, err
	}
	if lo.Mirror = r.Mirror; r.Mirror == "" {
		if lo.Mirror, err = rememberedMirror(o.Dir); err != nil {
			return nil, err
		}
		// A disk that is gone is no source; whether the others suffice is for the ledger to say.
		if _, err := os.Stat(lo.Mirror); errors.Is(err, os.ErrNotExist) {
			lo.Mirror = ""
		}
	}
	c := &collector{dir: o.Dir, config: config, key: lo.Signer.VKey}
	var sources []ledger.Source
	for _, name := range r.Heads {
		s, err := ledger.HeadFile(nil, name, c.key)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	for _, name := range r.From {
		s, err := c.source(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		sources = append(sources, s)
	}
	if r.Forget {
		if err := markLawLost(o.Dir, lo.Keys); err != nil {
			return nil, err
		}
	}
	return ledger.Recover(lo, r.Forget, sources...)
}

// markLawLost notes that what was decided about the programme goes with the key it was
// sealed with: the node must not go on by other rules because nobody said so.
func markLawLost(dir string, sealer ledger.Sealer) error {
	kept, err := filepath.Glob(filepath.Join(paths{dir}.programme(), "*.jws"))
	if err != nil || len(kept) == 0 {
		return err
	}
	if _, err := sealer.Key(subjectNode, false); !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	return peer.ReplaceFile(paths{dir}.lawLost(), []byte("what was approved and put in force is sealed with a key that is gone\n"))
}

// A collector reads what others hold of the node's own log.
type collector struct {
	dir    string
	config Config
	key    *keys.VKey
}

// source tells by what is there what somebody's copy is.
func (c *collector) source(name string) (ledger.Source, error) {
	info, err := os.Stat(name)
	if err != nil {
		return ledger.Source{}, err
	}
	if !info.IsDir() {
		if raw, err := readBounded(name, witness.MaxAnswer); err == nil && bytes.HasPrefix(raw, []byte(c.key.Name()+"\n")) {
			return c.head(name, raw)
		}
		return c.bundle(name)
	}
	if _, err := os.Stat(filepath.Join(name, "view.json")); err == nil {
		return c.mirror(name)
	}
	if _, err := os.Stat(filepath.Join(name, "log", "checkpoint")); err == nil {
		return c.export(name, filepath.Join(name, "log"))
	}
	return c.export(name, name)
}

// bundle takes the head of ours that a partner's bundle names.
func (c *collector) bundle(name string) (ledger.Source, error) {
	raw, err := readBounded(name, bundle.MaxBundle)
	if err != nil {
		return ledger.Source{}, err
	}
	m, _, err := bundle.PeekManifest(raw)
	if err != nil {
		return ledger.Source{}, err
	}
	p, err := (&Node{paths: paths{c.dir}, config: c.config}).findPeer(m.Iss)
	if err != nil {
		return ledger.Source{}, err
	}
	b, err := bundle.Open(raw, p.Anchor)
	if err != nil {
		return ledger.Source{}, err
	}
	a, err := b.Administration(c.config.EntityID)
	if err == nil && a == nil {
		err = fmt.Errorf("%w: the bundle says nothing about %s", ErrInvalid, c.config.EntityID)
	}
	if err != nil {
		return ledger.Source{}, err
	}
	return c.head(name, a.Checkpoint.Raw)
}

// mirror takes what a partner that follows us has: peers/<our host>/mirror of its directory.
func (c *collector) mirror(name string) (ledger.Source, error) {
	raw, err := readBounded(paths{c.dir}.anchor(), 16<<10)
	if err != nil {
		return ledger.Source{}, err
	}
	anchor, err := bundle.ParseAnchor(raw)
	if err != nil {
		return ledger.Source{}, err
	}
	v, err := peer.NewMirror(name).Load(anchor)
	if err != nil {
		return ledger.Source{}, err
	}
	s, err := c.head(name, v.Checkpoint.Raw)
	s.Leaves = v.Log.Entries()
	return s, err
}

func (c *collector) head(name string, raw []byte) (ledger.Source, error) {
	cp, err := transparency.ParseCheckpoint(raw, c.key)
	return ledger.Source{Name: name, Heads: []*transparency.Checkpoint{cp}}, err
}

// export takes a copy of the log as static files; see [Node.ExportLog].
func (c *collector) export(name, dir string) (ledger.Source, error) {
	raw, err := readBounded(filepath.Join(dir, "checkpoint"), maxStray)
	if err != nil {
		return ledger.Source{}, err
	}
	s, err := c.head(name, raw)
	if err != nil {
		return s, err
	}
	log := transparency.NewCopy(s.Heads[0].Origin)
	for size := s.Heads[0].Size; log.Size() < size; {
		tile := tlog.Tile{H: 8, L: -1, N: log.Size() / 256, W: int(min(256, size-log.Size()))}
		raw, err := readBounded(filepath.Join(dir, filepath.FromSlash(transparency.TilePath(tile))), maxStray)
		if err != nil {
			return s, err
		}
		entries, err := transparency.ParseEntries(raw, tile.W)
		if err != nil {
			return s, err
		}
		for _, e := range entries {
			if err := log.Add(e); err != nil {
				return s, err
			}
		}
	}
	s.Leaves = log.Entries()
	return s, log.Matches(s.Heads[0])
}

// ExportLog writes the public log as of the newest published head below a
// directory that must not exist: vkey, roster.json, log/checkpoint and log/tile/...
// as C2SP tlog-tiles serves them. aeo log audit reads it.
func (n *Node) ExportLog(dir string) (*LogHead, error) {
	p := n.ledger.Published()
	if p == nil {
		return nil, fmt.Errorf("%w: nothing is published", ErrConflict)
	}
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("%w: dir: want an absolute path", ErrInvalid)
	}
	if err := os.Mkdir(dir, 0o755); errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%w: %s", ErrExists, dir)
	} else if err != nil {
		return nil, fmt.Errorf("%w: dir: %w", ErrInvalid, err)
	}
	signer, err := n.ring.NoteSigner(keys.RoleLog)
	if err != nil {
		return nil, err
	}
	roster, err := n.Roster()
	if err != nil {
		return nil, err
	}
	put := func(name string, content []byte) error {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, content, 0o644)
	}
	size := p.Checkpoint.Size
	for level := -1; level < 0 || size>>(8*level) > 0; level++ {
		width := size >> (8 * max(level, 0))
		for first := int64(0); first < width; first += 256 {
			tile := tlog.Tile{H: 8, L: level, N: first / 256, W: int(min(256, width-first))}
			content, err := n.ledger.Tile(tile)
			if err != nil {
				return nil, err
			}
			if err := put("log/"+transparency.TilePath(tile), content); err != nil {
				return nil, err
			}
		}
	}
	// The checkpoint last: a copy that has one is whole.
	if err := errors.Join(put("vkey", []byte(signer.VKey.String()+"\n")), put("roster.json", bytes.TrimSpace(roster)),
		put("log/checkpoint", p.Checkpoint.Raw)); err != nil {
		return nil, err
	}
	return &LogHead{Origin: p.Checkpoint.Origin, Size: size, Root: p.Checkpoint.Root.String(),
		Checkpoint: string(p.Checkpoint.Raw), PublishedSize: size}, nil
}
