package transparency_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/credential/statuslist"
	"github.com/aeo-registry/aeo/federation/transparency"
	"github.com/aeo-registry/aeo/keys"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
)

// story is a log with a past: at the base (the third head) entry 1 of list 0 is
// suspended and entry 2 ended; afterwards 1 is reinstated and then ended with
// effect before that, a second list opens, and its entry 0 is suspended.
func story(t fataler) (l *testLog, base int64) {
	t.Helper()
	l = newLog(t, list0)
	l.batch(opened+10, l.status(list0, 1, statuslist.Suspended, opened+5))
	l.batch(opened+20, l.status(list0, 2, statuslist.Ended, opened+20))
	base = l.states[len(l.states)-1]
	l.batch(opened+30, l.status(list0, 1, statuslist.Valid, opened+25))
	l.batch(opened+40, openingOf(list1))
	l.batch(opened+50, l.status(list0, 1, statuslist.Ended, opened+22), l.status(list1, 0, statuslist.Suspended, opened+50))
	return l, base
}

func openStory(t fataler, base int64, l *testLog, change func(*transparency.History)) (*transparency.Timeline, error) {
	t.Helper()
	h, err := transparency.MakeHistory(*l.prove(base, l.size()), nil, l.replay.Reduction)
	if err != nil {
		t.Fatalf("making: %v", err)
	}
	change(h)
	cp := l.checkpoint(l.size())
	current, err := transparency.StateOf(cp, l.prove(l.size()-1, l.size()))
	if err != nil {
		t.Fatalf("state: %v", err)
	}
	return h.Open(cp, current)
}

func unchanged(*transparency.History) {}

