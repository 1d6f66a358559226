package authorisation

import (
	"fmt"
	"slices"
)

// A Sample is what of an application is scored twice, and from what it was drawn:
// who knows the seed can draw again and compare.
type Sample struct {
	Criteria []string `json:"criteria"`
	Percent  int64    `json:"percent"`
	Seed     string   `json:"seed"` // root of the log before the sample was drawn, in hexadecimal
	By       string   `json:"by"`
	At       int64    `json:"at"`
}

// Commands for blind second scoring.
type (
	DrawSample struct {
		By
		Criteria []string
		Percent  int64
		Seed     string
	}
	SecondScore struct {
		By
		Findings []Finding
		// First are who assessed the application: none of them scores it again.
		First []string
	}
)

// Facts about second scoring.
type (
	AssessmentSampled struct {
		Criteria []string `json:"criteria"`
		Percent  int64    `json:"percent"`
		Seed     string   `json:"seed"`
	}
	AssessmentSecondScored struct {
		Findings []Finding `json:"findings"`
	}
)

func (DrawSample) name() string                       { return "draw a sample" }
func (SecondScore) name() string                      { return "score a second time" }
func (AssessmentSampled) event() (string, int64)      { return "assessment.sampled", 1 }
func (AssessmentSecondScored) event() (string, int64) { return "assessment.second_scored", 1 }

func (c DrawSample) decide(a Assessment) ([]Event, error) {
	if a.Sample != nil {
		return nil, &TransitionError{a.words(), c.name(), "a sample was drawn already"}
	}
	for _, criterion := range c.Criteria {
		if _, ok := a.asked(criterion); !ok {
			return nil, &InputError{"criteria", fmt.Sprintf("%.60q is no criterion of this application", criterion)}
		}
	}
	return one(c.By, c.At, AssessmentSampled{c.Criteria, c.Percent, c.Seed})
}

func (c SecondScore) decide(a Assessment) ([]Event, error) {
	if a.Sample == nil {
		return nil, &TransitionError{a.words(), c.name(), "no sample was drawn"}
	}
	if slices.ContainsFunc(c.First, c.By.is) {
		return nil, fmt.Errorf("%s: %w: %s assessed this application", c.name(), ErrFourEyes, c.Actor)
	}
	for _, f := range c.Findings {
		if !slices.Contains(a.Sample.Criteria, f.Requirement) {
			return nil, &InputError{"findings", fmt.Sprintf("%.60q is not in the sample", f.Requirement)}
		}
		if f.Site != "" && !slices.Contains(a.Sites, f.Site) {
			return nil, &InputError{"findings", fmt.Sprintf("%.60q is no site of this application", f.Site)}
		}
		if slices.ContainsFunc(a.Second, func(s Assessed) bool { return s.place() == f.place() }) {
			return nil, &TransitionError{a.words(), c.name(), trimPlace(f.place()) + " is scored already"}
		}
	}
	return one(c.By, c.At, AssessmentSecondScored{c.Findings})
}

// scored reports whether a criterion of the sample has a second score.
func (a Assessment) scored(code string) bool {
	return slices.ContainsFunc(a.Second, func(s Assessed) bool { return s.Requirement == code })
}

// scoredBy reports whether somebody scored the sample.
func (a Assessment) scoredBy(by By) bool {
	return slices.ContainsFunc(a.Second, func(s Assessed) bool { return by.is(s.Assessor) })
}

// MayJudge refuses who scored the sample as first assessor and as decision maker.
func (a Assessment) MayJudge(by By) error {
	if a.scoredBy(by) {
		return fmt.Errorf("%w: %s scored this application a second time", ErrFourEyes, by.Actor)
	}
	return nil
}

// outstanding are the places of the sample with one score instead of two. A sampled
// criterion without any finding yet is outstanding as such. A score of a criterion as a
// whole is one of all its sites, and those of sites are one of the whole.
func (a Assessment) outstanding(app Application) (out []string) {
	if a.Sample == nil {
		return nil
	}
	lists := [][]Assessed{app.Findings, a.Second}
	for _, criterion := range a.Sample.Criteria {
		seen := false
		for i, list := range lists {
			for _, f := range list {
				if f.Requirement != criterion {
					continue
				}
				seen = true
				if place := trimPlace(f.place()); !covers(lists[1-i], f.Finding) && !slices.Contains(out, place) {
					out = append(out, place)
				}
			}
		}
		if !seen {
			out = append(out, criterion)
		}
	}
	slices.Sort(out)
	return out
}

// covers reports whether a list has a score where a finding is.
func covers(list []Assessed, at Finding) bool {
	return slices.ContainsFunc(list, func(f Assessed) bool {
		return f.Requirement == at.Requirement && (f.Site == at.Site || f.Site == "" || at.Site == "")
	})
}

// Blind takes away what only one of two has scored yet, of both: neither is to know
// what the other found.
func (a Assessment) Blind(app Application) (Assessment, Application) {
	open := a.outstanding(app)
	if len(open) == 0 {
		return a, app
	}
	hide := func(f Assessed) bool {
		return slices.Contains(open, f.Requirement) || slices.Contains(open, trimPlace(f.place()))
	}
	a.Second = slices.DeleteFunc(slices.Clone(a.Second), hide)
	app.Findings = slices.DeleteFunc(slices.Clone(app.Findings), hide)
	return a, app
}

// A Pair is one criterion scored twice.
type Pair struct {
	Case      string `json:"case"`
	Office    string `json:"office,omitzero"`
	Criterion string `json:"criterion"`
	Site      string `json:"site,omitzero"`
	First     Result `json:"first"`
	FirstBy   string `json:"first_by"`
	Second    Result `json:"second"`
	SecondBy  string `json:"second_by"`
}

// Pairs are what was scored by both.
func (a Assessment) Pairs(app Application) (out []Pair) {
	if a.Sample == nil {
		return nil
	}
	for _, f := range app.Findings {
		for _, s := range a.Second {
			if s.place() == f.place() {
				out = append(out, Pair{a.Case, app.Office, f.Requirement, f.Site, f.Result, f.Assessor, s.Result, s.Assessor})
			}
		}
	}
	return out
}

// Score puts a result on a scale of 0 to 3; false for what does not apply.
func (r Result) Score() (int, bool) {
	i := slices.Index([]Result{NotMet, Partly, Met, Exceeds}, r)
	return i, i >= 0
}

func (d AssessmentSampled) check() error {
	if d.Percent < 1 || d.Percent > 100 {
		return &InputError{"percent", "want 1 to 100"}
	}
	return first(several("criteria", d.Criteria, 1, maxRequirements), digest("seed", d.Seed))
}

func (d AssessmentSecondScored) check() error { return checkFindings(d.Findings) }

func (d AssessmentSampled) change(a *Assessment, e Event) error {
	a.Sample = &Sample{d.Criteria, d.Percent, d.Seed, e.Actor, e.DecidedAt}
	return nil
}

func (d AssessmentSecondScored) change(a *Assessment, e Event) error {
	next := slices.Clone(a.Second)
	for _, f := range d.Findings {
		next = append(next, Assessed{f, e.Actor, e.DecidedAt})
	}
	a.Second = next
	return nil
}
