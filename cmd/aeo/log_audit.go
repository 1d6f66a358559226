package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	maxVKeyFile       = 1 << 10
	maxCheckpointFile = 64 << 10
	maxTileFile       = 256 * (2 + transparency.MaxLeaf) // an entry bundle; hash tiles are smaller
)

// A logAudit is aeo.log-audit/1: what a log that holds says.
type logAudit struct {
	Schema      string         `json:"schema"`
	Origin      string         `json:"origin"`
	VKey        string         `json:"vkey"`
	Pinned      bool           `json:"pinned"` // the key was given by who asked, or an anchor leads to it
	Size        int64          `json:"size"`
	Root        string         `json:"root"`
	At          int64          `json:"at"` // of the last state leaf
	Credentials int            `json:"credentials"`
	Events      int            `json:"events"` // changes of status
	Lists       []string       `json:"lists"`
	Tiles       int            `json:"tiles"` // hash tiles compared
	Leaves      map[string]int `json:"leaves"`
}

func newLogAuditCmd(a *app) *cobra.Command {
	var vkey, anchor string
	cmd := &cobra.Command{
		Use:   "audit DIR",
		Short: "replay a copy of a log and compare it with what its owner signed",
		Long: `Audits a copy of a log as an administration publishes it: DIR/log/checkpoint and
the tiles beside it, with the log's key in DIR/vkey. The signature is verified,
every leaf replayed, every tile recomputed and the root compared.

The key in DIR is the copy's own word. --vkey gives the key you know instead, as
text or file; --anchor demands that the log itself leads from the anchor's root
keys to the key.

Exits with 22 where the copy is not what was signed: damaged or made up; with 25
where what was signed breaks the rules of the log.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.auditLog(args[0], vkey, anchor) },
	}
	cmd.Flags().StringVar(&vkey, "vkey", "", "the log's key, as text or file (default DIR/vkey)")
	cmd.Flags().StringVar(&anchor, "anchor", "", "the anchor of the log's administration")
	return cmd
}

func (a *app) auditLog(dir, vkeyFlag, anchorFile string) error {
	key, err := readVKey(dir, vkeyFlag)
	if err != nil {
		return err
	}
	copied := &logCopy{dir: filepath.Join(dir, "log"), key: key, leaves: map[string]int{}}
	if err := copied.readCheckpoint(); err != nil {
		return err
	}
	if err := copied.readEntries(a.progress("replayed", copied.head.Size)); err != nil {
		return err
	}
	if err := copied.judge(); err != nil {
		return err
	}
	tiles, err := copied.compareTiles()
	if err != nil {
		return err
	}
	if anchorFile != "" {
		if err := copied.follow(anchorFile); err != nil {
			return err
		}
	}
	r := copied.replay.Reduction
	v := logAudit{
		Schema: "aeo.log-audit/1", Origin: copied.head.Origin, VKey: key.String(), Pinned: vkeyFlag != "" || anchorFile != "",
		Size: copied.head.Size, Root: copied.head.Root.String(), At: r.At(),
		Credentials: copied.leaves["credential"], Events: len(r.Events()), Lists: r.URIs(), Tiles: tiles, Leaves: copied.leaves,
	}
	if !v.Pinned {
		a.warn("the key is the copy's own word; compare it, or use --vkey or --anchor")
	}
	return a.result(v, v.print)
}

func (v logAudit) print(w io.Writer) {
	fmt.Fprintf(w, "✓ %s, %d entries\n", plain(v.Origin), v.Size)
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "  key\t%s\n  root\t%s\n  last state\t%s\n", plain(v.VKey), v.Root, instant(v.At))
	fmt.Fprintf(t, "  replayed\t%s, %s, %s\n",
		counted(v.Credentials, "credential"), counted(v.Events, "status change"), counted(len(v.Lists), "status list"))
	fmt.Fprintf(t, "  recomputed\t%s\n", counted(v.Tiles, "hash tile"))
	t.Flush()
}

func readVKey(dir, flag string) (*keys.VKey, error) {
	text := flag
	if !strings.Contains(flag, "+") {
		name := flag
		if name == "" {
			name = filepath.Join(dir, "vkey")
		}
		raw, err := readNamed(name, maxVKeyFile)
		if err != nil {
			return nil, err
		}
		text = strings.TrimSpace(string(raw))
	}
	key, err := keys.ParseVKey(text)
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("read the log's key: %w", err))
	}
	return key, nil
}

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

// tileWidth is how many entries or hashes a whole tile has (C2SP tlog-tiles).
const tileWidth = 256

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
