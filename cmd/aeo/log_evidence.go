package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/spf13/cobra"
)

const maxEvidenceFile = 4 << 20

func newLogEvidenceCmd(a *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "evidence INDEX",
		Short: "show to anybody, for good, that a leaf was recorded",
		Long: `Writes a file (aeo.evidence/1) that shows without this node that a leaf is in its log,
and when at the latest it was recorded: the leaf, the state leaf that followed, their
proofs, the checkpoint the log signed, and the rosters that list the log's key.
aeo log verify-evidence checks it.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			index, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || index < 0 {
				return fail(exitUsage, errors.New("INDEX is the number of a leaf"))
			}
			c, err := a.node()
			if err != nil {
				return err
			}
			raw, err := c.raw("GET", fmt.Sprintf("/log/evidence?index=%d", index), nil)
			if err != nil {
				return err
			}
			return a.deliver("aeo.file/1", out, raw)
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "file for the evidence")
	return cmd
}

// An evidenceResult is aeo.log-evidence/1.
type evidenceResult struct {
	Schema       string `json:"schema"`
	Kind         string `json:"kind"`
	Origin       string `json:"origin"`
	Pinned       bool   `json:"pinned"` // an anchor or a key that was given vouches for the log's key
	Misbehaviour bool   `json:"misbehaviour"`
	What         string `json:"what"`
}

func newLogVerifyEvidenceCmd(a *app) *cobra.Command {
	var anchor, vkey string
	cmd := &cobra.Command{
		Use:   "verify-evidence FILE|DIR",
		Short: "check evidence about a log, without any node",
		Long: `Checks a file that aeo log evidence wrote, or a directory evidence-<n> that a node keeps
where a partner's log showed two histories. Such a directory needs the log's key,
--vkey. --anchor demands that the evidence leads from the anchor's root keys.

Exits with 0 where a leaf is shown to be recorded, with 25 where the log is shown to
have signed two histories, with 22 where the evidence does not hold, and with 24 where
it may hold and more is needed to tell.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := a.checkEvidence(args[0], anchor, vkey)
			if err != nil {
				return err
			}
			v.Schema = "aeo.log-evidence/1"
			if !v.Pinned {
				a.warn("the key is the evidence's own word; compare it, or use --anchor or --vkey")
			}
			if err := a.result(v, func(w io.Writer) { fmt.Fprintf(w, "%s: %s\n", plain(v.Origin), v.What) }); err != nil {
				return err
			}
			if v.Misbehaviour {
				return exitWith(exitMisbehaviour)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&anchor, "anchor", "", "the anchor of the log's administration")
	cmd.Flags().StringVar(&vkey, "vkey", "", "the log's key, as text or file")
	return cmd
}

func (a *app) checkEvidence(name, anchorFile, vkey string) (*evidenceResult, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return twoCheckpoints(name, vkey)
	}
	raw, err := readNamed(name, maxEvidenceFile)
	if err != nil {
		return nil, err
	}
	e, err := transparency.ParseEvidence(raw)
	if err != nil {
		return nil, fail(exitNotAuthentic, err)
	}
	var pinned []*keys.PublicKey
	if anchorFile != "" {
		anchor, err := readAnchor(anchorFile)
		if err != nil {
			return nil, err
		}
		pinned = anchor.Root
	}
	s, err := e.Check(pinned)
	if err != nil {
		return nil, fail(exitNotAuthentic, err)
	}
	v := &evidenceResult{Kind: s.Kind, Origin: s.Origin, Pinned: pinned != nil}
	if vkey != "" {
		key, err := readVKey("", vkey)
		if err != nil {
			return nil, err
		}
		if key.String() != s.Key.String() {
			return nil, fail(exitIssuer, fmt.Errorf("the evidence is signed with %s, not with %s", s.Key, key))
		}
		v.Pinned = true
	}
	if s.Kind == transparency.KindInclusion {
		v.What = fmt.Sprintf("%s, in the tree of %d leaves that it signed, recorded not after %s", indexes(e), s.A.Size, instant(s.At))
		return v, nil
	}
	v.Misbehaviour, v.What = true, contradictory(s.A, s.B)
	return v, nil
}

func indexes(e *transparency.Evidence) string {
	var out []string
	for _, l := range e.Leaves {
		out = append(out, strconv.FormatInt(l.Index, 10))
	}
	return "leaf " + strings.Join(out, ", ")
}

func contradictory(a, b *transparency.Checkpoint) string {
	return fmt.Sprintf("it signed a tree of %d leaves with root %v and a tree of %d leaves with root %v, and at most one can be true",
		a.Size, a.Root, b.Size, b.Root)
}

// twoCheckpoints checks a directory in which a node kept what a partner signed.
func twoCheckpoints(dir, vkey string) (*evidenceResult, error) {
	if vkey == "" {
		return nil, fail(exitUsage, errors.New("which key is the log's? use --vkey KEY"))
	}
	key, err := readVKey("", vkey)
	if err != nil {
		return nil, err
	}
	var two [2]*transparency.Checkpoint
	for i, name := range []string{"seen.checkpoint", "now.checkpoint"} {
		raw, err := readNamed(filepath.Join(dir, name), maxCheckpointFile)
		if err != nil {
			return nil, err
		}
		if two[i], err = transparency.ParseCheckpoint(raw, key); err != nil {
			return nil, fail(exitNotAuthentic, fmt.Errorf("%s: %w", name, err))
		}
	}
	v := &evidenceResult{Kind: transparency.KindContradiction, Origin: key.Name(), Pinned: true}
	if two[0].Size != two[1].Size {
		return nil, fail(exitCannotTell, fmt.Errorf("trees of %d and %d leaves: two checkpoints alone do not show that one does not extend the other", two[0].Size, two[1].Size))
	}
	if two[0].Root == two[1].Root {
		return nil, fail(exitNotAuthentic, errors.New("the two checkpoints say the same"))
	}
	v.Misbehaviour, v.What = true, contradictory(two[0], two[1])
	return v, nil
}
