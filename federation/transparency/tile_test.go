package transparency_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
)

func TestTilePaths(t *testing.T) {
	for path, tile := range map[string]tlog.Tile{
		"tile/0/000":                      {H: 8, L: 0, N: 0, W: 256},
		"tile/0/273.p/112":                {H: 8, L: 0, N: 273, W: 112}, // a tree of 70 000 (C2SP tlog-tiles)
		"tile/2/000.p/1":                  {H: 8, L: 2, N: 0, W: 1},
		"tile/1/x001/x234/067":            {H: 8, L: 1, N: 1234067, W: 256},
		"tile/63/999.p/255":               {H: 8, L: 63, N: 999, W: 255},
		"tile/entries/x001/000":           {H: 8, L: -1, N: 1000, W: 256},
		"tile/entries/000.p/44":           {H: 8, L: -1, N: 0, W: 44},
		"tile/0/x999/x999/x999/x999/999":  {H: 8, L: 0, N: 999_999_999_999_999, W: 256},
		"tile/entries/x001/x000/000.p/10": {H: 8, L: -1, N: 1_000_000, W: 10},
	} {
		t.Run(path, func(t *testing.T) {
			got, err := transparency.ParseTilePath(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tile, got); diff != "" {
				t.Error(diff)
			}
			if again := transparency.TilePath(tile); again != path {
				t.Errorf("written as %s", again)
			}
		})
	}
}

func TestParseTilePathRefusesOtherSpellings(t *testing.T) {
	for _, path := range []string{
		"", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile/0/000/", "tile//000", "tile/8/0/000",
		"tile/64/000", "tile/00/000", "tile/-1/000", "tile/Entries/000", "tile/data/000",
		"tile/0/0", "tile/0/0000", "tile/0/x000", "tile/0/x000/000", "tile/0/001/000", "tile/0/x001/x000", "tile/0/+01", "tile/0/xx01/000",
		"tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/1/", "tile/0/000.p/1.p/1", "tile/0/000.P/1",
		"tile/0/x001/x000/x000/x000/x000/000", "tile/0/../000", "tile/0/000?x", "tile/0/\xff00",
	} {
		t.Run(path, func(t *testing.T) {
			if got, err := transparency.ParseTilePath(path); !errors.Is(err, transparency.ErrTile) {
				t.Errorf("read as %+v, %v", got, err)
			}
		})
	}
}

func TestEntryBundles(t *testing.T) {
	entries := [][]byte{[]byte("first"), {}, bytes.Repeat([]byte("x"), transparency.MaxLeaf)}
	raw, err := transparency.FormatEntries(entries)
	if err != nil {
		t.Fatal(err)
	}
	got, err := transparency.ParseEntries(raw, len(entries))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(entries, got); diff != "" {
		t.Error(diff)
	}
	for name, c := range map[string]struct {
		raw     []byte
		n       int
		refused string
	}{
		"one entry fewer than there are": {raw, 2, "after entry 2"},
		"one entry more":                 {raw, 4, "ends before entry 3"},
		"cut within an entry":            {raw[:5], 3, "ends within entry 0"},
		"cut within a length":            {raw[:8], 3, "ends before entry 1"},
		"no entries":                     {nil, 0, "1 to 256"},
		"more than a tile has":           {raw, 257, "1 to 256"},
		"a negative number":              {raw, -1, "1 to 256"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transparency.ParseEntries(c.raw, c.n)
			wantError(t, err, c.refused)
		})
	}
}

func TestFormatEntriesRefusesWhatNoBundleHolds(t *testing.T) {
	for name, entries := range map[string][][]byte{
		"nothing":         nil,
		"257 entries":     make([][]byte, 257),
		"an entry beyond": {make([]byte, transparency.MaxLeaf+1)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := transparency.FormatEntries(entries); !errors.Is(err, transparency.ErrTile) {
				t.Errorf("error %v, want ErrTile", err)
			}
		})
	}
}
