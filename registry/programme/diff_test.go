package programme

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiffNamesWhatChanged(t *testing.T) {
	old := `{"code": "X", "deadlines": [{"id": "decision", "period": {"n": 120, "unit": "days"}, "stops": ["a", "b"]}, {"id": "hearing", "roll": true}],
		"notes": [{"text": "one"}, {"text": "one"}], "same": [1, 2]}`
	new := `{"code": "X", "deadlines": [{"id": "hearing", "roll": true}, {"id": "decision", "period": {"n": 90, "unit": "days"}, "stops": ["a"]},
		{"id": "appeal"}], "notes": [{"text": "one"}], "same": [1,2]}`
	list, err := Diff([]byte(old), []byte(new))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range list {
		got = append(got, d.String())
	}
	want := []string{
		`deadlines.appeal.id: new, "appeal"`,
		`deadlines.decision.period.n: 120 -> 90`,
		`deadlines.decision.stops: ["a", "b"] -> ["a"]`,
		`notes.one[1].text: gone, was "one"`,
	}
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], `["a","b"]`, `["a", "b"]`)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	eu := load(t, "EU", "").Raw()
	if list, err := Diff(eu, eu); err != nil || len(list) > 0 {
		t.Errorf("a pack differs from itself: %v, %v", list, err)
	}
	if _, err := Diff([]byte(`{"a":1,"a":2}`), eu); err == nil {
		t.Error("a member twice was compared")
	}
}

func TestReadingAPackFromAFile(t *testing.T) {
	eu := load(t, "EU", "DE")
	p, err := Read(eu.Raw(), "DE")
	if err != nil || p.Authority != "DE" || p.SHA256() != eu.SHA256() {
		t.Fatalf("%+v, %v", p, err)
	}
	fr, err := p.As("FR")
	if err != nil || fr.Authority != "FR" || p.Authority != "DE" || fr.Zone().String() != "Europe/Paris" {
		t.Errorf("%v, %v, %v", fr, p.Authority, err)
	}
	if _, err := p.As("NZ"); err == nil {
		t.Error("seen by a stranger")
	}
	if _, err := Read(append(eu.Raw(), make([]byte, MaxPack)...), "DE"); err == nil {
		t.Error("a pack larger than allowed was read")
	}
}

func FuzzDiff(f *testing.F) {
	f.Add([]byte(`{"a":[{"id":"b"}]}`), []byte(`{"a":[1]}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		there, err := Diff(a, b)
		back, errBack := Diff(b, a)
		if (err == nil) != (errBack == nil) || len(there) != len(back) {
			t.Fatalf("%v, %v and back %v, %v", there, err, back, errBack)
		}
	})
}
