package programme_test

import (
	"slices"
	"testing"

	"github.com/aeo-registry/aeo/registry/programme"
)

func profileOf(t *testing.T, territory string) *programme.Profile {
	t.Helper()
	pack, err := programme.Load(territory, "")
	if err != nil {
		return nil // a union is seen by a member
	}
	p, err := programme.ReadProfile(pack.Profile())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCompareAllPrograms: of any two programmes each letter of SAFE has a row,
// each role of either is in one, and what is suggested is a security type, in
// roles it has, of which no two rules collide.
func TestCompareAllPrograms(t *testing.T) {
	var all []*programme.Profile
	for _, territory := range programme.Territories() {
		if p := profileOf(t, territory); p != nil {
			all = append(all, p)
		}
	}
	for _, a := range all {
		for _, b := range all {
			if a == b {
				continue
			}
			c := programme.Compare(a, b)
			if len(c.Criteria) < 13 || len(c.Roles) < max(len(a.Roles), len(b.Roles)) {
				t.Fatalf("%s and %s: %d rows of criteria, %d of roles", a.Territory, b.Territory, len(c.Criteria), len(c.Roles))
			}
			seen := map[string]bool{}
			for _, r := range c.Suggested {
				of := a
				if r.Of == b.Territory {
					of = b
				}
				i := slices.IndexFunc(of.Types, func(t programme.ProfileType) bool { return t.Code == r.Type })
				if i < 0 || !of.Types[i].Security || !of.Types[i].MRAEligible || len(of.Types[i].Components) > 0 || len(r.Roles) == 0 || r.By == r.Of {
					t.Fatalf("%+v", r)
				}
				for _, role := range r.Roles {
					if key := r.By + r.Of + r.Type + role; seen[key] || !slices.Contains(of.Types[i].Roles, programme.Role(role)) {
						t.Fatalf("%s twice, or not of the type: %+v", role, r)
					} else {
						seen[key] = true
					}
				}
			}
		}
	}
}

func TestCompareFindsWhatDiffers(t *testing.T) {
	c := programme.Compare(profileOf(t, "NZ"), profileOf(t, "JP"))
	for _, want := range []string{"only JP has the role importer", "only NZ has the role packer"} {
		if !slices.Contains(c.Differences, want) {
			t.Errorf("%q is not among %q", want, c.Differences)
		}
	}
	var got []string
	for _, r := range c.Suggested {
		if r.By == "JP" {
			got = append(got, r.Roles[0]+" as "+r.As)
		}
	}
	if !slices.Equal(got, []string{"exporter as AEO-EXPORTER", "manufacturer as AEO-MANUFACTURER"}) {
		t.Errorf("Japan would recognise: %q", got)
	}
}
