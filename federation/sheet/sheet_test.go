package sheet_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/aeo-registry/aeo/federation/sheet"
	"pgregory.net/rapid"
)

func check(t interface{ Fatalf(string, ...any) }, cell string) {
	out := sheet.Inert(cell)
	if sheet.Formula(out) {
		t.Fatalf("%q is written %q, a formula", cell, out)
	}
	if back, formula := sheet.Text(out); back != cell || formula {
		t.Fatalf("%q is written %q and read %q, %v", cell, out, back, formula)
	}
}

// Whatever a cell holds, it is written as no formula and read as it was meant.
func TestCellsAreTextAndComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.OneOf(rapid.String(), rapid.StringMatching(`'{0,3}[=+\-@\t\r\n＝＋－＠]?.{0,4}`)).Draw(t, "cell"))
	})
	for _, sent := range []string{`=HYPERLINK("http://x")`, `＝HYPERLINK("http://x")`, "\n=1", "＠SUM(A1)"} {
		if _, formula := sheet.Text(sent); !formula {
			t.Errorf("%q that somebody sent is not told", sent)
		}
	}
}

func TestNaughtyCells(t *testing.T) {
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		dir = "../../../shared/data/corpora"
	}
	raw, err := os.ReadFile(filepath.Join(dir, "text", "naughty-strings.json"))
	if err != nil {
		t.Skip("no corpora: set AEO_CORPORA")
	}
	var cells []string
	if err := json.Unmarshal(raw, &cells); err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		check(t, c)
	}
}
