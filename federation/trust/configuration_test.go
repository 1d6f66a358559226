package trust_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/trust"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/google/go-cmp/cmp"
)

// rosterOf lists the keys that configuration names.
func rosterOf(t testing.TB, territory string) keys.Roster {
	h := host(territory)
	r := keys.Roster{Iss: id(territory), Seq: 1, Iat: now - 1000, Exp: now + 300*86400, Root: public(t, territory+" root")}
	for _, role := range []keys.Role{keys.RoleFederation, keys.RoleIssuer, keys.RoleExchange, keys.RoleReceipt} {
		r.Keys = append(r.Keys, keys.RosterKey{Role: role, JWK: signerFor(t, territory+" "+string(role)).Public(),
			Nbf: now - 1000, SignUntil: now + 100*86400, Exp: now + 200*86400})
	}
	for role, typ := range map[keys.Role]byte{
		keys.RoleLog: keys.NoteEd25519, keys.RoleWitness: keys.NoteCosignature, keys.RoleAuditor: keys.NoteCosignature,
	} {
		r.Keys = append(r.Keys, keys.RosterKey{Role: role, VKey: vkey(t, h+"/"+string(role), typ),
			Nbf: now - 1000, SignUntil: now + 100*86400, Exp: now + 200*86400})
	}
	return r
}

