package keys_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
)

const (
	day = 24 * 3600
	t0  = 1767225600 // 2026-01-01
)

// roster is the seq-th of an administration with these roots.
// before is the digest by which rosters that [roster] makes name the one before.
var before = strings.Repeat("ab", 32)

func roster(t testing.TB, seq int64, roots ...*keys.Signer) *keys.Roster {
	t.Helper()
	r := &keys.Roster{Iss: "https://aeo.customs.nz.example", Seq: seq, Iat: t0 + seq, Exp: t0 + seq + keys.MaxRosterLife}
	if seq > 1 {
		r.PrevSHA256 = before
	}
	for _, s := range roots {
		r.Root = append(r.Root, s.Public())
	}
	window := keys.RosterKey{Nbf: t0, SignUntil: t0 + 365*day, Exp: t0 + 3*365*day}
	issuer, log, witness := window, window, window
	issuer.Role, issuer.JWK = keys.RoleIssuer, signer(t, "issuer").Public()
	log.Role, log.VKey = keys.RoleLog, noteSigner(t, "nz.example/log", keys.NoteEd25519).VKey.String()
	witness.Role, witness.VKey = keys.RoleWitness, noteSigner(t, "nz.example/witness", keys.NoteCosignature).VKey.String()
	r.Keys = []keys.RosterKey{issuer, log, witness}
	return r
}

func signRoster(t testing.TB, r *keys.Roster, signers ...*keys.Signer) []byte {
	t.Helper()
	payload, err := jcs.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(multi(t, keys.KindRoster, string(payload), signers...))
}

func TestRosterCheck(t *testing.T) {
	root := signer(t, "root")
	for name, spoil := range map[string]func(*keys.Roster){
		"no issuer is refused":                   func(r *keys.Roster) { r.Iss = "" },
		"an endless issuer is refused":           func(r *keys.Roster) { r.Iss = strings.Repeat("x", 513) },
		"seq 0 is refused":                       func(r *keys.Roster) { r.Seq = 0 },
		"a time before 1970 is refused":          func(r *keys.Roster) { r.Iat, r.Exp = -1, 1 },
		"a roster that never held is refused":    func(r *keys.Roster) { r.Exp = r.Iat },
		"401 days are refused":                   func(r *keys.Roster) { r.Exp += day },
		"a first one with one before is refused": func(r *keys.Roster) { r.PrevSHA256 = before },
		"a second one with none is refused":      func(r *keys.Roster) { r.Seq = 2 },
		"half a digest is refused":               func(r *keys.Roster) { r.Seq, r.PrevSHA256 = 2, before[:32] },
		"a digest in capitals is refused":        func(r *keys.Roster) { r.Seq, r.PrevSHA256 = 2, strings.ToUpper(before) },
		"no root is refused":                     func(r *keys.Roster) { r.Root = nil },
		"four roots are refused": func(r *keys.Roster) {
			r.Root = roster(t, 1, signer(t, "1"), signer(t, "2"), signer(t, "3"), signer(t, "4")).Root
		},
		"a root listed twice is refused":          func(r *keys.Roster) { r.Root = append(r.Root, r.Root[0]) },
		"a root that is null is refused":          func(r *keys.Roster) { r.Root = append(r.Root, nil) },
		"a root that also issues is refused":      func(r *keys.Roster) { r.Keys[0].JWK = r.Root[0] },
		"a key in two roles is refused":           func(r *keys.Roster) { r.Keys = append(r.Keys, r.Keys[0]); r.Keys[3].Role = keys.RoleBundle },
		"a log key that cosigns is refused":       func(r *keys.Roster) { r.Keys[1].VKey = r.Keys[2].VKey },
		"a witness with a log key is refused":     func(r *keys.Roster) { r.Keys[2].VKey = r.Keys[1].VKey },
		"one Ed25519 key for two is refused":      func(r *keys.Roster) { r.Keys = append(r.Keys, r.Keys[2]); r.Keys[3].Role = keys.RoleAuditor },
		"an unknown role is refused":              func(r *keys.Roster) { r.Keys[0].Role = "minister" },
		"a root among the keys is refused":        func(r *keys.Roster) { r.Keys[0].Role = keys.RoleRoot },
		"an issuer without key is refused":        func(r *keys.Roster) { r.Keys[0].JWK = nil },
		"an issuer with a note key is refused":    func(r *keys.Roster) { r.Keys[0].VKey = r.Keys[1].VKey },
		"a log with a JWK is refused":             func(r *keys.Roster) { r.Keys[1].JWK = r.Keys[0].JWK },
		"a log without key is refused":            func(r *keys.Roster) { r.Keys[1].VKey = "" },
		"signing before the start is refused":     func(r *keys.Roster) { r.Keys[0].SignUntil = r.Keys[0].Nbf - 1 },
		"signing beyond the end is refused":       func(r *keys.Roster) { r.Keys[0].SignUntil = r.Keys[0].Exp + 1 },
		"a window before 1970 is refused":         func(r *keys.Roster) { r.Keys[0].Nbf = -1 },
		"an unknown revocation reason is refused": func(r *keys.Roster) { r.Keys[0].Revoked = &keys.Revocation{At: t0, Reason: "lost"} },
		"129 keys are refused":                    func(r *keys.Roster) { r.Keys = make([]keys.RosterKey, 129) },
	} {
		t.Run(name, func(t *testing.T) {
			r := roster(t, 1, root)
			if err := r.Check(); err != nil {
				t.Fatalf("before: %v", err)
			}
			spoil(r)
			if err := r.Check(); !errors.Is(err, keys.ErrRoster) && !errors.Is(err, keys.ErrKey) {
				t.Errorf("got %v, want ErrRoster or ErrKey", err)
			}
		})
	}
}

