package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/programme"
)

const head = "identifiers,legal_name,reference,authorisation_type,roles,granted_on,effective_on,expires_on,suspensions,ended_on,end,names,natural,country\n"

var now = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC).Unix()

func nz(t testing.TB) *programme.Pack {
	t.Helper()
	p, err := programme.Load("NZ", "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// told are the problems of a file and of its rows, a line for each.
func told(t testing.TB, format, raw string, firstRow int) string {
	t.Helper()
	rows, found, err := Read(format, []byte(raw), firstRow)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		_, more := r.Check(nz(t), now)
		found = append(found, more...)
	}
	var lines []string
	for _, p := range found {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func TestARowIsReadInBothFormats(t *testing.T) {
	want := Entry{Number: 2,
		Holder: authorisation.Holder{LegalName: "Southern Orchards Ltd", Identifiers: []string{"NZ:ses:12345678A"},
			Names: []authorisation.Name{{Script: "Jpan", Value: "南の果樹園"}}, Address: authorisation.Address{Country: "NZ"}},
		Reference: "R-1", Type: "SES", Components: []string{"SES"}, Roles: []string{"exporter", "packer"},
		Acts: []authorisation.PastAct{{Act: authorisation.ActSuspend}, {Act: authorisation.ActReinstate}, {Act: authorisation.ActWithdraw}}}
	for i, day := range []string{"2019-05-01", "2019-05-06", "2020-01-02", "2020-02-03", "2024-06-07"} {
		at, err := time.ParseInLocation(time.DateOnly, day, nz(t).Zone())
		if err != nil {
			t.Fatal(err)
		}
		*[]*int64{&want.GrantedAt, &want.EffectiveAt, &want.Acts[0].At, &want.Acts[1].At, &want.Acts[2].At}[i] = at.Unix()
	}
	csv := "\ufeff" + head + `12345678A,Southern Orchards Ltd,R-1,SES,exporter; Packer,2019-05-01,2019-05-06,,2020-01-02..2020-02-03,2024-06-07,Withdrawn,Jpan=南の果樹園,no,NZ` + "\n"
	object := `{"identifiers":["ses:12345678A"],"legal_name":"Southern Orchards Ltd","names":[{"script":"Jpan","value":"南の果樹園"}],"address":{"country":"NZ"},"reference":"R-1",` +
		`"authorisation_type":"SES","roles":["exporter","packer"],"granted_on":"2019-05-01","effective_on":"2019-05-06","suspensions":[{"from":"2020-01-02","until":"2020-02-03"}],"ended_on":"2024-06-07","end":"withdrawn"}`
	for format, raw := range map[string]string{CSV: csv, JSONL: "\ufeff\n" + object} {
		rows, found, err := Read(format, []byte(raw), 0)
		if err != nil || len(found) > 0 || len(rows) != 1 {
			t.Fatalf("%s: %v %v %d rows", format, err, found, len(rows))
		}
		e, found := rows[0].Check(nz(t), now)
		if len(found) > 0 {
			t.Fatalf("%s: %v", format, found)
		}
		if len(e.Request.Key) != 64 || e.Request.Key != Key("NZ:ses:12345678A", "R-1") {
			t.Errorf("%s: %+v", format, e.Request)
		}
		e.Request = authorisation.Origin{}
		if diff := cmp.Diff(want, e); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
}

func TestEveryProblemIsNamedByRowAndColumn(t *testing.T) {
	for name, tc := range map[string]struct{ row, want string }{
		"nothing":             {",,,,,,,,,,,,,x", "row 2, legal_name: no name"},
		"identifier":          {"12,A Ltd,R,SES,exporter,2019-05-01", `row 2, identifiers: "12":`},
		"identifier twice":    {"12345678A;ses:12345678A,A Ltd,R,SES,exporter,2019-05-01", "identifiers: NZ:ses:12345678A twice"},
		"formula":             {`12345678A,"=HYPERLINK(""x"")",R,SES,exporter,2019-05-01`, "row 2, legal_name: \"=HYPERLINK"},
		"right to left":       {"12345678A,A \u202eLtd,R,SES,exporter,2019-05-01", "legal_name: name holds U+202E"},
		"confusable":          {"12345678A,Sоuthern Ltd,R,SES,exporter,2019-05-01", "mixes letters of several scripts"},
		"long":                {"12345678A," + strings.Repeat("x", 10_000) + ",R,SES,exporter,2019-05-01", "legal_name: 10000 bytes, at most 4096"},
		"type":                {"12345678A,A Ltd,R,AEOF,exporter,2019-05-01", "row 2, authorisation_type: "},
		"role":                {"12345678A,A Ltd,R,SES,pirate,2019-05-01", "row 2, roles: "},
		"no day":              {"12345678A,A Ltd,R,SES,exporter,01/05/2019", `granted_on: "01/05/2019" is no day`},
		"to come":             {"12345678A,A Ltd,R,SES,exporter,2026-03-04", "granted_on: 2026-03-04 is still to come"},
		"effect before grant": {"12345678A,A Ltd,R,SES,exporter,2019-05-01,2019-04-30", "effective_on: 2019-04-30 is before it was granted"},
		"expired before":      {"12345678A,A Ltd,R,SES,exporter,2019-05-01,,2019-04-30", "expires_on: 2019-04-30 is before it takes effect"},
		"span":                {"12345678A,A Ltd,R,SES,exporter,2019-05-01,,,2020-01-01", `suspensions: "2020-01-01", want FROM..UNTIL`},
		"span back":           {"12345678A,A Ltd,R,SES,exporter,2019-05-01,,,2020-02-01..2020-01-01", "suspensions: 2020-01-01 comes before"},
		"lasting, then more":  {"12345678A,A Ltd,R,SES,exporter,2019-05-01,,,2020-02-01..;2021-01-01..", "one that lasts, and another after it"},
		"end":                 {"12345678A,A Ltd,R,SES,exporter,2019-05-01,,,,2020-01-01,sold", `end: "sold", want revoked`},
		"end without day":     {"12345678A,A Ltd,R,SES,exporter,2019-05-01,,,,,revoked", "ended_on: empty"},
		"day without end":     {"12345678A,A Ltd,R,SES,exporter,2019-05-01,,,,2020-01-01", "end: empty"},
		"names":               {"12345678A,A Ltd,R,SES,exporter,2019-05-01,,,,,,Name", `names: "Name", want SCRIPT=NAME`},
		"natural":             {"12345678A,A Ltd,R,SES,exporter,2019-05-01,,,,,,,maybe", `natural: "maybe", want yes or no`},
		"too wide":            {"12345678A,A Ltd,R,SES,exporter,2019-05-01,,,,,,,,NZ,x", "row 2: a cell beyond the last column"},
	} {
		if got := told(t, CSV, head+tc.row+"\n", 0); !strings.Contains(got, tc.want) {
			t.Errorf("%s: want %q, told:\n%s", name, tc.want, got)
		}
	}
	for name, tc := range map[string]struct{ format, raw, want string }{
		"empty":            {CSV, "", "the file is empty"},
		"heading":          {CSV, "identifiers,nonsense,nonsense\n", "row 1: unknown column \"nonsense\""},
		"missing column":   {CSV, "identifiers\n", "row 1: no column legal_name"},
		"no rows":          {CSV, head, "it has no rows"},
		"UTF-16":           {CSV, "\xff\xfea\x00", "UTF-16"},
		"Windows-1252":     {CSV, head + "1,M\xfcller\n", "row 2: not UTF-8"},
		"a line, not JSON": {JSONL, "{}\nnonsense\n", "row 2: "},
		"unknown member":   {JSONL, `{"legal_nam":"x"}`, "row 1: "},
		"a line not UTF-8": {JSONL, "{\"legal_name\":\"M\xfcller\"}", "row 1: not UTF-8"},
		"a line too long":  {JSONL, `{"legal_name":"` + strings.Repeat("x", maxLine) + `"}`, "bytes, at most 65536"},
		"too large":        {JSONL, strings.Repeat("\n", MaxPart+1), "bytes, at most"},
		"too many":         {JSONL, strings.Repeat("{}\n", MaxRows+1), "10001 rows, at most 10000"},
	} {
		if got := told(t, tc.format, tc.raw, 0); !strings.Contains(got, tc.want) {
			t.Errorf("%s: want %q, told:\n%.400s", name, tc.want, got)
		}
	}
	if _, _, err := Read("xlsx", nil, 0); err == nil {
		t.Error("a format nobody knows")
	}
}

// However a register is split, its parts hold the same rows with the same numbers.
func TestPartsHoldTheRowsOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString(head)
		objects := rapid.Bool().Draw(t, "jsonl")
		if objects {
			b.Reset()
		}
		for i := range rapid.IntRange(1, 30).Draw(t, "rows") {
			for range rapid.IntRange(0, 2).Draw(t, "empty lines") {
				b.WriteString("\n")
			}
			if objects {
				fmt.Fprintf(&b, "{\"reference\":\"R-%d\"}\n", i)
			} else {
				fmt.Fprintf(&b, "12345678A,\"A%sLtd\",R-%d,SES,exporter,2019-05-01\n", strings.Repeat("\n", rapid.IntRange(0, 2).Draw(t, "breaks")), i)
			}
		}
		format := map[bool]string{true: JSONL, false: CSV}[objects]
		want, found, err := Read(format, []byte(b.String()), 0)
		if err != nil || len(found) > 0 {
			t.Fatal(err, found)
		}
		var got []Row
		for _, p := range split(format, []byte(b.String()), rapid.IntRange(1, 5).Draw(t, "most rows"), rapid.IntRange(300, 600).Draw(t, "most bytes")) {
			rows, found, err := Read(format, p.File, p.FirstRow)
			if err != nil || len(found) > 0 {
				t.Fatalf("%v %v in %q", err, found, p.File)
			}
			got = append(got, rows...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Whatever file comes, it is read or refused, and what is read of a row is known by a
// key, has its acts in order and is no further than today.
func FuzzRead(f *testing.F) {
	f.Add(true, []byte(head+"12345678A,A Ltd,R-1,SES,exporter,2019-05-01,,,2020-01-02..2020-02-03,2024-06-07,revoked\n"))
	f.Add(false, []byte(`{"identifiers":["12345678A"],"legal_name":"A Ltd","reference":"R-1","authorisation_type":"SES","roles":["exporter"],"granted_on":"2019-05-01"}`))
	pack := nz(f)
	f.Fuzz(func(t *testing.T, csv bool, raw []byte) {
		format := map[bool]string{true: CSV, false: JSONL}[csv]
		for _, p := range split(format, raw, 3, 200) {
			if len(p.File) == 0 && len(strings.Trim(string(raw), "\r\n")) > 0 {
				t.Fatalf("an empty part of %q", raw)
			}
		}
		rows, _, err := Read(format, raw, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			e, found := r.Check(pack, now)
			if len(found) > 0 {
				continue
			}
			if len(e.Request.Key) != 64 || len(e.Holder.Identifiers) == 0 || e.GrantedAt > now {
				t.Fatalf("%+v", e)
			}
			if !slices.IsSortedFunc(e.Acts, func(a, b authorisation.PastAct) int { return int(a.At - b.At) }) {
				t.Fatalf("acts out of order: %+v", e.Acts)
			}
		}
	})
}
