package ledger

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Whatever is written, taken away and moved into the store on the way, a stage over a
// store that was empty says what a map would, and so does the store at the end: a key
// that it denies was never there.
func TestAStageOverAnEmptyStoreForgetsNothing(t *testing.T) {
	db, err := pebble.Open("", &pebble.Options{FS: vfs.NewMem(), Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rapid.Check(t, func(t *rapid.T) {
		if err := db.DeleteRange([]byte{rowView}, []byte{rowView + 1}, pebble.NoSync); err != nil {
			t.Fatal(err)
		}
		s, want := newStage(rows{r: db}), map[string]string{}
		s.seen = newSeen()
		load := loader{to: db, last: pebble.NoSync}
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			var err error
			key := fmt.Sprint("case/", rapid.IntRange(0, 20).Draw(t, "key"))
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				if s, err = load.hand(s, int64(i)); err != nil {
					t.Fatal(err)
				}
			case 1:
				delete(want, key)
				if err := s.Delete([]byte(key)); err != nil {
					t.Fatal(err)
				}
			default:
				want[key] = fmt.Sprint(i)
				if err := s.Set([]byte(key), []byte(want[key])); err != nil {
					t.Fatal(err)
				}
			}
			for n := range 21 {
				key := fmt.Sprint("case/", n)
				value, has := want[key]
				got, err := s.Get([]byte(key))
				read, errRead := s.Read([]byte(key), func(raw []byte) (any, error) { return string(raw), nil })
				if has && (err != nil || errRead != nil || string(got) != value || read != value) || !has && (!errors.Is(err, ErrNotFound) || !errors.Is(errRead, ErrNotFound)) {
					t.Fatalf("%s: got %q %v and %v %v, want %q", key, got, err, read, errRead, value)
				}
			}
		}
		if err := load.end(s, 0); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		if err := (rows{r: db}).Scan([]byte("case/"), func(key, value []byte) (bool, error) {
			got[string(key)] = string(value)
			return true, nil
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("the store (-want +got)\n%s", diff)
		}
	})
}
