package visit

import (
	"fmt"
	"slices"
	"time"

	"github.com/aeo-registry/aeo/registry/authorisation"
)

// A Problem is what is wrong with a row of a file. Row 0 is the file itself.
type Problem struct {
	Row    int64  `json:"row,omitzero"` // line of the form, row of the sample, or line of a CSV file
	What   string `json:"what"`
	Remark bool   `json:"remark,omitzero"` // told, and refused for it is nothing
}

func (p Problem) String() string {
	if p.Row == 0 {
		return p.What
	}
	return fmt.Sprintf("row %d: %s", p.Row, p.What)
}

// Report is what a file reports of its form, or all that is wrong with it.
func (f File) Report(form Form) (authorisation.VisitReport, []Problem) {
	r := authorisation.VisitReport{Form: f.Digest(), VisitedOn: f.VisitedOn, Findings: []authorisation.Finding{}, Samples: []authorisation.VisitSample{}}
	var problems []Problem
	problem := func(row int64, format string, args ...any) {
		problems = append(problems, Problem{Row: row, What: fmt.Sprintf(format, args...)})
	}
	if _, err := time.Parse(time.DateOnly, f.VisitedOn); err != nil {
		problem(0, "visited_on %.40q is no day such as 2026-11-23", f.VisitedOn)
	}
	if len(f.Answers) == 0 {
		problem(0, "nothing is answered")
	}
	seen := map[int64]bool{}
	for _, a := range f.Answers {
		i := slices.IndexFunc(form.Lines, func(l Line) bool { return l.Line == a.Line })
		switch {
		case i < 0:
			problem(a.Line, "the form has no such line")
			continue
		case seen[a.Line]:
			problem(a.Line, "answered twice")
			continue
		}
		seen[a.Line] = true
		found := authorisation.Finding{Requirement: form.Lines[i].Criterion, Site: form.Lines[i].Site,
			Result: a.Result, Severity: a.Severity, Note: a.Note, Evidence: a.Evidence}
		if err := found.Check(); err != nil {
			problem(a.Line, "%v", err)
			continue
		}
		r.Findings = append(r.Findings, found)
	}
	compared := map[int64]bool{}
	for _, s := range f.Samples {
		switch {
		case form.Sample == nil || !form.Sample.has(s.Row):
			problem(s.Row, "not of the sample")
		case compared[s.Row]:
			problem(s.Row, "compared twice")
		case !slices.Contains([]string{"agrees", "differs", "missing"}, s.Result):
			problem(s.Row, "%.40q is not one of agrees, differs, missing", s.Result)
		case s.Result != "agrees" && s.Note == "":
			problem(s.Row, "say in a note what is wrong")
		default:
			r.Samples = append(r.Samples, s)
		}
		compared[s.Row] = true
	}
	slices.SortFunc(r.Samples, func(x, y authorisation.VisitSample) int { return int(x.Row - y.Row) })
	return r, problems
}
