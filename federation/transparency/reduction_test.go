package transparency_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
)

func TestReductionFollowsAnHonestLog(t *testing.T) {
	l := newLog(t, list0, list1)
	r := l.replay.Reduction
	l.batch(opened+10, l.status(list0, 7, statuslist.Suspended, opened+5), l.status(list1, 7, statuslist.Ended, opened-1000), transparency.Case{SHA256: digest(1)})
	l.batch(opened+10, l.status(list0, 7, statuslist.Valid, opened+9), newZealand().key(2))
	l.batch(opened + 20)

	want := []transparency.StatusEvent{
		{At: opened + 10, URI: list0, Idx: 7, Value: statuslist.Suspended, EffectiveAt: opened + 5},
		{At: opened + 10, URI: list1, Idx: 7, Value: statuslist.Ended, EffectiveAt: opened - 1000},
		{At: opened + 10, URI: list0, Idx: 7, Value: statuslist.Valid, EffectiveAt: opened + 9},
	}
	leafless := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Leaf" }, cmp.Ignore())
	got := r.Events()
	if got[0].URI != list0 { // the two leaves of one batch stand in the order of their hashes
		got = []transparency.StatusEvent{got[1], got[0], got[2]}
	}
	if diff := cmp.Diff(want, got, leafless); diff != "" {
		t.Errorf("events:\n%s", diff)
	}
	if leaf, v, ok := r.Last(list0, 7); !ok || v != statuslist.Valid || leaf != got[2].Leaf {
		t.Errorf("last of %s 7: leaf %d, %v, %v", list0, leaf, v, ok)
	}
	if _, _, ok := r.Last(list0, 8); ok {
		t.Error("an untouched entry has a last status leaf")
	}
	if _, _, ok := r.Last("elsewhere", 7); ok {
		t.Error("an unknown list has a last status leaf")
	}
	if diff := cmp.Diff([]string{list0, list1}, r.URIs()); diff != "" {
		t.Errorf("lists:\n%s", diff)
	}
	if r.List("elsewhere") != nil || r.At() != opened+20 || r.Open() || r.Size() != l.size() {
		t.Errorf("at %d, open %v, size %d of %d", r.At(), r.Open(), r.Size(), l.size())
	}
	if r.Rosters().Current().Seq != 2 || r.Genesis().Territory != "NZ" {
		t.Errorf("roster %d, genesis %v", r.Rosters().Current().Seq, r.Genesis())
	}
}

// manyLists are so many that no state leaf can name them, list0 and list1. Whoever
// opens more and never ends the batch would have us hold them all.
func manyLists() (out []transparency.Leaf) {
	const line = len(`{"sha256":"","uri":""}`) + 64
	named := 2 * (line + len(list0))
	for n := 100; named <= transparency.MaxLeaf; n++ {
		uri := fmt.Sprintf("%s%d", strings.TrimSuffix(list0, "0"), n)
		out, named = append(out, openingOf(uri)), named+line+len(uri)
	}
	return out
}

