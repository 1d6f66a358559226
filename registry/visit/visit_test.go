package visit_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/federation/sheet"
	"github.com/aeo-registry/aeo/keys"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/aeo-registry/aeo/registry/visit"
	"pgregory.net/rapid"
)

var list = func() []byte {
	var b strings.Builder
	b.WriteString("mrn,goods\n")
	for i := range 40 {
		fmt.Fprintf(&b, "26DE%06d,pumps\n", i)
	}
	return []byte(b.String())
}()

func blank(t testing.TB) (visit.File, visit.Form) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := keys.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	sample, _, err := visit.Draw(list, 3, [16]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	form := visit.Form{Visit: "DE-VIS-000001", Sample: sample, Lines: []visit.Line{
		{Line: 1, Criterion: "G-2", Site: "HAM", Question: "Are seals kept under control?"},
		{Line: 2, Criterion: "I-1", Site: "HAM", Question: "=Is the fence whole?"},
	}}
	f, err := visit.New(form, s)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := f.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	f, form, err = visit.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return f, form
}

// A form goes out as a spreadsheet and comes back filled in, whatever is in a note.
func TestASpreadsheetComesBack(t *testing.T) {
	empty, form := blank(t)
	rapid.Check(t, func(t *rapid.T) {
		note := rapid.SampledFrom([]string{"gap in the fence", "=1+1", "'=1", "-", "a;b,\"c\"\nd"}).Draw(t, "note")
		f := empty
		f.Answer(visit.Answer{Line: 2, Result: authorisation.Partly, Severity: authorisation.Minor, Note: note})
		f.Samples = []authorisation.VisitSample{{Row: form.Sample.Drawn[0].Row, Result: "differs", Note: note}}
		raw, err := f.WriteCSV(form)
		if err != nil {
			t.Fatal(err)
		}
		got, problems := empty.FillCSV(form, raw)
		if len(problems) > 0 || len(got.Answers) != 1 || got.Answers[0].Note != note || got.Samples[0].Note != note {
			t.Fatalf("%q: %v %+v", note, problems, got)
		}
	})
}

func TestProblemsOfASpreadsheetAreToldByRow(t *testing.T) {
	f, form := blank(t)
	good, err := f.WriteCSV(form)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ old, new, want string }{
		"altered question": {"Are seals kept under control?,,,,", "Are seals pretty?,,,met,", "row 2: the question of line 1 was altered"},
		"another line":     {"1,G-2,HAM,Are seals kept under control?,,,,", "7,G-2,HAM,Are seals kept under control?,,,met,", "row 2: line 7 of the form is not G-2 at HAM"},
		"no result":        {"Are seals kept under control?,,,,,,", "Are seals kept under control?,,,,,a note,", "row 2: a result is missing"},
		"heading":          {"line,criterion", "line,kriterium", "row 1: the heading is not that of the form"},
		"formula":          {"Are seals kept under control?,,,,,,", "Are seals kept under control?,,,met,,=cmd(),", `row 2: note: "=cmd()" begins like a formula`},
	} {
		changed := strings.Replace(string(good), tc.old, tc.new, 1)
		got, problems := f.FillCSV(form, []byte(changed))
		if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), tc.want) {
			t.Errorf("%s: %v, want %s", name, problems, tc.want)
			continue
		}
		if taken := len(got.Answers) == 1; taken != problems[0].Remark {
			t.Errorf("%s: taken over %v", name, taken)
		}
	}
}

// Nobody chooses the sample: the same list and seed draw the same rows, each once.
func TestASampleCanBeRepeated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var seed [16]byte
		copy(seed[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "seed"))
		n := rapid.IntRange(1, 60).Draw(t, "n")
		a, _, errA := visit.Draw(list, n, seed)
		b, _, errB := visit.Draw(list, n, seed)
		if errA != nil || errB != nil || len(a.Drawn) != min(n, 40) || a.Rows != 40 {
			t.Fatal(errA, errB, a)
		}
		for i, d := range a.Drawn {
			if d.Row != b.Drawn[i].Row || i > 0 && d.Row <= a.Drawn[i-1].Row || d.Cells[0] != fmt.Sprintf("26DE%06d", d.Row-1) {
				t.Fatalf("row %+v of %+v", d, b.Drawn[i])
			}
		}
	})
	if _, told, err := visit.Draw([]byte("a\n=1\n"), 1, [16]byte{}); err != nil || len(told) != 1 || !told[0].Remark {
		t.Errorf("a formula in the list: %v, %v", told, err)
	}
}

func FuzzParse(f *testing.F) {
	file, form := blank(f)
	raw, _ := file.Marshal()
	f.Add(raw)
	f.Add([]byte(`{"schema":"aeo.visit/1"}`))
	_ = form
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, form, err := visit.Parse(raw)
		if err != nil {
			return
		}
		file.Report(form)
		if _, err := file.WriteCSV(form); err != nil {
			t.Error(err)
		}
	})
}

func FuzzFill(f *testing.F) {
	file, form := blank(f)
	raw, _ := file.WriteCSV(form)
	f.Add(raw)
	f.Add([]byte("line;criterion;site\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		filled, problems := file.FillCSV(form, raw)
		if slices.ContainsFunc(problems, func(p visit.Problem) bool { return !p.Remark }) && len(filled.Answers) > 0 {
			t.Error("taken over in part")
		}
		out, err := filled.WriteCSV(form)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(out), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, cell := range slices.Concat(rows...) {
			if sheet.Formula(cell) {
				t.Errorf("a cell is written as a formula: %q", cell)
			}
		}
	})
}

func FuzzDraw(f *testing.F) {
	f.Add(list, 3)
	f.Fuzz(func(t *testing.T, list []byte, n int) {
		s, _, err := visit.Draw(list, n, [16]byte{})
		if err == nil && (int64(len(s.Drawn)) > s.Rows || len(s.Drawn) > n) {
			t.Errorf("%d of %d rows, %d wanted", len(s.Drawn), s.Rows, n)
		}
	})
}