func history(t testing.TB, rosters ...keys.Roster) *keys.History {
	t.Helper()
	var raw [][]byte
	for i, r := range rosters {
		if r.Seq = int64(i + 1); i > 0 {
			r.PrevSHA256 = keys.SHA256Hex(raw[i-1])
		}
		raw = append(raw, roster(t, r, "NZ root"))
	}
	h, err := keys.VerifyHistory(raw, rosters[0].Root)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// naming is NZ's configuration with the digest of a roster of the history.
func naming(t testing.TB, h *keys.History, i int) trust.Statement {
	s := configuration(t, "NZ")
	s.Metadata.Registry.RosterSHA256 = keys.SHA256Hex(h.Raw()[i])
	return s
}

func TestVerifyConfiguration(t *testing.T) {
	first := rosterOf(t, "NZ")
	revoked := rosterOf(t, "NZ")
	revoked.Keys[0].Revoked = &keys.Revocation{At: now + 50, Reason: keys.ReasonCompromised}
	superseded := rosterOf(t, "NZ")
	superseded.Keys[0].Revoked = &keys.Revocation{At: now + 50, Reason: "superseded"}
	closed := rosterOf(t, "NZ")
	closed.Keys[0].SignUntil = now - 200
	expired := rosterOf(t, "NZ")
	expired.Keys[0].SignUntil, expired.Keys[0].Exp = now-100, now-1
	brief := rosterOf(t, "NZ")
	brief.Exp = now - 1
	stranger := rosterOf(t, "NZ")
	stranger.Iss = id("US")
	for _, c := range []struct {
		name    string
		rosters []keys.Roster
		names   int
		edit    func(s *trust.Statement)
		want    string
	}{
		{"all agrees", []keys.Roster{first}, 0, nil, ""},
		{"it names the roster before", []keys.Roster{first, first}, 0, nil, ""},
		{"it lists a part of the keys", []keys.Roster{first}, 0, func(s *trust.Statement) {
			s.Metadata.Registry.Keys.Receipt = []*keys.PublicKey{}
		}, ""},
		{"its key was superseded later", []keys.Roster{first, superseded}, 0, nil, ""},
		{"its key was compromised later", []keys.Roster{first, revoked}, 0, nil, "not good"},
		{"its key might no longer sign", []keys.Roster{closed}, 0, nil, "not good"},
		{"its key is past acceptance", []keys.Roster{expired}, 0, nil, "not good"},
		{"its roster is past its validity", []keys.Roster{brief}, 0, nil, "the roster it names"},
		{"its roster is another's", []keys.Roster{stranger}, 0, nil, "rosters of"},
		{"its roster is unknown", []keys.Roster{first}, 0, func(s *trust.Statement) {
			s.Metadata.Registry.RosterSHA256 = strings.Repeat("0", 64)
		}, "no roster"},
		{"it expired", []keys.Roster{first}, 0, func(s *trust.Statement) { s.Exp = now }, "valid from"},
		{"it is not valid yet", []keys.Roster{first}, 0, func(s *trust.Statement) { s.Iat = now + 1 }, "valid from"},
		{"it is older than its roster", []keys.Roster{first}, 0, func(s *trust.Statement) { s.Iat = now - 1001 }, "not good"},
		{"it lists a foreign federation key", []keys.Roster{first}, 0, func(s *trust.Statement) {
			s.JWKS.Keys = append(s.JWKS.Keys, public(t, "US federation")...)
		}, "no federation key"},
		{"it lists a foreign issuer key", []keys.Roster{first}, 0, func(s *trust.Statement) {
			s.Metadata.Registry.Keys.Issuer = public(t, "US issuer")
		}, "no issuer key"},
		{"it lists a receipt key for issuing", []keys.Roster{first}, 0, func(s *trust.Statement) {
			s.Metadata.Registry.Keys.Issuer, s.Metadata.Registry.Keys.Receipt = s.Metadata.Registry.Keys.Receipt, []*keys.PublicKey{}
		}, "no issuer key"},
		{"it has another log", []keys.Roster{first}, 0, func(s *trust.Statement) {
			origin := host("NZ") + "/log2"
			s.Metadata.Registry.Log = trust.LogRef{Origin: origin, VKey: vkey(t, origin, keys.NoteEd25519)}
		}, "another log key"},
		{"it has another witness", []keys.Roster{first}, 0, func(s *trust.Statement) {
			s.Metadata.Registry.Witness.VKey = vkey(t, host("NZ")+"/witness2", keys.NoteCosignature)
		}, "another witness key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := history(t, c.rosters...)
			s := naming(t, h, c.names)
			if c.edit != nil {
				c.edit(&s)
			}
			err := trust.VerifyConfiguration(parsed(t, s), h, now)
			if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, trust.ErrChain) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want a refusal with %q", err, c.want)
			}
		})
	}
	t.Run("signed with a key of another role", func(t *testing.T) {
		h := history(t, first)
		s := naming(t, h, 0)
		s.JWKS.Keys, s.Metadata.Registry.Keys.Issuer = public(t, "NZ issuer"), public(t, "NZ other")
		if err := trust.VerifyConfiguration(parsedBy(t, s, "NZ issuer"), h, now); !errors.Is(err, trust.ErrChain) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("not a configuration", func(t *testing.T) {
		for _, s := range []*trust.Signed{nil, parsed(t, stated(t, "NZ", "US", "partner"))} {
			if err := trust.VerifyConfiguration(s, history(t, first), now); !errors.Is(err, trust.ErrChain) {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestHistoricalKeys(t *testing.T) {
	first, second := rosterOf(t, "NZ"), rosterOf(t, "NZ")
	second.Keys[0].Revoked = &keys.Revocation{At: now, Reason: "superseded"}
	second.Keys = append(second.Keys, keys.RosterKey{Role: keys.RoleFederation, JWK: signerFor(t, "NZ federation 2").Public(),
		Nbf: now, SignUntil: now + 10, Exp: now + 20})
	type row struct {
		Kid     string
		Nbf     int64
		Exp     int64
		Revoked string
	}
	var got struct {
		Iss  string `json:"iss"`
		Iat  int64  `json:"iat"`
		Keys []struct {
			Kid     string `json:"kid"`
			Kty     string `json:"kty"`
			Nbf     int64  `json:"nbf"`
			Exp     int64  `json:"exp"`
			Revoked *struct {
				RevokedAt int64  `json:"revoked_at"`
				Reason    string `json:"reason"`
			} `json:"revoked"`
		} `json:"keys"`
	}
	if err := jcs.UnmarshalOpen(trust.HistoricalKeys(id("NZ"), history(t, first, second), now), &got); err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, k := range got.Keys {
		r := row{k.Kid, k.Nbf, k.Exp, ""}
		if k.Revoked != nil {
			r.Revoked = k.Revoked.Reason
		}
		rows = append(rows, r)
	}
	want := []row{
		{signerFor(t, "NZ federation").Public().KID(), now - 1000, now + 200*86400, "superseded"},
		{signerFor(t, "NZ federation 2").Public().KID(), now, now + 20, ""},
	}
	if diff := cmp.Diff(want, rows); diff != "" || got.Iss != id("NZ") || got.Iat != now {
		t.Errorf("%s at %d: %s", got.Iss, got.Iat, diff)
	}
	if trust.HistoricalKeys(id("NZ"), &keys.History{}, now) != nil {
		t.Error("keys out of nothing")
	}
}
