package registry

import (
	"fmt"

	"github.com/aeo-registry/aeo/registry/programme"
)

// actingFor is the authority that decides an application: empty for the node's
// own administration, otherwise a member of the union whose node this is. A
// member that has a node of its own decides there and nowhere else.
func (n *Node) actingFor(authority string) (string, error) {
	if authority == "" || authority == n.config.Authority {
		return "", nil
	}
	if n.config.Authority != n.config.Territory {
		return "", fmt.Errorf("%w: %s decides for itself alone", ErrInvalid, n.config.Authority)
	}
	if _, err := programme.Load(n.config.Territory, authority); err != nil {
		return "", invalid(err)
	}
	peers, err := n.loadPeers()
	if err != nil {
		return "", err
	}
	for _, p := range peers {
		if p.Relation(n.config) != relationMember {
			continue
		}
		v, err := n.viewOf(p)
		if err != nil {
			return "", err
		}
		if v != nil && v.Config.Metadata.Registry.Authority == authority {
			return "", fmt.Errorf("%w: %s has a node of its own, %s, and decides there", ErrConflict, authority, p.EntityID())
		}
	}
	return authority, nil
}

// packFor is the programme as an authority sees it, whose days begin in its own
// time zone; "" is the node's own. What is no member any more is seen as by the
// union: what it decided stays.
func (n *Node) packFor(authority string) *programme.Pack {
	if authority == "" {
		return n.pack
	}
	if p, ok := n.packs.Load(authority); ok {
		return p.(*programme.Pack)
	}
	p, err := programme.Load(n.config.Territory, authority)
	if err != nil {
		n.opts.Log.Warn("no programme of an authority this node acts for", "authority", authority, "error", err)
		return n.pack
	}
	n.packs.Store(authority, p)
	return p
}