// TestReductionRefusesWhatNoHonestLogDoes gives each rule one leaf that breaks
// it, after a log in which everything up to that leaf is fine.
func TestReductionRefusesWhatNoHonestLogDoes(t *testing.T) {
	a := newZealand()
	prev := func(n int64) *int64 { return &n }
	status := func(idx int64, v statuslist.Value, p *int64) transparency.Status {
		return transparency.Status{URI: list0, Idx: idx, Value: v, EffectiveAt: opened, Prev: p}
	}
	state := func(change func(*transparency.State)) func(*testLog) transparency.Leaf {
		return func(l *testLog) transparency.Leaf {
			s := l.replay.Reduction.Next(opened + 50)
			change(&s)
			return s
		}
	}
	leaf := func(l transparency.Leaf) func(*testLog) transparency.Leaf {
		return func(*testLog) transparency.Leaf { return l }
	}
	low, high := transparency.Case{SHA256: digest(1)}, transparency.Case{SHA256: digest(2)}
	if order, _ := transparency.Arrange([]transparency.Leaf{high, low}); string(order[0]) == string(marshal(t, high)) {
		low, high = high, low
	}
	for name, c := range map[string]struct {
		open   []transparency.Leaf // of the batch that is open
		bad    func(*testLog) transparency.Leaf
		reason string
	}{
		"a second genesis":                         {nil, leaf(a.genesis()), "one genesis"},
		"a key leaf after a case":                  {[]transparency.Leaf{low}, leaf(a.key(2)), "come first"},
		"a list leaf after a case":                 {[]transparency.Leaf{low}, leaf(openingOf(list1)), "come first"},
		"a lower hash after a higher":              {[]transparency.Leaf{high}, leaf(low), "its hash is below"},
		"a roster out of sequence":                 {nil, leaf(a.key(1)), "cannot follow"},
		"a roster that is no roster":               {nil, leaf(transparency.Key{Roster: []byte(`{}`)}), "roster"},
		"a list that is open already":              {nil, leaf(openingOf(list0)), "opens twice"},
		"a list that no state leaf has room for":   {manyLists(), leaf(openingOf(list1)), "more lists"},
		"a list of another administration":         {nil, leaf(openingOf("https://aeo.customs.au.example/status/0")), "is not below"},
		"a status of an unknown list":              {nil, leaf(transparency.Status{URI: list1, EffectiveAt: opened, Value: 1}), "no list"},
		"a status beyond the list":                 {nil, leaf(status(statuslist.MinSize, 1, nil)), "status list"},
		"a status that changes nothing":            {nil, leaf(status(3, statuslist.Valid, nil)), "may not change"},
		"a status after the final one":             {nil, leaf(status(2, statuslist.Suspended, prev(6))), "may not change"},
		"superseded to suspended":                  {nil, leaf(status(1, statuslist.Suspended, prev(4))), "may not change"},
		"a first status with prev":                 {nil, leaf(status(3, statuslist.Ended, prev(4))), "prev"},
		"a later status without prev":              {nil, leaf(status(1, statuslist.Ended, nil)), "prev"},
		"a later status with another's prev":       {nil, leaf(status(1, statuslist.Ended, prev(6))), "prev"},
		"an entry twice in a batch":                {nil, twice, "changes twice"},
		"a state that miscounts":                   {nil, state(func(s *transparency.State) { s.Applied++ }), "its own index"},
		"a state back in time":                     {nil, state(func(s *transparency.State) { s.At = opened + 4 }), "before the state leaf"},
		"a state with the roster before":           {[]transparency.Leaf{a.key(2)}, state(func(s *transparency.State) { s.RosterSHA256 = keys.SHA256Hex(a.rosters[0]) }), "newest roster"},
		"a state without a list":                   {nil, state(func(s *transparency.State) { s.Lists = nil }), "0 lists"},
		"a state with another digest":              {nil, state(func(s *transparency.State) { s.Lists[0].SHA256 = digest(0) }), "list 0"},
		"a state with another list":                {nil, state(func(s *transparency.State) { s.Lists[0].URI = list1 }), "list 0"},
		"a state with lists out of order":          {[]transparency.Leaf{openingOf(list1)}, state(func(s *transparency.State) { s.Lists[0], s.Lists[1] = s.Lists[1], s.Lists[0] }), "list 0"},
		"a state with other events":                {nil, state(func(s *transparency.State) { s.EventsSHA256 = digest(0) }), "events_sha256"},
		"a state that forgets the events":          {nil, state(func(s *transparency.State) { s.EventsSHA256 = "" }), "events_sha256"},
		"a status effective after its state":       {[]transparency.Leaf{transparency.Status{URI: list0, Idx: 9, Value: 1, EffectiveAt: opened + 51}}, state(func(*transparency.State) {}), "is effective at"},
		"a state with the digest before the batch": {[]transparency.Leaf{status(9, 1, nil)}, staleDigest, "list 0"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t, list0) // leaves 0 to 3
			l.batch(opened+4, l.status(list0, 1, statuslist.Superseded, opened))
			l.batch(opened+5, l.status(list0, 2, statuslist.Ended, opened))
			for _, o := range c.open {
				l.add(marshal(t, o))
			}
			bad := c.bad(l)
			size, before := l.replay.Reduction.Size(), l.replay.Reduction.Next(opened+60)
			_, err := l.replay.Reduction.Apply(marshal(t, bad))
			wantError(t, err, c.reason)
			var fault *transparency.FaultError
			if !errors.As(err, &fault) || !errors.Is(err, transparency.ErrFaulty) || fault.Index != size {
				t.Fatalf("error %#v, want a fault at leaf %d", err, size)
			}
			if diff := cmp.Diff(before, l.replay.Reduction.Next(opened+60)); diff != "" {
				t.Errorf("the refused leaf left traces:\n%s", diff)
			}
		})
	}
}

