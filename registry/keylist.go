package registry

import (
	"time"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
)

// How a key of the node stands.
const (
	KeyAnnounced = "announced" // signs from its nbf on
	KeyCurrent   = "current"   // signs
	KeyEnding    = "ending"    // may still sign, but a newer one does
	KeyEnded     = "ended"     // signs no longer; what it signed is accepted
	KeyExpired   = "expired"   // what it signed is no longer accepted
	KeyRevoked   = "revoked"
	KeyUnlisted  = "unlisted" // in the ring and in no roster: signs nothing
)

// A KeyStatus describes one key of the ring.
type KeyStatus struct {
	Role      string `json:"role"`
	ID        string `json:"id"`  // kid, or the name of a note key
	Public    string `json:"key"` // JWK or verifier key
	State     string `json:"state"`
	NotBefore int64  `json:"nbf"`
	SignUntil int64  `json:"sign_until"`
	Expires   int64  `json:"exp"`
}

// KeyList lists the node's keys without their private halves, oldest first.
func (n *Node) KeyList() []KeyStatus {
	roster, err := n.currentRoster()
	if err != nil {
		roster = nil
	}
	return DescribeKeys(n.ring.Entries(), roster, n.now())
}

// DescribeKeys describes the keys of a ring at an instant; a roster, where there
// is one, says which of them others know.
func DescribeKeys(entries []keyring.Entry, roster *keys.Roster, now time.Time) []KeyStatus {
	out := []KeyStatus{}
	current := map[string]int{} // by role, the newest that may sign
	for _, e := range entries {
		in := listed(roster, e)
		if in != nil { // what the ring was to say and no roster came to say does not count
			e.Nbf, e.SignUntil, e.Exp = time.Unix(in.Nbf, 0), time.Unix(in.SignUntil, 0), time.Unix(in.Exp, 0)
		}
		k := KeyStatus{Role: string(e.Role), ID: e.VKey, Public: e.VKey, State: state(e, roster != nil && in == nil, now.Unix()),
			NotBefore: e.Nbf.Unix(), SignUntil: e.SignUntil.Unix(), Expires: e.Exp.Unix()}
		if e.JWK != nil {
			raw, _ := e.JWK.MarshalJSON()
			k.ID, k.Public = e.JWK.KID(), string(raw)
		}
		if k.State == KeyCurrent && e.Role != keys.RoleRoot { // of roots all sign
			if i, ok := current[k.Role]; ok {
				out[i].State = KeyEnding
			}
			current[k.Role] = len(out)
		}
		out = append(out, k)
	}
	return out
}

func state(e keyring.Entry, unlisted bool, now int64) string {
	switch {
	case e.Revoked != nil:
		return KeyRevoked
	case now > e.Exp.Unix():
		return KeyExpired
	case unlisted && keyring.Rotates(e.Role):
		return KeyUnlisted
	case now < e.Nbf.Unix():
		return KeyAnnounced
	case now > e.SignUntil.Unix():
		return KeyEnded
	}
	return KeyCurrent
}

// listed is the roster's entry for a key of the ring; nil where there is none.
func listed(r *keys.Roster, e keyring.Entry) *keys.RosterKey {
	if r == nil {
		return nil
	}
	for i := range r.Keys {
		if k := &r.Keys[i]; k.Role == e.Role && e.JWK.Equal(k.JWK) {
			return k
		}
	}
	return nil
}
