package bundle

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	maxConsistency = 1 << 20
	// MaxExtended is the most earlier heads a bundle shows to be extended by one log.
	MaxExtended = 128
)

// An Extended is an earlier head of a log, as it was in a bundle before, that
// the head of this bundle provably extends: a row of consistency.json, which is
// sorted by size.
type Extended struct {
	Size  int64          `json:"size"`
	Root  tlog.Hash      `json:"root"`
	Proof tlog.TreeProof `json:"proof"` // RFC 6962, 2.1.2
}

// readExtended reads and proves consistency.json against a head; nil where there is none.
func (b *Bundle) readExtended(issuer Issuer) ([]Extended, error) {
	raw, err := b.optional(issuer, nameConsistency)
	if err != nil || raw == nil {
		return nil, err
	}
	root, err := tlog.ParseHash(issuer.Log.Root)
	if err != nil {
		return nil, err
	}
	return parseExtended(raw, &transparency.Checkpoint{Origin: issuer.Log.Origin, Size: issuer.Log.Size, Root: root})
}

func parseExtended(raw []byte, head *transparency.Checkpoint) ([]Extended, error) {
	if len(raw) > maxConsistency {
		return nil, fmt.Errorf("consistency of %d bytes, at most %d", len(raw), maxConsistency)
	}
	var all []Extended
	if err := readExact(raw, &all); err != nil {
		return nil, fmt.Errorf("consistency: %w", err)
	}
	if len(all) > MaxExtended {
		return nil, fmt.Errorf("consistency with %d heads, at most %d", len(all), MaxExtended)
	}
	for i, e := range all {
		if e.Size < 1 || e.Size >= head.Size || i > 0 && e.Size <= all[i-1].Size {
			return nil, fmt.Errorf("consistency: size %d is not after the one before and below %d", e.Size, head.Size)
		}
		older := &transparency.Checkpoint{Origin: head.Origin, Size: e.Size, Root: e.Root}
		if err := transparency.CheckConsistency(e.Proof, older, head); err != nil {
			return nil, fmt.Errorf("consistency: %w", err)
		}
	}
	return all, nil
}

// openConsistency proves the earlier heads the bundle names.
func (b *Bundle) openConsistency(a *Administration) (err error) {
	a.extended, err = b.readExtended(a.Issuer)
	return err
}

// Extends reports whether the head in the bundle is, or provably extends, an
// earlier head.
func (a *Administration) Extends(size int64, root tlog.Hash) bool {
	if size == a.Checkpoint.Size {
		return root == a.Checkpoint.Root
	}
	for _, e := range a.extended {
		if e.Size == size {
			return e.Root == root
		}
	}
	return false
}

// extends compares the head of a log with one seen in an earlier bundle. A
// smaller one is a rollback; another tree of the same size, or a larger one that
// provably grew from another tree, is a split view. Where the bundle has no proof
// for that size nothing more is known.
func (b *Bundle) extends(issuer Issuer, before LogState) error {
	now := issuer.Log
	if err := now.follows(before); err != nil || now.Size == before.Size {
		return err
	}
	all, err := b.readExtended(issuer)
	if err != nil {
		return nil // the administration does not open: its credentials are refused for that
	}
	for _, e := range all {
		if e.Size == before.Size && e.Root.String() != before.Root {
			return fmt.Errorf("%w: %s of size %d grew from a tree of size %d with root %v, which had root %s before",
				ErrSplitView, now.Origin, now.Size, e.Size, e.Root, before.Root)
		}
	}
	return nil
}
