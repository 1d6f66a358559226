package witness

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/aeo-registry/aeo/keys/jcs"
	"golang.org/x/mod/sumdb/tlog"
)

// A Request is the body of add-checkpoint.
type Request struct {
	Old        int64          // the size the witness cosigned last
	Proof      tlog.TreeProof // from there to the checkpoint
	Checkpoint []byte         // signed note
}

// ParseRequest reads a body in its one spelling; the error is a *Refusal, 400.
func ParseRequest(body []byte) (*Request, error) {
	if len(body) > MaxBody {
		return nil, refuse(malformed, "%d bytes, at most %d", len(body), MaxBody)
	}
	head, note, ok := strings.Cut(string(body), "\n\n")
	if !ok || note == "" {
		return nil, refuse(malformed, "no checkpoint after an empty line")
	}
	lines := strings.Split(head, "\n")
	old, ok := strings.CutPrefix(lines[0], "old ")
	size, err := parseSize(old)
	if !ok || err != nil {
		return nil, refuse(malformed, "first line %.40q, want old and a size", lines[0])
	}
	r := &Request{Old: size, Checkpoint: []byte(note)}
	if len(lines)-1 > maxProof {
		return nil, refuse(malformed, "%d hashes, at most %d", len(lines)-1, maxProof)
	}
	for i, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil || h.String() != line {
			return nil, refuse(malformed, "hash %d is not base64 of 32 bytes", i)
		}
		r.Proof = append(r.Proof, h)
	}
	return r, nil
}

// Format writes the body.
func (r *Request) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", r.Old)
	for _, h := range r.Proof {
		fmt.Fprintf(&b, "%v\n", h)
	}
	b.WriteByte('\n')
	b.Write(r.Checkpoint)
	return b.Bytes()
}

// origin is the first line of the checkpoint, unverified.
func (r *Request) origin() string {
	origin, _, _ := strings.Cut(string(r.Checkpoint), "\n")
	return origin
}

// parseSize reads a decimal number in its one spelling.
func parseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > jcs.MaxInt || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%.24q is no size", s)
	}
	return n, nil
}
