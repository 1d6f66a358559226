package main

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParsePartnersRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing at all":               "",
		"no heading":                   "NZ:ses:12345678A\n",
		"a column that is not known":   "identifier,vat\n",
		"a column twice":               "identifier,Identifier\n",
		"no identifiers":               "name,country\n",
		"semicolons":                   "name;identifier\n",
		"tabs":                         "name\tidentifier\n",
		"a row too short":              "name,identifier\nx\n",
		"a row too long":               "identifier\nx,y\n",
		"a quote that is not closed":   "identifier\n\"x\n",
		"bytes that are no UTF-8":      "identifier\n\xff\n",
		"UTF-16":                       "\xff\xfei\x00d\x00",
		"a cell that is too long":      "identifier\n" + strings.Repeat("x", maxCell+1) + "\n",
		"more rows than anybody deals": "identifier\n" + strings.Repeat("x\n", maxPartners+1),
	} {
		if got, err := parsePartners([]byte(text)); err == nil {
			t.Errorf("%s: was read as %v", name, got)
		}
	}
}

func TestCanonicalIdentifiers(t *testing.T) {
	cases := map[string]struct {
		partner partner
		want    string // "" = refused
	}{
		"in full":                         {partner{identifier: "NZ:ses:12345678A"}, "NZ:ses:12345678A"},
		"in full, as somebody typed it":   {partner{identifier: "nz:SES:1234 5678a"}, "NZ:ses:12345678A"},
		"bare, with its country":          {partner{identifier: "12345678a", country: "nz"}, "NZ:ses:12345678A"},
		"bare, of a member of a union":    {partner{identifier: "DE1234567", country: "DE"}, "EU:eori:DE1234567"},
		"of a country without a pack":     {partner{identifier: "VN:aeo:123"}, "VN:aeo:123"},
		"bare, without a country":         {partner{identifier: "12345678A"}, ""},
		"bare, of a country without pack": {partner{identifier: "123", country: "VN"}, ""},
		"of another country":              {partner{identifier: "no such number", country: "NZ"}, ""},
		"not canonical, and no pack":      {partner{identifier: "VN:AEO:12-3"}, ""},
		"nothing":                         {partner{country: "NZ"}, ""},
		"too many parts":                  {partner{identifier: "NZ:ses:1:2"}, ""},
	}
	for name, c := range cases {
		got, err := c.partner.canonical(packs{})
		if got != c.want && err == nil || (err == nil) != (c.want != "") {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, c.want)
		}
	}
}

func TestPartnersReadBack(t *testing.T) {
	cell := rapid.StringMatching(`[^\x00-\x1f\s"](.{0,20}[^\x00-\x1f\s"])?|`)
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.Permutation(columnNames).Draw(t, "columns")
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		must(0, w.Write(columns))
		want := []partner{}
		for n := range rapid.IntRange(0, 5).Draw(t, "rows") {
			p := partner{row: n + 1}
			var record []string
			for _, column := range columns {
				record = append(record, strings.TrimSpace(cell.Draw(t, column)))
				p.set(column, record[len(record)-1])
			}
			must(0, w.Write(record))
			want = append(want, p)
		}
		w.Flush()
		got, err := parsePartners(text.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(partner{})); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNoCellIsAFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := row{Row: 1, Name: rapid.StringMatching(`[=+\-@\t\r]?.*`).Draw(t, "name"), Problem: rapid.String().Draw(t, "problem")}
		var out bytes.Buffer
		writeCSV(&out, []row{r})
		records, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(records) != 2 || len(records[1]) != len(csvColumns) {
			t.Fatalf("%v, %q", err, records)
		}
		for _, cell := range records[1] {
			if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "+") || strings.HasPrefix(cell, "-") || strings.HasPrefix(cell, "@") {
				t.Errorf("cell %q", cell)
			}
		}
	})
}

func FuzzPartners(f *testing.F) {
	for _, seed := range []string{
		"name,identifier,country,role\nSouthern Orchards Ltd,NZ:ses:12345678A,NZ,exporter\n",
		"\ufeffidentifier\r\nDE1234567\r\n", "identifier\n\"a\"\"b\"\n", "identifier;name\n", "identifier,identifier\n", "",
	} {
		f.Add([]byte(seed))
	}
	known := packs{}
	f.Fuzz(func(t *testing.T, raw []byte) {
		partners, err := parsePartners(raw)
		if err != nil && partners != nil {
			t.Error("both partners and an error")
		}
		for i := range partners {
			if id, err := partners[i].canonical(known); err == nil && strings.Count(id, ":") != 2 {
				t.Errorf("%q is not canonical", id)
			}
		}
	})
}
