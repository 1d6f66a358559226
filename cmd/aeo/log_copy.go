package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileWidth         = 256 // entries or hashes in a whole tile (C2SP tlog-tiles)
	maxCheckpointFile = 64 << 10
	maxTileFile       = tileWidth * (2 + transparency.MaxLeaf) // an entry bundle; hash tiles are smaller
)

// A logCopy is a copy of a log in files, and what its entries give.
type logCopy struct {
	dir    string
	key    *keys.VKey
	head   *transparency.Checkpoint
	hashes storedHashes
	replay *transparency.Replay
	fault  error // the first leaf no honest log has there
	leaves map[string]int
}

// storedHashes are the hashes of a tree in tlog's order of storage.
type storedHashes []tlog.Hash

func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x < 0 || x >= int64(len(s)) {
			return nil, fmt.Errorf("hash %d is not stored", x)
		}
		out[i] = s[x]
	}
	return out, nil
}

func (c *logCopy) readCheckpoint() error {
	name := filepath.Join(c.dir, "checkpoint")
	raw, err := readNamed(name, maxCheckpointFile)
	if err != nil {
		return err
	}
	if c.head, err = transparency.ParseCheckpoint(raw, c.key); err != nil {
		return fail(exitNotAuthentic, fmt.Errorf("%s: %w", name, err))
	}
	c.replay = transparency.NewReplay(c.head.Origin)
	return nil
}

func (c *logCopy) readEntries(tick func(int64)) error {
	for n := int64(0); n < c.head.Size; n += tileWidth {
		width := int(min(tileWidth, c.head.Size-n))
		name := c.path(tlog.Tile{H: 8, L: -1, N: n / tileWidth, W: width})
		raw, err := readNamed(name, maxTileFile)
		if err != nil {
			return err
		}
		entries, err := transparency.ParseEntries(raw, width)
		if err != nil {
			return fail(exitNotAuthentic, fmt.Errorf("%s: %w", name, err))
		}
		for i, entry := range entries {
			if err := c.add(n+int64(i), entry); err != nil {
				return err
			}
		}
		tick(n + int64(width))
	}
	return nil
}

// add takes the next entry into the tree, and into the replay up to the first
// fault: whose fault it is shows only once the root is known.
func (c *logCopy) add(n int64, entry []byte) error {
	hashes, err := tlog.StoredHashes(n, entry, c.hashes)
	if err != nil {
		return fmt.Errorf("hash entry %d: %w", n, err)
	}
	c.hashes = append(c.hashes, hashes...)
	if c.fault != nil {
		return nil
	}
	leaf, err := c.replay.Add(entry)
	if err != nil {
		c.fault = err
		return nil
	}
	c.leaves[leafName(leaf)]++
	return nil
}

// leafName is the member t of a leaf.
func leafName(l transparency.Leaf) string {
	switch l.(type) {
	case transparency.Genesis:
		return "genesis"
	case transparency.Key:
		return "key"
	case transparency.List:
		return "list"
	case transparency.Credential:
		return "credential"
	case transparency.Status:
		return "status"
	case transparency.Artefact:
		return "artefact"
	case transparency.Case:
		return "case"
	}
	return "state"
}

// judge tells a copy that is not what was signed from a log that broke its rules.
func (c *logCopy) judge() error {
	root, err := tlog.TreeHash(c.head.Size, c.hashes)
	if err != nil {
		return fmt.Errorf("hash the tree: %w", err)
	}
	if root != c.head.Root {
		return fail(exitNotAuthentic, fmt.Errorf("%s: the %d entries give root %v, %s signed %v",
			c.dir, c.head.Size, root, c.head.Origin, c.head.Root))
	}
	if c.fault == nil {
		c.fault = c.replay.Matches(c.head)
	}
	if c.fault != nil {
		return fail(exitMisbehaviour, fmt.Errorf("%s signed a log that breaks its rules; %s is the evidence: %w", c.head.Origin, c.dir, c.fault))
	}
	return nil
}

// compareTiles compares every hash tile of the size that was signed.
func (c *logCopy) compareTiles() (int, error) {
	count := 0
	for level := 0; c.head.Size>>(8*level) > 0; level++ {
		width := c.head.Size >> (8 * level)
		for n := int64(0); n*tileWidth < width; n++ {
			tile := tlog.Tile{H: 8, L: level, N: n, W: int(min(tileWidth, width-n*tileWidth))}
			if err := c.compareTile(tile); err != nil {
				return 0, err
			}
			count++
		}
	}
	return count, nil
}

func (c *logCopy) compareTile(tile tlog.Tile) error {
	want, err := tlog.ReadTileData(tile, c.hashes)
	if err != nil {
		return fmt.Errorf("hash tile: %w", err)
	}
	name := c.path(tile)
	got, err := readNamed(name, maxTileFile)
	if err != nil {
		return err
	}
	if string(got) != string(want) {
		return fail(exitNotAuthentic, fmt.Errorf("%s: not the hashes of the entries", name))
	}
	return nil
}

// compareTokens compares the status list tokens that lie beside the log.
func (c *logCopy) compareTokens(dir string) (count int, err error) {
	for _, uri := range c.replay.Reduction.URIs() {
		name := filepath.Join(dir, "status-"+uri[strings.LastIndexByte(uri, '/')+1:]+".jwt")
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			continue
		}
		raw, err := readNamed(name, int64(keys.KindStatusList.Max()))
		if err != nil {
			return 0, err
		}
		if err := transparency.MatchToken(raw, uri, c.replay.Reduction, c.head); err != nil {
			return 0, fail(exitNotAuthentic, fmt.Errorf("%s: %w", name, err))
		}
		count++
	}
	return count, nil
}

// path is where a tile lies.
func (c *logCopy) path(tile tlog.Tile) string {
	return filepath.Join(c.dir, filepath.FromSlash(transparency.TilePath(tile)))
}

// follow leads from an anchor's root keys through the rosters in the log to its key.
func (c *logCopy) follow(anchorFile string) error {
	anchor, err := readAnchor(anchorFile)
	if err != nil {
		return err
	}
	rosters, err := keys.VerifyHistory(c.replay.Reduction.Rosters().Raw(), anchor.Root)
	if err != nil {
		return fail(exitIssuer, fmt.Errorf("follow the anchor's root keys: %w", err))
	}
	key, err := rosters.Note(keys.RoleLog)
	if err != nil {
		return fail(exitIssuer, fmt.Errorf("follow the anchor's root keys: %w", err))
	}
	if key.String() != c.key.String() {
		return fail(exitIssuer, fmt.Errorf("the anchor leads to the log key %s, the copy is signed with %s", key, c.key))
	}
	return nil
}
