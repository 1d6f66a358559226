package transparency_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

// corpus finds a directory of the conformance corpora, or skips.
func corpus(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		root, err := os.Getwd()
		for err == nil && root != filepath.Dir(root) {
			if _, missing := os.Stat(filepath.Join(root, "go.mod")); missing == nil {
				break
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "data", "corpora")
	}
	dir = filepath.Join(dir, name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no conformance corpus %s", dir)
	}
	return dir
}

func readFile(t *testing.T, path ...string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func readJSON(t *testing.T, into any, path ...string) {
	t.Helper()
	if err := json.Unmarshal(readFile(t, path...), into); err != nil {
		t.Fatal(err)
	}
}

func corpusKey(t *testing.T, dir string) *keys.VKey {
	t.Helper()
	key, err := keys.ParseVKey(strings.TrimSpace(string(readFile(t, dir, "VKEY"))))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestCorpusCheckpointRules(t *testing.T) {
	dir := corpus(t, "tlog/made-300")
	key := corpusKey(t, dir)
	var cases struct {
		Cases []struct{ Name, Expect, Why, Note string }
	}
	readJSON(t, &cases, dir, "checkpoints.json")
	head, err := transparency.ParseCheckpoint(readFile(t, dir, "checkpoint"), key)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("figure vectors_checkpoint %d checkpoints", len(cases.Cases))
	for _, c := range cases.Cases {
		t.Run(c.Name, func(t *testing.T) {
			cp, err := transparency.ParseCheckpoint([]byte(c.Note), key)
			if (err != nil) != (c.Expect == "reject" || c.Expect == "reject-profile") {
				t.Fatalf("expect %s (%s): %v", c.Expect, c.Why, err)
			}
			var split *transparency.SplitViewError
			if c.Expect == "evidence" && !errors.As(transparency.CheckConsistency(nil, head, cp), &split) {
				t.Error("the split view goes unseen")
			}
			// reject-quorum is about cosignatures: see TestCorpusQuorum.
		})
	}
}

// TestCorpusQuorum asks for both foreign witnesses, as of the clock of the corpus.
func TestCorpusQuorum(t *testing.T) {
	dir := corpus(t, "tlog/made-300")
	var cases struct {
		Clock int64
		Cases []struct{ Name, Expect, Why, Note string }
	}
	readJSON(t, &cases, dir, "checkpoints.json")
	key := corpusKey(t, dir)
	text := "log " + key.String() + "\n"
	names := ""
	for i, vkey := range strings.Fields(string(readFile(t, dir, "WITNESS_VKEYS"))) {
		text += fmt.Sprintf("witness w%d %s\n", i, vkey)
		names += fmt.Sprintf(" w%d", i)
	}
	policy, err := transparency.ParsePolicy(text + "group both all" + names + "\nquorum both\n")
	if err != nil {
		t.Fatal(err)
	}
	judged := 0
	for _, c := range cases.Cases {
		cp, err := transparency.ParseCheckpoint([]byte(c.Note), key)
		if err != nil || c.Expect != "accept" && c.Expect != "reject-quorum" {
			continue
		}
		var counted []transparency.Cosignature
		for _, w := range policy.Witnesses {
			for _, found := range transparency.Cosignatures(cp.Raw, cp.Text(), w.Key) {
				if found.At <= cases.Clock+300 {
					counted = append(counted, found)
				}
			}
		}
		if c.Expect == "accept" && len(counted) == 0 {
			continue // it says only that the log's own signature is good
		}
		judged++
		if _, ok := policy.Met(counted); ok != (c.Expect == "accept") {
			t.Errorf("%s: expect %s (%s), met is %v by %d", c.Name, c.Expect, c.Why, ok, len(counted))
		}
	}
	t.Logf("figure vectors_quorum %d checkpoints", judged)
}

func TestCorpusConsistencyProofs(t *testing.T) {
	dir := corpus(t, "tlog/made-300")
	key := corpusKey(t, dir)
	head, err := transparency.ParseCheckpoint(readFile(t, dir, "checkpoint"), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []string{"0", "1", "2", "255", "256", "257", "299"} {
		old, err := transparency.ParseCheckpoint(readFile(t, dir, "checkpoint."+size), key)
		if err != nil {
			t.Fatal(err)
		}
		var made struct{ Proof tlog.TreeProof }
		if size != "0" {
			readJSON(t, &made, dir, "consistency."+size+".json")
		}
		if err := transparency.CheckConsistency(made.Proof, old, head); err != nil {
			t.Errorf("from %s: %v", size, err)
		}
	}
}

// TestCorpusTiles rebuilds the tree of two foreign logs from their entry bundles
// and compares every tile and every checkpoint.
func TestCorpusTiles(t *testing.T) {
	tiles := 0
	for _, name := range []string{"tlog/made-300", "tlog/tessera-15"} {
		t.Run(name, func(t *testing.T) {
			dir := corpus(t, name)
			var hashes storedHashes
			for n, raw := range corpusEntries(t, dir) {
				next, err := tlog.StoredHashes(int64(n), raw, hashes)
				if err != nil {
					t.Fatal(err)
				}
				hashes = append(hashes, next...)
			}
			tiles += compareTiles(t, dir, hashes)
			compareCheckpoints(t, dir, hashes)
		})
	}
	t.Logf("figure vectors_tiles %d tiles of two logs", tiles)
}

// corpusEntries reads the widest bundle of each number, with the names of the
// files as paths.
func corpusEntries(t *testing.T, dir string) (entries [][]byte) {
	t.Helper()
	widest := map[int64]tlog.Tile{}
	walkTiles(t, dir, func(tile tlog.Tile) {
		if tile.L == -1 && tile.W > widest[tile.N].W {
			widest[tile.N] = tile
		}
	})
	for n := range int64(len(widest)) {
		tile := widest[n]
		bundle, err := transparency.ParseEntries(readFile(t, dir, transparency.TilePath(tile)), tile.W)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, bundle...)
	}
	return entries
}

func walkTiles(t *testing.T, dir string, visit func(tlog.Tile)) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "tile"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		tile, err := transparency.ParseTilePath(filepath.ToSlash(relative))
		if err == nil {
			visit(tile)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func compareTiles(t *testing.T, dir string, hashes storedHashes) (tiles int) {
	t.Helper()
	walkTiles(t, dir, func(tile tlog.Tile) {
		tiles++
		if tile.L == -1 {
			return
		}
		want, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			t.Fatal(err)
		}
		if string(readFile(t, dir, transparency.TilePath(tile))) != string(want) {
			t.Errorf("%s is not the tree's", transparency.TilePath(tile))
		}
	})
	return tiles
}

func compareCheckpoints(t *testing.T, dir string, hashes storedHashes) {
	t.Helper()
	key := corpusKey(t, dir)
	files, err := filepath.Glob(filepath.Join(dir, "checkpoint.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, err := strconv.Atoi(filepath.Ext(file)[1:]); err != nil {
			continue // checkpoints.json has another form
		}
		cp, err := transparency.ParseCheckpoint(readFile(t, file), key)
		if err != nil {
			t.Fatal(err)
		}
		if root, err := tlog.TreeHash(cp.Size, hashes); err != nil || root != cp.Root {
			t.Errorf("%s: root %v, the entries give %v, %v", file, cp.Root, root, err)
		}
	}
}
