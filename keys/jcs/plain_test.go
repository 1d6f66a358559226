package jcs

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// What is plain must be canonical; what is not plain may be.
func TestPlain(t *testing.T) {
	for in, want := range map[string]bool{
		`{"a":1,"b":[true,null,"x"],"c":{"":0,"d":-12}}`: true,
		`[{"b":1},{"a":1}]`:               true,
		`"ä"`:                             true,
		`{"vct":1,"vct#integrity":2}`:     true,
		`{"b":1,"a":2}`:                   false,
		`{"a":{"z":1},"b":{"z":1,"y":2}}`: false,
		`{"a":1,"a":2}`:                   false,
		`{"a": 1}`:                        false,
		`"\u00e4"`:                        false,
		`{"ä":1}`:                         false, // canonical, but not plain
		`1.0`:                             false,
		`1e3`:                             false,
		`-0`:                              false,
	} {
		if got := plain([]byte(in)); got != want {
			t.Errorf("%s: %v, want %v", in, got, want)
		}
	}
}

// FuzzPlain: plain never says of valid JSON what canonicalization would deny.
func FuzzPlain(f *testing.F) {
	for _, seed := range []string{`{"a":1,"b":{"c":[-5]}}`, `[]`, `"x"`, `{"a":"\\"}`, `-0`, `{"b":1,"a":1}`, `{"a":[{"z":1}],"b":0}`, `9007199254740991`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkLimits(data) != nil || !jsontext.Value(data).IsValid() || !plain(data) {
			return
		}
		val := jsontext.Value(append([]byte(nil), data...))
		if err := val.Canonicalize(); err != nil || string(val) != string(data) {
			t.Errorf("%q is plain, its RFC 8785 form is %q (%v)", data, val, err)
		}
	})
}

// TestPlainTextIsReadAndWrittenAsAnyOther compares the short way of strings with the long one.
func TestPlainTextIsReadAndWrittenAsAnyOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,8}`), rapid.String()).Draw(t, "text")
		got, err := Marshal(text)
		list, longErr := Marshal([]string{text})
		if (err == nil) != (longErr == nil) || err == nil && "["+string(got)+"]" != string(list) {
			t.Errorf("%q is written %s, %v; in a list %s, %v", text, got, err, list, longErr)
		}
		raw := rapid.OneOf(rapid.Just(string(got)), rapid.StringMatching(`"?[ -~]{0,6}"?`)).Draw(t, "raw")
		var one string
		var within []string
		err, longErr = Unmarshal([]byte(raw), &one), Unmarshal([]byte("["+raw+"]"), &within)
		if err == nil && (longErr != nil || len(within) != 1 || within[0] != one) || err != nil && longErr == nil && len(within) == 1 && raw != "null" {
			t.Errorf("%s is read as %q, %v; in a list as %q, %v", raw, one, err, within, longErr)
		}
	})
}