func TestTimelineAnswersAsOfAnInstantAndAsKnownThen(t *testing.T) {
	const later = math.MaxInt64
	l, base := story(t)
	timeline, err := openStory(t, base, l, unchanged)
	if err != nil {
		t.Fatal(err)
	}
	if timeline.From() != opened+20 || timeline.Current("elsewhere") != nil {
		t.Errorf("from %d", timeline.From())
	}
	for name, c := range map[string]struct {
		uri       string
		idx       int64
		at, known int64
		want      transparency.Standing
	}{
		"never touched":                       {list0, 0, opened + 60, later, transparency.Standing{BeforeHistory: true}},
		"as the base has it":                  {list0, 1, opened + 21, later, transparency.Standing{Value: statuslist.Suspended, BeforeHistory: true}},
		"ended before the base":               {list0, 2, opened + 60, later, transparency.Standing{Value: statuslist.Ended, BeforeHistory: true}},
		"ended with effect in the past":       {list0, 1, opened + 22, later, transparency.Standing{Value: statuslist.Ended, Since: opened + 22}},
		"which was not known then":            {list0, 1, opened + 22, opened + 49, transparency.Standing{Value: statuslist.Suspended, BeforeHistory: true}},
		"reinstated, as was known then":       {list0, 1, opened + 30, opened + 30, transparency.Standing{Value: statuslist.Valid, Since: opened + 25}},
		"effective but not yet recorded":      {list0, 1, opened + 29, opened + 29, transparency.Standing{Value: statuslist.Suspended, BeforeHistory: true}},
		"a later list before its change":      {list1, 0, opened + 49, later, transparency.Standing{BeforeHistory: true}},
		"a later list after its change":       {list1, 0, opened + 50, later, transparency.Standing{Value: statuslist.Suspended, Since: opened + 50}},
		"after the published state":           {list1, 0, opened + 5000, later, transparency.Standing{Value: statuslist.Suspended, Since: opened + 50}},
		"at the very beginning of the record": {list0, 1, opened + 20, opened + 20, transparency.Standing{Value: statuslist.Suspended, BeforeHistory: true}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := timeline.At(c.uri, c.idx, c.at, c.known)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTimelineRefusesWhatItCannotKnow(t *testing.T) {
	l, base := story(t)
	timeline, err := openStory(t, base, l, unchanged)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		uri            string
		idx, at, known int64
		want           error
	}{
		"a time before the base":       {list0, 1, opened + 19, math.MaxInt64, transparency.ErrBeforeHistory},
		"what was known before it":     {list0, 1, opened + 30, opened + 19, transparency.ErrBeforeHistory},
		"a list the log does not have": {iss + "/status/9", 1, opened + 30, opened + 30, transparency.ErrNoList},
		"an entry beyond the list":     {list0, statuslist.MinSize, opened + 30, opened + 30, statuslist.ErrList},
		"a negative entry":             {list0, -1, opened + 30, opened + 30, statuslist.ErrList},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := timeline.At(c.uri, c.idx, c.at, c.known); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

func TestHistoryFromTheFirstStateAnswersForAllTime(t *testing.T) {
	l, _ := story(t)
	timeline, err := openStory(t, l.states[0], l, unchanged)
	if err != nil {
		t.Fatal(err)
	}
	got, err := timeline.At(list0, 1, 0, 0)
	if err != nil || timeline.From() != 0 {
		t.Fatalf("%v, from %d", err, timeline.From())
	}
	if diff := cmp.Diff(transparency.Standing{}, got); diff != "" {
		t.Error(diff)
	}
}

func TestHistoryMayEndWhereItBegins(t *testing.T) {
	l, _ := story(t)
	timeline, err := openStory(t, l.size()-1, l, unchanged)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := timeline.Current(list0).Get(1); err != nil || v != statuslist.Ended {
		t.Errorf("current %v, %v", v, err)
	}
}

func TestHistoryOpenRefusesWhatIsNotTheLogs(t *testing.T) {
	l, base := story(t)
	for name, c := range map[string]struct {
		change  func(*transparency.History)
		refused string
	}{
		"a base that is no state leaf": {func(h *transparency.History) { h.Base.State = *l.prove(0, l.size()) }, "no state leaf"},
		"a base without proof":         {func(h *transparency.History) { h.Base.State.Proof = nil }, "proof"},
		"a base that was altered": {func(h *transparency.History) {
			h.Base.State.Leaf = bytes.Replace(h.Base.State.Leaf, []byte("1800000020"), []byte("1800000019"), 1)
		}, "invalid transparency proof"},
		"bits of a list too many":          {func(h *transparency.History) { h.Base.Bits = append(h.Base.Bits, h.Base.Bits[0]) }, "bits of 2 lists"},
		"bits of a list too few":           {func(h *transparency.History) { h.Base.Bits = nil }, "bits of 0 lists"},
		"other bits":                       {func(h *transparency.History) { h.Base.Bits[0] = pack(make([]byte, statuslist.MinSize/4)) }, "are not those leaf"},
		"bits that inflate too far":        {func(h *transparency.History) { h.Base.Bits[0] = pack(make([]byte, 1<<20)) }, "more than 4096 bytes"},
		"bits that end early":              {func(h *transparency.History) { h.Base.Bits[0] = pack(nil) }, "ends after 0 bytes"},
		"bits that are not base64url":      {func(h *transparency.History) { h.Base.Bits[0] += "=" }, "base64url"},
		"a list left out":                  {func(h *transparency.History) { h.Lists = h.Lists[:1] }, "its 1 lists"},
		"a list too many":                  {func(h *transparency.History) { h.Lists = append(h.Lists, h.Lists[0]) }, "its 3 lists"},
		"lists out of order":               {func(h *transparency.History) { h.Lists[0], h.Lists[1] = h.Lists[1], h.Lists[0] }, "are not the"},
		"another size of a base list":      {func(h *transparency.History) { h.Lists[0].Size *= 2 }, "ends after 4096 bytes of 8192"},
		"another size of a later list":     {func(h *transparency.History) { h.Lists[1].Size *= 2 }, "list 1 does not come out"},
		"a size no list has":               {func(h *transparency.History) { h.Lists[1].Size = 3 }, "power of two"},
		"an event left out":                {func(h *transparency.History) { h.Events = h.Events[1:] }, "are not those leaf"},
		"a pair that cancels out left out": {func(h *transparency.History) { h.Events = cancelled(h.Events) }, "does not come out"},
		"an event recorded earlier":        {func(h *transparency.History) { h.Events[0][1]-- }, "are not those leaf"},
		"an event effective earlier":       {func(h *transparency.History) { h.Events[0][5]-- }, "are not those leaf"},
		"an event effective later":         {func(h *transparency.History) { h.Events[0][5]++ }, "are not those leaf"},
		"an event at another leaf":         {func(h *transparency.History) { h.Events[0][0]++ }, "are not those leaf"},
		"an event of the base":             {func(h *transparency.History) { h.Events[0][0] = base }, "not between"},
		"an event at the state leaf":       {func(h *transparency.History) { h.Events[2][0] = l.size() - 1 }, "not between"},
		"an event before the base in time": {func(h *transparency.History) { h.Events[0][1] = opened }, "is not from"},
		"an event after the head in time":  {func(h *transparency.History) { h.Events[2][1] = opened + 51 }, "is not from"},
		"an event effective ahead":         {func(h *transparency.History) { h.Events[0][5] = opened + 31 }, "effective at"},
		"an event effective before 1970":   {func(h *transparency.History) { h.Events[0][5] = -1 }, "effective at"},
		"an event of an unknown list":      {func(h *transparency.History) { h.Events[0][2] = 2 }, "list 2 of 2"},
		"an event of a negative list":      {func(h *transparency.History) { h.Events[0][2] = -1 }, "list -1"},
		"an event beyond the list":         {func(h *transparency.History) { h.Events[0][3] = statuslist.MinSize }, "idx 16384"},
		"an event with no status":          {func(h *transparency.History) { h.Events[0][4] = 4 }, "value 4"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := openStory(t, base, l, c.change)
			wantError(t, err, c.refused)
			if !errors.Is(err, transparency.ErrHistory) {
				t.Errorf("error %v is no ErrHistory", err)
			}
		})
	}
}

// TestHistoryShowsASuspensionThatWasLifted leaves no difference in any list.
func TestHistoryShowsASuspensionThatWasLifted(t *testing.T) {
	l := newLog(t, list0)
	l.batch(opened+10, l.status(list0, 1, statuslist.Suspended, opened+10))
	l.batch(opened+20, l.status(list0, 1, statuslist.Valid, opened+20))
	_, err := openStory(t, l.states[0], l, func(h *transparency.History) { h.Events = nil })
	wantError(t, err, "the events are not those")
}

// cancelled drops both changes of entry 1 of list 0.
func cancelled(events []transparency.HistoryEvent) (kept []transparency.HistoryEvent) {
	for _, e := range events {
		if e[2] != 0 {
			kept = append(kept, e)
		}
	}
	return kept
}

func pack(raw []byte) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(raw)
	w.Close()
	return keys.EncodeBase64URL(b.Bytes())
}

func TestHistoryOpenRefusesTheStateOfAnotherHead(t *testing.T) {
	l, base := story(t)
	h, err := transparency.MakeHistory(*l.prove(base, l.size()), nil, l.replay.Reduction)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Open(l.checkpoint(l.size()), &transparency.State{Applied: base})
	wantError(t, err, "is not the state of the tree")
}

func TestMakeHistoryRefusesAWrongBase(t *testing.T) {
	l, base := story(t)
	stray := *l.prove(base, l.size())
	stray.Index++
	for name, c := range map[string]struct {
		base    transparency.Inclusion
		lists   map[string]*statuslist.List
		refused string
	}{
		"no leaf":                    {transparency.Inclusion{}, nil, "not a leaf"},
		"a leaf that is no state":    {*l.prove(0, l.size()), nil, "no state leaf"},
		"a state at another index":   {stray, nil, "no state leaf"},
		"lists of another time":      {*l.prove(base, l.size()), map[string]*statuslist.List{list0: l.replay.Reduction.List(list0)}, "is not the one of leaf"},
		"lists of which one is gone": {*l.prove(base, l.size()), map[string]*statuslist.List{}, "is not the one of leaf"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transparency.MakeHistory(c.base, c.lists, l.replay.Reduction)
			wantError(t, err, c.refused)
		})
	}
	l.add(marshal(t, transparency.Case{SHA256: digest(0)}))
	_, err := transparency.MakeHistory(*l.prove(base, l.size()), nil, l.replay.Reduction)
	wantError(t, err, "not the end of a batch")
}

func TestParseHistoryRefusesOtherForms(t *testing.T) {
	h := transparency.History{
		Base:   transparency.HistoryBase{State: transparency.Inclusion{Leaf: []byte(`{}`), Proof: tlog.RecordProof{}}, Bits: []string{}},
		Lists:  []transparency.HistoryList{},
		Events: []transparency.HistoryEvent{{1, 2, 3, 4, 5, 6}},
	}
	raw, err := h.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	if _, err := transparency.ParseHistory(raw); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"no lists":              strings.Replace(good, `,"lists":[]`, "", 1),
		"lists that are null":   strings.Replace(good, `"lists":[]`, `"lists":null`, 1),
		"an unknown member":     strings.Replace(good, `{"base"`, `{"also":1,"base"`, 1),
		"five numbers an event": strings.Replace(good, ",6]", "]", 1),
		"seven numbers":         strings.Replace(good, ",6]", ",6,7]", 1),
		"a fraction":            strings.Replace(good, ",6]", ",6.5]", 1),
		"a space":               strings.Replace(good, ",6]", ", 6]", 1),
		"text behind":           good + "{}",
		"more than the bound":   good + strings.Repeat(" ", transparency.MaxHistory),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := transparency.ParseHistory([]byte(bad)); !errors.Is(err, transparency.ErrHistory) {
				t.Errorf("error %v, want ErrHistory", err)
			}
		})
	}
}
