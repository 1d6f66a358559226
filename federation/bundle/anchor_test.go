package bundle_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/bundle"
	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
)

func anchorOf(t testing.TB, roots ...string) *bundle.Anchor {
	t.Helper()
	var list []*keys.PublicKey
	for _, name := range roots {
		list = append(list, signerFor(t, name).Public())
	}
	a, err := bundle.NewAnchor("NZ", "https://"+nzHost, list, 2, built)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAnchorReadsBackAsWritten(t *testing.T) {
	a := anchorOf(t, "one", "two")
	b, err := bundle.ParseAnchor(a.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(a.Marshal()), string(b.Marshal())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFingerprintIsOfKeysAndName(t *testing.T) {
	a := anchorOf(t, "one", "two")
	other := *a
	other.EntityID = "https://aeo.customs.au.example"
	later := *a
	later.MinSeq, later.MinTime = 9, built+day
	switch f := a.Fingerprint(); {
	case f != anchorOf(t, "two", "one").Fingerprint():
		t.Error("the order of keys changes it")
	case f != later.Fingerprint():
		t.Error("minima change it")
	case f == other.Fingerprint():
		t.Error("the name does not change it")
	case f == anchorOf(t, "one").Fingerprint():
		t.Error("a key less does not change it")
	case a.Words() == anchorOf(t, "one").Words():
		t.Error("a key less does not change its words")
	case a.MemoryKey("public") == a.MemoryKey("border"):
		t.Error("profiles share a memory")
	}
	if n := len(strings.Fields(a.Words())); n != 12 {
		t.Errorf("%d words", n)
	}
}

func TestParseAnchorRefuses(t *testing.T) {
	good := string(anchorOf(t, "one", "two").Marshal())
	for name, raw := range map[string]string{
		"nothing":                  "",
		"another schema":           strings.Replace(good, "anchor/1", "anchor/2", 1),
		"an unknown member":        strings.Replace(good, `"schema"`, `"more":1,"schema"`, 1),
		"a member missing":         strings.Replace(good, `"min_seq":2,`, "", 1),
		"a member twice":           strings.Replace(good, `"min_seq":2,`, `"min_seq":2,"min_seq":2,`, 1),
		"a line more":              good + "\n",
		"a name that is no host":   strings.Replace(good, nzHost, nzHost+"/", 1),
		"a territory of letters":   strings.Replace(good, `"NZ"`, `"nz"`, 1),
		"a negative minimum":       strings.Replace(good, `"min_seq":2`, `"min_seq":-2`, 1),
		"a kid of another key":     strings.Replace(good, `"kid":"`, `"kid":"A`, 1),
		"a private key":            strings.Replace(good, `"crv"`, `"d":"AA","crv"`, 1),
		"too much":                 good + strings.Repeat(" ", 16<<10),
		"a root that is no object": strings.Replace(good, `"root":[`, `"root":[null,`, 1),
	} {
		if _, err := bundle.ParseAnchor([]byte(raw)); err == nil {
			t.Errorf("%s was accepted", name)
		} else {
			wantError(t, err, bundle.ErrAnchor, "")
		}
	}
	one := signerFor(t, "one").Public()
	for name, roots := range map[string][]*keys.PublicKey{
		"no key": nil, "a key twice": {one, one}, "a missing key": {nil},
		"four keys": {one, signerFor(t, "2").Public(), signerFor(t, "3").Public(), signerFor(t, "4").Public()},
	} {
		if _, err := bundle.NewAnchor("NZ", "https://"+nzHost, roots, 1, 0); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// Two people compare the words they see with the words in the gazette.
func ExampleAnchor_Words() {
	root, err := keys.ParsePublicKey([]byte(`{"crv":"P-256","kid":"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U","kty":"EC",` +
		`"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	anchor, err := bundle.NewAnchor("NZ", "https://aeo.customs.nz.example", []*keys.PublicKey{root}, 1, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(anchor.Words())
	// Output: ocean paddle cider domino garden badge finger uncle tiger walnut fruit badge
}
