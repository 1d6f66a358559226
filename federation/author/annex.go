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

// addSignature keeps signatures in order of the parties, so that an annex does
// not depend on who signed when.
func addSignature(d *mra.Document, payload []byte, before []*keys.Token, root *keys.Signer) ([]byte, error) {
	own := partyOf(d, root.Public().KID())
	if own < 0 {
		return nil, fmt.Errorf("sign annex %s with key %s: %w", d.ID, root.Public().KID(), ErrNotParty)
	}
	type signed struct {
		party int
		token []byte
	}
	var all []signed
	for _, t := range before {
		all = append(all, signed{partyOf(d, t.KID()), t.Raw()})
	}
	if slices.ContainsFunc(all, func(s signed) bool { return s.party == own }) {
		return nil, fmt.Errorf("sign annex %s for %s: %w", d.ID, d.Parties[own].Territory, ErrSigned)
	}
	token, err := compact(keys.KindAnnex, payload, root)
	if err != nil {
		return nil, err
	}
	all = append(all, signed{own, token})
	slices.SortFunc(all, func(a, b signed) int { return cmp.Compare(a.party, b.party) })
	var tokens [][]byte
	for _, s := range all {
		tokens = append(tokens, s.token)
	}
	raw, err := assemble(tokens)
	if err != nil {
		return nil, fmt.Errorf("write annex %s: %w", d.ID, err)
	}
	if _, err := mra.Parse(raw); err != nil {
		return nil, fmt.Errorf("read back annex %s: %w", d.ID, err)
	}
	return raw, nil
}

// partyOf is the index of the party that lists the root key; -1 where none does.
func partyOf(d *mra.Document, kid string) int {
	return slices.IndexFunc(d.Parties, func(p mra.Party) bool {
		return slices.ContainsFunc(p.Root, func(k *keys.PublicKey) bool { return k.KID() == kid })
	})
}
