package programme

import (
	"strings"
	"testing"
)

// An outline is a whole pack that says of everything nobody looked up that it is unsure.
func TestOutlinesAreWholePacksThatSayWhatIsUnsure(t *testing.T) {
	outlines := 0
	for _, territory := range Territories() {
		raw, err := packs.ReadFile("packs/" + strings.ToLower(territory) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		p := load(t, territory, "")
		if p.Format != Format || formatOf(p.Raw()) != Format {
			t.Errorf("%s: format %q", territory, p.Format)
		}
		if formatOf(raw) != OutlineFormat {
			continue
		}
		outlines++
		if len(p.Requirements) != 13 || p.Effect.Unsure == "" || p.Validity.Unsure == "" || p.Contact.Unsure == "" {
			t.Errorf("%s: %d requirements; unsure: effect %q, validity %q, contact %q", territory, len(p.Requirements), p.Effect.Unsure, p.Validity.Unsure, p.Contact.Unsure)
		}
		for _, r := range p.Requirements {
			if r.Unsure == "" {
				t.Errorf("%s: requirement %s is sure", territory, r.Code)
			}
		}
	}
	if outlines == 0 {
		t.Error("no outlines")
	}
}

func TestOutlinesAreStrict(t *testing.T) {
	raw, err := packs.ReadFile("packs/th.json")
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	for name, bad := range map[string]string{
		"an unknown member": strings.Replace(good, `"since"`, `"sinse"`, 1),
		"a role of no one":  strings.Replace(good, `"broker"`, `"brokr"`, 1),
		"an open pattern":   strings.Replace(good, `^TH`, `TH`, 1),
		"a place nowhere":   strings.Replace(good, "Asia/Bangkok", "Bangkok", 1),
	} {
		if bad == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := read([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
