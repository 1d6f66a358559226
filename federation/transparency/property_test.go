package transparency_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawLog is a random honest log: several lists, few entries so that they
// change often, batches at growing or equal instants.
func drawLog(t *rapid.T) *testLog {
	l := newLog(t, list0)
	at := int64(opened)
	for n := range rapid.IntRange(1, 8).Draw(t, "batches") {
		at += rapid.Int64Range(0, 3).Draw(t, "later")
		var batch []transparency.Leaf
		if l.replay.Reduction.List(list1) == nil && rapid.Bool().Draw(t, "open list") {
			batch = append(batch, openingOf(list1))
		} else {
			batch = drawChanges(t, l, at)
		}
		for range rapid.IntRange(0, 2).Draw(t, "others") {
			batch = append(batch, transparency.Credential{SHA256: digest(rapid.IntRange(0, 9).Draw(t, "digest") + 10*n)})
		}
		l.batch(at, batch...)
	}
	return l
}

func drawChanges(t *rapid.T, l *testLog, at int64) (batch []transparency.Leaf) {
	for _, uri := range l.replay.Reduction.URIs() {
		for idx := range int64(3) {
			was, err := l.replay.Reduction.List(uri).Get(idx)
			if err != nil {
				t.Fatalf("get: %v", err)
			}
			to := statuslist.Value(rapid.IntRange(0, 3).Draw(t, "value"))
			if was.May(to) {
				batch = append(batch, l.status(uri, idx, to, at-rapid.Int64Range(0, 5).Draw(t, "back")))
			}
		}
	}
	return batch
}

func TestAnyHonestLogReplaysWhateverTheOrderOfItsEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLog(t)
		p := transparency.NewReplay(origin)
		var batch []transparency.Leaf
		for _, raw := range l.entries {
			leaf, err := p.Add(raw)
			if err != nil {
				t.Fatalf("%v", err)
			}
			if _, closes := leaf.(transparency.State); !closes {
				batch = append(batch, leaf)
				continue
			}
			compareArrangements(t, batch)
			batch = nil
		}
		if err := p.Matches(l.checkpoint(l.size())); err != nil {
			t.Fatalf("%v", err)
		}
	})
}

func compareArrangements(t *rapid.T, batch []transparency.Leaf) {
	first := 0
	for first < len(batch) && transparency.Structural(batch[first]) {
		first++ // structural leaves rest on one another, in the order given
	}
	want, err := transparency.Arrange(batch)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if len(batch) > first {
		shuffled := rapid.Permutation(batch[first:]).Draw(t, "shuffled")
		batch = append(slices.Clone(batch[:first]), shuffled...)
	}
	got, err := transparency.Arrange(batch)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("another order of events, another log:\n%s", diff)
	}
}

func TestAnyChangedLeafIsFaultyOrChangesTheRoot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLog(t)
		honest := l.checkpoint(l.size())
		i := rapid.IntRange(0, len(l.entries)-1).Draw(t, "leaf")
		entries := slices.Clone(l.entries)
		switch rapid.SampledFrom([]string{"byte", "dropped", "doubled", "swapped"}).Draw(t, "mutation") {
		case "byte":
			entries[i] = slices.Clone(entries[i])
			entries[i][rapid.IntRange(0, len(entries[i])-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		case "dropped":
			entries = slices.Delete(entries, i, i+1)
		case "doubled":
			entries = slices.Insert(entries, i, entries[i])
		case "swapped":
			j := rapid.IntRange(0, len(entries)-1).Draw(t, "other")
			if string(entries[i]) == string(entries[j]) {
				return
			}
			entries[i], entries[j] = entries[j], entries[i]
		}
		p := transparency.NewReplay(origin)
		for _, raw := range entries {
			if _, err := p.Add(raw); err != nil {
				var fault *transparency.FaultError
				if !errors.As(err, &fault) {
					t.Fatalf("refused without a fault: %v", err)
				}
				return
			}
		}
		if p.Matches(honest) == nil {
			t.Fatalf("the changed log passes for the honest one")
		}
	})
}

