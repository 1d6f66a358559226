package bundle

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/aeo-registry/aeo/keys"
)

const (
	memorySchema = "aeo.memory/1"
	maxMemory    = 4 << 20
)

// A Memory is what a verifier keeps between two bundles of one anchor and
// profile: JSON aeo.memory/1, RFC 8785 and a newline. It is what makes an old
// bundle, or an old log inside a new one, stand out.
type Memory struct {
	Schema string              `json:"schema"`
	Seq    int64               `json:"seq"`
	Iat    int64               `json:"iat"`
	SHA256 string              `json:"sha256"` // of what was signed at Seq: manifest.jwt up to its signature
	Logs   map[string]LogState `json:"logs"`   // by origin: the largest seen
}

// ParseMemory reads what Marshal writes.
func ParseMemory(raw []byte) (*Memory, error) {
	if len(raw) > maxMemory {
		return nil, fmt.Errorf("memory of %d bytes, at most %d", len(raw), maxMemory)
	}
	var m Memory
	if err := readExact(bytes.TrimSuffix(raw, []byte("\n")), &m); err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	return &m, nil
}

func (m *Memory) check() error {
	switch {
	case m.Schema != memorySchema:
		return fmt.Errorf("schema %.40q, want %s", m.Schema, memorySchema)
	case m.Seq < 1 || !isInstant(m.Iat):
		return fmt.Errorf("seq %d, iat %d", m.Seq, m.Iat)
	case !keys.IsSHA256Hex(m.SHA256):
		return errors.New("sha256 is no digest")
	}
	for origin, l := range m.Logs {
		if l.Origin != origin {
			return fmt.Errorf("log %.80q is kept under %.80q", l.Origin, origin)
		}
		if err := l.checkHead(); err != nil {
			return err
		}
	}
	return nil
}

// Marshal writes the memory; nil for one that ParseMemory would refuse.
func (m *Memory) Marshal() []byte { return withNewline(marshalExact(m, m.check())) }

// Remember compares the bundle with what was seen before, nil at first use,
// and returns what to keep from now on; it is to be stored after every check,
// and only where there was no error. buildTime is when the verifier's program
// was built, 0 where that shall not count.
//
// ErrRolledBack: the bundle, or a log in it, is older than one seen before or
// than the anchor allows. ErrSplitView: another manifest of the same seq, another
// tree of the same size, or a larger one that did not grow from the one before. ErrClock: now is more than 300 s before an
// instant that has passed.
func (b *Bundle) Remember(m *Memory, now, buildTime int64) (Memory, error) {
	if a := b.anchor; b.manifest.Seq < a.MinSeq || b.manifest.Iat < a.MinTime {
		return Memory{}, fmt.Errorf("%w: number %d built at %d, the anchor wants %d and %d",
			ErrRolledBack, b.manifest.Seq, b.manifest.Iat, a.MinSeq, a.MinTime)
	}
	var seen Memory
	if m != nil {
		seen = *m
	}
	next, err := b.compare(seen)
	if err != nil {
		return Memory{}, err
	}
	if floor := max(next.Iat, buildTime); now < floor-clockSkew {
		return Memory{}, fmt.Errorf("%w: it shows %d, %d has passed", ErrClock, now, floor)
	}
	return next, nil
}

func (b *Bundle) compare(seen Memory) (Memory, error) {
	next := Memory{
		Schema: memorySchema,
		Seq:    b.manifest.Seq,
		Iat:    max(seen.Iat, b.manifest.Iat),
		// ECDSA signatures can be rewritten by anybody, so they do not count:
		// two spellings of one manifest are no split view.
		SHA256: keys.SHA256Hex(b.token.SigningInput()),
		Logs:   map[string]LogState{},
	}
	switch {
	case next.Seq < seen.Seq:
		return Memory{}, fmt.Errorf("%w: number %d, seen before %d", ErrRolledBack, next.Seq, seen.Seq)
	case next.Seq == seen.Seq && next.SHA256 != seen.SHA256:
		return Memory{}, fmt.Errorf("%w: bundle %d of %s is %s, was %s before",
			ErrSplitView, next.Seq, b.manifest.Iss, next.SHA256, seen.SHA256)
	}
	for origin, l := range seen.Logs {
		next.Logs[origin] = l
	}
	for i := range b.manifest.Issuers {
		now := b.manifest.Issuers[i].Log
		before, ok := next.Logs[now.Origin]
		if ok {
			if err := b.extends(b.manifest.Issuers[i], before); err != nil {
				return Memory{}, err
			}
			now.Time = max(now.Time, before.Time)
		}
		next.Logs[now.Origin] = now
	}
	return next, nil
}

func (l LogState) follows(before LogState) error {
	switch {
	case l.Size < before.Size:
		return fmt.Errorf("%w: log %s has size %d, had %d before", ErrRolledBack, l.Origin, l.Size, before.Size)
	case l.Size == before.Size && l.Root != before.Root:
		return fmt.Errorf("%w: %s of size %d has root %s, had root %s before", ErrSplitView, l.Origin, l.Size, l.Root, before.Root)
	}
	return nil
}
