package programme

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
)

// A Difference is one place in which two documents say different things; Old or New
// is empty where one of them has nothing there.
type Difference struct {
	Path string `json:"path"` // members joined by dots; entries of lists by what names them: "deadlines.decision.period.n"
	Old  string `json:"old,omitzero"`
	New  string `json:"new,omitzero"`
}

func (d Difference) String() string {
	switch {
	case d.Old == "":
		return fmt.Sprintf("%s: new, %s", d.Path, d.New)
	case d.New == "":
		return fmt.Sprintf("%s: gone, was %s", d.Path, d.Old)
	}
	return fmt.Sprintf("%s: %s -> %s", d.Path, d.Old, d.New)
}

// Diff says where two packs, or two years of holidays, differ, in order of path.
func Diff(old, new []byte) ([]Difference, error) {
	was, is := map[string]string{}, map[string]string{}
	if err := spread(was, "", old); err != nil {
		return nil, fmt.Errorf("old document: %w", err)
	}
	if err := spread(is, "", new); err != nil {
		return nil, fmt.Errorf("new document: %w", err)
	}
	paths := map[string]bool{}
	for _, side := range []map[string]string{was, is} {
		for p := range side {
			paths[p] = true
		}
	}
	out := []Difference{}
	for _, p := range slices.Sorted(maps.Keys(paths)) {
		if was[p] != is[p] {
			out = append(out, Difference{p, was[p], is[p]})
		}
	}
	return out, nil
}

// naming are the members by which the entries of a list are told apart, the first
// of them an entry has.
var naming = []string{"id", "code", "rule", "who", "profile", "date", "after", "purpose", "text"}

// spread writes every value of a document beside its path.
func spread(into map[string]string, path string, raw []byte) error {
	switch jsontext.Value(raw).Kind() {
	case '{':
		members := map[string]jsontext.Value{}
		if err := jcs.Unmarshal(raw, &members); err != nil {
			return err
		}
		for name, v := range members {
			if err := spread(into, join(path, name), v); err != nil {
				return err
			}
		}
		return nil
	case '[':
		entries, err := jcs.Array(raw)
		if err != nil {
			return err
		}
		return spreadList(into, path, raw, entries)
	}
	into[path] = strings.TrimSpace(string(raw))
	return nil
}

func spreadList(into map[string]string, path string, raw []byte, entries []jsontext.Value) error {
	seen := map[string]bool{}
	for i, e := range entries {
		if e.Kind() != '{' {
			// What has no members is compared as a whole.
			v := jsontext.Value(slices.Clone(raw))
			if err := v.Compact(); err != nil {
				return err
			}
			into[path] = string(v)
			return nil
		}
		name := nameOf(e)
		if name == "" || seen[name] {
			name = fmt.Sprintf("%s[%d]", name, i)
		}
		seen[name] = true
		if err := spread(into, join(path, name), e); err != nil {
			return err
		}
	}
	return nil
}

func nameOf(entry jsontext.Value) string {
	members := map[string]jsontext.Value{}
	if jcs.Unmarshal(entry, &members) != nil {
		return ""
	}
	for _, n := range naming {
		if v, ok := members[n]; ok && v.Kind() == '"' {
			return strings.Trim(string(v), `"`)
		}
	}
	return ""
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
