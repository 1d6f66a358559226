package transparency

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/aeo-registry/aeo/keys"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	receiptMagic = "c2sp.org/tlog-proof@v1"
	receiptIndex = "index "
)

// A Receipt is a C2SP tlog-proof: what a holder keeps to show that the
// credential is in the log. ParseReceipt looks at its form only; the checkpoint
// in it is nobody's word until Verify returned it.
//
// The optional extra line is refused: nothing would authenticate it.
type Receipt struct {
	Index      int64
	Proof      tlog.RecordProof
	Checkpoint []byte // with its cosignatures
}

// ParseReceipt reads a tlog-proof of at most 16 KiB.
func ParseReceipt(raw []byte) (*Receipt, error) {
	if len(raw) > maxReceipt {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrReceipt, len(raw), maxReceipt)
	}
	head, checkpoint, ok := strings.Cut(string(raw), "\n\n")
	if !ok || checkpoint == "" {
		return nil, fmt.Errorf("%w: no checkpoint after an empty line", ErrReceipt)
	}
	lines := strings.Split(head, "\n")
	if lines[0] != receiptMagic {
		return nil, fmt.Errorf("%w: first line %.40q, want %q", ErrReceipt, lines[0], receiptMagic)
	}
	if len(lines) < 2 || !strings.HasPrefix(lines[1], receiptIndex) {
		return nil, fmt.Errorf("%w: the second line is not the index (an extra line is refused)", ErrReceipt)
	}
	index, err := parseSize(strings.TrimPrefix(lines[1], receiptIndex))
	if err != nil {
		return nil, fmt.Errorf("%w: index: %w", ErrReceipt, err)
	}
	r := &Receipt{Index: index, Checkpoint: []byte(checkpoint)}
	if len(lines)-2 > maxProof {
		return nil, fmt.Errorf("%w: %d hashes, at most %d", ErrReceipt, len(lines)-2, maxProof)
	}
	for i, line := range lines[2:] {
		h, err := parseHash(line)
		if err != nil {
			return nil, fmt.Errorf("%w: hash %d: %w", ErrReceipt, i, err)
		}
		r.Proof = append(r.Proof, h)
	}
	return r, nil
}

// Format writes the receipt as text.
func (r *Receipt) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n%s%d\n", receiptMagic, receiptIndex, r.Index)
	for _, h := range r.Proof {
		fmt.Fprintf(&b, "%v\n", h)
	}
	b.WriteByte('\n')
	b.Write(r.Checkpoint)
	return b.Bytes()
}

// Verify checks that the receipt proves the credential leaf with that digest
// under the log's key, and returns the checkpoint that covers it.
func (r *Receipt) Verify(credentialSHA256 string, log *keys.VKey) (*Checkpoint, error) {
	leaf, err := MarshalLeaf(Credential{SHA256: credentialSHA256})
	if err != nil {
		return nil, err
	}
	cp, err := ParseCheckpoint(r.Checkpoint, log)
	if err != nil {
		return nil, err
	}
	if err := checkRecord(cp, r.Index, r.Proof, leaf); err != nil {
		return nil, err
	}
	return cp, nil
}
