package jcs_test

import (
	"fmt"

	"github.com/aeo-registry/aeo/keys/jcs"
)

func Example() {
	raw, _ := jcs.Marshal(map[string]any{"territory": "NZ", "iat": 1767225600})
	fmt.Printf("%s\n", raw)

	var v struct {
		Territory string `json:"territory"`
	}
	fmt.Println(jcs.Unmarshal([]byte(`{"territory":"NZ","Territory":"XX"}`), &v))
	fmt.Println(jcs.Unmarshal([]byte(`{"territory":"NZ","territory":"XX"}`), &v))
	// Output:
	// {"iat":1767225600,"territory":"NZ"}
	// JSON of another form: "/Territory": unknown object member name
	// not strict JSON: duplicate object member name at byte 18
}
