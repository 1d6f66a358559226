package programme

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIdentifiersAreRead(t *testing.T) {
	for name, tc := range map[string]struct{ territory, text, want string }{
		"a bare value":                             {"NZ", "12345678A", "NZ:ses:12345678A"},
		"scheme and value":                         {"NZ", "ses:12345678A", "NZ:ses:12345678A"},
		"the full form":                            {"NZ", "NZ:ses:12345678A", "NZ:ses:12345678A"},
		"in either case and with separators":       {"NZ", "nz:SES: 12-345.678/a", "NZ:ses:12345678A"},
		"as it is written abroad":                  {"NZ", "NZ12345678A", "NZ:ses:12345678A"},
		"a German EORI":                            {"EU", "DE 1234567", "EU:eori:DE1234567"},
		"a Greek EORI under its ISO code":          {"EU", "GR123456789", "EU:eori:GR123456789"},
		"a natural person's EORI when named":       {"EU", "eori-np:DE7654321", "EU:eori-np:DE7654321"},
		"a Singapore code":                         {"SG", "AEOSG201912345K01", "SG:stp:AEOSG201912345K01"},
		"a Singapore code as declared in China":    {"SG", "SG201912345K01", "SG:stp:AEOSG201912345K01"},
		"a Singapore code in twelve characters":    {"SG", "201912345K01", "SG:stp:AEOSG201912345K01"},
		"a Japanese code":                          {"JP", "JP12345678901234567", "JP:jp-aeo:JP12345678901234567"},
		"a Japanese code in digits":                {"JP", "12345678901234567", "JP:jp-aeo:JP12345678901234567"},
		"a CTPAT account":                          {"US", "CT10012345", "US:ctpat:CT10012345"},
		"a manufacturer code only when named":      {"US", "US:mid:NZSOUORC12HAS", "US:mid:NZSOUORC12HAS"},
		"what looks like one as an account number": {"US", "NZSOUORC12HAS", "US:ctpat:NZSOUORC12HAS"},
	} {
		id, err := load(t, tc.territory, "").ParseIdentifier(tc.text)
		if err != nil || id.String() != tc.want {
			t.Errorf("%s: %q, want %q: %v", name, id, tc.want, err)
		}
	}
	if id, err := load(t, "EU", "DE").ParseIdentifier("eori-np:DE7654321"); err != nil || !id.Personal {
		t.Errorf("a natural person's number is not personal: %+v, %v", id, err)
	}
}

func TestIdentifiersAreRefused(t *testing.T) {
	for name, tc := range map[string]struct{ territory, text, why string }{
		"nothing":                              {"NZ", "", "letters A to Z"},
		"separators only":                      {"NZ", "-- //", "letters A to Z"},
		"a number of another shape":            {"NZ", "1234567A", "fits no scheme"},
		"an EORI of no member":                 {"EU", "GB123456789012", "fits no scheme"},
		"an EORI under the VAT code of Greece": {"EU", "EL123456789", "fits no scheme"},
		"an EORI of eighteen characters":       {"EU", "DE1234567890123456", "fits no scheme"},
		"another territory":                    {"NZ", "AU:ses:12345678A", "not of territory NZ"},
		"a scheme of another territory":        {"NZ", "eori:DE1234567", "no such scheme"},
		"four parts":                           {"NZ", "NZ:ses:1:2", "more than"},
		"a look-alike letter":                  {"NZ", "12345678\u0410", "letters A to Z"}, // Cyrillic A
		"a full-width digit":                   {"NZ", "1234567\uff18A", "letters A to Z"},
		"a line break":                         {"NZ", "12345678A\n", "letters A to Z"},
		"more text than any identifier":        {"NZ", strings.Repeat("1", 65), "longer than 64"},
	} {
		_, err := load(t, tc.territory, "").ParseIdentifier(tc.text)
		var refused *IdentifierError
		if !errors.As(err, &refused) || !errors.Is(err, ErrUnknownIdentifier) || !strings.Contains(refused.Why, tc.why) {
			t.Errorf("%s: %v, want %q", name, err, tc.why)
		}
	}
}

