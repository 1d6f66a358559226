package listed_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aeo-registry/aeo/federation/listed"
	"pgregory.net/rapid"
)

// stated is a day of the year, and noon of it in Tokyo, where days begin at 15:00 UTC.
func stated(day int) string {
	return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}
func noon(day int) int64 { return time.Date(2026, 1, day, 3, 0, 0, 0, time.UTC).Unix() }

func header(number int64, day int) listed.Header {
	return listed.Header{Partner: "JP", Number: number, SHA256: strings.Repeat("0", 64), Channel: "mail", ReceivedAt: noon(day + 1),
		StatedAsOf: stated(day), TimeZone: "Asia/Tokyo", ImportedBy: "A", SecondOfficer: "B", Rows: 1, Personal: []string{}}
}

func entry(id string) listed.Entry {
	return listed.Entry{Identifier: "JP:aeo:" + id, Name: "Sakura KK", Programme: "JP-AEO", AuthorisationType: "AEO-E",
		Roles: []string{"exporter"}, Status: listed.InForce, EffectiveOn: "2025-04-01"}
}

func suspended(e listed.Entry, day int) listed.Entry {
	e.Status, e.SuspendedSince = listed.Suspended, stated(day)
	return e
}

func ended(e listed.Entry, day int) listed.Entry {
	e.Status, e.EndedOn = listed.Ended, stated(day)
	return e
}

// TestStanding: the list then current answers, and who is gone from it has ended.
func TestStanding(t *testing.T) {
	h, err := listed.NewHistory([]listed.Header{header(1, 10), header(2, 20), header(3, 30)})
	if err != nil {
		t.Fatal(err)
	}
	var rows []listed.Row
	for number, list := range [][]listed.Entry{
		{entry("A"), entry("B"), ended(entry("D"), 5)},
		{entry("A"), suspended(entry("B"), 15), entry("C")},
		{ended(entry("A"), 25), entry("B")},
	} {
		rows = listed.Merge(rows, int64(number+1), list)
	}
	if err := h.CheckRows(rows); err != nil {
		t.Fatal(err)
	}
	const all = math.MaxInt64
	for _, c := range []struct {
		id        string
		at, known int64
		want      string
		list      int64
	}{
		{"A", noon(9), all, "not listed", 0},
		{"A", noon(11), all, listed.InForce, 1},
		{"A", noon(26), all, listed.InForce, 2}, // the list then current did not say so
		{"A", noon(31), all, listed.Ended, 3},
		{"A", noon(31), noon(30), listed.InForce, 2}, // the third had not come
		{"B", noon(16), all, listed.InForce, 1},
		{"B", noon(21), all, listed.Suspended, 2},
		{"B", noon(31), all, listed.InForce, 3},
		{"C", noon(11), all, "not listed", 0},
		{"C", noon(21), all, listed.InForce, 2},
		{"C", noon(31), all, listed.Ended, 3},
		{"D", noon(31), all, listed.Ended, 1},
		{"E", noon(31), all, "not listed", 0},
	} {
		own := slices.DeleteFunc(slices.Clone(rows), func(r listed.Row) bool { return r.Identifier != "JP:aeo:"+c.id })
		s, ok := h.Standing(own, c.at, c.known)
		got := s.Status
		if !ok {
			got = "not listed"
		}
		if got != c.want || ok && s.List.Number != c.list {
			t.Errorf("%s at %d: %s by %+v, want %s by %d", c.id, c.at, got, s.List, c.want, c.list)
		}
	}
	gone, _ := h.Standing(slices.DeleteFunc(slices.Clone(rows), func(r listed.Row) bool { return r.Identifier != "JP:aeo:C" }), noon(31), all)
	if begins := noon(30) - 12*3600; !gone.Removed || gone.Since != begins {
		t.Errorf("C is gone since %d, want the beginning of that day in Tokyo, %d", gone.Since, begins)
	}
}

