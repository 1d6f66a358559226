package transparency

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/keys"
)

// MaxLines is the most signature lines a checkpoint gets from us: any reader of
// signed notes takes at least 16, Go's own 100.
const MaxLines = 96

// A Cosignature is a verified signature line of a witness or auditor
// (C2SP tlog-cosignature, cosignature/v1).
type Cosignature struct {
	Key  *keys.VKey
	At   int64  // Unix seconds: until then the cosigner knew of no larger tree
	Line string // as it stands in the note, with its newline
}

// NewCosignature cosigns a checkpoint's text at an instant.
func NewCosignature(text string, s *keys.NoteSigner, at int64) (Cosignature, error) {
	sig, err := s.Cosign([]byte(text), at)
	if err != nil {
		return Cosignature{}, err
	}
	blob := append(binary.BigEndian.AppendUint32(nil, s.KeyHash()), sig...)
	return Cosignature{Key: s.VKey, At: at,
		Line: "— " + s.Name() + " " + base64.StdEncoding.EncodeToString(blob) + "\n"}, nil
}

// Cosignatures finds the lines of the cosigners among signature lines, which
// may be a whole note, and verifies them over a checkpoint's text. Lines that do
// not verify are passed over, as are those of others: whoever carries a note can
// add and spoil lines, so they accuse nobody. Of several by one key the newest
// counts; they come in the order of the cosigners.
func Cosignatures(lines []byte, text string, cosigners ...*keys.VKey) []Cosignature {
	found := map[string]Cosignature{}
	n := 0
	for line := range strings.Lines(string(lines)) {
		name, blob, ok := parseLine(line)
		if !ok {
			continue
		}
		if n++; n > MaxLines {
			break
		}
		for _, key := range cosigners {
			if key.Name() != name || key.KeyHash() != binary.BigEndian.Uint32(blob) {
				continue
			}
			at, ok := key.VerifyCosignature([]byte(text), blob[4:])
			if old, had := found[key.String()]; ok && (!had || at > old.At) {
				found[key.String()] = Cosignature{Key: key, At: at, Line: line}
			}
		}
	}
	var out []Cosignature
	for _, key := range cosigners {
		if c, ok := found[key.String()]; ok {
			out = append(out, c)
			delete(found, key.String())
		}
	}
	return out
}

// parseLine reads "— name base64\n" with at least a key id in the blob.
func parseLine(line string) (name string, blob []byte, ok bool) {
	rest, marked := strings.CutPrefix(line, "— ")
	rest, ended := strings.CutSuffix(rest, "\n")
	name, b64, spaced := strings.Cut(rest, " ")
	if !marked || !ended || !spaced || name == "" {
		return "", nil, false
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(b64)
	if err != nil || len(blob) < 5 || strings.ContainsAny(b64, "\r\n") {
		return "", nil, false
	}
	return name, blob, true
}

// WithCosignatures is the checkpoint with the log's own signature lines and
// those of the given cosignatures, and no others.
func (c *Checkpoint) WithCosignatures(log *keys.VKey, more ...Cosignature) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n", c.Text())
	lines := c.logLines(log)
	for _, m := range more {
		if len(lines) < MaxLines && !slices.Contains(lines, m.Line) {
			lines = append(lines, m.Line)
		}
	}
	for _, line := range lines {
		b.WriteString(line)
	}
	return b.Bytes()
}

// logLines are the lines under the log's key, which ParseCheckpoint verified, each once.
func (c *Checkpoint) logLines(log *keys.VKey) (out []string) {
	for line := range strings.Lines(string(c.Raw)) {
		name, blob, ok := parseLine(line)
		if ok && name == log.Name() && binary.BigEndian.Uint32(blob) == log.KeyHash() && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}
