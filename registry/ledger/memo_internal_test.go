package ledger

import (
	"fmt"
	"testing"
)

func TestMemoAnswersOnlyForTheSameBytes(t *testing.T) {
	var m memo
	key := []byte("case")
	if got := m.get(key, nil); got != nil {
		t.Errorf("an empty memo says %v", got)
	}
	m.set(key, []byte("old"), 1)
	m.set(key, []byte("new"), 2)
	for row, want := range map[string]any{"old": nil, "new": 2, "newer": nil, "": nil} {
		if got := m.get(key, []byte(row)); got != want {
			t.Errorf("row %q: %v, want %v", row, got, want)
		}
	}
	m.forget()
	if got := m.get(key, []byte("new")); got != nil || m.bytes() != 0 {
		t.Errorf("after forgetting: %v, %d bytes", got, m.bytes())
	}
}

func TestMemoKeepsWhatIsAskedForAndStaysBounded(t *testing.T) {
	var m memo
	row := make([]byte, 64<<10)
	m.set([]byte("asked for"), row, "kept")
	for i := range 10 * memoBytes / len(row) {
		m.set(fmt.Append(nil, "case ", i), row, i)
		if m.get([]byte("asked for"), row) != "kept" {
			t.Fatalf("forgotten after %d others", i)
		}
		if held := len(m.now) + len(m.then); held*len(row) > 2*memoBytes+2*len(row) {
			t.Fatalf("it holds %d rows of %d bytes", held, len(row))
		}
	}
	if m.get([]byte("case 0"), row) != nil {
		t.Error("the oldest is held for ever")
	}
}
