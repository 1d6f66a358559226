package exchange_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/exchange"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	now = 1_772_460_000
	nz  = "https://aeo.customs.nz.example"
	jp  = "https://aeo.customs.jp.example"
	day = 24 * 3600
)

func signer(t testing.TB, name string) *keys.Signer {
	t.Helper()
	scalar := sha256.Sum256([]byte(name))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	if err != nil {
		t.Fatal(err)
	}
	s, err := keys.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// history is New Zealand's, with one exchange key that change may alter.
func history(t testing.TB, change func(*keys.RosterKey)) *keys.History {
	t.Helper()
	root := signer(t, "root")
	k := keys.RosterKey{Role: keys.RoleExchange, JWK: signer(t, "sender").Public(), Nbf: now - day, SignUntil: now + day, Exp: now + 2*day}
	change(&k)
	payload, err := jcs.Marshal(keys.Roster{Iss: nz, Seq: 1, Iat: now - 2*day, Exp: now + 300*day, Root: []*keys.PublicKey{root.Public()}, Keys: []keys.RosterKey{k}})
	if err != nil {
		t.Fatal(err)
	}
	compact, err := keys.Sign(keys.KindRoster, payload, root)
	if err != nil {
		t.Fatal(err)
	}
	part := strings.Split(string(compact), ".")
	raw, err := jcs.Marshal(map[string]any{"payload": part[1], "signatures": []map[string]string{{"protected": part[0], "signature": part[2]}}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := keys.VerifyHistory([][]byte{raw}, []*keys.PublicKey{root.Public()})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func message(t testing.TB, kind string, body any, change func(*exchange.Message)) *exchange.Message {
	t.Helper()
	m, err := exchange.New(nz, jp, kind, body, now, strings.NewReader("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(m)
	}
	if err := m.Sign(signer(t, "sender")); err != nil {
		t.Fatal(err)
	}
	return m
}

func seal(t testing.TB, m *exchange.Message) []byte {
	t.Helper()
	sealed, err := m.Seal(signer(t, "recipient").Public())
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func opener(t testing.TB) func(string) *keys.Signer {
	key := signer(t, "recipient")
	return func(kid string) *keys.Signer {
		if kid == key.Public().KID() {
			return key
		}
		return nil
	}
}

func TestMessageArrives(t *testing.T) {
	head := exchange.Head{Origin: "aeo.customs.nz.example/log", Size: 42}
	got, err := exchange.Open(seal(t, message(t, exchange.KindNotify, head, nil)), opener(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := got.VerifyFor(jp, history(t, func(*keys.RosterKey) {}), now); err != nil {
		t.Fatal(err)
	}
	var h exchange.Head
	if err := got.Into(&h); err != nil || h != head || got.Kind != exchange.KindNotify || got.JTI != "MDEyMzQ1Njc4OWFiY2RlZg" {
		t.Errorf("%+v %+v, %v", got, h, err)
	}
	if err := got.Into(&exchange.Refusal{}); !errors.Is(err, exchange.ErrMessage) {
		t.Errorf("read as another body: %v", err)
	}
}

func TestVerify(t *testing.T) {
	key := func(*keys.RosterKey) {}
	for name, c := range map[string]struct {
		message func(*exchange.Message)
		key     func(*keys.RosterKey)
		self    string
		now     int64
		want    error
	}{
		"at once":                          {nil, key, jp, now, nil},
		"when it ends, and clocks differ":  {nil, key, jp, now + 360, nil},
		"after that":                       {nil, key, jp, now + 361, exchange.ErrTime},
		"before it begins, clocks differ":  {nil, key, jp, now - 60, nil},
		"before that":                      {nil, key, jp, now - 61, exchange.ErrTime},
		"at another":                       {nil, key, nz, now, exchange.ErrAudience},
		"for a name that begins like ours": {func(m *exchange.Message) { m.Aud += "/x" }, key, jp, now, exchange.ErrAudience},
		"of another sender":                {func(m *exchange.Message) { m.Iss += "x" }, key, jp, now, exchange.ErrSender},
		"by a key not yet good":            {nil, func(k *keys.RosterKey) { k.Nbf = now + 1 }, jp, now, exchange.ErrSender},
		"by a key that signs no more":      {nil, func(k *keys.RosterKey) { k.SignUntil = now - 1 }, jp, now, exchange.ErrSender},
		"by a key in its last second":      {nil, func(k *keys.RosterKey) { k.SignUntil = now }, jp, now, nil},
		"by a key of another role":         {nil, func(k *keys.RosterKey) { k.Role = keys.RoleIssuer }, jp, now, exchange.ErrSender},
		"by a key nobody lists":            {nil, func(k *keys.RosterKey) { k.JWK = signer(t, "another").Public() }, jp, now, exchange.ErrSender},
		"by a key revoked before":          {nil, func(k *keys.RosterKey) { k.Revoked = &keys.Revocation{At: now, Reason: "superseded"} }, jp, now, exchange.ErrSender},
		"by a key revoked after":           {nil, func(k *keys.RosterKey) { k.Revoked = &keys.Revocation{At: now + 1, Reason: "superseded"} }, jp, now, nil},
		"by a key compromised at any time": {nil, func(k *keys.RosterKey) { k.Revoked = &keys.Revocation{At: now + day, Reason: keys.ReasonCompromised} }, jp, now, exchange.ErrSender},
	} {
		got, err := exchange.Open(seal(t, message(t, exchange.KindNotify, struct{}{}, c.message)), opener(t))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := got.VerifyFor(c.self, history(t, c.key), c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestMessagesOfAnotherForm(t *testing.T) {
	payload := func(text string) []byte {
		signed, err := keys.Sign(keys.KindExchange, []byte(text), signer(t, "sender"))
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	const good = `{"aud":"https://b.example","body":{},"exp":1300,"iat":1000,"iss":"https://a.example","jti":"MDEyMzQ1Njc4OWFiY2RlZg","kind":"notify"}`
	if _, err := exchange.Read(payload(good)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"two audiences":         {`"https://b.example"`, `["https://b.example","https://c.example"]`},
		"no audience":           {`"https://b.example"`, `""`},
		"to itself":             {`https://b`, `https://a`},
		"a member nobody knows": {`"kind"`, `"k":1,"kind"`},
		"a body that is none":   {`{}`, `1`},
		"a body that is null":   {`{}`, `null`},
		"good for too long":     {`1300`, `1301`},
		"good for no time":      {`1300`, `1000`},
		"a time that is none":   {`1000`, `1e3`},
		"a time before 1970":    {`1000`, `-1`},
		"a number as jti":       {`"MDEyMzQ1Njc4OWFiY2RlZg"`, `1`},
		"a short jti":           {`MDEyMzQ1Njc4OWFiY2RlZg`, `MDEyMzQ1`},
		"a kind of two words":   {`notify`, `notify now`},
		"a kind in capitals":    {`notify`, `Notify`},
		"an empty re":           {`"kind":"notify"`, `"kind":"notify","re":""`},
		"another order":         {`"aud":"https://b.example","body":{}`, `"body":{},"aud":"https://b.example"`},
		"a member left out":     {`"body":{},`, ``},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if text == good {
			t.Fatalf("%s: nothing changed", name)
		}
		if _, err := exchange.Read(payload(text)); !errors.Is(err, exchange.ErrMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSizes(t *testing.T) {
	body := map[string]string{"x": strings.Repeat("x", 60<<10)}
	if _, err := message(t, exchange.KindNotify, body, nil).Seal(signer(t, "recipient").Public()); !errors.Is(err, exchange.ErrMessage) {
		t.Errorf("sealed a large message: %v", err)
	}
	sealed, err := keys.Seal(message(t, exchange.KindNotify, body, nil).Raw(), signer(t, "recipient").Public())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exchange.Open(sealed, opener(t)); !errors.Is(err, exchange.ErrMessage) {
		t.Errorf("opened a large message: %v", err)
	}
	body["x"] = strings.Repeat("x", 256<<10)
	if _, err := exchange.Open(seal(t, message(t, exchange.KindAnnex, body, nil)), opener(t)); err != nil {
		t.Errorf("an arrangement of 256 KiB: %v", err)
	}
}

func TestRecipient(t *testing.T) {
	if k := exchange.Recipient(history(t, func(*keys.RosterKey) {}), now); !k.Equal(signer(t, "sender").Public()) {
		t.Errorf("recipient %v", k)
	}
	for name, h := range map[string]*keys.History{
		"ended":        history(t, func(k *keys.RosterKey) { k.SignUntil = now - 1 }),
		"not yet":      history(t, func(k *keys.RosterKey) { k.Nbf = now + 1 }),
		"another role": history(t, func(k *keys.RosterKey) { k.Role = keys.RoleReceipt }),
		"none":         {},
	} {
		if k := exchange.Recipient(h, now); k != nil {
			t.Errorf("%s: recipient %v", name, k)
		}
	}
}

// TestVectors: what was signed and sealed by an earlier version stays readable.
// The keys are P-256 scalars that are the SHA-256 of "sender" and "recipient".
func TestVectors(t *testing.T) {
	names, err := filepath.Glob("testdata/*.jwe")
	if err != nil || len(names) == 0 {
		t.Fatal("no vectors", err)
	}
	for _, name := range names {
		sealed, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := os.ReadFile(strings.TrimSuffix(name, ".jwe") + ".jws")
		if err != nil {
			t.Fatal(err)
		}
		m, err := exchange.Open(sealed, opener(t))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if string(m.Raw()) != string(signed) || m.Kind+".jwe" != filepath.Base(name) {
			t.Errorf("%s holds a %s: %s", name, m.Kind, m.Raw())
		}
		if err := m.VerifyFor(jp, history(t, func(*keys.RosterKey) {}), now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	good := message(f, exchange.KindNotify, exchange.Head{Origin: "x", Size: 1}, nil)
	f.Add(good.Raw())
	f.Add(message(f, exchange.KindAck, struct{}{}, func(m *exchange.Message) { m.Re = m.JTI }).Raw())
	f.Add([]byte(".."))
	h := history(f, func(*keys.RosterKey) {})
	kinds := []string{exchange.KindNotify, exchange.KindAck}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := exchange.Read(data)
		if err != nil {
			return
		}
		again, err := jcs.Marshal(m)
		if err != nil || jcs.CheckCanonical(again) != nil || m.Body.Kind() != jsontext.Kind('{') || m.Exp-m.Iat > exchange.MaxLife {
			t.Fatalf("read %q as %+v, %v", data, m, err)
		}
		if m.VerifySigner(h) == nil && !slices.Contains(kinds, m.Kind) {
			t.Fatalf("forged %q", data)
		}
	})
}

func FuzzParseEvidence(f *testing.F) {
	known := message(f, exchange.KindKnown, exchange.Known{Origin: "aeo.customs.jp.example/log", Size: 1, Root: "AAAA", At: now}, nil)
	raw, err := jcs.Marshal(exchange.Evidence{Schema: exchange.SchemaEvidence, Known: string(known.Raw()),
		By: []jsontext.Value{history(f, func(*keys.RosterKey) {}).Raw()[0]}, Rosters: []jsontext.Value{jsontext.Value("{}")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"schema":"aeo.known/1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := exchange.ParseEvidence(data)
		if err != nil {
			return
		}
		if s, err := e.Check(nil, nil); err == nil {
			t.Fatalf("holds without a log: %+v", s)
		}
	})
}
