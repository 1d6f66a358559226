package transparency_test

import (
	"bytes"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// TestForksGoTheirOwnWay grows a tree of forks in any order and holds each
// against a copy that was filled alone.
func TestForksGoTheirOwnWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := copyOf(t, newLog(t, list0, list1))
		forks := []*transparency.Copy{first}
		for step := range rapid.IntRange(1, 25).Draw(t, "steps") {
			c := rapid.SampledFrom(forks).Draw(t, "which")
			f := c.Fork()
			for range rapid.IntRange(0, 3).Draw(t, "batches") {
				suspendNext(t, f, int64(step), rapid.Int64Range(0, 3).Draw(t, "idx"))
			}
			forks = append(forks, f)
		}
		for i, f := range forks {
			alone := transparency.NewCopy(origin)
			for _, e := range f.Entries() {
				if err := alone.Add(bytes.Clone(e)); err != nil {
					t.Fatalf("fork %d: %v", i, err)
				}
			}
			a, errA := tlog.TreeHash(alone.Size(), alone)
			b, errB := tlog.TreeHash(f.Size(), f)
			if errA != nil || errB != nil || a != b || alone.Bytes() != f.Bytes() {
				t.Fatalf("fork %d of %d entries has root %v, alone %v", i, f.Size(), b, a)
			}
			uri := f.Reduction().URIs()[0]
			if a, b := alone.Reduction().List(uri).Digest(uri), f.Reduction().List(uri).Digest(uri); a != b {
				t.Fatalf("fork %d has another list", i)
			}
			past, errA := alone.History(0)
			own, errB := f.History(0)
			if errA != nil || errB != nil {
				t.Fatal(errA, errB)
			}
			x, _ := past.Marshal()
			y, _ := own.Marshal()
			if !bytes.Equal(x, y) {
				t.Fatalf("fork %d has another history", i)
			}
		}
	})
}

// suspendNext adds a batch that suspends an entry or lifts its suspension.
func suspendNext(t *rapid.T, c *transparency.Copy, step, idx int64) {
	uri := c.Reduction().URIs()[0]
	s := transparency.Status{URI: uri, Idx: idx, Value: statuslist.Suspended, EffectiveAt: c.Reduction().At()}
	if leaf, value, ok := c.Reduction().Last(uri, idx); ok {
		s.Prev = &leaf
		if value == statuslist.Suspended {
			s.Value = statuslist.Valid
		}
	}
	raws, err := transparency.Arrange([]transparency.Leaf{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range raws {
		if err := c.Add(raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Add(marshal(t, c.Reduction().Next(c.Reduction().At()+step))); err != nil {
		t.Fatal(err)
	}
}
