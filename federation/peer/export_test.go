package peer

import "net/netip"

// Public tells which addresses a name may lead to.
func Public(ip netip.Addr) bool { return public(ip) }

// ReadView reads a mirror whose view.json has this content.
func (m *Mirror) ReadView(raw []byte, f *Follower) (*View, error) {
	return m.read(raw, pinned(f.Anchor))
}
