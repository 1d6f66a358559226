package keyring_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/keyring"
	"pgregory.net/rapid"
)

// listed is the roster that the ring would be given next.
func listed(t testing.TB, ring *keyring.Ring, prev *keys.Roster, now time.Time) *keys.Roster {
	t.Helper()
	raw, err := ring.SignRoster(entity, prev, now)
	if err != nil {
		t.Fatal(err)
	}
	r, err := keys.ParseRoster(raw, prev)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func issuersOf(r *keys.Roster) (found []keys.RosterKey) {
	for _, k := range r.Keys {
		if k.Role == keys.RoleIssuer {
			found = append(found, k)
		}
	}
	return found
}

// TestAnnounceOverlapSwitch walks through a rotation at every moment that matters.
func TestAnnounceOverlapSwitch(t *testing.T) {
	ring, path, u := create(t)
	first := listed(t, ring, nil, noon)
	old := issuersOf(first)[0]
	from := noon.AddDate(0, 0, 8).Truncate(24 * time.Hour)
	next, err := ring.Announce(keys.RoleIssuer, first, from.Add(5*time.Hour), noon)
	if err != nil {
		t.Fatal(err)
	}
	if !next.Nbf.Equal(from) {
		t.Errorf("it signs from %v, want the beginning of the day, %v", next.Nbf, from)
	}
	// Not in a roster yet, it signs never, not even from its day on.
	if s, err := ring.SignerIn(first, keys.RoleIssuer, from.Add(time.Hour)); err != nil || s.Public().KID() != old.JWK.KID() {
		t.Errorf("before the roster lists it: %v, %v", s, err)
	}
	if ring, err = keyring.Open(path, u); err != nil {
		t.Fatal(err)
	}
	second := listed(t, ring, first, noon)
	issuers := issuersOf(second)
	if len(issuers) != 2 || issuers[0].SignUntil != from.Add(keyring.Overlap).Unix() || issuers[0].Exp != old.Exp {
		t.Fatalf("issuer keys of the second roster: %+v", issuers)
	}
	for at, want := range map[time.Time]string{
		noon: old.JWK.KID(), from.Add(-time.Second): old.JWK.KID(), from: next.JWK.KID(), from.AddDate(0, 6, 0): next.JWK.KID(),
	} {
		if s, err := ring.SignerIn(second, keys.RoleIssuer, at); err != nil || s.Public().KID() != want {
			t.Errorf("at %v: %v, %v", at, s, err)
		}
	}
	if _, err := ring.Announce(keys.RoleIssuer, second, from.AddDate(0, 0, 1), noon); !errors.Is(err, keyring.ErrAnnounced) {
		t.Errorf("announced twice: %v", err)
	}
	if _, err := ring.Announce(keys.RoleBundle, second, noon.AddDate(5, 0, 0), noon); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("nobody would sign meanwhile: %v", err)
	}
	for _, role := range []keys.Role{keys.RoleLog, keys.RoleWitness, keys.RoleAuditor, keys.RoleRoot, "minister"} {
		if _, err := ring.Announce(role, second, from, noon); !errors.Is(err, keyring.ErrRole) {
			t.Errorf("%s: %v", role, err)
		}
	}
}

// TestAnnounceTakesUpWhatWasCutShort: the key made before the node stopped is
// the one announced, and the windows are reckoned from what was published.
func TestAnnounceTakesUpWhatWasCutShort(t *testing.T) {
	ring, path, u := create(t)
	first := listed(t, ring, nil, noon)
	lost, err := ring.Announce(keys.RoleIssuer, first, noon.AddDate(0, 0, 8), noon)
	if err != nil {
		t.Fatal(err)
	}
	if ring, err = keyring.Open(path, u); err != nil {
		t.Fatal(err)
	}
	later := noon.AddDate(0, 0, 20)
	if roles := ring.Unlisted(first, later); !slices.Equal(roles, []keys.Role{keys.RoleIssuer}) {
		t.Errorf("unlisted: %v", roles)
	}
	again, err := ring.Announce(keys.RoleIssuer, first, later.AddDate(0, 0, 8), later)
	if err != nil {
		t.Fatal(err)
	}
	second := listed(t, ring, first, later)
	issuers := issuersOf(second)
	if !again.JWK.Equal(lost.JWK) || len(issuers) != 2 || issuers[0].SignUntil != again.Nbf.Add(keyring.Overlap).Unix() {
		t.Errorf("%+v", issuers)
	}
	if roles := ring.Unlisted(second, later); len(roles) != 0 {
		t.Errorf("unlisted after the roster: %v", roles)
	}
}

// TestSomeKeySigns: through any rotations at any times there is a key at every
// instant, and what it signs is in its window by every roster from then on.
func TestSomeKeySigns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ring, _, _ := create(t)
		now := noon
		chain := []*keys.Roster{listed(t, ring, nil, now)}
		type signature struct {
			kid string
			at  int64
		}
		var signed []signature
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			current := chain[len(chain)-1]
			if rapid.Bool().Draw(rt, "rotate") {
				from := now.AddDate(0, 0, rapid.IntRange(0, 30).Draw(rt, "days"))
				if _, err := ring.Announce(keys.RoleIssuer, current, from, now); err == nil {
					if rapid.Bool().Draw(rt, "listed") {
						current = listed(t, ring, current, now)
						chain = append(chain, current)
					}
				} else if !errors.Is(err, keyring.ErrAnnounced) && !errors.Is(err, keyring.ErrNoKey) {
					rt.Fatal(err)
				}
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 20*24*3600).Draw(rt, "seconds")) * time.Second)
			s, err := ring.SignerIn(current, keys.RoleIssuer, now)
			if err != nil {
				rt.Fatalf("at %v: %v", now, err)
			}
			signed = append(signed, signature{s.Public().KID(), now.Unix()})
			for _, sig := range signed {
				ok := slices.ContainsFunc(current.Keys, func(k keys.RosterKey) bool {
					return k.Role == keys.RoleIssuer && k.JWK.KID() == sig.kid && k.MaySignAt(sig.at) && k.Exp >= now.Unix()
				})
				if !ok {
					rt.Fatalf("roster %d does not bear what was signed at %d", current.Seq, sig.at)
				}
			}
		}
	})
}