// twice adds a change and returns another of the same entry that comes after it
// by hash.
func twice(l *testLog) transparency.Leaf {
	for effective := int64(opened); ; effective++ {
		index := l.size()
		first := transparency.Status{URI: list0, Idx: 5, Value: statuslist.Suspended, EffectiveAt: effective}
		second := transparency.Status{URI: list0, Idx: 5, Value: statuslist.Ended, EffectiveAt: opened, Prev: &index}
		order, _ := transparency.Arrange([]transparency.Leaf{first, second})
		if string(order[0]) == string(marshal(l.t, first)) {
			l.add(order[0])
			return second
		}
	}
}

func staleDigest(l *testLog) transparency.Leaf {
	s := l.replay.Reduction.Next(opened + 50)
	before, err := transparency.ParseLeaf(l.entries[l.states[len(l.states)-1]])
	if err != nil {
		l.t.Fatalf("state: %v", err)
	}
	s.Lists[0].SHA256 = before.(transparency.State).Lists[0].SHA256
	return s
}

func TestReductionRefusesABadBeginning(t *testing.T) {
	a := newZealand()
	other := a.genesis()
	other.RosterSHA256 = keys.SHA256Hex(a.rosters[1])
	elsewhere := a.genesis()
	elsewhere.Origin = "aeo.customs.au.example/log"
	for name, c := range map[string]struct {
		leaves []transparency.Leaf
		reason string
	}{
		"nothing before the first key leaf":      {[]transparency.Leaf{a.key(1)}, "one genesis"},
		"the genesis of another log":             {[]transparency.Leaf{elsewhere}, "this is the log"},
		"another roster than genesis names":      {[]transparency.Leaf{other, a.key(1)}, "genesis leaf names"},
		"a chain that begins with seq 2":         {[]transparency.Leaf{other, a.key(2)}, "seq 2"},
		"a list before the first roster":         {[]transparency.Leaf{a.genesis(), openingOf(list0)}, "before the first roster"},
		"a state before the first roster":        {[]transparency.Leaf{a.genesis(), transparency.State{Applied: 1, RosterSHA256: digest(0)}}, "before the first roster"},
		"a state as the very first":              {[]transparency.Leaf{transparency.State{RosterSHA256: digest(0)}}, "one genesis"},
		"a credential before the first roster's": {[]transparency.Leaf{a.genesis(), transparency.Credential{SHA256: digest(0)}, a.key(1)}, "come first"},
	} {
		t.Run(name, func(t *testing.T) {
			r := transparency.NewReduction(origin)
			var err error
			for i, l := range c.leaves {
				if _, err = r.Apply(marshal(t, l)); err != nil && i < len(c.leaves)-1 {
					t.Fatalf("leaf %d: %v", i, err)
				}
			}
			wantError(t, err, c.reason)
		})
	}
}

func TestReductionCallsUnreadableLeavesFaulty(t *testing.T) {
	_, err := transparency.NewReduction(origin).Apply([]byte(`{"t":"genesis"}`))
	if !errors.Is(err, transparency.ErrFaulty) {
		t.Errorf("error %v, want ErrFaulty", err)
	}
}

func TestReplayMatchesTheSignedTree(t *testing.T) {
	l := newLog(t, list0)
	l.batch(opened+1, l.status(list0, 1, statuslist.Ended, opened))
	p := transparency.NewReplay(origin)
	root, err := p.Root()
	if err != nil || root != l.root(0) {
		t.Fatalf("empty root %v, %v", root, err)
	}
	for i, raw := range l.entries {
		if _, err := p.Add(raw); err != nil {
			t.Fatal(err)
		}
		root, err := p.Root()
		if _, closes := mustParse(t, raw).(transparency.State); !closes {
			wantError(t, err, "not closed")
			continue
		}
		if want := l.root(int64(i + 1)); err != nil || root != want {
			t.Errorf("root at %d is %v, %v, want %v", i+1, root, err, want)
		}
		if err := p.Matches(l.checkpoint(int64(i + 1))); err != nil {
			t.Error(err)
		}
	}
	wantError(t, p.Matches(l.checkpoint(l.states[0]+1)), "replayed")
	forged := *l.checkpoint(l.size())
	forged.Root[0]++
	if err := p.Matches(&forged); !errors.Is(err, transparency.ErrProof) {
		t.Errorf("another root: %v", err)
	}
}

func mustParse(t testing.TB, raw []byte) transparency.Leaf {
	t.Helper()
	l, err := transparency.ParseLeaf(raw)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
