package programme

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aeo-registry/aeo/keys/jcs"
)

var update = flag.Bool("update", false, "write the golden profiles anew")

// What partners compared and pinned must not change by accident.
func TestProfilesAreAsPublished(t *testing.T) {
	for _, territory := range Territories() {
		p := load(t, territory, "")
		name := filepath.Join("testdata", strings.ToLower(territory)+".profile.json")
		if *update {
			if err := os.WriteFile(name, p.Profile(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(p.Profile())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", territory, diff)
		}
		if p.ProfileSHA256() != sha256.Sum256(want) {
			t.Errorf("%s: digest is not that of the profile", territory)
		}
		doc, err := ReadProfile(p.Profile())
		if err != nil {
			t.Fatalf("%s: %v", territory, err)
		}
		if doc.Code != p.Code || len(doc.Types) != len(p.Types) || len(doc.Types[0].Roles) == 0 {
			t.Errorf("%s: profile reads as %+v", territory, doc)
		}
	}
}

func TestProfileIsTheTerritorysNotTheAuthoritys(t *testing.T) {
	if !bytes.Equal(load(t, "EU", "").Profile(), load(t, "EU", "DE").Profile()) {
		t.Error("two authorities of one union publish different profiles")
	}
	for _, word := range []string{"unsure", "source"} {
		if bytes.Contains(load(t, "EU", "").Profile(), []byte(`"`+word+`"`)) {
			t.Errorf("the profile holds %s", word)
		}
	}
}

func TestRawIsACopyOfWhatWasDigested(t *testing.T) {
	p := load(t, "NZ", "")
	raw := p.Raw()
	if sha256.Sum256(raw) != p.SHA256() {
		t.Error("digest is not that of the pack")
	}
	raw[0] = 'x'
	if sha256.Sum256(p.Raw()) != p.SHA256() {
		t.Error("the pack can be changed from outside")
	}
}

func FuzzReadProfile(f *testing.F) {
	for _, territory := range Territories() {
		p, err := Load(territory, "")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p.Profile())
	}
	f.Add([]byte(`{"format":"aeo.programme/1"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := ReadProfile(raw)
		if err != nil {
			return
		}
		if doc.Format != ProfileFormat || jcs.CheckCanonical(raw) != nil {
			t.Fatalf("accepted %q", raw)
		}
	})
}

func TestProfilesThatAreNotOursAreRefused(t *testing.T) {
	good := string(load(t, "NZ", "").Profile())
	for name, raw := range map[string]string{
		"another format":     strings.Replace(good, "aeo.programme/1", "aeo.programme/2", 1),
		"an unknown member":  strings.Replace(good, `{"administration"`, `{"a":1,"administration"`, 1),
		"a missing member":   strings.Replace(good, `"since":2004,`, ``, 1),
		"null for a list":    strings.Replace(good, `"members":[]`, `"members":null`, 1),
		"space in between":   good + " ",
		"more than it takes": strings.Repeat(" ", MaxProfile) + good,
	} {
		if raw == good {
			t.Errorf("%s: nothing was changed", name)
		}
		if _, err := ReadProfile([]byte(raw)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
