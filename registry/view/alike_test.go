package view_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry/view"
)

func alike(a, b string) bool {
	return slices.ContainsFunc(view.Skeletons(a), func(s string) bool { return slices.Contains(view.Skeletons(b), s) })
}

// Letters that Unicode says are mistaken for one another have one skeleton. The table
// in use is of Unicode 13; the corpus is of 17 and has letters that did not exist.
func TestConfusableLettersLookAlike(t *testing.T) {
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		dir = "../../../shared/data/corpora"
	}
	raw, err := os.ReadFile(filepath.Join(dir, "text", "confusables-ascii.tsv"))
	if err != nil {
		t.Skip("no corpora: set AEO_CORPORA")
	}
	same, all := 0, 0
	for line := range strings.Lines(string(raw)) {
		source, target, ok := strings.Cut(strings.TrimSpace(line), "\t")
		a, errA := strconv.ParseInt(source, 16, 32)
		b, errB := strconv.ParseInt(target, 16, 32)
		if !ok || errA != nil || errB != nil {
			continue
		}
		all++
		if alike(string(rune(a)), string(rune(b))) {
			same++
		}
	}
	t.Logf("figure vectors_confusables %d of %d", same, all)
	if all == 0 || same*100 < all*90 {
		t.Errorf("%d of %d letters look like what they are mistaken for", same, all)
	}
}

func TestNamesThatLookAlike(t *testing.T) {
	for _, pair := range [][2]string{
		{"Southern Orchards Ltd", "Ѕоuthеrn Оrсhаrds Ltd"}, // Cyrillic
		{"ACME", "ΑСМΕ"},
		{"Rhein Maschinenbau", "rhein  MASCHINENBAU"},
		{"Ｍｉｌｋ", "Milk"},
	} {
		if !alike(pair[0], pair[1]) {
			t.Errorf("%q and %q: %q, %q", pair[0], pair[1], view.Skeletons(pair[0]), view.Skeletons(pair[1]))
		}
	}
	if alike("Northern Orchards", "Southern Orchards") {
		t.Error("other names look alike")
	}
}
