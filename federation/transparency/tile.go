package transparency

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight   = 8
	tileWidth    = 1 << tileHeight
	maxTileLevel = 63
	maxTilePath  = 64
	// entriesLevel stands for the entry bundles, as in x/mod's tlog.Tile.
	entriesLevel = -1
)

// TilePath is where a log serves a tile, below its prefix (C2SP tlog-tiles):
// tile/<L>/<N>[.p/<W>], or tile/entries/<N>[.p/<W>] for L = -1. x/mod's own
// Tile.Path is another scheme.
func TilePath(t tlog.Tile) string {
	level := "entries"
	if t.L != entriesLevel {
		level = strconv.Itoa(t.L)
	}
	n := fmt.Sprintf("%03d", t.N%1000)
	for rest := t.N / 1000; rest > 0; rest /= 1000 {
		n = fmt.Sprintf("x%03d/%s", rest%1000, n)
	}
	path := "tile/" + level + "/" + n
	if t.W != tileWidth {
		path += ".p/" + strconv.Itoa(t.W)
	}
	return path
}

// ParseTilePath reads such a path in its one spelling; L is -1 for entries.
func ParseTilePath(path string) (tlog.Tile, error) {
	t, err := parseTilePath(path)
	if err != nil {
		return tlog.Tile{}, fmt.Errorf("%w: path %.80q: %w", ErrTile, path, err)
	}
	if TilePath(t) != path {
		return tlog.Tile{}, fmt.Errorf("%w: path %.80q: not the one spelling", ErrTile, path)
	}
	return t, nil
}

func parseTilePath(path string) (tlog.Tile, error) {
	if len(path) > maxTilePath {
		return tlog.Tile{}, fmt.Errorf("%d bytes, at most %d", len(path), maxTilePath)
	}
	rest, ok := strings.CutPrefix(path, "tile/")
	level, rest, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return tlog.Tile{}, fmt.Errorf("want tile/<level>/<number>")
	}
	t := tlog.Tile{H: tileHeight, L: entriesLevel, W: tileWidth}
	var err error
	if level != "entries" {
		if t.L, err = parseBounded(level, 0, maxTileLevel); err != nil {
			return tlog.Tile{}, fmt.Errorf("level: %w", err)
		}
	}
	number, width, partial := strings.Cut(rest, ".p/")
	if partial {
		if t.W, err = parseBounded(width, 1, tileWidth-1); err != nil {
			return tlog.Tile{}, fmt.Errorf("width: %w", err)
		}
	}
	if t.N, err = parseTileNumber(number); err != nil {
		return tlog.Tile{}, err
	}
	return t, nil
}

func parseBounded(s string, low, high int) (int, error) {
	n, err := parseSize(s)
	if err != nil {
		return 0, err
	}
	if n < int64(low) || n > int64(high) {
		return 0, fmt.Errorf("%d is not from %d to %d", n, low, high)
	}
	return int(n), nil
}

// parseTileNumber reads 1234067 from x001/x234/067.
func parseTileNumber(s string) (int64, error) {
	const maxGroups = 5 // 10^15 tiles of 256: beyond any tree of 53-bit size
	groups := strings.Split(s, "/")
	if len(groups) > maxGroups {
		return 0, fmt.Errorf("number has %d groups, at most %d", len(groups), maxGroups)
	}
	var n int64
	for i, g := range groups {
		if i < len(groups)-1 {
			g = strings.TrimPrefix(g, "x")
		}
		v, err := strconv.ParseUint(g, 10, 16)
		if err != nil || len(g) != 3 {
			return 0, fmt.Errorf("number: %.20q is not three digits", g)
		}
		n = n*1000 + int64(v)
	}
	return n, nil
}

// FormatEntries writes an entry bundle: each entry after its length in two
// bytes, big-endian; at most 256 of them.
func FormatEntries(entries [][]byte) ([]byte, error) {
	if err := checkCount(len(entries)); err != nil {
		return nil, err
	}
	var out []byte
	for i, e := range entries {
		if len(e) > MaxLeaf {
			return nil, fmt.Errorf("%w: entry %d has %d bytes, at most %d", ErrTile, i, len(e), MaxLeaf)
		}
		out = binary.BigEndian.AppendUint16(out, uint16(len(e)))
		out = append(out, e...)
	}
	return out, nil
}

// ParseEntries reads an entry bundle of exactly n entries, which share raw's memory.
func ParseEntries(raw []byte, n int) ([][]byte, error) {
	if err := checkCount(n); err != nil {
		return nil, err
	}
	entries := make([][]byte, 0, n)
	for i := range n {
		if len(raw) < 2 {
			return nil, fmt.Errorf("%w: the bundle ends before entry %d of %d", ErrTile, i, n)
		}
		end := 2 + int(binary.BigEndian.Uint16(raw))
		if len(raw) < end {
			return nil, fmt.Errorf("%w: the bundle ends within entry %d of %d", ErrTile, i, n)
		}
		entries = append(entries, raw[2:end:end])
		raw = raw[end:]
	}
	if len(raw) != 0 {
		return nil, fmt.Errorf("%w: %d bytes after entry %d", ErrTile, len(raw), n)
	}
	return entries, nil
}

func checkCount(n int) error {
	if n < 1 || n > tileWidth {
		return fmt.Errorf("%w: a bundle holds 1 to %d entries, not %d", ErrTile, tileWidth, n)
	}
	return nil
}
