package registry

import (
	"context"
	"fmt"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/ledger"
	"github.com/aeo-registry/aeo/registry/view"
)

// subjectNode is whose key seals what belongs to no trader.
const subjectNode = "node"

// artefactEntry is the log entry of a published document: the leaf holds its
// digest, the payload the document itself.
func artefactEntry(kind view.ArtefactKind, name string, content []byte) (ledger.Entry, error) {
	payload, err := view.Artefact{Kind: kind, Name: name, Content: string(content)}.Marshal()
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("record %s %s: %w", kind, name, err)
	}
	return ledger.Entry{
		Leaf:    transparency.Artefact{Kind: string(kind), SHA256: keys.SHA256Hex(content)},
		Subject: subjectNode,
		Payload: payload,
	}, nil
}

// publishArtefacts logs documents together, each under its name; what is
// logged already with the same content is passed over.
func (n *Node) publishArtefacts(ctx context.Context, docs ...view.Artefact) error {
	var entries []ledger.Entry
	for _, d := range docs {
		old, err := n.artefact(d.Kind, d.Name)
		if err != nil {
			return err
		}
		if string(old) == d.Content {
			continue
		}
		e, err := artefactEntry(d.Kind, d.Name, []byte(d.Content))
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return nil
	}
	_, err := n.ledger.Append(ctx, entries...)
	return err
}

// artefact is the newest document of that kind and name; nil where there is none.
func (n *Node) artefact(kind view.ArtefactKind, name string) (content []byte, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		a, found, err := view.ReadArtefact(tx, kind, name)
		if found {
			content = []byte(a.Content)
		}
		return err
	})
	return content, err
}

// artefacts are the newest documents of a kind by name.
func (n *Node) artefacts(kind view.ArtefactKind) (docs []view.Artefact, err error) {
	err = n.ledger.View(func(tx ledger.Projection) error {
		docs, err = view.Artefacts(tx, kind)
		return err
	})
	return docs, err
}
