package authorisation

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"
)

// TestARowIsInItsForm compares rows written by hand with what the form says,
// whatever they hold: a member added to the form and forgotten here is missed.
func TestARowIsInItsForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Make[Authorisation]().Draw(t, "authorisation")
		want, wantErr := json.Marshal(a, json.Deterministic(true))
		got, err := a.Row()
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Errorf("written as %s, %v\nits form is %s, %v", got, err, want, wantErr)
		}
	})
}
