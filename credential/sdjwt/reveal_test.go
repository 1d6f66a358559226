package sdjwt_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/sdjwt"
	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestReveal(t *testing.T) {
	name, nameDigest := disclosure(`["salt","name","Exempel AB"]`)
	role, roleDigest := disclosure(`["salt","exporter"]`)
	inner, innerDigest := disclosure(`["salt","city","Malmö"]`)
	outer, outerDigest := disclosure(fmt.Sprintf(`["salt","address",{"country":"SE","_sd":[%q]}]`, innerDigest))
	member := func(digest string) string { return fmt.Sprintf(`{"iss":"x","_sd":[%q]}`, digest) }
	array := func(digest string) string { return fmt.Sprintf(`{"roles":[{"...":%q},"importer"]}`, digest) }
	made := func(json string) (payload, text string) {
		text, digest := disclosure(json)
		return member(digest), text
	}

	type given struct {
		payload     string
		disclosures []string
	}
	one := func(payload string, texts ...string) given { return given{payload, texts} }
	tests := []struct {
		name string
		given
		want string
		err  error
	}{
		{"a member is disclosed", one(member(nameDigest), name), `{"iss":"x","name":"Exempel AB"}`, nil},
		{"a hidden member leaves no trace", one(member(nameDigest)), `{"iss":"x"}`, nil},
		{"an array element is disclosed in its place", one(array(roleDigest), role), `{"roles":["exporter","importer"]}`, nil},
		{"a hidden array element vanishes", one(array(roleDigest)), `{"roles":["importer"]}`, nil},
		{"a disclosure discloses further ones", one(member(outerDigest), inner, outer), `{"iss":"x","address":{"country":"SE","city":"Malmö"}}`, nil},
		{"the top of a nest alone", one(member(outerDigest), outer), `{"iss":"x","address":{"country":"SE"}}`, nil},
		{"_sd_alg states the default", one(`{"_sd_alg":"sha-256","a":1}`), `{"a":1}`, nil},
		{"an empty _sd", one(`{"_sd":[]}`), `{}`, nil},
		{"null is a value", one(`{"a":null,"b":[null]}`), `{"a":null,"b":[null]}`, nil},

		{"an inner disclosure without its outer one", one(member(outerDigest), inner), "", sdjwt.ErrDisclosure},
		{"a disclosure nothing refers to", one(`{"a":1}`, name), "", sdjwt.ErrDisclosure},
		{"a disclosure presented twice", one(member(nameDigest), name, name), "", sdjwt.ErrDisclosure},
		{"a member disclosed in an array", one(array(nameDigest), name), "", sdjwt.ErrDisclosure},
		{"an element disclosed as a member", one(member(roleDigest), role), "", sdjwt.ErrDisclosure},
		{"a name that exists at its level", one(fmt.Sprintf(`{"name":"A","_sd":[%q]}`, nameDigest), name), "", sdjwt.ErrDisclosure},

		{"a digest twice in one array", one(fmt.Sprintf(`{"_sd":[%q,%[1]q]}`, nameDigest)), "", sdjwt.ErrDuplicateDigest},
		{"a digest twice at two levels", one(fmt.Sprintf(`{"_sd":[%q],"a":{"_sd":[%[1]q]}}`, nameDigest), name), "", sdjwt.ErrDuplicateDigest},
		{"a digest as member and as element", one(fmt.Sprintf(`{"_sd":[%q],"a":[{"...":%[1]q}]}`, nameDigest)), "", sdjwt.ErrDuplicateDigest},
		{"a digest in the payload and in a disclosure", one(fmt.Sprintf(`{"_sd":[%q,%q]}`, outerDigest, innerDigest), outer), "", sdjwt.ErrDuplicateDigest},

		{"_sd is no array", one(`{"_sd":"x"}`), "", sdjwt.ErrFormat},
		{"_sd is null", one(`{"_sd":null}`), "", sdjwt.ErrFormat},
		{"_sd holds a number", one(`{"_sd":[1]}`), "", sdjwt.ErrFormat},
		{"a placeholder with a second member", one(fmt.Sprintf(`{"a":[{"...":%q,"b":1}]}`, roleDigest), role), "", sdjwt.ErrFormat},
		{"a placeholder with a number", one(`{"a":[{"...":1}]}`), "", sdjwt.ErrFormat},
		{"a placeholder outside an array", one(`{"a":{"...":"x"}}`), "", sdjwt.ErrFormat},
		{"a placeholder at the top", one(`{"...":"x"}`), "", sdjwt.ErrFormat},
		{"another hash", one(`{"_sd_alg":"sha-512"}`), "", sdjwt.ErrFormat},
		{"a truncated hash", one(`{"_sd_alg":"sha-256-128"}`), "", sdjwt.ErrFormat},
		{"the hash in capitals", one(`{"_sd_alg":"SHA-256"}`), "", sdjwt.ErrFormat},
		{"_sd_alg is null", one(`{"_sd_alg":null}`), "", sdjwt.ErrFormat},
		{"_sd_alg below the top", one(`{"a":{"_sd_alg":"sha-256"}}`), "", sdjwt.ErrFormat},
		{"a plain member holds digests", one(`{"exp":{"_sd":[]}}`), "", sdjwt.ErrFormat},
		{"a plain member holds them in an array", one(`{"cnf":[[{"...":"x"}]]}`), "", sdjwt.ErrFormat},

		{"the payload is an array", one(`[]`), "", sdjwt.ErrUnreadable},
		{"the payload is null", one(`null`), "", sdjwt.ErrUnreadable},
		{"the payload has a member twice", one(`{"a":1,"a":2}`), "", sdjwt.ErrUnreadable},
		{"text follows the payload", one(`{} {}`), "", sdjwt.ErrUnreadable},
	}
	for _, bad := range []struct{ name, json string }{
		{"a disclosure is no array", `{"a":1}`},
		{"a disclosure is empty", `[]`},
		{"a disclosure has four elements", `["salt","a","b","c"]`},
		{"a disclosure has one element", `["salt"]`},
		{"the salt is a number", `[1,"a","b"]`},
		{"the name is a number", `["salt",1,"b"]`},
		{"the name is null", `["salt",null,"b"]`},
		{"the name is _sd", `["salt","_sd",["x"]]`},
		{"the name is ...", `["salt","...","x"]`},
		{"the name is _sd_alg", `["salt","_sd_alg","sha-256"]`},
		{"a plain member is disclosed", `["salt","exp",1]`},
		{"a disclosure has a member twice", `["salt","a",{"b":1,"b":2}]`},
		{"a disclosure holds bytes that are no UTF-8", "[\"salt\",\"a\",\"\xff\"]"},
		{"a disclosure holds half a surrogate pair", `["salt","a","\ud800"]`},
		{"text follows the disclosure", `["salt","a","b"]]`},
		{"a disclosure nests too deeply", `["salt","a",` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `]`},
	} {
		payload, text := made(bad.json)
		tests = append(tests, struct {
			name string
			given
			want string
			err  error
		}{bad.name, one(payload, text), "", sdjwt.ErrDisclosure})
	}

	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sdjwt.Reveal([]byte(tt.payload), tt.disclosures, []string{"exp", "cnf"})
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if tt.err != nil {
				return
			}
			var want map[string]any
			if err := jcs.UnmarshalOpen([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What nests without end, or in a chain of disclosures each inside the former,
// exhausts neither stack nor memory.
func TestRevealBoundsRecursion(t *testing.T) {
	const endless = sdjwt.MaxSize
	arrays, objects := strings.Repeat("[", endless), strings.Repeat(`{"a":`, endless)
	array, arrayDigest := disclosure(`["salt","n",` + arrays)
	object, objectDigest := disclosure(`["salt","n",` + objects)
	text, digest := disclosure(`["salt","n",1]`)
	chain := []string{text}
	for range sdjwt.MaxDisclosures - 1 {
		text, digest = disclosure(fmt.Sprintf(`["salt","n",{"_sd":[%q]}]`, digest))
		chain = append(chain, text)
	}
	hidden := func(digest string) string { return fmt.Sprintf(`{"_sd":[%q]}`, digest) }
	bombs := []struct {
		name, payload string
		disclosures   []string
		err           error
	}{
		{"arrays in the payload", `{"n":` + arrays, nil, sdjwt.ErrUnreadable},
		{"objects in the payload", objects, nil, sdjwt.ErrUnreadable},
		{"arrays in a disclosure", hidden(arrayDigest), []string{array}, sdjwt.ErrDisclosure},
		{"objects in a disclosure", hidden(objectDigest), []string{object}, sdjwt.ErrDisclosure},
		{"disclosures in disclosures", hidden(digest), chain, sdjwt.ErrDisclosure},
	}
	for _, b := range bombs {
		if _, err := sdjwt.Reveal([]byte(b.payload), b.disclosures, nil); !errors.Is(err, b.err) || !strings.Contains(err.Error(), "deeper") {
			t.Errorf("%s: %v", b.name, err)
		}
	}
	t.Logf("figure bombs_depth %d MiB at most in memory for %d nests without end", peakMemory(), len(bombs))
}

// peakMemory is the most this process ever had in memory, in MiB; 0 where the
// system does not say.
func peakMemory() (mib int) {
	raw, _ := os.ReadFile("/proc/self/status")
	if _, rest, ok := strings.Cut(string(raw), "VmHWM:"); ok {
		fmt.Sscan(rest, &mib)
	}
	return mib >> 10
}

// Whatever is hidden wherever: all disclosures together give the original, and
// none of them gives something that mentions no digest.
func TestRevealInvertsHiding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		original := objects(3).Draw(t, "original")
		h := &hider{t: t}
		hidden := h.object(original)
		raw, err := jcs.Marshal(hidden)
		if err != nil {
			t.Fatal(err)
		}
		got, err := sdjwt.Reveal(raw, rapid.Permutation(h.texts).Draw(t, "order"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(original, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		none, err := sdjwt.Reveal(raw, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := jcs.Marshal(none)
		if err != nil || strings.Contains(string(rest), `"_sd"`) || strings.Contains(string(rest), `"..."`) {
			t.Fatalf("left over: %s, %v", rest, err)
		}
	})
}

func objects(depth int) *rapid.Generator[map[string]any] {
	return rapid.MapOfN(rapid.StringMatching(`[a-z]{1,4}`), values(depth), 0, 4)
}

func values(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.StringMatching(`[ -~]{0,8}`).AsAny(), rapid.Float64Range(0, 9).AsAny())
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf, objects(depth-1).AsAny(), rapid.SliceOfN(values(depth-1), 0, 4).AsAny())
}

// A hider hides members and elements at random, as an issuer may.
type hider struct {
	t      *rapid.T
	texts  []string
	decoys int
}

func (h *hider) conceal(v ...any) (digest string) {
	raw, err := jcs.Marshal(append([]any{fmt.Sprint("salt", len(h.texts))}, v...))
	if err != nil {
		h.t.Fatal(err)
	}
	text, digest := disclosure(string(raw))
	h.texts = append(h.texts, text)
	return digest
}

func (h *hider) value(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return h.object(v)
	case []any:
		out := []any{}
		for _, e := range v {
			e = h.value(e)
			if rapid.Bool().Draw(h.t, "hide") {
				e = map[string]any{"...": h.conceal(e)}
			}
			out = append(out, e)
		}
		return out
	}
	return v
}

func (h *hider) object(m map[string]any) map[string]any {
	out := map[string]any{}
	h.decoys++
	digests := []any{sdjwt.Digest(fmt.Sprint("decoy", h.decoys))}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		v := h.value(m[name])
		if rapid.Bool().Draw(h.t, "hide") {
			digests = append(digests, h.conceal(name, v))
		} else {
			out[name] = v
		}
	}
	out["_sd"] = digests
	return out
}
