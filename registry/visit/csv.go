package visit

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aeo-registry/aeo/federation/sheet"
	"github.com/aeo-registry/aeo/registry/authorisation"
)

// columns of a form as a spreadsheet; the last four are filled in. A row of the
// sample has "sample" for its criterion and its number in the list for its line.
var columns = []string{"line", "criterion", "site", "question", "look for", "answered", "result", "severity", "note", "evidence"}

const sampleRow = "sample"

// WriteCSV writes a form, and what is filled in already, for a spreadsheet.
func (f File) WriteCSV(form Form) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff") // without it some spreadsheets take UTF-8 for the encoding of their country
	w := csv.NewWriter(&out)
	row := func(cells ...string) {
		for i := range cells {
			cells[i] = sheet.Inert(cells[i])
		}
		_ = w.Write(cells) // to memory
	}
	row(slices.Clone(columns)...)
	for _, l := range form.Lines {
		var a Answer
		if i := slices.IndexFunc(f.Answers, func(a Answer) bool { return a.Line == l.Line }); i >= 0 {
			a = f.Answers[i]
		}
		row(strconv.FormatInt(l.Line, 10), l.Criterion, l.Site, l.Question, strings.Join(l.Look, "; "), strings.TrimSpace(l.Answered+" "+l.Text),
			string(a.Result), string(a.Severity), a.Note, strings.Join(a.Evidence, " "))
	}
	if form.Sample != nil {
		for _, d := range form.Sample.Drawn {
			var s authorisation.VisitSample
			if i := slices.IndexFunc(f.Samples, func(s authorisation.VisitSample) bool { return s.Row == d.Row }); i >= 0 {
				s = f.Samples[i]
			}
			row(strconv.FormatInt(d.Row, 10), sampleRow, "", strings.Join(d.Cells, " | "), strings.Join(form.Sample.Columns, " | "), "", s.Result, "", s.Note, "")
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// FillCSV takes over what is filled in into a spreadsheet of the form. What is left
// empty stays as it was. Nothing is taken over where a problem is no mere remark.
func (f File) FillCSV(form Form, raw []byte) (File, []Problem) {
	if len(raw) > MaxFile || !utf8.Valid(raw) {
		return f, []Problem{{What: fmt.Sprintf("the CSV file is larger than %d bytes, or not UTF-8", MaxFile)}}
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(raw))
	if head, _, _ := bytes.Cut(raw, []byte("\n")); bytes.Contains(head, []byte("line;criterion")) {
		r.Comma = ';'
	}
	filled := f
	filled.Answers, filled.Samples = slices.Clone(f.Answers), slices.Clone(f.Samples)
	var problems []Problem
	for n := int64(1); ; n++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			if n == 1 {
				problems = append(problems, Problem{What: "the CSV file is empty"})
			}
			break
		}
		if err != nil || len(cells) != len(columns) {
			return f, append(problems, Problem{Row: n, What: fmt.Sprintf("not CSV with the %d columns of the form: %v", len(columns), err)})
		}
		if n == 1 {
			if !slices.Equal(cells, columns) {
				return f, append(problems, Problem{Row: n, What: "the heading is not that of the form"})
			}
			continue
		}
		problems = append(problems, filled.take(form, n, cells)...)
		if len(problems) > maxTold {
			return f, problems
		}
	}
	if slices.ContainsFunc(problems, func(p Problem) bool { return !p.Remark }) {
		return f, problems
	}
	return filled, problems
}

// take takes over one row.
func (f *File) take(form Form, n int64, cells []string) (problems []Problem) {
	for i, c := range cells {
		text, formula := sheet.Text(c)
		if formula {
			problems = append(problems, Problem{Row: n, What: fmt.Sprintf("%s: %.20q begins like a formula; it is taken as text", columns[i], c), Remark: true})
		}
		cells[i] = strings.TrimSpace(text)
	}
	wrong := func(format string, args ...any) []Problem {
		return append(problems, Problem{Row: n, What: fmt.Sprintf(format, args...)})
	}
	result, severity, note, evidence := cells[6], cells[7], cells[8], strings.Fields(cells[9])
	if result == "" {
		if severity != "" || note != "" || len(evidence) > 0 {
			return wrong("a result is missing")
		}
		return problems
	}
	line, err := strconv.ParseInt(cells[0], 10, 64)
	if err != nil {
		return wrong("%.20q is no number of a line", cells[0])
	}
	if cells[1] == sampleRow {
		if form.Sample == nil || !form.Sample.has(line) {
			return wrong("row %d is not of the sample", line)
		}
		f.Samples = append(slices.DeleteFunc(f.Samples, func(s authorisation.VisitSample) bool { return s.Row == line }),
			authorisation.VisitSample{Row: line, Result: result, Note: note})
		return problems
	}
	i := slices.IndexFunc(form.Lines, func(l Line) bool { return l.Line == line })
	if i < 0 || form.Lines[i].Criterion != cells[1] || form.Lines[i].Site != cells[2] {
		return wrong("line %d of the form is not %s", line, authorisation.VisitItem{Criterion: cells[1], Site: cells[2]})
	}
	if question := form.Lines[i].Question; strings.TrimSpace(question) != cells[3] {
		return wrong("the question of line %d was altered", line)
	}
	f.Answer(Answer{Line: line, Result: authorisation.Result(result), Severity: authorisation.Severity(severity), Note: note, Evidence: evidence})
	return problems
}

// Answer puts an answer in the place of an earlier one.
func (f *File) Answer(a Answer) {
	if len(a.Evidence) == 0 {
		a.Evidence = nil
	}
	f.Answers = append(slices.DeleteFunc(f.Answers, func(old Answer) bool { return old.Line == a.Line }), a)
	slices.SortFunc(f.Answers, func(x, y Answer) int { return int(x.Line - y.Line) })
}
