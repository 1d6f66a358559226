package witness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aeo-registry/aeo/federation/peer"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

// contradicted keeps the evidence and refuses.
func (c *Cosigner) contradicted(last, cp *transparency.Checkpoint, key *keys.VKey, cause error) error {
	dir := c.dir(cp.Origin)
	where := filepath.Join(dir, fmt.Sprintf("evidence-%d", maxEvidence))
	if _, err := os.Stat(where); errors.Is(err, os.ErrNotExist) {
		var err error
		if where, err = peer.NewMirror(dir).Evidence(last.WithCosignatures(key), cp.WithCosignatures(key)); err != nil {
			return fmt.Errorf("keep evidence against %s: %w", cp.Origin, err)
		}
	}
	if c.o.Alarm != nil {
		c.o.Alarm(cp.Origin, where, cause)
	}
	return &Refusal{Status: unprocessable, Err: cause}
}

// suspect keeps a head the log signed that could not be cosigned, the last one
// alone: its proof was bad, which proves nothing, or it is no larger than what
// was cosigned. Who holds the whole log can tell; see Review.
func (c *Cosigner) suspect(cp *transparency.Checkpoint, key *keys.VKey) error {
	defer c.lock(cp.Origin)()
	if err := os.MkdirAll(c.dir(cp.Origin), 0o700); err != nil {
		return err
	}
	return peer.ReplaceFile(filepath.Join(c.dir(cp.Origin), suspectName), cp.WithCosignatures(key))
}

const (
	suspectName       = "suspect"
	contradictionName = "contradiction.json"
	maxContradiction  = 4 << 20
)

// Review holds what the cosigner has seen of a log, cosigned or not, against a
// whole copy of it, whose head is newest. A head the log signed that the copy
// does not have becomes evidence that anybody can check, kept and served from
// then on; the error is a *transparency.SplitViewError.
func (c *Cosigner) Review(newest *transparency.Checkpoint, key *keys.VKey, rosters [][]byte, log tlog.HashReader) error {
	defer c.lock(newest.Origin)()
	for _, name := range []string{"checkpoint", suspectName} {
		file := filepath.Join(c.dir(newest.Origin), name)
		raw, err := peer.ReadFile(file, MaxAnswer)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		var seen *transparency.Checkpoint
		if err == nil {
			seen, err = transparency.ParseCheckpoint(raw, key)
		}
		if err != nil {
			return fmt.Errorf("review %s: %w", newest.Origin, err)
		}
		if seen.Size > newest.Size || seen.Size == 0 {
			continue // not to be told yet
		}
		root, err := tlog.TreeHash(seen.Size, log)
		if err != nil {
			return err
		}
		var split error
		if root != seen.Root {
			split = c.accuse(seen, newest, rosters, log)
		}
		if name == suspectName { // it has been judged
			split = errors.Join(split, os.Remove(file))
		}
		if split != nil {
			return split
		}
	}
	return nil
}

// accuse keeps two heads that contradict each other in the form that needs no copy of the log.
func (c *Cosigner) accuse(seen, newest *transparency.Checkpoint, rosters [][]byte, log tlog.HashReader) error {
	split := &transparency.SplitViewError{A: seen, B: newest}
	file := filepath.Join(c.dir(newest.Origin), contradictionName)
	if _, err := os.Stat(file); err == nil {
		return split
	}
	e, err := transparency.Contradict(rosters, seen, newest, log)
	if err != nil {
		return err
	}
	raw, err := e.Marshal()
	if err == nil {
		err = peer.ReplaceFile(file, raw)
	}
	if err != nil {
		return fmt.Errorf("keep evidence against %s: %w", newest.Origin, err)
	}
	if c.o.Alarm != nil {
		c.o.Alarm(newest.Origin, file, split)
	}
	return split
}

// Contradiction is the evidence against a log, aeo.evidence/1, by the log's name
// in paths; the error is os.ErrNotExist where there is none.
func (c *Cosigner) Contradiction(name string) ([]byte, error) {
	return c.about(name, contradictionName, maxContradiction)
}
