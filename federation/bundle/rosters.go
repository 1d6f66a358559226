package bundle

import (
	"fmt"

	"github.com/aeo-registry/aeo/keys"
	"github.com/go-json-experiment/json/jsontext"
)

const maxRosters = 256

// parseRosters takes rosters.json apart. Since the array is in RFC 8785 form,
// each roster comes out with the bytes that were signed.
func parseRosters(raw []byte) ([][]byte, error) {
	if most := maxRosters * keys.KindRoster.Max(); len(raw) > most {
		return nil, fmt.Errorf("rosters of %d bytes, at most %d", len(raw), most)
	}
	var array []jsontext.Value
	if err := readExact(raw, &array); err != nil {
		return nil, fmt.Errorf("rosters: %w", err)
	}
	if len(array) > maxRosters {
		return nil, fmt.Errorf("%d rosters, at most %d", len(array), maxRosters)
	}
	chain := make([][]byte, len(array))
	for i, r := range array {
		chain[i] = r
	}
	return chain, nil
}

// openRosters verifies a chain by pinned root keys.
func openRosters(raw []byte, pinned []*keys.PublicKey) (*keys.History, error) {
	chain, err := parseRosters(raw)
	if err != nil {
		return nil, err
	}
	return keys.VerifyHistory(chain, pinned)
}

// openVouchedRosters verifies a chain by its own beginning. That proves nothing
// about whose it is: the caller has the digest of the newest roster from elsewhere.
func openVouchedRosters(raw []byte) (*keys.History, error) {
	chain, err := parseRosters(raw)
	if err != nil {
		return nil, err
	}
	return keys.VerifyVouchedHistory(chain)
}

// checkRosterAt wants the newest roster to be in its validity.
func checkRosterAt(h *keys.History, at int64) error {
	if r := h.Current(); at >= r.Exp || r.Iat > at+clockSkew {
		return fmt.Errorf("newest roster of %s is valid from %d to %d, not at %d", r.Iss, r.Iat, r.Exp, at)
	}
	return nil
}