func TestRosterHasOneSpelling(t *testing.T) {
	root := signer(t, "root")
	payload, err := jcs.Marshal(roster(t, 1, root))
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{
		"an unknown member":     {`{"exp"`, `{"comment":"","exp"`},
		"an empty revocation":   {`"role":"issuer"`, `"revoked":null,"role":"issuer"`},
		"a missing window":      {`"nbf":1767225600,`, ``},
		"a JWK without its use": {`"use":"sig",`, ``},
		"times as text":         {`"seq":1`, `"seq":"1"`},
	} {
		spoilt := strings.Replace(string(payload), edit[0], edit[1], 1)
		if spoilt == string(payload) {
			t.Fatalf("%s: nothing to replace in %s", name, payload)
		}
		if _, err := keys.ParseRoster([]byte(multi(t, keys.KindRoster, spoilt, root)), nil); !errors.Is(err, keys.ErrRoster) {
			t.Errorf("%s: got %v, want ErrRoster", name, err)
		}
	}
}

func TestRosterChain(t *testing.T) {
	a, b, stranger := signer(t, "root a"), signer(t, "root b"), signer(t, "stranger")
	first := roster(t, 1, a)
	elsewhere, earlier := roster(t, 2, a), roster(t, 2, a)
	elsewhere.Iss = "https://aeo.customs.au.example"
	earlier.Iat, earlier.Exp = t0-1, t0
	nameless, another := roster(t, 2, a), roster(t, 2, a)
	nameless.PrevSHA256, another.PrevSHA256 = "", strings.Repeat("cd", 32)
	older := roster(t, 2, a)
	older.Iat, older.Exp = t0+3, t0+4

	for name, c := range map[string]struct {
		next *keys.Roster
		prev *keys.Roster
		by   []*keys.Signer
		ok   bool
	}{
		"the first is signed by its own root":              {first, nil, []*keys.Signer{a}, true},
		"the first has seq 1":                              {roster(t, 2, a), nil, []*keys.Signer{a}, false},
		"the first is not signed by a stranger":            {first, nil, []*keys.Signer{stranger}, false},
		"the first carries no stranger's signature":        {first, nil, []*keys.Signer{a, stranger}, false},
		"a second one follows":                             {roster(t, 2, a), first, []*keys.Signer{a}, true},
		"a third one does not follow the first":            {roster(t, 3, a), first, []*keys.Signer{a}, false},
		"nor does another first one":                       {roster(t, 1, a), first, []*keys.Signer{a}, false},
		"nor does one of its own number":                   {roster(t, 2, a), roster(t, 2, a), []*keys.Signer{a}, false},
		"nor one of an older number that names it":         {older, roster(t, 3, a), []*keys.Signer{a}, false},
		"nor one of another administration":                {elsewhere, first, []*keys.Signer{a}, false},
		"nor one from before it":                           {earlier, first, []*keys.Signer{a}, false},
		"nor one that names none before it":                {nameless, first, []*keys.Signer{a}, false},
		"nor one that names another before it":             {another, first, []*keys.Signer{a}, false},
		"a new root is introduced by both":                 {roster(t, 2, b), first, []*keys.Signer{b, a}, true},
		"a new root does not introduce itself":             {roster(t, 2, b), first, []*keys.Signer{b}, false},
		"an old root does not speak for the new":           {roster(t, 2, b), first, []*keys.Signer{a}, false},
		"a root may be added by one that stays":            {roster(t, 2, a, b), first, []*keys.Signer{a}, true},
		"a root may be dropped by one that stays":          {roster(t, 2, b), roster(t, 1, a, b), []*keys.Signer{b}, true},
		"a stranger's signature spoils a good rotation":    {roster(t, 2, b), first, []*keys.Signer{a, b, stranger}, false},
		"a root of two rosters ago does not introduce one": {roster(t, 3, a), roster(t, 2, b), []*keys.Signer{a}, false},
	} {
		t.Run(name, func(t *testing.T) {
			prev := c.prev
			if prev != nil {
				copied := *prev
				prev = copied.ReadFrom(before)
			}
			got, err := keys.ParseRoster(signRoster(t, c.next, c.by...), prev)
			if c.ok && (err != nil || got.Seq != c.next.Seq) {
				t.Errorf("refused: %v", err)
			}
			if !c.ok && !errors.Is(err, keys.ErrRoster) {
				t.Errorf("got %v, want ErrRoster", err)
			}
		})
	}
}

