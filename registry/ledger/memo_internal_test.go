package ledger

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestMemoIsNeverStale compares a memo with the whole history of a few rows: the
// sequencer writes them, readers look at any earlier tree and take their time to
// tell what they saw, and all the while the memo drops things.
func TestMemoIsNeverStale(t *testing.T) {
	const rows = 3
	rapid.Check(t, func(t *rapid.T) {
		var m memo
		var late []func() // what readers have seen and not told yet
		history := map[string][]any{}
		for i := range rows {
			history[fmt.Sprint(i)] = []any{"0"}
		}
		size := int64(0) // of the tree, as of which history is indexed
		key := func() string { return fmt.Sprint(rapid.IntRange(0, rows-1).Draw(t, "key")) }
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			k, at := key(), rapid.Int64Range(max(0, size-3), size).Draw(t, "as of")
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0: // a batch changes one row
				size++
				for name, said := range history {
					history[name] = append(said, said[size-1])
				}
				history[k][size] = fmt.Sprint(k, " at ", size)
				m.keep([]byte(k), size, rapid.IntRange(1, memoBytes).Draw(t, "bytes"), history[k][size])
			case 1: // a reader begins to read
				saw := history[k][at]
				late = append(late, func() { m.learn([]byte(k), at, 100, saw) })
			case 2: // one tells
				if len(late) > 0 {
					late[0]()
					late = late[1:]
				}
			case 3: // the memo is full of other things
				m.learn([]byte("other"), size, memoBytes+1, "other")
			}
			for name, said := range history {
				if got := m.get([]byte(name), at); got != nil && got != said[at] {
					t.Fatalf("row %s as of %d: remembered %v, it says %v", name, at, got, said[at])
				}
			}
		}
	})
}

func TestMemoKeepsWhatIsAskedForAndStaysBounded(t *testing.T) {
	const row = 64 << 10
	var m memo
	m.learn([]byte("asked for"), 1, row, "kept")
	for i := range 10 * memoBytes / row {
		m.learn(fmt.Append(nil, "case ", i), 1, row, i)
		if m.get([]byte("asked for"), 1) != "kept" {
			t.Fatalf("forgotten after %d others", i)
		}
		if held := len(m.now) + len(m.then); held*row > 2*memoBytes+2*row {
			t.Fatalf("it holds %d rows of %d bytes", held, row)
		}
	}
	if m.get([]byte("case 0"), 1) != nil {
		t.Error("the oldest is held for ever")
	}
	if held := m.bytes(); held < memoBytes || held > 3*memoBytes*memoWeight {
		t.Errorf("it says it takes %d bytes", held)
	}
}
