package ledgertest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
)

// A Log is what every storage engine of the ledger offers. [ledger.Ledger] is one.
type Log interface {
	Append(ctx context.Context, entries ...ledger.Entry) (ledger.Appended, error)
	Head() *transparency.Checkpoint
	Leaf(index int64) ([]byte, error)
	Entries(from, to int64, fn func(i int64, leaf []byte) error) error
	Record(index int64) (ledger.Record, error)
	Records(from int64, fn func(ledger.Record) error) error
	Prove(index, size int64) (*transparency.Inclusion, error)
	ProveConsistency(older, newer int64) (tlog.TreeProof, error)
	Tile(t tlog.Tile) ([]byte, error)
	Publish(make func(p *ledger.Published) (map[string][]byte, error)) (*ledger.Published, error)
	Published() *ledger.Published
	EraseSubject(subject string) error
	Close() error
}

var _ Log = (*ledger.Ledger)(nil)

// CheckLog re-derives the whole log from its entries: every leaf must be one an
// honest log can have there, the root must be the signed one, every batch must
// be proved consistent with the head, every record must be in its one place.
func CheckLog(t testing.TB, l Log) {
	t.Helper()
	if err := checkLog(l); err != nil {
		t.Fatalf("check log: %v", err)
	}
}

func checkLog(l Log) error {
	head := l.Head()
	replayed := transparency.NewCopy(head.Origin)
	err := l.Entries(0, head.Size, func(_ int64, leaf []byte) error { return replayed.Add(slices.Clone(leaf)) })
	if err != nil {
		return err
	}
	if err := replayed.Matches(head); err != nil {
		return err
	}
	for i := range head.Size {
		if err := checkLeaf(l, replayed, head, i); err != nil {
			return fmt.Errorf("leaf %d: %w", i, err)
		}
	}
	return checkRecords(l, head.Size)
}

func checkLeaf(l Log, replayed *transparency.Copy, head *transparency.Checkpoint, i int64) error {
	inc, err := l.Prove(i, head.Size)
	if err != nil {
		return err
	}
	leaf, err := transparency.CheckInclusion(head, inc)
	if err != nil {
		return err
	}
	if _, closes := leaf.(transparency.State); !closes {
		return nil
	}
	root, err := tlog.TreeHash(i+1, replayed)
	if err != nil {
		return err
	}
	proof, err := l.ProveConsistency(i+1, head.Size)
	if err != nil {
		return err
	}
	return transparency.CheckConsistency(proof, &transparency.Checkpoint{Origin: head.Origin, Size: i + 1, Root: root}, head)
}

// checkRecords checks that the causal order is one, complete, and closed by a
// state leaf in every batch.
func checkRecords(l Log, size int64) error {
	seen := map[int64]bool{}
	var last ledger.Record
	err := l.Records(0, func(r ledger.Record) error {
		follows := r.Batch == last.Batch && r.N == last.N+1 || r.Batch == last.Batch+1 && r.N == 0
		if !follows || r.At < last.At || seen[r.Leaf] {
			return fmt.Errorf("record of leaf %d (batch %d, %d) after that of leaf %d (batch %d, %d)", r.Leaf, r.Batch, r.N, last.Leaf, last.Batch, last.N)
		}
		one, err := l.Record(r.Leaf)
		if err != nil {
			return err
		}
		if diff := cmp.Diff(r, one); diff != "" {
			return fmt.Errorf("record %d alone differs (-in order +alone):\n%s", r.Leaf, diff)
		}
		seen[r.Leaf], last = true, r
		return nil
	})
	if err != nil {
		return err
	}
	if _, closed := last.Entry.(transparency.State); int64(len(seen)) != size || !closed {
		return fmt.Errorf("%d records for %d leaves, the last is a %T", len(seen), size, last.Entry)
	}
	return nil
}

// CheckTiles compares every tile and entry bundle of the published tree with
// the entries.
func CheckTiles(t testing.TB, l Log) {
	t.Helper()
	size := l.Published().Checkpoint.Size
	entries := make([][]byte, 0, size)
	if err := l.Entries(0, size, func(_ int64, leaf []byte) error { entries = append(entries, leaf); return nil }); err != nil {
		t.Fatal(err)
	}
	for n := int64(0); n*256 < size; n++ {
		width := min(256, size-n*256)
		raw, err := l.Tile(tlog.Tile{H: 8, L: -1, N: n, W: int(width)})
		if err != nil {
			t.Fatalf("entry bundle %d: %v", n, err)
		}
		want, err := transparency.FormatEntries(entries[n*256 : n*256+width])
		if err != nil || !bytes.Equal(raw, want) {
			t.Errorf("entry bundle %d differs from the entries (%v)", n, err)
		}
		hashes, err := l.Tile(tlog.Tile{H: 8, L: 0, N: n, W: int(width)})
		if err != nil {
			t.Fatalf("tile 0/%d: %v", n, err)
		}
		for i := range width {
			if h := tlog.RecordHash(entries[n*256+i]); !bytes.Equal(hashes[i*32:i*32+32], h[:]) {
				t.Errorf("tile 0/%d: hash %d is not that of its entry", n, i)
			}
		}
	}
}
