package jcs

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
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
