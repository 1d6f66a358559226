package programme

import "testing"

func TestPlaceName(t *testing.T) {
	for _, territory := range Territories() {
		p, err := Load(territory, "")
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := PlaceName(territory); !ok || name != p.Name {
			t.Errorf("%s is called %q, its pack says %q", territory, name, p.Name)
		}
		for _, m := range p.Members {
			if name, ok := PlaceName(m.Code); !ok || name != m.Name {
				t.Errorf("member %s is called %q, its union's pack says %q", m.Code, name, m.Name)
			}
		}
	}
	if name, ok := PlaceName("AA"); ok {
		t.Errorf("AA is called %q", name)
	}
}
