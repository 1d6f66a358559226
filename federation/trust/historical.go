package trust

import (
	"maps"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

type revocation struct {
	RevokedAt int64  `json:"revoked_at"`
	Reason    string `json:"reason"`
}

// HistoricalKeys is the payload of an administration's historical keys
// (Federation 1.1, 8.7): the federation keys of all its rosters, each as the
// newest roster that lists it has it, in order of appearance. It is a view of
// the rosters, made for foreign readers; nothing here trusts it. It is nil
// where the history is empty.
func HistoricalKeys(iss string, h *keys.History, iat int64) jsontext.Value {
	set := []jsontext.Value{}
	for _, kid := range federationKIDs(h) {
		k, err := historicalKey(h.Key(keys.RoleFederation, kid))
		if err != nil {
			return nil
		}
		set = append(set, k)
	}
	if len(set) == 0 {
		return nil
	}
	payload, err := jcs.Marshal(map[string]any{"iss": iss, "iat": iat, "keys": set})
	if err != nil {
		return nil
	}
	return payload
}

func federationKIDs(h *keys.History) []string {
	var kids []string
	seen := map[string]bool{}
	for _, raw := range h.Raw() {
		r, err := readRoster(raw)
		if err != nil {
			return nil
		}
		for _, k := range r.Keys {
			if k.Role == keys.RoleFederation && !seen[k.JWK.KID()] {
				seen[k.JWK.KID()] = true
				kids = append(kids, k.JWK.KID())
			}
		}
	}
	return kids
}

// historicalKey is the JWK with the members Federation adds to it.
func historicalKey(k *keys.RosterKey) (jsontext.Value, error) {
	raw, err := k.JWK.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var members map[string]any
	if err := jcs.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	maps.Copy(members, map[string]any{"nbf": k.Nbf, "exp": k.Exp})
	if k.Revoked != nil {
		members["revoked"] = revocation{RevokedAt: k.Revoked.At, Reason: k.Revoked.Reason}
	}
	return jcs.Marshal(members)
}
