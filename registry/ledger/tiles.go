package ledger

import (
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	entryTile  = -1 // the level that stands for entry bundles
)

// Tile is the data of a C2SP tile or entry bundle (t.L = -1). Beyond the
// published tree it is ErrNotFound: what no checkpoint covers is nobody's yet.
func (l *Ledger) Tile(t tlog.Tile) (data []byte, err error) {
	p := l.Published()
	if p == nil || !holds(t, p.Checkpoint.Size) {
		return nil, fmt.Errorf("tile %d/%d of width %d: %w", t.L, t.N, t.W, ErrNotFound)
	}
	err = l.look(func(v *view) error {
		if t.L == entryTile {
			data, err = entryBundle(v.snap, t)
			return err
		}
		data, err = tlog.ReadTileData(t, hashReader(v.snap))
		return err
	})
	return data, err
}

// holds reports whether the tree of size has all of the tile.
func holds(t tlog.Tile, size int64) bool {
	const maxLevel = 63 / tileHeight
	if t.H != tileHeight || t.L < entryTile || t.L > maxLevel || t.N < 0 || t.W < 1 || t.W > tileWidth {
		return false
	}
	nodes := size >> (tileHeight * max(t.L, 0)) // complete ones at the tile's level
	return t.N <= nodes/tileWidth && t.N*tileWidth+int64(t.W) <= nodes
}

func entryBundle(r pebble.Reader, t tlog.Tile) ([]byte, error) {
	entries := make([][]byte, 0, t.W)
	from := t.N * tileWidth
	err := readLeaves(r, from, from+int64(t.W), func(_ int64, leaf []byte) error {
		entries = append(entries, slices.Clone(leaf))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return transparency.FormatEntries(entries)
}
