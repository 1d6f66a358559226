package transparency

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"
)

// An Inclusion proves one leaf in a checkpoint. In JSON the hashes are standard
// base64.
type Inclusion struct {
	Index int64            `json:"index"`
	Leaf  jsontext.Value   `json:"leaf"`
	Proof tlog.RecordProof `json:"proof"`
}

// CheckInclusion checks that the leaf is in the tree of cp, at its index.
func CheckInclusion(cp *Checkpoint, i *Inclusion) (Leaf, error) {
	if err := checkRecord(cp, i.Index, i.Proof, i.Leaf); err != nil {
		return nil, err
	}
	l, err := ParseLeaf(i.Leaf)
	if err != nil {
		return nil, &FaultError{Index: i.Index, Reason: err.Error()}
	}
	return l, nil
}

// StateOf checks that i is the state leaf that ends the tree of cp and returns
// it. Every head a log signs ends in one.
func StateOf(cp *Checkpoint, i *Inclusion) (*State, error) {
	if i.Index != cp.Size-1 {
		return nil, fmt.Errorf("%w: leaf %d does not end the tree of %d", ErrProof, i.Index, cp.Size)
	}
	return provenState(cp, i)
}

func provenState(cp *Checkpoint, i *Inclusion) (*State, error) {
	l, err := CheckInclusion(cp, i)
	if err != nil {
		return nil, err
	}
	s, ok := l.(State)
	if !ok {
		return nil, fmt.Errorf("%w: leaf %d is no state leaf", ErrProof, i.Index)
	}
	if s.Applied != i.Index {
		return nil, &FaultError{Index: i.Index, Reason: fmt.Sprintf("applied %d is not its own index", s.Applied)}
	}
	return &s, nil
}

func checkRecord(cp *Checkpoint, index int64, proof tlog.RecordProof, leaf []byte) error {
	if index < 0 || index >= cp.Size {
		return fmt.Errorf("%w: leaf %d is not in a tree of %d", ErrProof, index, cp.Size)
	}
	if err := tlog.CheckRecord(proof, cp.Size, cp.Root, index, tlog.RecordHash(leaf)); err != nil {
		return fmt.Errorf("%w: leaf %d in the tree of %d: %w", ErrProof, index, cp.Size, err)
	}
	return nil
}

// A SplitViewError holds two checkpoints a log signed of which at most one can
// be true. That is evidence: anybody with the log's key can check it.
type SplitViewError struct{ A, B *Checkpoint }

func (e *SplitViewError) Error() string {
	return fmt.Sprintf("log %.80q signed two trees of size %d, with roots %v and %v", e.A.Origin, e.A.Size, e.A.Root, e.B.Root)
}

// CheckConsistency checks that the larger tree extends the smaller. Every tree
// extends the empty one. Two roots for one size are a *SplitViewError; any other
// failure may be the proof's.
func CheckConsistency(proof tlog.TreeProof, older, newer *Checkpoint) error {
	switch {
	case older.Origin != newer.Origin:
		return fmt.Errorf("%w: checkpoints of two logs, %.80q and %.80q", ErrProof, older.Origin, newer.Origin)
	case older.Size > newer.Size:
		return fmt.Errorf("%w: size %d cannot extend size %d", ErrProof, newer.Size, older.Size)
	case older.Size == newer.Size && older.Root != newer.Root:
		return &SplitViewError{A: older, B: newer}
	case older.Size == newer.Size || older.Size == 0:
		if len(proof) != 0 {
			return fmt.Errorf("%w: %d hashes where none are needed", ErrProof, len(proof))
		}
		return nil
	}
	if err := tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return fmt.Errorf("%w: tree of %d as extension of the tree of %d: %w", ErrProof, newer.Size, older.Size, err)
	}
	return nil
}
