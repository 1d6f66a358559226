package federation

import (
	"os"
	"regexp"
	"testing"
)

// TestEveryCaveatIsExplained keeps the list of caveats whole.
func TestEveryCaveatIsExplained(t *testing.T) {
	source, err := os.ReadFile("caveat.go")
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, c := range Caveats() {
		explained[c.Code] = c.Text != ""
	}
	codes := regexp.MustCompile(`Caveat\w+ += "(\w+)"`).FindAllSubmatch(source, -1)
	if len(codes) == 0 || len(codes) != len(explained) {
		t.Errorf("%d codes, %d explained", len(codes), len(explained))
	}
	for _, code := range codes {
		if !explained[string(code[1])] {
			t.Errorf("%s is not explained", code[1])
		}
	}
}
