package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/spf13/cobra"
)

const maxEvidenceFile = 4 << 20

func newLogEvidenceCmd(a *app) *cobra.Command {
	var out, knownBy, at string
	cmd := &cobra.Command{
		Use:   "evidence [INDEX]",
		Short: "show to anybody, for good, that a leaf was recorded, or that a partner knew it",
		Long: `Writes a file (aeo.evidence/1) that shows without this node that a leaf is in its log,
and when at the latest it was recorded: the leaf, the state leaf that followed, their
proofs, the checkpoint the log signed, and the rosters that list the log's key.
aeo log verify-evidence checks it.

With --known-by the file (aeo.known/1) shows that a partner said, signed with its
exchange key, that it had replayed our log up to a size and gave its verdicts by it:
with INDEX the first word that covers that leaf, else the last it gave by --at. It
shows what the partner said and when it said so by its own clock, not that it did not
know before.`,
		Example: `  aeo log evidence 1234 --out leaf.json
  aeo log evidence 1234 --known-by JP --at 2026-03-03 --out known.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path, err := evidencePath(args, knownBy, at)
			if err != nil {
				return fail(exitUsage, err)
			}
			c, err := a.node()
			if err != nil {
				return err
			}
			raw, err := c.raw("GET", path, nil)
			if err != nil {
				return err
			}
			return a.deliver("aeo.file/1", out, raw)
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "file for the evidence")
	cmd.Flags().StringVar(&knownBy, "known-by", "", "the partner that is to have known: territory, host or entity id")
	cmd.Flags().StringVar(&at, "at", "", "known by then: a day means its end, UTC; now where nothing is said")
	return cmd
}

func evidencePath(args []string, knownBy, at string) (string, error) {
	index := int64(-1)
	if len(args) > 0 {
		var err error
		if index, err = strconv.ParseInt(args[0], 10, 64); err != nil || index < 0 {
			return "", errors.New("INDEX is the number of a leaf")
		}
	}
	if knownBy == "" {
		if index < 0 || at != "" {
			return "", errors.New("which leaf? INDEX is its number; --at is for --known-by")
		}
		return fmt.Sprintf("/log/evidence?index=%d", index), nil
	}
	path := fmt.Sprintf("/log/known?index=%d&by=%s", index, url.QueryEscape(knownBy))
	if at == "" {
		return path, nil
	}
	t, err := parseInstant(at)
	if err != nil {
		return "", fmt.Errorf("--at: %w", err)
	}
	if _, err := time.Parse(time.DateOnly, at); err == nil {
		t += 24*3600 - 1
	}
	return fmt.Sprintf("%s&at=%d", path, t), nil
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
	var anchor, by, vkey string
	cmd := &cobra.Command{
		Use:   "verify-evidence FILE|DIR",
		Short: "check evidence about a log, without any node",
		Long: `Checks a file that aeo log evidence wrote, or a directory evidence-<n> that a node keeps
where a partner's log showed two histories. Such a directory needs the log's key,
--vkey. --anchor demands that the evidence leads from the anchor's root keys;
--known-by-anchor demands the same of the partner that is shown to have known.

Exits with 0 where a leaf is shown to be recorded, with 25 where the log is shown to
have signed two histories, with 22 where the evidence does not hold, and with 24 where
it may hold and more is needed to tell.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := a.checkEvidence(args[0], anchor, by, vkey)
			if err != nil {
				return err
			}
			v.Schema = "aeo.log-evidence/1"
			if !v.Pinned {
				a.warn("a key is the evidence's own word; compare it, or use --anchor, --known-by-anchor or --vkey")
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
	cmd.Flags().StringVar(&by, "known-by-anchor", "", "the anchor of the partner that knew")
	cmd.Flags().StringVar(&vkey, "vkey", "", "the log's key, as text or file")
	return cmd
}

func (a *app) checkEvidence(name, anchorFile, byFile, vkey string) (*evidenceResult, error) {
	noKnowledge := fail(exitNotAuthentic, fmt.Errorf("%s does not show that a partner knew, as --known-by-anchor demands", name))
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		if byFile != "" {
			return nil, noKnowledge
		}
		return twoCheckpoints(name, vkey)
	}
	raw, err := readNamed(name, maxEvidenceFile)
	if err != nil {
		return nil, err
	}
	pinned, err := pinsOf(anchorFile)
	if err != nil {
		return nil, err
	}
	var peek struct {
		Schema string `json:"schema"`
	}
	if jcs.UnmarshalOpen(raw, &peek) == nil && peek.Schema == exchange.SchemaEvidence {
		return checkKnown(raw, byFile, pinned, vkey)
	}
	if byFile != "" {
		return nil, noKnowledge
	}
	e, err := transparency.ParseEvidence(raw)
	if err != nil {
		return nil, fail(exitNotAuthentic, err)
	}
	s, err := e.Check(pinned)
	if err != nil {
		return nil, fail(exitNotAuthentic, err)
	}
	v := &evidenceResult{Kind: s.Kind, Origin: s.Origin, Pinned: pinned != nil}
	if err := v.heldTo(s.Key, vkey); err != nil {
		return nil, err
	}
	if s.Kind == transparency.KindInclusion {
		v.What = fmt.Sprintf("%s, in the tree of %d leaves that it signed, recorded not after %s", indexes(e.Leaves), s.A.Size, instant(s.At))
		return v, nil
	}
	v.Misbehaviour, v.What = true, contradictory(s.A, s.B)
	return v, nil
}

// pinsOf are the root keys of an anchor file; nil where none is named.
func pinsOf(anchorFile string) ([]*keys.PublicKey, error) {
	if anchorFile == "" {
		return nil, nil
	}
	anchor, err := readAnchor(anchorFile)
	if err != nil {
		return nil, err
	}
	return anchor.Root, nil
}

// heldTo compares the log's key with the one that was given, if any.
func (v *evidenceResult) heldTo(signed *keys.VKey, vkey string) error {
	if vkey == "" {
		return nil
	}
	key, err := readVKey("", vkey)
	if err != nil {
		return err
	}
	if key.String() != signed.String() {
		return fail(exitIssuer, fmt.Errorf("the evidence is signed with %s, not with %s", signed, key))
	}
	v.Pinned = true
	return nil
}

// checkKnown checks what shows that a partner knew.
func checkKnown(raw []byte, byFile string, pinned []*keys.PublicKey, vkey string) (*evidenceResult, error) {
	e, err := exchange.ParseEvidence(raw)
	if err != nil {
		return nil, fail(exitNotAuthentic, err)
	}
	by, err := pinsOf(byFile)
	if err != nil {
		return nil, err
	}
	s, err := e.Check(by, pinned)
	if err != nil {
		return nil, fail(exitNotAuthentic, err)
	}
	v := &evidenceResult{Kind: "known", Origin: s.Known.Origin, Pinned: pinned != nil}
	if err := v.heldTo(s.Log, vkey); err != nil {
		return nil, err
	}
	v.Pinned = v.Pinned && by != nil // both logs' owners speak in it
	v.What = fmt.Sprintf("%s said at %s that it had replayed the first %d leaves and decides by them since %s",
		s.By, instant(s.SignedAt), s.Known.Size, instant(s.Known.At))
	if len(e.Leaves) > 0 {
		v.What += "; among them " + indexes(e.Leaves)
	}
	return v, nil
}

func indexes(leaves []transparency.Inclusion) string {
	var out []string
	for _, l := range leaves {
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
