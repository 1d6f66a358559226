package jcs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func nested(open, inner, closing string, levels int) string {
	return strings.Repeat(open, levels) + inner + strings.Repeat(closing, levels)
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		good bool
	}{
		"an object is strict JSON":                          {`{"a":[1,true,null,"x"]}`, true},
		"white space around the value does not matter":      {" \t\r\n{} ", true},
		"a scalar is a value too":                           {`"x"`, true},
		"names that differ in case are two names":           {`{"alg":1,"ALG":2}`, true},
		"the largest integer is kept exactly":               {`9007199254740991`, true},
		"so is the smallest":                                {`-9007199254740991`, true},
		"an exponent may spell a small integer":             {`1e3`, true},
		"a number too small for a double is zero":           {`1e-999`, true},
		"thirty-two arrays may nest":                        {nested("[", "", "]", jcs.MaxDepth), true},
		"thirty-two objects may nest":                       {nested(`{"a":`, "0", "}", jcs.MaxDepth), true},
		"brackets and digits in a string count for nothing": {`"` + nested("[", `99999999999999999999`, "]", 99) + `"`, true},
		"an escaped quote does not end a string":            {`"\"[[[\\\"99999999999999999999\\"`, true},
		"a surrogate pair is a character":                   {`"\ud83d\ude00"`, true},

		"nothing is no value":                               {``, false},
		"white space alone is no value":                     {" \n", false},
		"a second value is refused":                         {`{} {}`, false},
		"trailing text is refused":                          {`{}x`, false},
		"a name given twice is refused":                     {`{"a":1,"a":1}`, false},
		"a name given twice deep inside is refused":         {`[{"b":{"a":1,"\u0061":2}}]`, false},
		"a thirty-third array is refused":                   {nested("[", "", "]", jcs.MaxDepth+1), false},
		"a thirty-third object is refused":                  {nested(`{"a":`, "0", "}", jcs.MaxDepth+1), false},
		"arrays without end are refused":                    {strings.Repeat("[", 1<<20), false},
		"2^53 is refused":                                   {`{"iat":9007199254740992}`, false},
		"2^53+1, which a double rounds, is refused":         {`9007199254740993`, false},
		"-2^53 is refused":                                  {`[-9007199254740992]`, false},
		"a large integer spelt with an exponent is refused": {`1e17`, false},
		"a large integer spelt as a fraction is refused":    {`9007199254740992.0`, false},
		"a number beyond any double is refused":             {`1e999`, false},
		"a lone high surrogate is refused":                  {`"\ud83d"`, false},
		"a lone low surrogate is refused":                   {`"\ude00x"`, false},
		"surrogates in the wrong order are refused":         {`"\ude00\ud83d"`, false},
		"invalid UTF-8 is refused":                          {"\"\xff\"", false},
		"a surrogate written in UTF-8 is refused":           {"\"\xed\xa0\x80\"", false},
		"overlong UTF-8 is refused":                         {"\"\xc0\x80\"", false},
		"a byte order mark is refused":                      {"\xef\xbb\xbf{}", false},
		"a control character in a string is refused":        {"\"\n\"", false},
		"a leading zero is refused":                         {`01`, false},
		"a plus sign is refused":                            {`+1`, false},
		"NaN is refused":                                    {`NaN`, false},
		"a comment is refused":                              {`{}//`, false},
		"a trailing comma is refused":                       {`[1,]`, false},
		"single quotes are refused":                         {`{'a':1}`, false},
		"an unfinished string is refused":                   {`"a\"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := jcs.Check([]byte(c.in))
			if c.good && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !c.good && !errors.Is(err, jcs.ErrSyntax) {
				t.Errorf("got %v, want ErrSyntax", err)
			}
		})
	}
}

func TestCheckObjectWantsAnObject(t *testing.T) {
	for _, in := range []string{`[]`, `"{}"`, `null`, ` 1`} {
		if err := jcs.CheckObject([]byte(in)); !errors.Is(err, jcs.ErrSyntax) {
			t.Errorf("%s: got %v, want ErrSyntax", in, err)
		}
	}
	if err := jcs.CheckObject([]byte("\n{}")); err != nil {
		t.Error(err)
	}
}

type claims struct {
	Iss string `json:"iss"`
	Iat int64  `json:"iat"`
}

func TestUnmarshal(t *testing.T) {
	for name, c := range map[string]struct {
		in     string
		strict error
		open   error
	}{
		"what fits is read":                           {`{"iss":"a","iat":1}`, nil, nil},
		"an unknown member is another form":           {`{"iss":"a","x":1}`, jcs.ErrMember, nil},
		"a name in other case is another member":      {`{"ISS":"a"}`, jcs.ErrMember, nil},
		"a text is no number":                         {`{"iat":"1"}`, jcs.ErrMember, jcs.ErrMember},
		"a fraction is no integer":                    {`{"iat":1.5}`, jcs.ErrMember, jcs.ErrMember},
		"an array is no object":                       {`[]`, jcs.ErrMember, jcs.ErrMember},
		"a member twice is no strict JSON":            {`{"iat":1,"iat":2}`, jcs.ErrSyntax, jcs.ErrSyntax},
		"nor is an unknown member twice":              {`{"x":1,"x":2}`, jcs.ErrSyntax, jcs.ErrSyntax},
		"nor a repetition inside an unknown member":   {`{"x":{"y":1,"y":2}}`, jcs.ErrSyntax, jcs.ErrSyntax},
		"syntax comes before form":                    {`{"x":1,"iat":01}`, jcs.ErrSyntax, jcs.ErrSyntax},
		"a large integer in an unknown member counts": {`{"x":9007199254740993}`, jcs.ErrSyntax, jcs.ErrSyntax},
		"a second value counts":                       {`{} {}`, jcs.ErrSyntax, jcs.ErrSyntax},
		"invalid UTF-8 in an unknown member counts":   {"{\"x\":\"\xff\"}", jcs.ErrSyntax, jcs.ErrSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			var v claims
			if err := jcs.Unmarshal([]byte(c.in), &v); !errors.Is(err, c.strict) {
				t.Errorf("Unmarshal: got %v, want %v", err, c.strict)
			}
			if err := jcs.UnmarshalOpen([]byte(c.in), &v); !errors.Is(err, c.open) {
				t.Errorf("UnmarshalOpen: got %v, want %v", err, c.open)
			}
		})
	}
}

func TestErrorsStayShort(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	var v claims
	for _, in := range []string{
		`{"` + long + `":1}`, `{"iss":1,"` + long + `":{}}`, `{"` + long + `":1,"` + long + `":1}`, `{"a":` + long + `}`,
	} {
		if err := jcs.Unmarshal([]byte(in), &v); err == nil || len(err.Error()) > 300 {
			t.Errorf("error of %d bytes", len(err.Error()))
		}
	}
}

func TestCanonical(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"members are sorted by UTF-16 code units (RFC 8785, 3.2.3)": {
			"{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\",\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
		"numbers take the shortest form (RFC 8785, 3.2.2.3)": {`[1E3,4.50,2e-3,0.000000000000000000000000001,-0]`, `[1000,4.5,0.002,1e-27,0]`},
		"white space goes":             {" { \"a\" : [ 1 , 2 ] } ", `{"a":[1,2]}`},
		"only what must be is escaped": {`"\u20ac\/\u000f\u0041\"\\"`, "\"€/\\u000fA\\\"\\\\\""},
	} {
		t.Run(name, func(t *testing.T) {
			var v any
			if err := jcs.Unmarshal([]byte(c.in), &v); err != nil {
				t.Fatal(err)
			}
			got, err := jcs.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if err := jcs.UnmarshalCanonical([]byte(c.in), &v); !errors.Is(err, jcs.ErrNotCanonical) {
				t.Errorf("the original: got %v, want ErrNotCanonical", err)
			}
			if err := jcs.UnmarshalCanonical(got, &v); err != nil {
				t.Errorf("the canonical form: %v", err)
			}
		})
	}
}

func TestMarshalRefusesWhatItCouldNotReadBack(t *testing.T) {
	deep := any(0)
	for range jcs.MaxDepth + 1 {
		deep = []any{deep}
	}
	for name, v := range map[string]any{
		"an integer that would be rounded": int64(1<<53 + 1),
		"a text that is no UTF-8":          "\xff",
		"nesting beyond the limit":         deep,
		"a value JSON has no form for":     make(chan int),
	} {
		if got, err := jcs.Marshal(v); err == nil {
			t.Errorf("%s became %s", name, got)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := claims{rapid.String().Draw(t, "iss"), rapid.Int64Range(-jcs.MaxInt, jcs.MaxInt).Draw(t, "iat")}
		raw, err := jcs.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got claims
		if err := jcs.UnmarshalCanonical(raw, &got); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestArrayGivesWhatADecoderGives(t *testing.T) {
	for _, in := range []string{
		`[]`, ` [ ] `, `[1]`, `["a","b",3]`, `["]\",[", {"a":[1,{"b":","}]}, [], [[2]] , null]`, "[\t1 ,\n\"\\\\\" ]", `[{}]`,
	} {
		var want []jsontext.Value
		if err := jcs.UnmarshalOpen([]byte(in), &want); err != nil {
			t.Fatal(err)
		}
		got, err := jcs.Array([]byte(in))
		if err != nil || !slices.EqualFunc(got, want, func(a, b jsontext.Value) bool { return string(a) == string(b) }) {
			t.Errorf("%s: %q, want %q; %v", in, got, want, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.IntRange(-9, 9), func(n int) any { return n }),
			rapid.Map(rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())), func(m map[string][]string) any { return m }),
		), 0, 5).Draw(t, "list")
		raw, err := jcs.Marshal(list)
		if err != nil {
			t.Skip("not UTF-8")
		}
		parts, err := jcs.Array(raw)
		if err != nil {
			t.Fatal(err)
		}
		again := []byte("[")
		for i, p := range parts {
			if i > 0 {
				again = append(again, ',')
			}
			again = append(again, p...)
		}
		if again = append(again, ']'); len(parts) != len(list) || string(again) != string(raw) {
			t.Errorf("%s comes apart as %q", raw, parts)
		}
	})
}

func TestArrayRefuses(t *testing.T) {
	for in, want := range map[string]error{
		`{"a":1}`: jcs.ErrMember, `"a"`: jcs.ErrMember, `null`: jcs.ErrMember,
		`[1`: jcs.ErrSyntax, `[1,]`: jcs.ErrSyntax, `[1] 2`: jcs.ErrSyntax, ``: jcs.ErrSyntax, `[{"a":1,"a":1}]`: jcs.ErrSyntax,
	} {
		if got, err := jcs.Array([]byte(in)); !errors.Is(err, want) {
			t.Errorf("%s: %q, %v, want %v", in, got, err, want)
		}
	}
}

func TestUnmarshalObject(t *testing.T) {
	for in, want := range map[string]error{
		`{"a":1}`: nil, ` {"a":1} `: nil, `{}`: nil,
		`{"a":"1"}`: jcs.ErrMember, `{"b":1}`: jcs.ErrMember,
		`null`: jcs.ErrSyntax, `[1]`: jcs.ErrSyntax, `"a"`: jcs.ErrSyntax, `{"a":1}{}`: jcs.ErrSyntax, `{"b":1,"b":1}`: jcs.ErrSyntax,
	} {
		var v struct {
			A int `json:"a"`
		}
		if err := jcs.UnmarshalObject([]byte(in), &v); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", in, err, want)
		}
	}
}
