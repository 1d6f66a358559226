package rehearsal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/rehearsal"
	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	lines, problems, err := rehearsal.Read([]byte("\ufeffValue, identifier ,DATE,direction,role,country\r\n" +
		"10.5,NZ:ses:1,2026-02-28,Import,Exporter,nz\r\n" +
		",\"A, B\",2024-02-29,export,,\r\n" +
		"1,,2026-02-28,import,,\r\n" +
		"1,x,2026-02-30,import,,\r\n" +
		"1,x,2026-02-28,transit,,\r\n" +
		"1,x,2026-02-28,import,ex porter,\r\n" +
		"-1,x,2026-02-28,import,,\r\n" +
		"1," + strings.Repeat("x", 600) + ",2026-02-28,import,,\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []rehearsal.Line{
		{Row: 1, Date: "2026-02-28", Direction: "import", Country: "NZ", Identifier: "NZ:ses:1", Role: "exporter", Value: 1050},
		{Row: 2, Date: "2024-02-29", Direction: "export", Identifier: "A, B"},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	var named []string
	for _, p := range problems {
		named = append(named, fmt.Sprint(p.Row, " ", p.Column))
	}
	if diff := cmp.Diff([]string{"3 identifier", "4 date", "5 direction", "6 role", "7 value", "8 identifier"}, named); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefusals(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                    "",
		"another separator":          "date;direction;identifier\n",
		"no dates":                   "direction,identifier\n",
		"a column twice":             "date,date,direction,identifier\n",
		"a column nobody knows":      "date,direction,identifier,colour\n",
		"rows of other lengths":      "date,direction,identifier\n2026-01-01,import\n",
		"not UTF-8":                  "date,direction,identifier\n2026-01-01,import,\xff\n",
		"a quote that does not end":  "date,direction,identifier\n2026-01-01,import,\"x\n",
		"problems and nothing else":  "date,direction,identifier\n" + strings.Repeat("x,import,x\n", 1001),
		"more rows than it may have": "date,direction,identifier\n" + strings.Repeat("2026-01-01,import,x\n", rehearsal.MaxLines+1),
	} {
		if lines, _, err := rehearsal.Read([]byte(text)); !errors.Is(err, rehearsal.ErrFile) || lines != nil {
			t.Errorf("%s: %d lines, %v", name, len(lines), err)
		}
	}
	if _, _, err := rehearsal.Read(make([]byte, rehearsal.MaxFile+1)); !errors.Is(err, rehearsal.ErrFile) {
		t.Errorf("a file too large: %v", err)
	}
}

// FuzzRead: whatever is read names its row, keeps its bounds, and adds up.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"date,direction,identifier\n2026-01-01,import,NZ:ses:1\n", "identifier,date,value,direction\n\"a\nb\",2026-01-01,9999999999999.99,export\n",
		"date,direction,identifier,role,country,value\n,,,,,\n", "\ufeffdate,direction,identifier\r\n", "date,direction,identifier\n\"", "value,value\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		lines, problems, err := rehearsal.Read(raw)
		if err != nil {
			if !errors.Is(err, rehearsal.ErrFile) || lines != nil || problems != nil {
				t.Fatalf("%v with %d lines", err, len(lines))
			}
			return
		}
		rows := map[int]bool{}
		for _, l := range lines {
			if rows[l.Row] || l.Row < 1 || l.Identifier == "" || len(l.Date) != 10 || l.Value < 0 || l.Value >= 1e15 {
				t.Fatalf("%+v", l)
			}
			rows[l.Row] = true
		}
		for _, p := range problems {
			if rows[p.Row] || p.Problem == "" {
				t.Fatalf("%+v", p)
			}
			rows[p.Row] = true
		}
	})
}
