package authorisation_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/google/go-cmp/cmp"
)

// Whatever a trader is called, the event that registers it is refused when it
// is written, or is read exactly as it was meant.
func TestNaughtyNames(t *testing.T) {
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		dir = "../../../shared/data/corpora"
	}
	raw, err := os.ReadFile(filepath.Join(dir, "text", "naughty-strings.json"))
	if err != nil {
		t.Skip("no corpora: set AEO_CORPORA")
	}
	var names []string
	if err := json.Unmarshal(raw, &names); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, name := range names {
		e := authorisation.Event{Case: "NZ-OP-000001", Actor: "Rangi", DecidedAt: 1_800_000_000, EffectiveAt: 1_800_000_000,
			Data: authorisation.OperatorRegistered{Holder: authorisation.Holder{LegalName: name, Identifiers: []string{"NZ:ses:12345678A"},
				Names: []authorisation.Name{}, Address: authorisation.Address{Country: "NZ"}}}}
		raw, err := authorisation.MarshalEvent(e)
		if err != nil {
			continue
		}
		kept++
		again, err := authorisation.UnmarshalEvent(raw)
		if diff := cmp.Diff(e, again); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", name, err, diff)
		}
	}
	if kept == 0 || kept == len(names) {
		t.Errorf("%d of %d names were kept", kept, len(names))
	}
	t.Logf("figure vectors_names %d naughty names", len(names))
}
