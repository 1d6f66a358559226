package transparency

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/mod/sumdb/tlog"
)

// wire is a leaf as it is written: its members beside its type.
type wire[L Leaf] struct {
	T    string `json:"t"`
	Leaf L      `json:",embed"`
}

// MarshalLeaf gives the bytes of a leaf in the log. A leaf that ParseLeaf would
// refuse is refused here.
func MarshalLeaf(l Leaf) ([]byte, error) {
	switch l := l.(type) {
	case Genesis:
		return write("genesis", l)
	case Key:
		return write("key", l)
	case List:
		return write("list", l)
	case Credential:
		return writeDigest(credentialEnd, l.SHA256)
	case Status:
		return write("status", l)
	case Artefact:
		return write("artefact", l)
	case Case:
		return writeDigest(caseEnd, l.SHA256)
	case State:
		return write("state", l)
	}
	return nil, fmt.Errorf("%w: Go type %T", ErrLeaf, l)
}

// ParseLeaf reads a leaf: known t, no unknown and no missing member,
// well-formed values, and exactly the bytes MarshalLeaf gives.
func ParseLeaf(raw []byte) (Leaf, error) {
	if len(raw) > MaxLeaf {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLeaf, len(raw), MaxLeaf)
	}
	if digest, ok := cutDigest(raw, caseEnd); ok {
		return Case{SHA256: digest}, nil
	}
	if digest, ok := cutDigest(raw, credentialEnd); ok {
		return Credential{SHA256: digest}, nil
	}
	var head struct {
		T string `json:"t"`
	}
	if err := jcs.UnmarshalOpen(raw, &head); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLeaf, err)
	}
	switch head.T {
	case "genesis":
		return read[Genesis](raw)
	case "key":
		return read[Key](raw)
	case "list":
		return read[List](raw)
	case "credential":
		return read[Credential](raw)
	case "status":
		return read[Status](raw)
	case "artefact":
		return read[Artefact](raw)
	case "case":
		return read[Case](raw)
	case "state":
		return read[State](raw)
	}
	return nil, fmt.Errorf("%w: unknown t %.40q", ErrLeaf, head.T)
}

// Almost every leaf of a log is of one of two types that hold a digest and
// nothing else. Their one spelling is known, so it is compared, not parsed;
// whatever differs goes the long way, to be refused with its reason.
const (
	digestStart   = `{"sha256":"`
	caseEnd       = `","t":"case"}`
	credentialEnd = `","t":"credential"}`
)

func writeDigest(end, sha256 string) ([]byte, error) {
	if err := checkDigest("sha256", sha256); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLeaf, err)
	}
	return []byte(digestStart + sha256 + end), nil
}

func cutDigest(raw []byte, end string) (sha256 string, ok bool) {
	const hexDigits = 64
	if len(raw) != len(digestStart)+hexDigits+len(end) || string(raw[:len(digestStart)]) != digestStart ||
		string(raw[len(digestStart)+hexDigits:]) != end {
		return "", false
	}
	sha256 = string(raw[len(digestStart) : len(digestStart)+hexDigits])
	return sha256, checkDigest("sha256", sha256) == nil
}

func write[L Leaf](t string, l L) ([]byte, error) {
	if err := checkForm(l); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrLeaf, t, err)
	}
	raw, err := jcs.Marshal(wire[L]{T: t, Leaf: l})
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrLeaf, t, err)
	}
	if len(raw) > MaxLeaf {
		return nil, fmt.Errorf("%w: %s of %d bytes, at most %d", ErrLeaf, t, len(raw), MaxLeaf)
	}
	return raw, nil
}

// read compares with what would be written: that refuses other spellings and,
// since every member is written, missing ones.
func read[L Leaf](raw []byte) (Leaf, error) {
	var w wire[L]
	if err := jcs.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLeaf, err)
	}
	again, err := write(w.T, w.Leaf)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, raw) {
		return nil, fmt.Errorf("%w: %s: a member is missing or not in RFC 8785 form", ErrLeaf, w.T)
	}
	return w.Leaf, nil
}

// Arrange puts the leaves of a batch, without its state leaf, in the order the
// log demands: structural leaves first, as given, then all others by ascending
// leaf hash.
func Arrange(batch []Leaf) ([][]byte, error) {
	var first, rest [][]byte
	for i, l := range batch {
		raw, err := MarshalLeaf(l)
		if err != nil {
			return nil, fmt.Errorf("leaf %d of the batch: %w", i, err)
		}
		if Structural(l) {
			first = append(first, raw)
		} else {
			rest = append(rest, raw)
		}
	}
	slices.SortFunc(rest, func(a, b []byte) int { return compareHashes(tlog.RecordHash(a), tlog.RecordHash(b)) })
	return append(first, rest...), nil
}

func compareHashes(a, b tlog.Hash) int { return cmp.Compare(string(a[:]), string(b[:])) }
