package programme_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry/programme"
)

// An identifier with a character that only looks like the one it should be is
// no identifier: nobody is registered under the look of another's number.
func TestConfusableIdentifiers(t *testing.T) {
	dir := os.Getenv("AEO_CORPORA")
	if dir == "" {
		dir = "../../../shared/data/corpora"
	}
	raw, err := os.ReadFile(filepath.Join(dir, "text", "confusables-ascii.tsv"))
	if err != nil {
		t.Skip("no corpora: set AEO_CORPORA")
	}
	pack, err := programme.Load("NZ", "NZ")
	if err != nil {
		t.Fatal(err)
	}
	const good = "12345678A"
	if _, err := pack.ParseIdentifier(good); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(raw)) {
		source, target, ok := strings.Cut(strings.TrimSpace(line), "\t")
		from, err1 := strconv.ParseInt(source, 16, 32)
		to, err2 := strconv.ParseInt(target, 16, 32)
		if !ok || err1 != nil || err2 != nil || from < 0x80 { // a plain character is what it is
			continue
		}
		rows++
		// In the place of its target, or of any character.
		text := strings.Replace(good, string(rune(to)), string(rune(from)), 1)
		if text == good {
			text = string(rune(from)) + good[1:]
		}
		if id, err := pack.ParseIdentifier(text); err == nil {
			t.Errorf("%q (%04X for %04X) is taken for %v", text, from, to, id)
		}
	}
	if rows == 0 {
		t.Error("no rows in the corpus")
	}
	t.Logf("figure vectors_confusables %d confusables", rows)
}
