package transparency

import (
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"
)

// Kinds of evidence.
const (
	// KindInclusion shows that leaves were recorded, and not later than a certain time.
	KindInclusion = "inclusion"
	// KindContradiction shows that a log signed two trees of which at most one can be true.
	KindContradiction = "contradiction"
)

const (
	evidenceSchema = "aeo.evidence/1"
	maxEvidence    = 4 << 20
	maxEvidenceOf  = 256 // leaves, rosters
)

// ErrEvidence says that bytes are no evidence, or do not show what they claim.
var ErrEvidence = errors.New("evidence does not hold")

// Evidence is something about one log that anybody can check without asking
// anybody, as aeo.evidence/1, an RFC 8785 object of at most 4 MiB:
//
//	{"schema": "aeo.evidence/1", "kind", "rosters": [...], "checkpoint",
//	 "leaves": [{index, leaf, proof}], "state": {index, leaf, proof}}             inclusion
//	 "other", "prefix"?, "proof"?: [...]}                                         contradiction
//
// rosters are the key rosters of the log's administration, from the first on;
// the newest lists the log's key. checkpoint and other are signed notes.
//
// inclusion: all leaves and the state leaf are in the tree of checkpoint, and the
// state leaf comes after them: they were recorded at its time or before.
//
// contradiction: checkpoint and other differ at one size; or other is larger, and
// proof is a consistency proof (RFC 6962, 2.1.2) from the tree with root prefix,
// of the size of checkpoint, to other, while checkpoint has another root.
type Evidence struct {
	Schema     string           `json:"schema"`
	Kind       string           `json:"kind"`
	Rosters    []jsontext.Value `json:"rosters"`
	Checkpoint string           `json:"checkpoint"`
	Leaves     []Inclusion      `json:"leaves,omitempty"`
	State      *Inclusion       `json:"state,omitzero"`
	Other      string           `json:"other,omitzero"`
	Prefix     string           `json:"prefix,omitzero"` // base64
	Proof      tlog.TreeProof   `json:"proof,omitempty"`
}

// NewEvidence starts evidence about the log whose rosters these are.
func NewEvidence(kind string, rosters [][]byte, checkpoint []byte) *Evidence {
	e := &Evidence{Schema: evidenceSchema, Kind: kind, Checkpoint: string(checkpoint), Rosters: []jsontext.Value{}}
	for _, raw := range rosters {
		e.Rosters = append(e.Rosters, jsontext.Value(raw))
	}
	return e
}

// ParseEvidence reads the form; what it shows is for Check.
func ParseEvidence(raw []byte) (*Evidence, error) {
	if len(raw) > maxEvidence {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrEvidence, len(raw), maxEvidence)
	}
	var e Evidence
	if err := jcs.Unmarshal(raw, &e); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	if e.Schema != evidenceSchema {
		return nil, fmt.Errorf("%w: schema %.40q, want %s", ErrEvidence, e.Schema, evidenceSchema)
	}
	inclusion := len(e.Leaves) > 0 && e.State != nil
	contradiction := e.Other != ""
	switch {
	case len(e.Rosters) == 0 || len(e.Rosters) > maxEvidenceOf || len(e.Leaves) > maxEvidenceOf || len(e.Proof) > maxProof:
		return nil, fmt.Errorf("%w: %d rosters, %d leaves, %d hashes", ErrEvidence, len(e.Rosters), len(e.Leaves), len(e.Proof))
	case e.Kind == KindInclusion && inclusion && !contradiction && e.Prefix == "" && len(e.Proof) == 0:
	case e.Kind == KindContradiction && contradiction && len(e.Leaves) == 0 && e.State == nil:
	default:
		return nil, fmt.Errorf("%w: not the members of kind %.20q", ErrEvidence, e.Kind)
	}
	return &e, nil
}

// Marshal is the RFC 8785 form.
func (e *Evidence) Marshal() ([]byte, error) { return jcs.Marshal(e) }

