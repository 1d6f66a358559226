package registry

import (
	"slices"
	"strconv"
	"testing"
)

// TestPartnersLeaveRoomForOurTexts: however many propose without end, we draft;
// and a text that is kept can always be signed.
func TestPartnersLeaveRoomForOurTexts(t *testing.T) {
	texts := func(n int, from string) (out []*Negotiation) {
		for i := range n {
			out = append(out, &Negotiation{ID: from, SHA256: strconv.Itoa(i), From: from})
		}
		return out
	}
	received := slices.Concat(texts(32, "CA"), texts(32, "CL"), texts(32, "JP"), texts(32, "US"))
	for name, c := range map[string]struct {
		all  []*Negotiation
		id   string
		from string
		want bool
	}{
		"the first":                          {nil, "new", "JP", true},
		"one too many of a partner":          {texts(32, "JP"), "new", "JP", false},
		"another partner's":                  {texts(32, "JP"), "new", "US", true},
		"a fifth partner's":                  {received, "new", "KR", false},
		"ours beside those":                  {received, "new", "", true},
		"ours, the last":                     {slices.Concat(received, texts(127, "")), "new", "", true},
		"ours, one too many":                 {slices.Concat(received, texts(128, "")), "new", "", false},
		"one that is kept, full":             {slices.Concat(received, texts(128, "")), "JP", "", true},
		"one that is kept, full, of another": {slices.Concat(received, texts(128, "")), "JP", "KR", true},
	} {
		if got := mayKeep(c.all, &Negotiation{ID: c.id, SHA256: "7"}, c.from); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