func TestMaySignAt(t *testing.T) {
	k := keys.RosterKey{Nbf: 10, SignUntil: 20, Exp: 30}
	revoked := k
	revoked.Revoked = &keys.Revocation{At: 15, Reason: keys.ReasonCompromised}
	var plain, cut []int64
	for at := range int64(40) {
		if k.MaySignAt(at) {
			plain = append(plain, at)
		}
		if revoked.MaySignAt(at) {
			cut = append(cut, at)
		}
	}
	if !slices.Equal(plain, []int64{10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}) || !slices.Equal(cut, plain[:5]) {
		t.Errorf("may sign at %v, and when revoked at 15 at %v", plain, cut)
	}
	if k.Compromised() || !revoked.Compromised() {
		t.Error("only the revoked key is compromised")
	}
}

func TestHistory(t *testing.T) {
	a, b := signer(t, "root a"), signer(t, "root b")
	newIssuer := signer(t, "issuer 2").Public()
	second := roster(t, 2, b)
	second.Keys[0].JWK = newIssuer
	second.Keys[2].Revoked = &keys.Revocation{At: t0, Reason: "unspecified"}
	raw := [][]byte{signRoster(t, roster(t, 1, a), a)}
	second.PrevSHA256 = keys.SHA256Hex(raw[0])
	raw = append(raw, signRoster(t, second, a, b))

	h, err := keys.VerifyHistory(raw, []*keys.PublicKey{nil, b.Public(), a.Public()})
	if err != nil {
		t.Fatal(err)
	}
	oldIssuer := signer(t, "issuer").Public().KID()
	if h.Key(keys.RoleIssuer, oldIssuer) == nil || h.Key(keys.RoleIssuer, newIssuer.KID()) == nil {
		t.Error("an issuer key of the chain is not found")
	}
	if h.Key(keys.RoleBundle, oldIssuer) != nil || h.Key(keys.RoleIssuer, "") != nil {
		t.Error("a key was found under another role or name")
	}
	if h.Root(a.Public().KID()) == nil || h.Root(b.Public().KID()) == nil || h.Root(oldIssuer) != nil {
		t.Error("the roots of the chain are not exactly a and b")
	}
	if log, err := h.Note(keys.RoleLog); err != nil || log.Name() != "nz.example/log" {
		t.Errorf("log key %v, %v", log, err)
	}
	for _, role := range []keys.Role{keys.RoleWitness, keys.RoleAuditor, keys.RoleIssuer} {
		if v, err := h.Note(role); !errors.Is(err, keys.ErrRoster) {
			t.Errorf("%s: got %v, %v; want ErrRoster for a revoked, a missing and no note key", role, v, err)
		}
	}
	if n := len(h.Notes(keys.RoleLog)); n != 1 || h.Notes(keys.RoleWitness) != nil || h.Notes(keys.RoleIssuer) != nil {
		t.Errorf("%d log keys, want one, and none of a revoked witness or of a JOSE role", n)
	}
	if h.Current().Seq != 2 || len(h.Raw()) != 2 || len(keys.SHA256Hex(raw[0])) != 64 {
		t.Errorf("current roster %d of %d", h.Current().Seq, len(h.Raw()))
	}
	if err := h.Append(raw[1]); !errors.Is(err, keys.ErrRoster) || h.Current().Seq != 2 {
		t.Errorf("the same roster again: %v", err)
	}
}

