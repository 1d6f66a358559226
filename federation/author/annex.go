package author

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// Sign makes an annex of a document with its first signature, by a root key
// the document lists for one of its parties.
func Sign(d mra.Document, root *keys.Signer) ([]byte, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	payload, err := jcs.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write annex %s: %w", d.ID, err)
	}
	return addSignature(&d, payload, nil, root)
}

// Countersign adds the signature of another party to an annex. What the others
// signed is kept byte for byte.
func Countersign(annex []byte, root *keys.Signer) ([]byte, error) {
	a, err := mra.Parse(annex)
	if err != nil {
		return nil, err
	}
	doc, err := keys.ParseGeneral(keys.KindAnnex, annex)
	if err != nil {
		return nil, err
	}
	return addSignature(&a.Document, doc.Payload(), doc.Signatures(), root)
}

// Merge joins the signatures that two annexes over one document carry; what is
// empty has none. Of two signatures of one party the first annex's is kept.
func Merge(a, b []byte) ([]byte, error) {
	switch {
	case len(a) == 0:
		return b, nil
	case len(b) == 0:
		return a, nil
	}
	first, err := mra.Parse(a)
	if err != nil {
		return nil, err
	}
	second, err := mra.Parse(b)
	if err != nil {
		return nil, err
	}
	if first.SHA256() != second.SHA256() {
		return nil, fmt.Errorf("join signatures of %s and %s: %w", first.ID, second.ID, ErrOtherText)
	}
	if len(first.Missing()) == 0 {
		return a, nil
	}
	var all []signedBy
	for _, raw := range [][]byte{a, b} {
		doc, err := keys.ParseGeneral(keys.KindAnnex, raw)
		if err != nil {
			return nil, err
		}
		for _, t := range doc.Signatures() {
			party := partyOf(&first.Document, t.KID())
			if !slices.ContainsFunc(all, func(s signedBy) bool { return s.party == party }) {
				all = append(all, signedBy{party, t.Raw()})
			}
		}
	}
	return inOrder(all, first.ID)
}

// A signedBy is a party's signature, by its index among the parties.
type signedBy struct {
	party int
	token []byte
}

// addSignature keeps signatures in order of the parties, so that an annex does
// not depend on who signed when.
func addSignature(d *mra.Document, payload []byte, before []*keys.Token, root *keys.Signer) ([]byte, error) {
	own := partyOf(d, root.Public().KID())
	if own < 0 {
		return nil, fmt.Errorf("sign annex %s with key %s: %w", d.ID, root.Public().KID(), ErrNotParty)
	}
	var all []signedBy
	for _, t := range before {
		all = append(all, signedBy{partyOf(d, t.KID()), t.Raw()})
	}
	if slices.ContainsFunc(all, func(s signedBy) bool { return s.party == own }) {
		return nil, fmt.Errorf("sign annex %s for %s: %w", d.ID, d.Parties[own].Territory, ErrSigned)
	}
	token, err := compact(keys.KindAnnex, payload, root)
	if err != nil {
		return nil, err
	}
	return inOrder(append(all, signedBy{own, token}), d.ID)
}

// inOrder makes the annex of signatures over one document and reads it back.
func inOrder(all []signedBy, id string) ([]byte, error) {
	slices.SortFunc(all, func(a, b signedBy) int { return cmp.Compare(a.party, b.party) })
	var tokens [][]byte
	for _, s := range all {
		tokens = append(tokens, s.token)
	}
	raw, err := assemble(tokens)
	if err != nil {
		return nil, fmt.Errorf("write annex %s: %w", id, err)
	}
	if _, err := mra.Parse(raw); err != nil {
		return nil, fmt.Errorf("read back annex %s: %w", id, err)
	}
	return raw, nil
}

// partyOf is the index of the party that lists the root key; -1 where none does.
func partyOf(d *mra.Document, kid string) int {
	return slices.IndexFunc(d.Parties, func(p mra.Party) bool {
		return slices.ContainsFunc(p.Root, func(k *keys.PublicKey) bool { return k.KID() == kid })
	})
}
