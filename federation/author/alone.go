package author

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// SignAlone signs the recognition that one party declares alone with the root
// key the document lists for it.
func SignAlone(d mra.Document, root *keys.Signer) ([]byte, error) {
	if err := d.CheckAlone(); err != nil {
		return nil, err
	}
	if partyOf(&d, root.Public().KID()) < 0 {
		return nil, fmt.Errorf("sign recognition %s with key %s: %w", d.ID, root.Public().KID(), ErrNotParty)
	}
	payload, err := jcs.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write recognition %s: %w", d.ID, err)
	}
	token, err := compact(keys.KindRecognition, payload, root)
	if err != nil {
		return nil, err
	}
	raw, err := assemble([][]byte{token})
	if err != nil {
		return nil, fmt.Errorf("write recognition %s: %w", d.ID, err)
	}
	if _, err := mra.ParseAlone(raw); err != nil {
		return nil, fmt.Errorf("read back recognition %s: %w", d.ID, err)
	}
	return raw, nil
}
