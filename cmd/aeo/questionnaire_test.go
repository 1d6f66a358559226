package main

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/aeo-registry/aeo/registry"
	"github.com/aeo-registry/aeo/registry/authorisation"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestAFormComesBackAsItWent: whatever an applicant wrote, no cell of the form is a
// formula, and what is read back is what was answered.
func TestAFormComesBackAsItWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[=+@'",;ä-]?[!-~ä封]{1,8}( [!-~]{1,8}){0,2}`)
		var q registry.Questionnaire
		var want []authorisation.Response
		for i := range rapid.IntRange(1, 5).Draw(t, "questions") {
			r := authorisation.Response{Criterion: string(rune('A'+i)) + "-1", Site: rapid.SampledFrom([]string{"", "S-1"}).Draw(t, "site"),
				Answer: rapid.SampledFrom([]string{"yes", "no", "not_applicable"}).Draw(t, "answer"), Text: word.Draw(t, "text")}
			want = append(want, r)
			q.Sections = append(q.Sections, registry.QuestionSection{Group: "G", Questions: []registry.Question{
				{Criterion: r.Criterion, Site: r.Site, Question: word.Draw(t, "question"), Answer: &authorisation.Responded{Response: r}}}})
		}
		form := formCSV(q)
		rows, err := csv.NewReader(bytes.NewReader(form)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Fatalf("a formula: %q", cell)
				}
			}
		}
		got, err := readForm(form)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func FuzzParseAnswers(f *testing.F) {
	f.Add([]byte("criterion,answer,text\nG-2,Not applicable,\"none,\nhere\"\n"))
	f.Add([]byte("\ufeffsection,criterion,site,question,expected,answer,text,evidence\nG,G-2,S-1,x,y,yes,'=1,ab12\n"))
	f.Add([]byte(`{"responses":[{"criterion":"G-2","answer":"yes"}]}`))
	f.Add([]byte("criterion,criterion\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := parseAnswers(raw)
		if err != nil {
			return
		}
		for _, r := range list {
			if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) && (strings.ContainsAny(r.Text, "\n\r\t") || r.Answer == "") {
				t.Fatalf("read as %+v", r)
			}
		}
	})
}

func TestFindingsOnTheCommandLine(t *testing.T) {
	got, err := parseFindings([]string{"G-2@S-1=partly,minor,evidence=ab12cd34,evidence=ab12cd35,certificate=NZ 771: by hand: two keys", "A=met"})
	want := []authorisation.Finding{
		{Requirement: "G-2", Site: "S-1", Result: authorisation.Partly, Severity: authorisation.Minor, Evidence: []string{"ab12cd34", "ab12cd35"}, Certificate: "NZ 771", Note: "by hand: two keys"},
		{Requirement: "A", Result: authorisation.Met},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"G-2", "G-2=met,minor,major", "G-2=met,site=S-1", "G-2=met,certificate=a,certificate=b"} {
		if _, err := parseFindings([]string{bad}); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