func TestEntryCheckRefuses(t *testing.T) {
	for name, edit := range map[string]func(*listed.Entry){
		"identifier of another":   func(e *listed.Entry) { e.Identifier = "NZ:ses:12345678A" },
		"identifier not so":       func(e *listed.Entry) { e.Identifier = "JP:aeo:a b" },
		"no name":                 func(e *listed.Entry) { e.Name = "" },
		"name turned round":       func(e *listed.Entry) { e.Name = "Sakura \u202eKK" },
		"name with a hidden mark": func(e *listed.Entry) { e.Name = "Sakura\u200bKK" },
		"name of two lines":       func(e *listed.Entry) { e.Name = "Sakura\nKK" },
		"name too long":           func(e *listed.Entry) { e.Name = strings.Repeat("桜", 201) },
		"no role":                 func(e *listed.Entry) { e.Roles = nil },
		"role twice":              func(e *listed.Entry) { e.Roles = []string{"exporter", "exporter"} },
		"no such day":             func(e *listed.Entry) { e.EffectiveOn = "2026-02-30" },
		"no such status":          func(e *listed.Entry) { e.Status = "fine" },
		"ended without a day":     func(e *listed.Entry) { e.Status = listed.Ended },
		"in force and ended":      func(e *listed.Entry) { e.EndedOn = "2026-01-01" },
		"ended before it began":   func(e *listed.Entry) { e.Status, e.EndedOn = listed.Ended, "2020-01-01" },
	} {
		e := entry("A")
		edit(&e)
		if e.Check("JP") == nil {
			t.Errorf("%s: taken", name)
		}
	}
	good := entry("A")
	if err := good.Check("JP"); err != nil {
		t.Error(err)
	}
}

func TestHistoryRefuses(t *testing.T) {
	edited := func(edit func(*listed.Header)) []listed.Header {
		two := []listed.Header{header(1, 10), header(2, 20)}
		edit(&two[1])
		return two
	}
	for name, headers := range map[string][]listed.Header{
		"none":                 nil,
		"another number":       edited(func(h *listed.Header) { h.Number = 3 }),
		"another partner":      edited(func(h *listed.Header) { h.Partner = "SG" }),
		"stated no later":      edited(func(h *listed.Header) { h.StatedAsOf = stated(10) }),
		"received before":      edited(func(h *listed.Header) { h.ReceivedAt = 1 }),
		"no second officer":    edited(func(h *listed.Header) { h.SecondOfficer = "" }),
		"one officer twice":    edited(func(h *listed.Header) { h.SecondOfficer = h.ImportedBy }),
		"a scheme of any kind": edited(func(h *listed.Header) { h.Personal = []string{"\u202e"} }),
		"no time zone":         edited(func(h *listed.Header) { h.TimeZone = "" }),
		"no digest":            edited(func(h *listed.Header) { h.SHA256 = "x" }),
		"more rows than many":  edited(func(h *listed.Header) { h.Rows = listed.MaxRows + 1 }),
	} {
		if _, err := listed.NewHistory(headers); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestMergeSaysWhatEachListSaid: rows answer about each list's own day as the list does.
func TestMergeSaysWhatEachListSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var headers []listed.Header
		var rows []listed.Row
		var lists []map[string]listed.Entry
		for n := range rapid.IntRange(1, 6).Draw(t, "lists") {
			list := map[string]listed.Entry{}
			var entries []listed.Entry
			for i := range 4 {
				e := entry(fmt.Sprint("A", i))
				switch rapid.IntRange(0, 3).Draw(t, "state") {
				case 0:
					continue
				case 1:
					e = suspended(e, 3)
				case 2:
					e = ended(e, 4)
				}
				list[e.Key()] = e
				entries = append(entries, e)
			}
			headers, lists = append(headers, header(int64(n+1), 2*n+6)), append(lists, list)
			rows = listed.Merge(rows, int64(n+1), entries)
		}
		h, err := listed.NewHistory(headers)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.CheckRows(rows); err != nil {
			t.Fatal(err)
		}
		for n, list := range lists {
			for i := range 4 {
				e := entry(fmt.Sprint("A", i))
				own := slices.DeleteFunc(slices.Clone(rows), func(r listed.Row) bool { return r.Key() != e.Key() })
				s, ok := h.Standing(own, noon(2*n+6), math.MaxInt64)
				want, has := list[e.Key()]
				if has && (!ok || s.Status != want.Status || s.Removed) || !has && ok && s.Status != listed.Ended {
					t.Fatalf("list %d says %v of %s, the rows %+v %t", n+1, want.Status, e.Key(), s, ok)
				}
			}
		}
	})
}
