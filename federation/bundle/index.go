package bundle

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

const (
	pathManifest = "manifest.jwt"
	pathIndex    = "index"
)

// An indexEntry is one line of the index.
type indexEntry struct {
	Path   string `json:"path"`
	Len    int64  `json:"len"`
	SHA256 string `json:"sha256"`
}

// parseIndex reads an index: paths ascending, each once.
func parseIndex(raw []byte) ([]indexEntry, error) {
	if len(raw) > MaxIndex {
		return nil, fmt.Errorf("index of %d bytes, at most %d", len(raw), MaxIndex)
	}
	var index []indexEntry
	if err := readExact(raw, &index); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	for i, e := range index {
		switch {
		case i > 0 && e.Path <= index[i-1].Path:
			return nil, fmt.Errorf("index: %.100q does not come after %q", e.Path, index[i-1].Path)
		case e.Len < 0:
			return nil, fmt.Errorf("index: %.100q has length %d", e.Path, e.Len)
		case !keys.IsSHA256Hex(e.SHA256):
			return nil, fmt.Errorf("index: sha256 of %.100q is no digest", e.Path)
		}
	}
	return index, nil
}

// matchIndex checks that the container holds what the index lists, in its
// order and of its lengths, and nothing else. Digests are checked as members are read.
func matchIndex(c *container, index []indexEntry) error {
	members := c.members[2:] // after manifest and index
	if len(members) != len(index) {
		return fmt.Errorf("%d members, the index lists %d", len(members), len(index))
	}
	for i, e := range index {
		if members[i].name != e.Path {
			return fmt.Errorf("member %q where the index has %.100q", members[i].name, e.Path)
		}
		if int64(len(members[i].data)) != e.Len {
			return fmt.Errorf("member %q has %d bytes, the index says %d", e.Path, len(members[i].data), e.Len)
		}
	}
	return nil
}

// openContainer is readContainer for a bundle, which begins with manifest and index.
func openContainer(raw []byte) (*container, error) {
	c, err := readContainer(raw)
	if err != nil {
		return nil, err
	}
	if len(c.members) < 2 || c.members[0].name != pathManifest || c.members[1].name != pathIndex {
		return nil, fmt.Errorf("does not begin with %s and %s", pathManifest, pathIndex)
	}
	return c, nil
}

// manifest is manifest.jwt, its form checked.
func (c *container) manifest() (*keys.Token, error) {
	raw, _, err := c.read(pathManifest)
	if err != nil {
		return nil, err
	}
	token, err := keys.Parse(keys.KindBundle, raw)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return token, nil
}

// Index makes the index of members, path -> bytes.
func Index(members map[string][]byte) ([]byte, error) {
	index := make([]indexEntry, 0, len(members))
	for _, path := range slices.Sorted(maps.Keys(members)) {
		index = append(index, indexEntry{Path: path, Len: int64(len(members[path])), SHA256: keys.SHA256Hex(members[path])})
	}
	raw, err := jcs.Marshal(index)
	if err != nil {
		return nil, fmt.Errorf("make index: %w", err)
	}
	return raw, nil
}

// Pack writes the container: a signed manifest, the index it names, and the
// members. The same input gives the same bytes. It judges nothing but sizes and
// names; [Open] does.
func Pack(manifest, index []byte, members map[string][]byte) ([]byte, error) {
	all := []member{newMember(pathManifest, manifest), newMember(pathIndex, index)}
	for _, path := range slices.Sorted(maps.Keys(members)) {
		if path == pathManifest || path == pathIndex {
			return nil, errors.New("pack bundle: manifest and index are no members")
		}
		all = append(all, newMember(path, members[path]))
	}
	raw, err := writeContainer(all)
	if err != nil {
		return nil, fmt.Errorf("pack bundle: %w", err)
	}
	return raw, nil
}