// TestHistoryRestsOnAPinnedRoot: a pin on the later root b serves as well as one
// on the first, and carries no beginning that somebody else put before b's true
// roster, nor one that only ends elsewhere.
func TestHistoryRestsOnAPinnedRoot(t *testing.T) {
	a, b, forger := signer(t, "root a"), signer(t, "root b"), signer(t, "forger")
	forged := roster(t, 1, forger)
	forged.Keys[0].JWK = signer(t, "forged issuer").Public()
	after := func(raw []byte, root *keys.Signer, signers ...*keys.Signer) []byte {
		r := roster(t, 2, root)
		r.PrevSHA256 = keys.SHA256Hex(raw)
		return signRoster(t, r, signers...)
	}
	first, invented := signRoster(t, roster(t, 1, a), a), signRoster(t, forged, forger)
	second := after(first, b, a, b)
	for name, c := range map[string]struct {
		chain [][]byte
		pin   *keys.Signer
		holds bool
	}{
		"the first root":                            {[][]byte{first, second}, a, true},
		"the later root":                            {[][]byte{first, second}, b, true},
		"the later root, not reached yet":           {[][]byte{first}, b, false},
		"a stranger":                                {[][]byte{first, second}, forger, false},
		"an invented beginning of a true end":       {[][]byte{invented, second}, b, false},
		"a true end signed by the inventor too":     {[][]byte{invented, after(first, b, b, forger)}, b, false},
		"an invented end of a true beginning":       {[][]byte{first, after(first, forger, forger)}, a, false},
		"an end that names the beginning, unpinned": {[][]byte{invented, after(invented, forger, forger)}, b, false},
		"only the end":                              {[][]byte{second}, b, false},
		"nothing":                                   {nil, b, false},
	} {
		pins := []*keys.PublicKey{nil, c.pin.Public()}
		if _, err := keys.VerifyHistory(c.chain, pins); c.holds && err != nil || !c.holds && !errors.Is(err, keys.ErrRoster) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := keys.VerifyHistory(c.chain, nil); !errors.Is(err, keys.ErrRoster) {
			t.Errorf("%s without a pin: %v", name, err)
		}
	}
	var empty keys.History
	if _, err := empty.Note(keys.RoleLog); !errors.Is(err, keys.ErrRoster) || empty.Current() != nil {
		t.Errorf("an empty history: %v", err)
	}
}
