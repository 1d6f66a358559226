package transparency_test

import (
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/google/go-cmp/cmp"
)

// copyOf takes a log's entries into a copy.
func copyOf(t fataler, l *testLog) *transparency.Copy {
	t.Helper()
	c := transparency.NewCopy(origin)
	for i, e := range l.entries {
		if err := c.Add(e); err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
	}
	return c
}

func TestCopyIsTheLogItWasMadeFrom(t *testing.T) {
	l, _ := story(t)
	l.batch(opened+60, transparency.Credential{SHA256: digest(1)}, transparency.Credential{SHA256: digest(2)})
	c := copyOf(t, l)
	if err := c.Matches(l.checkpoint(l.size())); err != nil {
		t.Error(err)
	}
	if c.Size() != l.size() || c.Credentials() != 2 || c.Reduction().At() != opened+60 {
		t.Errorf("size %d, %d credentials, state at %d", c.Size(), c.Credentials(), c.Reduction().At())
	}
	if diff := cmp.Diff(l.entries, c.Entries()); diff != "" {
		t.Error(diff)
	}
	wantError(t, c.Matches(l.checkpoint(l.states[0]+1)), "checkpoint is of")
}

func TestCopyProvesEveryEntryInEveryTreeThatHoldsIt(t *testing.T) {
	l, _ := story(t)
	c := copyOf(t, l)
	for size := int64(1); size <= c.Size(); size++ {
		cp := l.checkpoint(size)
		for i := range size {
			p, err := c.Prove(i, size)
			if err != nil {
				t.Fatalf("entry %d in %d: %v", i, size, err)
			}
			if diff := cmp.Diff(l.prove(i, size), p); diff != "" {
				t.Errorf("entry %d in %d: %s", i, size, diff)
			}
			if _, err := transparency.CheckInclusion(cp, p); err != nil {
				t.Errorf("entry %d in %d: %v", i, size, err)
			}
		}
	}
}

func TestCopyProvesNothingItDoesNotHold(t *testing.T) {
	l, _ := story(t)
	c := copyOf(t, l)
	for name, at := range map[string][2]int64{
		"an entry before the first": {-1, c.Size()},
		"an entry after the tree":   {3, 3},
		"a tree yet to grow":        {0, c.Size() + 1},
		"an empty tree":             {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Prove(at[0], at[1])
			wantError(t, err, "no entry")
		})
	}
	for _, index := range []int64{-1, 1 << 40} {
		_, err := c.ReadHashes([]int64{index})
		wantError(t, err, "not stored")
	}
}

func TestCopyHistoryBeginsAtTheLastStateNotAfter(t *testing.T) {
	l, _ := story(t)
	c := copyOf(t, l)
	cp := l.checkpoint(l.size())
	current, err := transparency.StateOf(cp, l.prove(l.size()-1, l.size()))
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]struct{ since, base int64 }{
		"all states are later":    {0, l.states[0]},
		"the instant of a state":  {opened + 20, l.states[2]},
		"between two states":      {opened + 29, l.states[2]},
		"after the newest state":  {opened + 999, l.states[5]},
		"the instant of the last": {opened + 50, l.states[5]},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := c.History(at.since)
			if err != nil {
				t.Fatal(err)
			}
			if h.Base.State.Index != at.base {
				t.Errorf("base %d, want %d", h.Base.State.Index, at.base)
			}
			if _, err := h.Open(cp, current); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCopyHasNoHistoryWithinABatch(t *testing.T) {
	_, err := transparency.NewCopy(origin).History(0)
	wantError(t, err, "without a state leaf")
	l, _ := story(t)
	l.add(marshal(t, transparency.Case{SHA256: digest(0)}))
	_, err = copyOf(t, l).History(0)
	wantError(t, err, "not the end of a batch")
}

func TestCopyRefusesFaultyLeavesAndStaysAsItWas(t *testing.T) {
	l, _ := story(t)
	c := copyOf(t, l)
	for name, raw := range map[string][]byte{
		"no leaf":                    []byte(`{}`),
		"a second genesis":           l.entries[0],
		"a state of other bits":      l.entries[l.states[0]],
		"a change of an ended entry": marshal(t, l.status(list0, 1, statuslist.Valid, opened+60)),
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, c.Add(raw), transparency.ErrFaulty.Error())
			if err := c.Matches(l.checkpoint(l.size())); err != nil || c.Size() != l.size() {
				t.Errorf("afterwards size %d: %v", c.Size(), err)
			}
		})
	}
	wantError(t, transparency.NewCopy("aeo.customs.us.example/log").Add(l.entries[0]), transparency.ErrFaulty.Error())
}
