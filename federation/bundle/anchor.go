package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
)

const (
	anchorSchema = "aeo.anchor/1"
	maxAnchor    = 16 << 10
	maxRoots     = 3
)

// An Anchor pins an administration (*.aeoanchor): JSON aeo.anchor/1, RFC 8785
// and a newline. It is where all trust of a verifier begins, so its
// fingerprint is to be compared with what the administration has published in print.
type Anchor struct {
	Schema    string            `json:"schema"`
	Territory string            `json:"territory"`
	EntityID  string            `json:"entity_id"`
	Root      []*keys.PublicKey `json:"root"` // 1 to 3; one signed a roster of the chain
	MinSeq    int64             `json:"min_seq"`
	MinTime   int64             `json:"min_time"` // at first use no older bundle is taken
}

// NewAnchor makes an anchor.
func NewAnchor(territory, entityID string, root []*keys.PublicKey, minSeq, minTime int64) (*Anchor, error) {
	a := &Anchor{
		Schema: anchorSchema, Territory: territory, EntityID: entityID,
		Root: root, MinSeq: minSeq, MinTime: minTime,
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	return a, nil
}

// ParseAnchor reads what Marshal writes; the error is ErrAnchor.
func ParseAnchor(raw []byte) (*Anchor, error) {
	if len(raw) > maxAnchor {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrAnchor, len(raw), maxAnchor)
	}
	var a Anchor
	if err := readExact(bytes.TrimSuffix(raw, []byte("\n")), &a); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnchor, err)
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	return &a, nil
}

func (a *Anchor) check() error {
	if err := a.checkValues(); err != nil {
		return fmt.Errorf("%w: %w", ErrAnchor, err)
	}
	return nil
}

func (a *Anchor) checkValues() error {
	switch {
	case a.Schema != anchorSchema:
		return fmt.Errorf("schema %.40q, want %s", a.Schema, anchorSchema)
	case !isTerritory(a.Territory):
		return fmt.Errorf("territory %.20q is not two capital letters", a.Territory)
	case len(a.Root) == 0 || len(a.Root) > maxRoots:
		return fmt.Errorf("%d root keys, want 1 to %d", len(a.Root), maxRoots)
	case !isInstant(a.MinSeq) || !isInstant(a.MinTime):
		return fmt.Errorf("min_seq %d, min_time %d", a.MinSeq, a.MinTime)
	}
	for i, k := range a.Root {
		if k == nil || slices.ContainsFunc(a.Root[:i], k.Equal) {
			return errors.New("a root key is null or listed twice")
		}
	}
	return trust.CheckEntityID(a.EntityID)
}

// Marshal writes the anchor; nil for one that ParseAnchor would refuse.
func (a *Anchor) Marshal() []byte { return withNewline(marshalExact(a, a.check())) }

// Fingerprint is what tells anchors apart: hexadecimal SHA-256 over
// "aeo-anchor-v1\0", the entity id and the sorted kids of the root keys, each
// followed by a newline. Minima do not change it.
func (a *Anchor) Fingerprint() string {
	sum := a.digest("aeo-anchor-v1\x00", a.EntityID)
	return hex.EncodeToString(sum[:])
}

// MemoryKey names the memory that belongs to the anchor and a profile:
// hexadecimal SHA-256 over "aeo-memory-v1\0", the profile and the sorted kids.
func (a *Anchor) MemoryKey(profile string) string {
	sum := a.digest("aeo-memory-v1\x00", profile)
	return hex.EncodeToString(sum[:])
}

// Words are the first 96 bits of the fingerprint as 12 words that can be read
// out over the telephone, one for each byte.
func (a *Anchor) Words() string {
	list := strings.Fields(words)
	sum := a.digest("aeo-anchor-v1\x00", a.EntityID)
	spoken := make([]string, 12)
	for i := range spoken {
		spoken[i] = list[sum[i]]
	}
	return strings.Join(spoken, " ")
}

// digest is over text lines that hold no newline themselves: a kid is
// base64url, an entity id a host name.
func (a *Anchor) digest(domain, first string) [sha256.Size]byte {
	lines := []string{}
	for _, k := range a.Root {
		lines = append(lines, k.KID())
	}
	slices.Sort(lines)
	lines = append([]string{first}, lines...)
	return sha256.Sum256([]byte(domain + strings.Join(lines, "\n") + "\n"))
}
