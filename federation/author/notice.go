package author

import (
	"fmt"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/federation/mra"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

// Notice signs a party's notice with its federation key.
func Notice(n mra.Notice, federation *keys.Signer) ([]byte, error) {
	if err := n.Check(); err != nil {
		return nil, err
	}
	raw, err := sign(keys.KindNotice, n, federation)
	if err != nil {
		return nil, err
	}
	if _, err := mra.ParseNotice(raw); err != nil {
		return nil, fmt.Errorf("read back notice %d about %s: %w", n.Seq, n.MRA, err)
	}
	return raw, nil
}

// Directory signs a directory with a bundle key.
func Directory(d bundle.Directory, signer *keys.Signer) ([]byte, error) {
	return sign(keys.KindDirectory, d, signer)
}

// sign makes a compact JWS of a value in RFC 8785 form and verifies it.
func sign(kind keys.Kind, v any, signer *keys.Signer) ([]byte, error) {
	payload, err := jcs.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", kind.Typ(), err)
	}
	raw, err := keys.Sign(kind, payload, signer)
	if err != nil {
		return nil, err
	}
	return readBack(kind, raw, payload, signer)
}
