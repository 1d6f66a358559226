package programme

import (
	"strings"

	"github.com/aeo-registry/aeo/keys/jcs"
)

// PlaceName is what people call a territory or a member of a union, ok false
// where no pack knows it. It reads the names alone: [Load] checks all a pack
// says, which is a lot for a word on a screen.
func PlaceName(code string) (name string, ok bool) {
	for _, territory := range Territories() {
		var p struct {
			Name    string   `json:"name"`
			Members []Member `json:"members"`
		}
		raw, err := packs.ReadFile("packs/" + strings.ToLower(territory) + ".json")
		if err != nil || jcs.UnmarshalOpen(raw, &p) != nil {
			continue
		}
		if territory == code {
			return p.Name, true
		}
		for _, m := range p.Members {
			if m.Code == code && !ok {
				name, ok = m.Name, true
			}
		}
	}
	return name, ok
}
