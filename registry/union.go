package registry

import (
	"fmt"
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
	if _, err := n.Pack().As(authority); err != nil {
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
