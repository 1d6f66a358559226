package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/aeo-registry/aeo/keys"
	"github.com/spf13/cobra"
)

const maxVKeyFile = 1 << 10

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
	Tiles       int            `json:"tiles"`  // hash tiles compared
	Tokens      int            `json:"tokens"` // status list tokens compared
	Leaves      map[string]int `json:"leaves"`
}

func newLogAuditCmd(a *app) *cobra.Command {
	var vkey, anchor string
	var u unlocking
	cmd := &cobra.Command{
		Use:   "audit [DIR]",
		Short: "replay a log and compare it with what its owner signed and keeps",
		Long: `Audits a copy of a log as an administration publishes it: DIR/log/checkpoint and
the tiles beside it, with the log's key in DIR/vkey. The signature is verified,
every leaf replayed, every tile recomputed and the root compared; so are status
list tokens, where they lie in DIR as status-<n>.jwt.

The key in DIR is the copy's own word. --vkey gives the key you know instead, as
text or file; --anchor demands that the log itself leads from the anchor's root
keys to the key.

Without DIR a node audits itself: every row its queries read is made anew from the
sealed records and compared, and the tokens it publishes. The node is asked where
it runs; a directory that is not served is opened with --identity or
--passphrase-file.

Exits with 22 where the copy is not what was signed, or a row not what was logged:
damaged or made up; with 25 where what was signed breaks the rules of the log.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return a.auditLog(args[0], vkey, anchor)
			}
			if vkey != "" || anchor != "" {
				return fail(exitUsage, errors.New("--vkey and --anchor are about a copy: name its directory"))
			}
			return a.auditNode(&u)
		},
	}
	u.flags(cmd)
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
	tokens, err := copied.compareTokens(dir)
	if err != nil {
		return err
	}
	r := copied.replay.Reduction
	v := logAudit{
		Schema: "aeo.log-audit/1", Origin: copied.head.Origin, VKey: key.String(), Pinned: vkeyFlag != "" || anchorFile != "",
		Size: copied.head.Size, Root: copied.head.Root.String(), At: r.At(),
		Credentials: copied.leaves["credential"], Events: len(r.Events()), Lists: r.URIs(), Tiles: tiles, Tokens: tokens, Leaves: copied.leaves,
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
	fmt.Fprintf(t, "  recomputed\t%s, %s\n", counted(v.Tiles, "hash tile"), counted(v.Tokens, "status list token"))
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
