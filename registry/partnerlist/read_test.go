package partnerlist_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/listed"
	"github.com/aeo-registry/aeo/registry/partnerlist"
	"github.com/aeo-registry/aeo/registry/programme"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

const heading = "identifier,legal_name,programme,authorisation_type,roles,status,effective_on,suspended_since,ended_on\n"

func pack(t testing.TB, territory string) *programme.Pack {
	t.Helper()
	p, err := programme.Load(territory, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func texts(found []partnerlist.Problem) string {
	var out []string
	for _, p := range found {
		out = append(out, p.String())
	}
	return strings.Join(out, "\n")
}

func TestReadCSV(t *testing.T) {
	raw := "\ufeffIdentifier;Legal name;Authorisation type;Roles;Status;Effective on;Suspended since;Ended on\r\n" +
		"1234 5678-a;Southern Orchards Ltd;SES;exporter, manufacturer;In force;2024-03-06;;\r\n;;;;\r\n" +
		"NZ:ses:23456789B;'=Kauri Timber;SES;exporter;suspended;2024-03-06;2026-01-02;\r\n" +
		"34567890C;Harbour Wool;SES;exporter;ended;2024-03-06;;2026-01-03\r\n"
	entries, rows, found, err := partnerlist.Read(partnerlist.CSV, []byte(raw), "NZ", pack(t, "NZ"))
	if err != nil || len(found) > 0 {
		t.Fatalf("%v\n%s", err, texts(found))
	}
	want := []listed.Entry{
		{Identifier: "NZ:ses:12345678A", Name: "Southern Orchards Ltd", Status: listed.InForce, Roles: []string{"exporter", "manufacturer"}},
		{Identifier: "NZ:ses:23456789B", Name: "=Kauri Timber", Status: listed.Suspended, SuspendedSince: "2026-01-02", Roles: []string{"exporter"}},
		{Identifier: "NZ:ses:34567890C", Name: "Harbour Wool", Status: listed.Ended, EndedOn: "2026-01-03", Roles: []string{"exporter"}},
	}
	for i := range want {
		want[i].Programme, want[i].AuthorisationType, want[i].EffectiveOn = "NZ-SES", "SES", "2024-03-06"
	}
	if !reflect.DeepEqual(entries, want) || !slices.Equal(rows, []int{2, 4, 5}) {
		t.Errorf("%+v in rows %v", entries, rows)
	}
}

func TestATypeThatJoinsSeveralStandsForEach(t *testing.T) {
	raw := heading + "DE1234567,Rhein Maschinenbau,,AEOF,exporter,in_force,2024-03-06,,\n"
	entries, _, found, err := partnerlist.Read(partnerlist.CSV, []byte(raw), "EU", pack(t, "EU"))
	if err != nil || len(entries) != 2 || entries[0].AuthorisationType != "AEOC" || entries[1].AuthorisationType != "AEOS" {
		t.Errorf("%+v %v %s", entries, err, texts(found))
	}
}

// TestEveryProblemIsNamed: by row and column, all at once.
func TestEveryProblemIsNamed(t *testing.T) {
	good := "12345678A,Southern Orchards Ltd,NZ-SES,SES,exporter,in_force,2024-03-06,,\n"
	row := func(text string) string { return heading + good + text + "\n" }
	for name, c := range map[string]struct{ raw, want string }{
		"nothing":              {"", "the file is empty: want a first row that names the columns"},
		"a heading alone":      {heading, "the list has a heading and no rows"},
		"an unknown column":    {"identifier,colour\n", `row 1, column B: unknown column "colour"`},
		"a column missing":     {"identifier\n1\n", "row 1: no column legal_name\nrow 1: no column authorisation_type\nrow 1: no column roles\nrow 1: no column status\nrow 1: no column effective_on"},
		"a column twice":       {"identifier,Identifier\n", "row 1, column B: column identifier twice"},
		"another encoding":     {heading + "12345678A,Orchards \xe9,,SES,exporter,in_force,2024-03-06,,\n", "row 2: not UTF-8: the file was saved in another encoding, such as Shift JIS or Windows-1252"},
		"UTF-16":               {"\xff\xfei\x00", "the file is UTF-16: save it as CSV in UTF-8"},
		"XLSX":                 {"PK\x03\x04...", "the file is a ZIP archive"},
		"no CSV":               {row(`23456789B,"Kauri`), "row 3: not CSV: extraneous or missing"},
		"identifier twice":     {row(strings.TrimSuffix(good, "\n")), "row 3, identifier: NZ:ses:12345678A with type SES stands in row 2 already"},
		"a bad identifier":     {row("X,Kauri,,SES,exporter,in_force,2024-03-06,,"), `row 3, identifier: "X": fits no scheme of NZ`},
		"a foreign identifier": {row("JP:aeo:1,Kauri,,SES,exporter,in_force,2024-03-06,,"), `row 3, identifier: "JP:aeo:1": not of territory NZ`},
		"look-alike digits":    {row("2345678９B,Kauri,,SES,exporter,in_force,2024-03-06,,"), "row 3, identifier: \"2345678９B\": the value may hold letters A to Z and digits only"},
		"a shortened number":   {row("1.23457E+11,Kauri,,SES,exporter,in_force,2024-03-06,,"), "a spreadsheet has shortened the number; format the column as text"},
		"look-alike letters":   {row("23456789B,Kаuri Ltd,,SES,exporter,in_force,2024-03-06,,"), `row 3, legal_name: "Kаuri" mixes letters of several scripts that look alike`},
		"turned direction":     {row("23456789B,Kauri \u202eLtd,,SES,exporter,in_force,2024-03-06,,"), "row 3, legal_name: name holds U+202E, which cannot be seen"},
		"a formula":            {row("23456789B,=HYPERLINK(1),,SES,exporter,in_force,2024-03-06,,"), `row 3, legal_name: "=HYPERLINK(1)" begins like a formula`},
		"another programme":    {row("23456789B,Kauri,JP-AEO,SES,exporter,in_force,2024-03-06,,"), `row 3, programme: "JP-AEO", the programme of NZ is NZ-SES`},
		"an unknown type":      {row("23456789B,Kauri,,AEO,exporter,in_force,2024-03-06,,"), `row 3, authorisation_type: unknown authorisation type "AEO"`},
		"an unknown role":      {row("23456789B,Kauri,,SES,pirate,in_force,2024-03-06,,"), `row 3, roles: unknown role "pirate"`},
		"a role twice":         {row("23456789B,Kauri,,SES,exporter;exporter,in_force,2024-03-06,,"), "row 3, roles: role exporter twice"},
		"an unknown status":    {row("23456789B,Kauri,,SES,exporter,fine,2024-03-06,,"), `row 3, status: "fine", want in_force, suspended or ended`},
		"a bad day":            {row("23456789B,Kauri,,SES,exporter,in_force,06/03/2024,,"), `row 3, effective_on: "06/03/2024" is no day written 2006-01-02`},
		"no day of suspension": {row("23456789B,Kauri,,SES,exporter,suspended,2024-03-06,,"), "row 3, suspended_since: empty"},
		"a day too much":       {row("23456789B,Kauri,,SES,exporter,in_force,2024-03-06,,2026-01-01"), "row 3, ended_on: a day that does not go with the status"},
		"ended before it was":  {row("23456789B,Kauri,,SES,exporter,ended,2024-03-06,,2020-01-01"), "row 3: ended_on 2020-01-01 lies before effective_on 2024-03-06"},
		"a cell beyond":        {row("23456789B,Kauri,,SES,exporter,in_force,2024-03-06,,,x"), "row 3, column J: a cell beyond the last column"},
		"empty cells":          {row(",,,,,,,,x"), "row 3, identifier: empty\nrow 3, legal_name: empty\nrow 3, roles: empty\nrow 3, status: empty\nrow 3, effective_on: empty"},
		"a long cell":          {row("23456789B," + strings.Repeat("K", 1025) + ",,SES,exporter,in_force,2024-03-06,,"), "row 3, legal_name: 1025 bytes, at most 1024"},
	} {
		t.Run(name, func(t *testing.T) {
			entries, _, found, err := partnerlist.Read(partnerlist.CSV, []byte(c.raw), "NZ", pack(t, "NZ"))
			if err != nil || entries != nil || !strings.Contains(texts(found), c.want) {
				t.Errorf("%d entries, %v, problems:\n%s\nwant\n%s", len(entries), err, texts(found), c.want)
			}
		})
	}
	many := heading + strings.Repeat("x,y,,SES,exporter,in_force,2024-03-06,,\n", partnerlist.MaxProblems+7)
	if _, _, found, _ := partnerlist.Read(partnerlist.CSV, []byte(many), "NZ", pack(t, "NZ")); found[len(found)-1].Text != "and 7 problems more" {
		t.Errorf("the last of %d problems: %v", len(found), found[len(found)-1])
	}
}

func TestWithoutAPackIdentifiersStandInFull(t *testing.T) {
	raw := heading + "XX:no:1,Somebody,XX-AEO,AEO,exporter,in_force,2024-03-06,,\n"
	if entries, _, found, err := partnerlist.Read(partnerlist.CSV, []byte(raw), "XX", nil); err != nil || len(entries) != 1 {
		t.Errorf("%v %s", err, texts(found))
	}
	raw = heading + "1,Somebody,,AEO,exporter,in_force,2024-03-06,,\n"
	_, _, found, _ := partnerlist.Read(partnerlist.CSV, []byte(raw), "XX", nil)
	if got := texts(found); !strings.Contains(got, "row 2, identifier") || !strings.Contains(got, "row 2, programme: empty") {
		t.Error(got)
	}
	if _, _, _, err := partnerlist.Read("ods", nil, "XX", nil); err == nil {
		t.Error("an unknown format is read")
	}
}

// workbook makes XLSX of rows, then lets edit spoil it.
func workbook(t testing.TB, edit func(f *excelize.File), rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if edit != nil {
		edit(f)
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadXLSX(t *testing.T) {
	head := []any{"Identifier", "Legal name", "Authorisation type", "Roles", "Status", "Effective on"}
	good := []any{"12345678A", "Southern Orchards Ltd", "SES", "exporter", "in force", 45357} // 2024-03-06 as a date cell
	entries, _, found, err := partnerlist.Read(partnerlist.XLSX, workbook(t, nil, head, good), "NZ", pack(t, "NZ"))
	if err != nil || len(entries) != 1 || entries[0].EffectiveOn != "2024-03-06" || entries[0].Identifier != "NZ:ses:12345678A" {
		t.Fatalf("%+v %v %s", entries, err, texts(found))
	}
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"an empty workbook": {workbook(t, nil), "the file is empty"},
		"no workbook":       {[]byte("hello"), "no XLSX workbook"},
		"a formula":         {workbook(t, func(f *excelize.File) { check(f.SetCellFormula("Sheet1", "B2", "1+1")) }, head, good), "row 2, column B: a formula: a list holds values only"},
		"a merged heading":  {workbook(t, func(f *excelize.File) { check(f.MergeCell("Sheet1", "A1", "B1")) }, head, good), `cells "A1:B1" are merged`},
		"two sheets": {workbook(t, func(f *excelize.File) {
			_, err := f.NewSheet("More")
			check(err)
			check(f.SetCellValue("More", "A1", "x"))
		}, head, good), `sheet "More" holds something too`},
		"a cell far out": {workbook(t, func(f *excelize.File) { check(f.SetCellValue("Sheet1", "XFD2", "x")) }, head, good), "row 2: a cell in column"},
		"a row far down": {workbook(t, func(f *excelize.File) {
			f.Sheet.Clear()
			f.Pkg.Store("xl/worksheets/sheet1.xml", []byte(`<worksheet><sheetData><row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData></worksheet>`))
		}), `row "1048576", at most`},
		"a number no day":  {workbook(t, func(f *excelize.File) { check(f.SetCellValue("Sheet1", "F2", 20240306)) }, head, good), `row 2, effective_on: "20240306" is no day`},
		"a text formula":   {workbook(t, func(f *excelize.File) { check(f.SetCellValue("Sheet1", "B2", "@SUM(1)")) }, head, good), "row 2, legal_name: \"@SUM(1)\" begins like a formula"},
		"a file too large": {make([]byte, partnerlist.MaxFile+1), "the file has more than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, found, err := partnerlist.Read(partnerlist.XLSX, c.raw, "NZ", pack(t, "NZ"))
			if err != nil || !strings.Contains(texts(found), c.want) {
				t.Errorf("%v, problems:\n%s\nwant %s", err, texts(found), c.want)
			}
		})
	}
}

// TestWhatIsWrittenIsRead, in both formats, whatever a name begins with.
func TestWhatIsWrittenIsRead(t *testing.T) {
	nz := pack(t, "NZ")
	rapid.Check(t, func(t *rapid.T) {
		var entries []listed.Entry
		for i := range rapid.IntRange(1, 5).Draw(t, "rows") {
			e := listed.Entry{Identifier: fmt.Sprintf("NZ:ses:1234567%dA", i), Programme: nz.Code, AuthorisationType: "SES",
				Name: rapid.StringMatching(`['=+@-]{0,2}[A-Za-z桜é"',;][A-Za-z ,;"']{0,12}[a-z]`).Draw(t, "name"), Roles: []string{"exporter", "packer"},
				Status: listed.InForce, EffectiveOn: "2024-03-06"}
			switch rapid.IntRange(0, 2).Draw(t, "status") {
			case 1:
				e.Status, e.SuspendedSince = listed.Suspended, "2025-01-01"
			case 2:
				e.Status, e.EndedOn = listed.Ended, "2025-01-02"
			}
			entries = append(entries, e)
		}
		for _, format := range []string{partnerlist.CSV, partnerlist.XLSX} {
			raw, err := partnerlist.Write(format, entries)
			if err != nil {
				t.Fatal(err)
			}
			got, _, found, err := partnerlist.Read(format, raw, "NZ", nz)
			if err != nil || !reflect.DeepEqual(got, entries) {
				t.Fatalf("%s: %v %s\n%+v\n%+v", format, err, texts(found), got, entries)
			}
			if format == partnerlist.CSV && bytes.Contains(raw, []byte(",=")) {
				t.Fatalf("a cell begins like a formula: %s", raw)
			}
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(heading+"12345678A,Southern Orchards Ltd,NZ-SES,SES,exporter,in_force,2024-03-06,,\n"), true)
	f.Add([]byte("identifier;legal_name\n\"x"), false)
	nz := pack(f, "NZ")
	f.Fuzz(func(t *testing.T, raw []byte, known bool) {
		p := nz
		if !known {
			p = nil
		}
		checkRead(t, partnerlist.CSV, raw, p)
	})
}

// FuzzReadXLSX puts any sheet into a workbook, so that the fuzzer gets past the
// archive to the rows.
func FuzzReadXLSX(f *testing.F) {
	head := []any{"identifier", "legal_name", "authorisation_type", "roles", "status", "effective_on"}
	f.Add([]byte(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>identifier</t></is></c></row></sheetData></worksheet>`))
	f.Add([]byte(`<worksheet><sheetData><row r="9"><c r="B9"><f>1+1</f><v>2</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells></worksheet>`))
	whole := workbook(f, nil, head, []any{"12345678A", "Southern Orchards Ltd", "SES", "exporter", "in force", 45357})
	f.Add(whole)
	nz := pack(f, "NZ")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if bytes.HasPrefix(raw, []byte("PK")) {
			checkRead(t, partnerlist.XLSX, raw, nz)
			return
		}
		book := workbook(t, func(f *excelize.File) { f.Sheet.Clear(); f.Pkg.Store("xl/worksheets/sheet1.xml", raw) })
		checkRead(t, partnerlist.XLSX, book, nz)
	})
}

// checkRead: what is read can be written, and is then read as the same.
func checkRead(t *testing.T, format string, raw []byte, p *programme.Pack) {
	entries, rows, found, err := partnerlist.Read(format, raw, "NZ", p)
	if err != nil || (len(entries) == 0) == (len(found) == 0) || len(rows) != len(entries) {
		t.Fatalf("%d entries in %d rows, %d problems, %v", len(entries), len(rows), len(found), err)
	}
	if len(found) > 0 {
		return
	}
	for i := range entries {
		if err := entries[i].Check("NZ"); err != nil {
			t.Fatal(err)
		}
	}
	again, err := partnerlist.Write(partnerlist.CSV, entries)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, found, err := partnerlist.Read(partnerlist.CSV, again, "NZ", p); err != nil || !reflect.DeepEqual(got, entries) {
		t.Fatalf("%v %s\n%+v\n%+v", err, texts(found), got, entries)
	}
}
