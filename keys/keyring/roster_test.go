package keyring_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/aeo-registry/aeo/keys/keyring"
)

func TestSignRosterChain(t *testing.T) {
	ring, path, u := create(t)
	root := ring.Entries()[0].JWK
	issuer := ring.Entries()[3].JWK
	var chain [][]byte
	var current *keys.Roster
	next := func(years, roots, signatures int) *keys.Roster {
		t.Helper()
		raw, err := ring.SignRoster(entity, current, noon.AddDate(years, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := keys.ParseGeneral(keys.KindRoster, raw)
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, raw)
		h, err := keys.VerifyHistory(chain, []*keys.PublicKey{root})
		if err != nil {
			t.Fatal(err)
		}
		current = h.Current()
		if len(current.Root) != roots || len(doc.Signatures()) != signatures {
			t.Errorf("roster %d has %d roots and %d signatures, want %d and %d", current.Seq, len(current.Root), len(doc.Signatures()), roots, signatures)
		}
		return current
	}

	if first := next(0, 1, 1); len(first.Keys) != 8 || first.Keys[0].Role != keys.RoleFederation || first.Exp-first.Iat != keys.MaxRosterLife {
		t.Errorf("first roster %+v", first)
	}

	if _, err := ring.Generate(keys.RoleRoot, noon); err != nil {
		t.Fatal(err)
	}
	if err := ring.Revoke(issuer.KID(), noon, keys.ReasonCompromised); err != nil {
		t.Fatal(err)
	}
	second := next(0, 2, 2)
	revoked := false
	for _, k := range second.Keys {
		revoked = revoked || k.Role == keys.RoleIssuer && k.JWK.Equal(issuer) && k.Compromised()
	}
	if !revoked {
		t.Error("the second roster does not say that the issuer key is compromised")
	}
	if _, err := ring.Signer(keys.RoleIssuer, noon); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("the revoked key signs: %v", err)
	}

	// Both roots fall; their successor is introduced by them all the same.
	for _, k := range second.Root {
		if err := ring.Revoke(k.KID(), noon, "superseded"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ring.Generate(keys.RoleRoot, noon); err != nil {
		t.Fatal(err)
	}
	next(0, 1, 3)

	reopened, err := keyring.Open(path, u)
	if err != nil {
		t.Fatal(err)
	}
	ring = reopened
	if fourth := next(4, 1, 1); len(fourth.Keys) != 5 { // federation, receipt, log, witness, auditor
		t.Errorf("the fourth roster lists %d keys, want those not yet expired", len(fourth.Keys))
	}
}

func TestSignRosterRefuses(t *testing.T) {
	ring, _, _ := create(t)
	raw, err := ring.SignRoster(entity, nil, noon)
	if err != nil {
		t.Fatal(err)
	}
	first, err := keys.ParseRoster(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, sign := range map[string]func() ([]byte, error){
		"another administration's chain": func() ([]byte, error) { return ring.SignRoster("https://other.example", first, noon) },
		"a clock behind the last roster": func() ([]byte, error) { return ring.SignRoster(entity, first, noon.Add(-time.Hour)) },
		"a chain of other roots": func() ([]byte, error) {
			stranger, _, _ := create(t)
			return stranger.SignRoster(entity, first, noon)
		},
		"a chain without name": func() ([]byte, error) { return ring.SignRoster("", nil, noon) },
	} {
		if _, err := sign(); !errors.Is(err, keys.ErrRoster) {
			t.Errorf("%s: got %v, want ErrRoster", name, err)
		}
	}
	if _, err := ring.SignRoster(entity, first, noon.AddDate(21, 0, 0)); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("when all roots have expired: %v", err)
	}
}

func TestRevokeRefuses(t *testing.T) {
	ring, _, _ := create(t)
	if err := ring.Revoke("nobody", noon, "superseded"); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("an unknown key: %v", err)
	}
	witness := ring.Entries()[7].VKey
	if err := ring.Revoke(witness, noon, "lost"); err == nil {
		t.Error("an unknown reason is accepted")
	}
	if err := ring.Revoke(witness, noon, "unspecified"); err != nil {
		t.Fatal(err)
	}
	if _, err := ring.NoteSigner(keys.RoleWitness); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("the revoked witness key signs: %v", err)
	}
}

func content(t testing.TB) (u keyring.Unlock, plain string) {
	t.Helper()
	u = newUnlock(t)
	key := `{"exp":3,"nbf":1,"private":"` + keys.EncodeBase64URL([]byte(strings.Repeat("k", 32))) + `","role":"log","sign_until":2}`
	return u, `{"format":"aeo.keyring/1","host":"` + host + `","keys":[` + key + `],"storage":"` + storage + `"}`
}

const storage = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX" // the test identity of age's specification

func TestContentIsReadStrictly(t *testing.T) {
	u, good := content(t)
	if again, err := keyring.Decode(u, []byte(good)); err != nil || string(again) != good {
		t.Fatalf("%s became %s, %v", good, again, err)
	}
	key := good[strings.Index(good, `{"exp"`):strings.Index(good, `],"storage"`)]
	for name, edit := range map[string][2]string{
		"another format":         {"keyring/1", "keyring/2"},
		"an unknown member":      {`{"format"`, `{"comment":"","format"`},
		"a key with a member":    {`{"exp"`, `{"d":0,"exp"`},
		"an unknown role":        {`"log"`, `"minister"`},
		"a short private key":    {`"private":"a2`, `"private":"`},
		"a window turned round":  {`"exp":3`, `"exp":1`},
		"a time before 1970":     {`"nbf":1`, `"nbf":-1`},
		"a key twice":            {key, key + "," + key},
		"a host that names none": {host, "a b"},
		"no storage key":         {storage, ""},
		"an empty revocation":    {`"role":"log"`, `"revoked":null,"role":"log"`},
		"white space":            {`{"format"`, ` {"format"`},
		"a null scalar": {key, strings.Replace(strings.Replace(key, `"log"`, `"issuer"`, 1),
			keys.EncodeBase64URL([]byte(strings.Repeat("k", 32))), strings.Repeat("A", 43), 1)},
	} {
		spoilt := strings.Replace(good, edit[0], edit[1], 1)
		if spoilt == good {
			t.Fatalf("%s: nothing to replace", name)
		}
		_, err := keyring.Decode(u, []byte(spoilt))
		if !errors.Is(err, keyring.ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
		}
	}
}

// FuzzContent: what is read is written back byte by byte.
func FuzzContent(f *testing.F) {
	u, good := content(f)
	f.Add([]byte(good))
	f.Add([]byte(`{"format":"aeo.keyring/1","host":"","keys":[],"storage":""}`))
	f.Fuzz(func(t *testing.T, plain []byte) {
		again, err := keyring.Decode(u, plain)
		if err != nil {
			return
		}
		if string(again) != string(plain) || jcs.CheckCanonical(again) != nil {
			t.Fatalf("%q became %q", plain, again)
		}
	})
}
