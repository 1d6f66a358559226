package programme

import "fmt"

// MaxPack bounds the bytes of a pack.
const MaxPack = 512 << 10

// Read returns the pack of a file as an authority sees it, whatever this software
// brings along for the territory; see [Load] about authorities.
func Read(raw []byte, authority string) (*Pack, error) {
	if len(raw) > MaxPack {
		return nil, fmt.Errorf("pack: larger than %d bytes", MaxPack)
	}
	p, err := read(raw)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return p, p.seenBy(authority)
}

// As is the same programme as another authority of its union sees it.
func (p *Pack) As(authority string) (*Pack, error) {
	q := *p
	if err := q.seenBy(authority); err != nil {
		return nil, err
	}
	return &q, nil
}
