package transparency

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Checkpoint is the head of a log: how many leaves, and the root of the tree
// over them. One that ParseCheckpoint returned was signed by the log.
//
// Its form is C2SP tlog-checkpoint without extension lines, which no proof
// would cover.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	Raw    []byte // the signed note with all its signature lines
}

// Text is what the log and its cosigners sign.
func (c *Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%v\n", c.Origin, c.Size, c.Root)
}

// ParseCheckpoint reads a signed note of at most 64 KiB and 100 signature lines
// and verifies it with the log's key, whose name is the origin. Lines of unknown
// signers are passed over; one wrong line under the log's key refuses the note.
func ParseCheckpoint(raw []byte, log *keys.VKey) (*Checkpoint, error) {
	if len(raw) > maxCheckpoint {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrCheckpoint, len(raw), maxCheckpoint)
	}
	n, err := note.Open(raw, note.VerifierList(log))
	if err != nil {
		if unverified, invalid := new(note.UnverifiedNoteError), new(note.InvalidSignatureError); errors.As(err, &unverified) || errors.As(err, &invalid) {
			return nil, fmt.Errorf("%w: %w", ErrUnsigned, err)
		}
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if err := checkLogLines(string(raw[len(n.Text)+1:]), n.Text, log); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	cp, err := parseText(n.Text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if cp.Origin != log.Name() {
		return nil, fmt.Errorf("%w: origin %.80q, the key is of %.80q", ErrCheckpoint, cp.Origin, log.Name())
	}
	cp.Raw = bytes.Clone(raw)
	return cp, nil
}

// checkLogLines verifies every line under the log's key: note.Open looks only
// at the first, but C2SP signed-note refuses a note with any bad known signature.
func checkLogLines(lines, text string, log *keys.VKey) error {
	for line := range strings.Lines(lines) {
		name, b64, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "— "), " ")
		if name != log.Name() {
			continue
		}
		sig, err := base64.StdEncoding.Strict().DecodeString(b64)
		if err != nil || len(sig) < 4 {
			return errors.New("a signature line in the log's name is not canonical base64")
		}
		if binary.BigEndian.Uint32(sig) == log.KeyHash() && !log.Verify([]byte(text), sig[4:]) {
			return errors.New("a signature of the log does not verify")
		}
	}
	return nil
}

// errEmptyRoot is what no proof could mend.
var errEmptyRoot = fmt.Errorf("%w: size 0 with a root that is not of the empty tree", ErrProof)

func parseText(text string) (*Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return nil, errors.New("want three lines: origin, size, root")
	}
	if lines[0] == "" {
		return nil, errors.New("no origin")
	}
	size, err := parseSize(lines[1])
	if err != nil {
		return nil, fmt.Errorf("size: %w", err)
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return nil, fmt.Errorf("root: %w", err)
	}
	if size == 0 && root != emptyRoot() {
		return nil, errEmptyRoot
	}
	return &Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}

func parseSize(s string) (int64, error) {
	if !isDecimal(s) {
		return 0, fmt.Errorf("%.24q is not decimal without leading zeros", s)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > jcs.MaxInt {
		return 0, fmt.Errorf("%.24q exceeds 53 bits", s)
	}
	return n, nil
}

// parseHash reads the one standard base64 spelling of a hash.
func parseHash(s string) (tlog.Hash, error) {
	h, err := tlog.ParseHash(s)
	if err != nil || h.String() != s {
		return tlog.Hash{}, fmt.Errorf("%.48q is not canonical base64 of 32 bytes", s)
	}
	return h, nil
}

// SignCheckpoint makes the signed note. Signing the same head again gives the
// same bytes.
func SignCheckpoint(size int64, root tlog.Hash, s *keys.NoteSigner) ([]byte, error) {
	cp := Checkpoint{Origin: s.Name(), Size: size, Root: root}
	if _, err := parseText(cp.Text()); err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	raw, err := note.Sign(&note.Note{Text: cp.Text()}, s)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return raw, nil
}
