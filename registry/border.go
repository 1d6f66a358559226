package registry

import (
	"context"
	"fmt"
	"io"
	"maps"

	"github.com/aeo-registry/aeo/federation/bundle"
)

// BorderBundle is the newest bundle of profile border, for this administration's
// own desks: what the public one has, with imported lists and what we recognise
// alone. It is built when asked for, where what it is made of changed or an hour
// has passed. It never leaves by the public listener.
func (n *Node) BorderBundle(context.Context) ([]byte, *bundle.Manifest, error) {
	if !n.buildsBundles() {
		return nil, nil, fmt.Errorf("%w: the union's bundle carries its members", ErrConflict)
	}
	n.federating.Lock()
	defer n.federating.Unlock()
	if err := n.rebuildBundle(bundle.ProfileBorder); err != nil {
		return nil, nil, err
	}
	return n.border.get()
}

// borderBasis names what the border bundle has beside the public one.
func (n *Node) borderBasis(w io.Writer) error {
	headers, err := n.Lists()
	if err != nil {
		return err
	}
	alone, err := n.recognitions()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, len(headers), len(alone))
	for _, h := range headers {
		fmt.Fprintln(w, h.Partner, h.Number, h.SHA256)
	}
	return nil
}

// addBorder adds what only our own desks may see. Of notices our own are added
// where what we recognise alone needs them: partners speak about what they signed.
func (n *Node) addBorder(members map[string][]byte) error {
	headers, err := n.Lists()
	if err != nil {
		return err
	}
	for _, h := range headers {
		if h.Number != 1 {
			continue
		}
		l, err := n.listsOf(h.Partner)
		if err != nil {
			return err
		}
		more, err := bundle.ListMembers(l.headers, l.rows)
		if err != nil {
			return fmt.Errorf("lists of %s: %w", h.Partner, err)
		}
		maps.Copy(members, more)
	}
	alone, err := n.recognitions()
	if err != nil {
		return err
	}
	_, notices, err := n.rungDocuments()
	if err != nil {
		return err
	}
	for _, a := range alone {
		members[bundle.AlonePath(a.ID, a.Version)] = a.Raw()
		for _, s := range notices {
			if s.MRA == a.ID && s.Party == n.config.Territory {
				members[bundle.NoticePath(s.MRA, s.Party, s.Seq)] = s.Raw()
			}
		}
	}
	return nil
}
