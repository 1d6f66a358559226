package transparency_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
)

func policyKey(t testing.TB, name string, typ, seed byte) *keys.NoteSigner {
	t.Helper()
	s, err := keys.NewNoteSigner(name, typ, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// words puts the keys of these tests where a text names them.
func words(t testing.TB, text string) string {
	t.Helper()
	cosigner := func(name string, seed byte) string { return policyKey(t, name, keys.NoteCosignature, seed).String() }
	return strings.NewReplacer(
		"{log}", policyKey(t, "nz.example/log", keys.NoteEd25519, 1).String(),
		"{aw}", cosigner("a.example/witness", 2), "{aa}", cosigner("a.example/auditor", 3),
		"{bw}", cosigner("b.example/witness", 4), "{ba}", cosigner("b.example/auditor", 5),
		"{cw}", cosigner("c.example/witness", 6),
	).Replace(text)
}

const federated = `# our own auditor and one other administration
log {log} https://nz.example/log
witness A {aa}
witness B-auditor	{ba}
witness B-witness {bw} https://b.example/witness

group B any B-auditor B-witness
witness C {cw}
group others any B C
group both all A others
quorum both
`

func TestPolicySpelling(t *testing.T) {
	for text, want := range map[string]bool{
		federated:                                 true,
		"quorum none\n":                           true,
		"log {log}\nwitness A {aw}\nquorum A\n":   true,
		"witness A {aw}\ngroup G 1 A\nquorum G\n": true,
		"":                                 false,
		"log {log}\n":                      false,
		"quorum none":                      false,
		"quorum none\nquorum none\n":       false,
		"quorum G\n":                       false,
		"witness none {aw}\nquorum none\n": false,
		"witness A {aw}\nwitness A {bw}\nquorum A\n":               false,
		"witness A {aw}\nwitness B {aw}\nquorum A\n":               false,
		"log {log}\nlog {log}\nquorum none\n":                      false,
		"log {aw}\nquorum none\n":                                  false,
		"witness A {log}\nquorum A\n":                              false,
		"quorum A\nwitness A {aw}\n":                               false,
		"group G any A\nwitness A {aw}\nquorum G\n":                false,
		"witness A {aw}\ngroup G 0 A\nquorum G\n":                  false,
		"witness A {aw}\ngroup G 2 A\nquorum G\n":                  false,
		"witness A {aw}\ngroup G 01 A\nquorum G\n":                 false,
		"witness A {aw}\ngroup G any\nquorum G\n":                  false,
		"witness A {aw}\ngroup G 2 A A\nquorum G\n":                false,
		"witness A {aw}\ngroup G any A\ngroup H any A\nquorum H\n": false,
		"witness A {aw}\r\nquorum A\r\n":                           false,
		"mirror A {aw}\nquorum none\n":                             false,
		"witness A {aw} url more\nquorum A\n":                      false,
	} {
		p, err := transparency.ParsePolicy(words(t, text))
		if (err == nil) != want || err != nil && !errors.Is(err, transparency.ErrPolicy) {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
}

func TestPolicyTimeIsTheKthNewest(t *testing.T) {
	p, err := transparency.ParsePolicy(words(t, federated))
	if err != nil {
		t.Fatal(err)
	}
	if p.None() || !p.Accepts(policyKey(t, "nz.example/log", keys.NoteEd25519, 1).VKey) || p.Accepts(policyKey(t, "nz.example/log", keys.NoteEd25519, 9).VKey) {
		t.Error("the policy is about another log")
	}
	for name, c := range map[string]struct {
		at   map[string]int64 // by seed of the key
		want int64            // 0 = not met
	}{
		"nobody":                         {nil, 0},
		"our auditor alone":              {map[string]int64{"aa": 10}, 0},
		"two of one other, without us":   {map[string]int64{"ba": 10, "bw": 11}, 0},
		"both: the older of the two":     {map[string]int64{"aa": 10, "bw": 7}, 7},
		"the newer word of one other":    {map[string]int64{"aa": 10, "bw": 7, "ba": 9}, 9},
		"the newest of several others":   {map[string]int64{"aa": 8, "bw": 7, "cw": 9}, 8},
		"a key the policy does not name": {map[string]int64{"aa": 8, "aw": 7}, 0},
	} {
		var cosigned []transparency.Cosignature
		for id, at := range c.at {
			key, err := keys.ParseVKey(words(t, "{"+id+"}"))
			if err != nil {
				t.Fatal(err)
			}
			cosigned = append(cosigned, transparency.Cosignature{Key: key, At: at})
		}
		if asOf, ok := p.Met(cosigned); asOf != c.want || ok != (c.want != 0) {
			t.Errorf("%s: %d, %v; want %d", name, asOf, ok, c.want)
		}
	}
}

func TestPolicyCountsAnOwnerOnce(t *testing.T) {
	host := func(k *keys.VKey) string { h, _, _ := strings.Cut(k.Name(), "/"); return h }
	for text, want := range map[string]bool{
		federated:       true,
		"quorum none\n": true,
		"witness A {aa}\nwitness B {aw}\ngroup G any A B\nquorum G\n":                                  true,
		"witness A {aa}\nwitness B {aw}\ngroup G all A B\nquorum G\n":                                  false,
		"witness A {aa}\nwitness B {aw}\nwitness C {cw}\ngroup G 2 A B C\nquorum G\n":                  false,
		"witness A {aa}\nwitness B {aw}\nwitness C {cw}\ngroup G any A C\ngroup H all G B\nquorum H\n": false,
		"witness A {aa}\nwitness B {aw}\nwitness C {cw}\ngroup G any A B\ngroup H all G C\nquorum H\n": true,
	} {
		p, err := transparency.ParsePolicy(words(t, text))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.CountsOnce(host); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzPolicyText(f *testing.F) {
	f.Add(words(f, federated))
	f.Add("quorum none\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := transparency.ParsePolicy(text)
		if err != nil {
			if !errors.Is(err, transparency.ErrPolicy) {
				t.Fatal(err)
			}
			return
		}
		if asOf, ok := p.Met(nil); ok != p.None() || asOf != 0 {
			t.Errorf("met by nobody: %d %v", asOf, ok)
		}
		var all []transparency.Cosignature
		for _, w := range p.Witnesses {
			all = append(all, transparency.Cosignature{Key: w.Key, At: 5})
		}
		if asOf, ok := p.Met(all); !ok || !p.None() && asOf != 5 {
			t.Errorf("not met by everybody: %d %v", asOf, ok)
		}
	})
}

func TestCosignaturesFindsTheVerifiedNewest(t *testing.T) {
	log := policyKey(t, "nz.example/log", keys.NoteEd25519, 1)
	a, b := policyKey(t, "a.example/witness", keys.NoteCosignature, 2), policyKey(t, "b.example/witness", keys.NoteCosignature, 4)
	raw, err := transparency.SignCheckpoint(7, [32]byte{1}, log)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := transparency.ParseCheckpoint(raw, log.VKey)
	if err != nil {
		t.Fatal(err)
	}
	line := func(text string, s *keys.NoteSigner, at int64) string {
		c, err := transparency.NewCosignature(text, s, at)
		if err != nil {
			t.Fatal(err)
		}
		return c.Line
	}
	note := string(raw) + line(cp.Text(), a, 5) + line("other\n", a, 9) + line(cp.Text(), a, 7) + line(cp.Text(), b, 6) +
		"— a.example/witness AAAA\n" + "— a.example/witness !\n" + strings.TrimSuffix(line(cp.Text(), a, 100), "\n")
	found := transparency.Cosignatures([]byte(note), cp.Text(), b.VKey, a.VKey)
	if len(found) != 2 || found[0].At != 6 || found[1].At != 7 {
		t.Fatalf("%+v", found)
	}
	again := cp.WithCosignatures(log.VKey, found...)
	if kept, err := transparency.ParseCheckpoint(again, log.VKey); err != nil || strings.Count(string(kept.Raw), "— ") != 3 {
		t.Errorf("%s, %v", again, err)
	}
	if len(transparency.Cosignatures(again, cp.Text(), a.VKey)) != 1 {
		t.Error("a line was lost")
	}
}
