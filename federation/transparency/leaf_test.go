package transparency_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/google/go-cmp/cmp"
)

// leafVectors are leaves and why they are refused; empty where they are not.
func leafVectors(t testing.TB) (vectors []struct{ Name, Leaf, Refused string }) {
	t.Helper()
	raw, err := os.ReadFile("testdata/leaves.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestParseLeafVectors(t *testing.T) {
	for _, v := range leafVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			l, err := transparency.ParseLeaf([]byte(v.Leaf))
			wantError(t, err, v.Refused)
			if err != nil {
				if !errors.Is(err, transparency.ErrLeaf) {
					t.Errorf("error %v is no ErrLeaf", err)
				}
				return
			}
			if got := string(marshal(t, l)); got != v.Leaf {
				t.Errorf("marshals again as %s", got)
			}
		})
	}
}

func TestParseLeafRefusesMoreThanFitsTwoBytes(t *testing.T) {
	raw := `{"sha256":"` + digest(0) + `","t":"case"}` + strings.Repeat(" ", transparency.MaxLeaf)
	_, err := transparency.ParseLeaf([]byte(raw))
	wantError(t, err, "at most 65535")
}

func TestMarshalLeafRefusesWhatParseLeafWould(t *testing.T) {
	minus := int64(-1)
	for name, l := range map[string]transparency.Leaf{
		"no leaf at all":       nil,
		"a pointer to a leaf":  &transparency.Case{SHA256: digest(0)},
		"a digest in capitals": transparency.Case{SHA256: strings.ToUpper(digest(0))},
		"a negative prev":      transparency.Status{URI: list0, Prev: &minus},
		"too large a state":    transparency.State{RosterSHA256: digest(0), Lists: tooManyLists()},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := transparency.MarshalLeaf(l); !errors.Is(err, transparency.ErrLeaf) {
				t.Errorf("error %v, want ErrLeaf", err)
			}
		})
	}
}

func tooManyLists() []transparency.ListState {
	lists := make([]transparency.ListState, 600)
	for i := range lists {
		lists[i] = transparency.ListState{URI: list0, SHA256: digest(i)}
	}
	return lists
}

func TestCommitmentIsOverSaltAndEvent(t *testing.T) {
	var salt [32]byte
	for i := range salt {
		salt[i] = byte(i)
	}
	const want = "422c78a5bad20f69fbdebde86a6d121c777ccb2ca1cb6a72a0ac257208705e78"
	if got := transparency.Commitment(salt, []byte(`{"a":1}`)); got != want {
		t.Errorf("commitment %s, want %s", got, want)
	}
	salt[0]++
	if got := transparency.Commitment(salt, []byte(`{"a":1}`)); got == want {
		t.Error("another salt gives the same commitment")
	}
}

func TestArrangePutsStructuralLeavesFirstAndSortsTheRest(t *testing.T) {
	batch := []transparency.Leaf{transparency.Case{SHA256: digest(1)}, openingOf(list1), transparency.Credential{SHA256: digest(2)}, openingOf(list0), transparency.Case{SHA256: digest(3)}}
	first, err := transparency.Arrange(batch)
	if err != nil {
		t.Fatal(err)
	}
	if string(first[0]) != string(marshal(t, batch[1])) || string(first[1]) != string(marshal(t, batch[3])) {
		t.Errorf("lists are not first, in their order: %s", first)
	}
	batch[0], batch[2], batch[4] = batch[4], batch[0], batch[2]
	second, err := transparency.Arrange(batch)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the order of events shows:\n%s", diff)
	}
}
