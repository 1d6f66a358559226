package exchange

import (
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	// SchemaEvidence names the form of [Evidence].
	SchemaEvidence = "aeo.known/1"

	maxEvidence   = 4 << 20
	maxEvidenceOf = 256 // rosters, leaves
	maxProof      = 64  // hashes
)

// ErrEvidence says that bytes are no evidence, or do not show what they claim.
var ErrEvidence = errors.New("evidence does not hold")

// Evidence shows without any node what an administration said it knew of a log,
// as aeo.known/1, a JSON object of at most 4 MiB:
//
//	{"schema": "aeo.known/1", "known", "by": [...], "rosters": [...], "checkpoint",
//	 "proof": [...], "leaves": [{index, leaf, proof}]}
//
// known is the message of [KindKnown], signed; by are the key rosters of its
// sender, rosters those of the log's administration, both from the first on;
// checkpoint is a signed note of the log; proof is the consistency (RFC 6962,
// 2.1.2) of the tree that was known with that of checkpoint; leaves are in the
// tree that was known.
//
// It shows that an exchange key of the sender signed, at a time the sender gave,
// that every leaf below a size was replayed and in its verdicts; that the tree so
// named is the beginning of what the log signed; and that the leaves are in it. It
// does not show that the sender did not know before, nor does anybody but the
// sender vouch for the time.
type Evidence struct {
	Schema     string                   `json:"schema"`
	Known      string                   `json:"known"`
	By         []jsontext.Value         `json:"by"`
	Rosters    []jsontext.Value         `json:"rosters"`
	Checkpoint string                   `json:"checkpoint"`
	Proof      tlog.TreeProof           `json:"proof"`
	Leaves     []transparency.Inclusion `json:"leaves"`
}

// Shown is what evidence shows.
type Shown struct {
	By       string // entity id of who knew
	Known    Known
	SignedAt int64
	Leaves   []transparency.Leaf
	Log      *keys.VKey

	ByRoots, Roots []*keys.PublicKey // of the first rosters; believed only where they were pinned
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
	if e.Schema != SchemaEvidence {
		return nil, fmt.Errorf("%w: schema %.40q, want %s", ErrEvidence, e.Schema, SchemaEvidence)
	}
	if len(e.By) == 0 || len(e.By) > maxEvidenceOf || len(e.Rosters) == 0 || len(e.Rosters) > maxEvidenceOf ||
		len(e.Leaves) > maxEvidenceOf || len(e.Proof) > maxProof {
		return nil, fmt.Errorf("%w: %d and %d rosters, %d leaves, %d hashes", ErrEvidence, len(e.By), len(e.Rosters), len(e.Leaves), len(e.Proof))
	}
	return &e, nil
}

// Check verifies all of it. PinnedBy and pinned are the root keys of who knew and
// of the log's administration; where one is nil the evidence's own word is taken
// for whose keys those are.
func (e *Evidence) Check(pinnedBy, pinned []*keys.PublicKey) (*Shown, error) {
	s, err := e.check(pinnedBy, pinned)
	if err != nil && !errors.Is(err, ErrEvidence) {
		err = fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	return s, err
}

func (e *Evidence) check(pinnedBy, pinned []*keys.PublicKey) (*Shown, error) {
	by, err := transparency.VerifyRosters(e.By, pinnedBy)
	if err != nil {
		return nil, fmt.Errorf("rosters of who knew: %w", err)
	}
	of, err := transparency.VerifyRosters(e.Rosters, pinned)
	if err != nil {
		return nil, fmt.Errorf("rosters of the log: %w", err)
	}
	m, known, err := e.word(by)
	if err != nil {
		return nil, err
	}
	key, err := of.Note(keys.RoleLog)
	if err != nil {
		return nil, err
	}
	if m.Aud != of.Current().Iss || known.Origin != key.Name() || known.Origin != trust.Host(m.Aud)+"/log" {
		return nil, fmt.Errorf("it was said to %.80q of the log %.80q", m.Aud, known.Origin)
	}
	cp, err := transparency.ParseCheckpoint([]byte(e.Checkpoint), key)
	if err != nil {
		return nil, err
	}
	root, err := tlog.ParseHash(known.Root)
	if err != nil || root.String() != known.Root {
		return nil, fmt.Errorf("root %.48q", known.Root)
	}
	was := &transparency.Checkpoint{Origin: known.Origin, Size: known.Size, Root: root}
	if err := transparency.CheckConsistency(e.Proof, was, cp); err != nil {
		return nil, err
	}
	s := &Shown{By: m.Iss, Known: *known, SignedAt: m.Iat, Log: key, ByRoots: by.First().Root, Roots: of.First().Root}
	for i := range e.Leaves {
		leaf, err := transparency.CheckInclusion(was, &e.Leaves[i])
		if err != nil {
			return nil, err
		}
		s.Leaves = append(s.Leaves, leaf)
	}
	return s, nil
}

// word is the message, verified as its sender's.
func (e *Evidence) word(by *keys.History) (*Message, *Known, error) {
	m, err := Read([]byte(e.Known))
	if err != nil {
		return nil, nil, err
	}
	if err := m.VerifySigner(by); err != nil {
		return nil, nil, err
	}
	var k Known
	if m.Kind != KindKnown {
		return nil, nil, fmt.Errorf("a message of kind %s", m.Kind)
	}
	if err := m.Into(&k); err != nil {
		return nil, nil, err
	}
	return m, &k, k.Check(m.Iat)
}

// Check reports whether the body can be what was said at an instant.
func (k *Known) Check(signedAt int64) error {
	if k.Size < 1 || k.At < 0 || k.At > signedAt {
		return fmt.Errorf("%w: size %d known at %d, said at %d", ErrMessage, k.Size, k.At, signedAt)
	}
	return nil
}