func TestAmbiguousIdentifiersAreRefused(t *testing.T) {
	raw := strings.ReplaceAll(string(load(t, "US", "").Raw()), `"explicit": true,`, `"explicit": false,`)
	raw = strings.ReplaceAll(raw, `"NZSOUORC12HAS"`, `"NZSOUORC12HASX1"`)
	p, err := read([]byte(raw))
	if err == nil {
		t.Fatal("a pack whose schemes cannot be told apart passed")
	}
	if p != nil || !strings.Contains(err.Error(), "may be US:ctpat:") {
		t.Errorf("%v does not name both readings", err)
	}
}

func TestRenderings(t *testing.T) {
	for name, tc := range map[string]struct{ territory, id, profile, want string }{
		"Singapore at home":   {"SG", "SG:stp:AEOSG201912345K01", Plain, "AEOSG201912345K01"},
		"Singapore in China":  {"SG", "SG:stp:AEOSG201912345K01", "china", "SG201912345K01"},
		"Singapore, national": {"SG", "AEOSG201912345K01", "national", "201912345K01"},
		"New Zealand abroad":  {"NZ", "12345678a", "abroad", "NZ12345678A"},
		"Japan, digits":       {"JP", "JP12345678901234567", "national", "12345678901234567"},
	} {
		got, err := load(t, tc.territory, "").Render(tc.id, tc.profile)
		if err != nil || got != tc.want {
			t.Errorf("%s: %q, want %q: %v", name, got, tc.want, err)
		}
	}
	if _, err := load(t, "SG", "").Render("nonsense", "china"); !errors.Is(err, ErrUnknownIdentifier) {
		t.Errorf("rendering nonsense: %v", err)
	}
}

// Whatever a scheme admits is read back from every form it is written in.
func TestRenderingLosesNothing(t *testing.T) {
	var packs []*Pack
	for _, territory := range Territories() {
		packs = append(packs, load(t, territory, ""))
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(packs).Draw(t, "pack")
		s := rapid.SampledFrom(p.Schemes).Draw(t, "scheme")
		value := rapid.StringMatching(s.Pattern).Draw(t, "value")
		id, err := p.ParseIdentifier(s.Code + ":" + value)
		if s.MemberPrefix && err != nil {
			return // a country that is no member
		}
		if err != nil || id.Value != value {
			t.Fatalf("%s read as %v: %v", value, id, err)
		}
		for _, r := range s.Renderings {
			form, err := p.Render(id.String(), r.Profile)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := p.ParseIdentifier(s.Code + ":" + form); err != nil || again != id {
				t.Fatalf("%s of %s read as %v: %v", form, id, again, err)
			}
		}
	})
}

func FuzzParseIdentifier(f *testing.F) {
	var packs []*Pack
	for i, territory := range Territories() {
		p, err := Load(territory, "")
		if err != nil {
			f.Fatal(err)
		}
		packs = append(packs, p)
		for _, s := range p.Schemes {
			f.Add(i, s.Example)
			f.Add(i, territory+":"+s.Code+":"+s.Example)
		}
	}
	f.Add(0, "::")
	f.Add(1, "eori:DE 12.34-56/7")
	f.Fuzz(func(t *testing.T, pack int, text string) {
		if pack < 0 || pack >= len(packs) {
			return
		}
		id, err := packs[pack].ParseIdentifier(text)
		if err != nil {
			if !errors.Is(err, ErrUnknownIdentifier) && !errors.Is(err, ErrAmbiguousIdentifier) {
				t.Fatalf("%q: untyped %v", text, err)
			}
			return
		}
		if again, err := packs[pack].ParseIdentifier(id.String()); err != nil || again != id {
			t.Fatalf("%q read as %s, which reads as %s: %v", text, id, again, err)
		}
	})
}
