package programme

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, territory, authority string) *Pack {
	t.Helper()
	p, err := Load(territory, authority)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryPackLoadsForEveryAuthority(t *testing.T) {
	if diff := cmp.Diff(strings.Fields("AU BR CA CH CL CN EU GB HK ID IN JP KR MX MY NZ PH SG TH US UY"), Territories()); diff != "" {
		t.Fatalf("territories (-want +got):\n%s", diff)
	}
	for _, territory := range Territories() {
		p := load(t, territory, "")
		if p.Authority != territory || p.AuthorityName != p.Administration {
			t.Errorf("%s: seen by %q (%q)", territory, p.Authority, p.AuthorityName)
		}
		if p.Code[:3] != territory+"-" {
			t.Errorf("%s: programme code %q", territory, p.Code)
		}
		load(t, territory, territory)
		for _, m := range p.Members {
			if seen := load(t, territory, m.Code); seen.Authority != m.Code || seen.Zone().String() != m.TimeZone {
				t.Errorf("%s seen by %s: authority %q, zone %s", territory, m.Code, seen.Authority, seen.Zone())
			}
		}
	}
	if n := len(load(t, "EU", "").Members); n != 27 {
		t.Errorf("the union has %d members, want 27", n)
	}
}

func TestWhatIsUnknownIsNamedWithWhatThereIs(t *testing.T) {
	nz := load(t, "NZ", "")
	for name, tc := range map[string]struct {
		err   error
		kind  error
		given string
		known string
	}{
		"a territory without a pack":               {second(Load("XX", "")), ErrUnknownTerritory, "XX", "NZ"},
		"a territory in small letters":             {second(Load("nz", "")), ErrUnknownTerritory, "nz", "NZ"},
		"a path for a territory":                   {second(Load("../NZ", "")), ErrUnknownTerritory, "../NZ", "NZ"},
		"a member of the union as a territory":     {second(Load("DE", "")), ErrUnknownTerritory, "DE", "EU"},
		"an authority that is no member":           {second(Load("EU", "CH")), ErrUnknownAuthority, "CH", "DE"},
		"another authority outside a union":        {second(Load("NZ", "AU")), ErrUnknownAuthority, "AU", "NZ"},
		"a type the programme does not have":       {second(nz.Components("AEOF")), ErrUnknownType, "AEOF", "SES"},
		"a role the type does not cover":           {nz.CheckRoles("SES", []string{"exporter", "importer"}), ErrUnknownRole, "importer", "exporter"},
		"a rendering the scheme does not have":     {second(nz.Render("12345678A", "china")), ErrUnknownRendering, "china", "abroad"},
		"no role at all":                           {nz.CheckRoles("SES", nil), ErrUnknownRole, "", "packer"},
		"requirements of a type that is not there": {second(nz.RequirementsFor("X")), ErrUnknownType, "X", "SES"},
	} {
		var unknown *UnknownError
		if !errors.As(tc.err, &unknown) || !errors.Is(tc.err, tc.kind) {
			t.Errorf("%s: %v, want %v", name, tc.err, tc.kind)
			continue
		}
		if unknown.Given != tc.given || !slices.Contains(unknown.Known, tc.known) {
			t.Errorf("%s: given %q, known %q", name, unknown.Given, unknown.Known)
		}
	}
	if err := nz.CheckRoles("SES", []string{"exporter", "exporter"}); err == nil {
		t.Error("a role named twice passed")
	}
}

func second[T any](_ T, err error) error { return err }

func TestTypesJoinComponents(t *testing.T) {
	eu, jp := load(t, "EU", "DE"), load(t, "JP", "")
	for name, tc := range map[string]struct {
		pack         *Pack
		code         string
		components   []string
		requirements []string
	}{
		"AEOF is AEOC and AEOS and needs everything": {eu, "AEOF", []string{"AEOC", "AEOS"}, []string{"39A", "39B", "39C", "39D", "39E"}},
		"AEOC alone needs no security":               {eu, "AEOC", []string{"AEOC"}, []string{"39A", "39B", "39C", "39D"}},
		"AEOS alone needs no competence":             {eu, "AEOS", []string{"AEOS"}, []string{"39A", "39B", "39C", "39E"}},
		"a Japanese kind stands alone":               {jp, "AEO-EXPORTER", []string{"AEO-EXPORTER"}, []string{"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "CP"}},
	} {
		parts, err := tc.pack.Components(tc.code)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var codes, groups []string
		for _, p := range parts {
			codes = append(codes, p.Code)
		}
		requirements, err := tc.pack.RequirementsFor(tc.code)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, r := range requirements {
			groups = append(groups, r.Code)
		}
		if diff := cmp.Diff(tc.components, codes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tc.requirements, groups); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if err := jp.CheckRoles("AEO-EXPORTER", []string{"exporter"}); err != nil {
		t.Error(err)
	}
	if err := jp.CheckRoles("AEO-EXPORTER", []string{"importer"}); !errors.Is(err, ErrUnknownRole) {
		t.Errorf("an exporter approval covering imports: %v", err)
	}
}

func TestSecurityDecidesWhatMayBeRecognisedAbroad(t *testing.T) {
	eligible := map[string][]string{
		"EU": {"AEOF", "AEOS"}, "NZ": {"SES"}, "SG": {"STP-PLUS"}, "US": {"TIER2", "TIER3"},
		"AU": {"TRUSTED-TRADER"}, "BR": {"OEA-S"}, "CA": {"PIP"}, "CH": {"AEO"}, "CL": {"OEA"}, "CN": {"ADVANCED"}, "GB": {"AEOS"}, "HK": {"AEO"}, "ID": {"AEO"}, "IN": {"LO", "T2", "T3"},
		"KR": {"A", "AA", "AAA"}, "MX": {"OEA"}, "MY": {"AEO"}, "PH": {"LEVEL2"}, "TH": {"AEO-BROKER", "AEO-TRADER"}, "UY": {"OEA"},
		"JP": {"AEO-BROKER", "AEO-EXPORTER", "AEO-IMPORTER", "AEO-LOGISTICS", "AEO-MANUFACTURER", "AEO-WAREHOUSE"},
	}
	for _, territory := range Territories() {
		var got []string
		for _, ty := range load(t, territory, "").Types {
			if ty.MRAEligible {
				got = append(got, ty.Code)
			}
			if ty.MRAEligible && !ty.Security {
				t.Errorf("%s %s: eligible without the security part", territory, ty.Code)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(eligible[territory], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", territory, diff)
		}
	}
}