// A Shown says what evidence shows.
type Shown struct {
	Kind   string
	Origin string
	Key    *keys.VKey
	Roots  []*keys.PublicKey // of the first roster; believed only where they were pinned
	Leaves []Leaf            // inclusion
	At     int64             // inclusion: recorded then or before
	A, B   *Checkpoint       // contradiction; inclusion has A
}

// VerifyRosters verifies the rosters in evidence, from the first on. Pinned are
// the root keys of the administration as one knows them; with nil the evidence's
// own word is taken.
func VerifyRosters(rosters []jsontext.Value, pinned []*keys.PublicKey) (*keys.History, error) {
	raw := make([][]byte, len(rosters))
	for i, r := range rosters {
		raw[i] = r
	}
	if pinned == nil {
		return keys.VerifyVouchedHistory(raw)
	}
	return keys.VerifyHistory(raw, pinned)
}

// Check verifies all of it. Pinned are the root keys of the administration as
// one knows them; with nil the evidence's own word is taken, and it shows only
// that whoever holds the keys it names did this.
func (e *Evidence) Check(pinned []*keys.PublicKey) (*Shown, error) {
	history, err := VerifyRosters(e.Rosters, pinned)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	key, err := history.Note(keys.RoleLog)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	s := &Shown{Kind: e.Kind, Origin: key.Name(), Key: key, Roots: history.First().Root}
	if s.A, err = ParseCheckpoint([]byte(e.Checkpoint), key); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	if e.Kind == KindInclusion {
		err = e.checkInclusion(s)
	} else {
		err = e.checkContradiction(s)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	return s, nil
}

func (e *Evidence) checkInclusion(s *Shown) error {
	state, err := provenState(s.A, e.State)
	if err != nil {
		return err
	}
	s.At = state.At
	for i := range e.Leaves {
		if e.Leaves[i].Index > e.State.Index {
			return fmt.Errorf("leaf %d comes after the state leaf %d", e.Leaves[i].Index, e.State.Index)
		}
		leaf, err := CheckInclusion(s.A, &e.Leaves[i])
		if err != nil {
			return err
		}
		s.Leaves = append(s.Leaves, leaf)
	}
	return nil
}

func (e *Evidence) checkContradiction(s *Shown) (err error) {
	if s.B, err = ParseCheckpoint([]byte(e.Other), s.Key); err != nil {
		return err
	}
	if s.A.Size == s.B.Size {
		if s.A.Root == s.B.Root || e.Prefix != "" || len(e.Proof) > 0 {
			return errors.New("the two checkpoints say the same, or more is given than they need")
		}
		return nil
	}
	prefix, err := parseHash(e.Prefix)
	if err != nil {
		return fmt.Errorf("prefix: %w", err)
	}
	if s.A.Size == 0 || s.A.Size > s.B.Size || prefix == s.A.Root {
		return errors.New("the larger tree extends the smaller")
	}
	if err := tlog.CheckTree(e.Proof, s.B.Size, s.B.Root, s.A.Size, prefix); err != nil {
		return fmt.Errorf("the larger tree does not begin with root %v: %w", prefix, err)
	}
	return nil
}

// Contradict makes evidence of two checkpoints and, where their sizes differ, a
// log that is the newer one's; an error where the newer tree extends the older.
func Contradict(rosters [][]byte, older, newer *Checkpoint, log tlog.HashReader) (*Evidence, error) {
	e := NewEvidence(KindContradiction, rosters, older.Raw)
	e.Other = string(newer.Raw)
	if older.Size != newer.Size {
		prefix, err := tlog.TreeHash(older.Size, log)
		if err != nil {
			return nil, fmt.Errorf("recompute root of size %d: %w", older.Size, err)
		}
		if e.Proof, err = tlog.ProveTree(newer.Size, older.Size, log); err != nil {
			return nil, fmt.Errorf("prove size %d in %d: %w", older.Size, newer.Size, err)
		}
		e.Prefix = prefix.String()
	}
	_, err := e.Check(nil)
	return e, err
}
