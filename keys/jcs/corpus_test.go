package jcs_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aeo-registry/aeo/keys/jcs"
)

type suite struct {
	Cases []struct {
		Name, Expect string
		B64          []byte
	}
}

func readSuite(t *testing.T, name string) (s suite) {
	t.Helper()
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data", "corpora")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "json", name))
	if err != nil {
		t.Skipf("no corpora here: %v", err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestJSONTestSuite runs nst/JSONTestSuite, test_parsing. Valid JSON may still
// be beyond our limits, which the suite does not know.
func TestJSONTestSuite(t *testing.T) {
	beyondLimits := map[string]bool{
		"y_number_real_exponent.json": true, "y_number_real_capital_e.json": true, // 123e45, 1E22
		"y_object_duplicated_key.json": true, "y_object_duplicated_key_and_value.json": true,
	}
	cases := readSuite(t, "jsontestsuite.json").Cases
	t.Logf("figure vectors_json %d JSON texts", len(cases))
	for _, c := range cases {
		err := jcs.Check(c.B64)
		switch c.Expect {
		case "reject":
			if err == nil {
				t.Errorf("%s: accepted %.60q", c.Name, c.B64)
			}
		case "accept":
			if (err != nil) != beyondLimits[c.Name] {
				t.Errorf("%s: %.60q: %v", c.Name, c.B64, err)
			}
		}
	}
}

// TestJSONTestSuiteTransform: where readers are known to differ we refuse or
// keep exactly what was written.
func TestJSONTestSuiteTransform(t *testing.T) {
	good := map[string]bool{
		"number_1.0.json": true, "number_1e-999.json": true, "number_1000000000000000.json": true,
		"object_key_nfc_nfd.json": true, // no normalization: two names
	}
	cases := readSuite(t, "jsontestsuite_transform.json").Cases
	t.Logf("figure vectors_transform %d JSON transforms", len(cases))
	for _, c := range cases {
		if err := jcs.Check(c.B64); (err == nil) != good[c.Name] {
			t.Errorf("%s: %q: %v", c.Name, c.B64, err)
		}
	}
}

// FuzzCheck: what Check lets pass every reader reads, and its canonical form is
// a fixed point that passes too.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`{"b":[1,2.5e-3,"\u20ac"],"a":{"":null}}`, `[9007199254740991,-0,1e-999]`, `"\ud83d\ude00"`, ` "\\" `,
		`{"a":1,"a":2}`, `[[[[]]]]`, `1e17`, `{} {}`, "\"\xff\"", `"\ud800"`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		err := jcs.Check(data)
		if open := jcs.UnmarshalOpen(data, &v); (open == nil) != (err == nil) {
			t.Fatalf("Check says %v, UnmarshalOpen %v", err, open)
		}
		if err != nil {
			return
		}
		once, err := jcs.Marshal(v)
		if err != nil {
			t.Fatalf("marshal what was read: %v", err)
		}
		var w any
		if err := jcs.UnmarshalCanonical(once, &w); err != nil {
			t.Fatalf("canonical form %q: %v", once, err)
		}
		twice, err := jcs.Marshal(w)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("canonical form moves: %q, then %q, %v", once, twice, err)
		}
		if same := jcs.CheckCanonical(data) == nil; same != bytes.Equal(data, once) {
			t.Fatalf("CheckCanonical says %v of %q, whose form is %q", same, data, once)
		}
	})
}
