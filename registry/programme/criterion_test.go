package programme

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever is applied for, there is something to ask, to see and to judge, and
// each criterion counts for something that is applied for.
func TestEveryApplicationHasCriteria(t *testing.T) {
	for _, territory := range Territories() {
		p := load(t, territory, "")
		for _, ty := range p.Types {
			roles, err := p.RolesFor(ty.Code)
			if err != nil {
				t.Fatal(err)
			}
			parts, _ := p.Components(ty.Code)
			for _, asked := range append([][]string{words(roles)}, oneByOne(roles)...) {
				criteria, err := p.CriteriaFor(ty.Code, asked)
				if err != nil || len(criteria) < 10 || len(criteria) > 256 {
					t.Fatalf("%s %s %q: %d criteria: %v", territory, ty.Code, asked, len(criteria), err)
				}
				var seen []string
				for _, c := range criteria {
					if slices.Contains(seen, c.Code) || c.Question == "" || len(c.Evidence) == 0 || c.Source == "" || p.GroupTitle(c.Group) == "" {
						t.Errorf("%s %s: %s is asked twice, or incomplete: %+v", territory, ty.Code, c.Code, c)
					}
					seen = append(seen, c.Code)
					for _, of := range c.Types {
						if !slices.ContainsFunc(parts, func(part Type) bool { return part.Code == of }) {
							t.Errorf("%s %s: %s counts for %s", territory, ty.Code, c.Code, of)
						}
					}
				}
			}
		}
	}
}

func oneByOne(roles []Role) (out [][]string) {
	for _, r := range words(roles) {
		out = append(out, []string{r})
	}
	return out
}

func TestCriteriaFollowTypeAndRole(t *testing.T) {
	eu, gb, sg, nz := load(t, "EU", "DE"), load(t, "GB", ""), load(t, "SG", ""), load(t, "NZ", "")
	for name, tc := range map[string]struct {
		pack      *Pack
		typ, role string
		yes, no   string
	}{
		"AEOC asks competence, no security":           {eu, "AEOC", "exporter", "A-1 A-6 B-6 B-7 C-1 X-1", "D-1 G-2 M-1"},
		"AEOS asks security, no competence":           {eu, "AEOS", "exporter", "A-1 D-1 G-2 I-1 M-1", "B-7 X-1 G-7 H-6"},
		"AEOF asks all":                               {eu, "AEOF", "carrier", "A-1 D-1 G-7 H-6 M-1 X-1", "A-6 B-6"},
		"a broker loads nothing":                      {eu, "AEOF", "broker", "A-6 F-1 I-1 K-1", "G-2 H-1 K-5"},
		"a type without security needs no separation": {gb, "AEOC", "importer", "A-1 B-1 C-1 M-1", "D-1 G-1 L-1"},
		"a type with security has all letters":        {sg, "STP-PLUS", "terminal", "A-1 D-1 H-6 L-1 M-5", "X-1"},
		"New Zealand asks about the secure package":   {nz, "SES", "packer", "B-6 G-2 S-1 S-2", "A-6 G-7"},
	} {
		criteria, err := tc.pack.CriteriaFor(tc.typ, []string{tc.role})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, code := range strings.Fields(tc.yes) {
			if !slices.ContainsFunc(criteria, func(c Criterion) bool { return c.Code == code }) {
				t.Errorf("%s: %s is missing", name, code)
			}
		}
		for _, code := range strings.Fields(tc.no) {
			if slices.ContainsFunc(criteria, func(c Criterion) bool { return c.Code == code }) {
				t.Errorf("%s: %s is asked", name, code)
			}
		}
	}
	criteria, err := eu.CriteriaFor("AEOF", []string{"exporter"})
	if err != nil {
		t.Fatal(err)
	}
	types := map[string][]string{}
	for _, c := range criteria {
		types[c.Code] = c.Types
	}
	want := map[string][]string{"A-1": {"AEOC", "AEOS"}, "X-1": {"AEOC"}, "B-7": {"AEOC"}, "G-2": {"AEOS"}}
	for code, of := range want {
		if diff := cmp.Diff(of, types[code]); diff != "" {
			t.Errorf("%s counts for (-want +got):\n%s", code, diff)
		}
	}
	if _, err := eu.CriteriaFor("AEOF", []string{"smuggler"}); err == nil {
		t.Error("criteria for a role that is none")
	}
}

func TestCodesOfGroupsStandForTheirCriteria(t *testing.T) {
	eu := load(t, "EU", "DE")
	criteria, err := eu.CriteriaFor("AEOF", []string{"exporter"})
	if err != nil {
		t.Fatal(err)
	}
	var among []string
	for _, c := range criteria {
		among = append(among, c.Code)
	}
	for code, want := range map[string]string{
		"G-2": "G-2", "C": "C-1 C-2 C-3 C-4", "39A": "A-1 A-2 A-3 A-4 A-5 A-6", "39D": "X-1", "X-9": "", "": "", "Z": "",
		"39B": "B-1 B-2 B-3 B-4 B-5 B-6 B-7", "B": "B-1 B-2 B-3 B-4 B-5 B-6",
	} {
		if diff := cmp.Diff(strings.Fields(want), eu.Expand(code, among), cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", code, diff)
		}
	}
	// An application of before criteria had codes: its requirement is itself.
	if got := eu.Expand("39E", []string{"39A", "39E"}); !slices.Equal(got, []string{"39E"}) {
		t.Errorf("39E among old requirements: %q", got)
	}
}