func TestAnyHistoryLeadsFromItsBaseToTheCurrentState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLog(t)
		h, cp, current := drawHistory(t, l)
		timeline, err := h.Open(cp, current)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for _, uri := range l.replay.Reduction.URIs() {
			if got, want := timeline.Current(uri).Digest(uri), l.replay.Reduction.List(uri).Digest(uri); got != want {
				t.Fatalf("current %s: %s, want %s", uri, got, want)
			}
		}
		compareWithFold(t, l.replay.Reduction, timeline)
	})
}

// drawHistory starts at any state leaf and has passed through its JSON form.
func drawHistory(t *rapid.T, l *testLog) (*transparency.History, *transparency.Checkpoint, *transparency.State) {
	base := rapid.SampledFrom(l.states).Draw(t, "base")
	made, err := transparency.MakeHistory(*l.prove(base, l.size()), nil, l.replay.Reduction)
	if err != nil {
		t.Fatalf("%v", err)
	}
	raw, err := made.Marshal()
	if err != nil {
		t.Fatalf("%v", err)
	}
	h, err := transparency.ParseHistory(raw)
	if err != nil {
		t.Fatalf("%v", err)
	}
	cp := l.checkpoint(l.size())
	current, err := transparency.StateOf(cp, l.prove(l.size()-1, l.size()))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return h, cp, current
}

// compareWithFold asks everything there is to ask and compares with the plain
// reading of the whole log.
func compareWithFold(t *rapid.T, r *transparency.Reduction, timeline *transparency.Timeline) {
	for _, uri := range r.URIs() {
		for idx := range int64(4) {
			for at := int64(opened - 7); at <= r.At()+1; at++ {
				for _, known := range []int64{at, r.At() - 2, math.MaxInt64} {
					got, err := timeline.At(uri, idx, at, known)
					if before := at < timeline.From() || known < timeline.From(); before != errors.Is(err, transparency.ErrBeforeHistory) {
						t.Fatalf("at %d known %d: %v, from %d", at, known, err, timeline.From())
					} else if before {
						continue
					}
					value, since := fold(r.Events(), uri, idx, at, known)
					if got.Value != value || got.Since != since && !got.BeforeHistory {
						t.Fatalf("%s %d at %d known %d: %+v, want %v since %d", uri, idx, at, known, got, value, since)
					}
				}
			}
		}
	}
}

func fold(events []transparency.StatusEvent, uri string, idx, at, known int64) (value statuslist.Value, since int64) {
	for _, e := range events {
		if e.URI == uri && e.Idx == idx && e.EffectiveAt <= at && e.At <= known {
			value, since = e.Value, e.EffectiveAt
		}
	}
	return value, since
}

func TestAnyChangedHistoryIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLog(t)
		h, cp, current := drawHistory(t, l)
		if len(h.Events) == 0 {
			h.Events = append(h.Events, transparency.HistoryEvent{h.Base.State.Index + 1, opened, 0, 0, 1, opened})
		} else {
			mutateEvents(t, h)
		}
		if _, err := h.Open(cp, current); !errors.Is(err, transparency.ErrHistory) {
			t.Fatalf("error %v, want ErrHistory", err)
		}
	})
}

func mutateEvents(t *rapid.T, h *transparency.History) {
	i := rapid.IntRange(0, len(h.Events)-1).Draw(t, "event")
	j := rapid.IntRange(0, len(h.Events)-1).Draw(t, "other")
	switch kind := rapid.SampledFrom([]string{"dropped", "altered", "swapped", "doubled", "all dropped"}).Draw(t, "mutation"); {
	case kind == "dropped":
		h.Events = slices.Delete(h.Events, i, i+1)
	case kind == "all dropped":
		h.Events = nil
	case kind == "doubled":
		h.Events = slices.Insert(h.Events, i, h.Events[i])
	case kind == "swapped" && h.Events[i] != h.Events[j]:
		h.Events[i], h.Events[j] = h.Events[j], h.Events[i]
	default:
		by := rapid.Int64Range(-3, 3).Filter(func(n int64) bool { return n != 0 }).Draw(t, "by")
		h.Events[i][rapid.IntRange(0, 5).Draw(t, "number")] += by
	}
}
